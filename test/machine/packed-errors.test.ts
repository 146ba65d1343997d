import { expect, test } from 'vitest';
import {
  array,
  BrokenRule,
  bool,
  commandsOf,
  counter,
  enumOf,
  history,
  type Infer,
  index,
  int,
  lift,
  list,
  type Machine,
  OutOfBounds,
  option,
  packed,
  record,
  ref,
  type Scope,
  set,
  variant,
} from '../../machine/index.ts';

const page = index('page');
const shape = record({
  free: counter(int(4)),
  wide: int(70_000, -3),
  huge: int(2 ** 40),
  colour: enumOf('red', 'green'),
  ready: bool,
  last: option(ref(page)),
  at: variant({ none: {}, mapped: { page: ref(page), writable: bool } }),
  held: set(page),
  queue: list(int(9), 2),
  pages: array(page, record({ n: int(3), log: list(ref(page), 1) })),
  deep: record({ inner: record({ n: int(1) }) }),
  steps: history(int(9)),
  notes: history(list(int(9), 2)),
});
interface State extends Infer<typeof shape> {}
interface M {
  readonly state: State;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<M>();
const scope: Scope = { name: 'two', purpose: 'A test.', sizes: { page: 2 } };
const initial = (): State =>
  ({
    free: 4,
    wide: 0,
    huge: 0,
    colour: 'red',
    ready: false,
    last: null,
    at: { kind: 'none' },
    held: [false, true],
    queue: [7],
    pages: [
      { n: 0, log: [] },
      { n: 1, log: [1] },
    ],
    deep: { inner: { n: 0 } },
    steps: 0,
    notes: [],
  }) as unknown as State;

type Effect = (d: State, a: { readonly page: number }) => void;
const machineOf = (effect: Effect): Machine<State> => ({
  name: 'acting',
  version: 1,
  shape,
  commands: {
    act: command({
      actor: 'host',
      summary: 'Acts.',
      args: { page: ref(page) },
      requires: [['second', ['page'], (_, a) => a.page === 1]],
      effect,
    }),
  },
  operations: {},
  initial,
  scopes: {},
});
function hostOf(effect: Effect) {
  const host = packed(machineOf(effect), scope);
  host.write(initial());
  return host;
}
const call = { kind: 'act', args: { page: 0 } };
// What no type allows, as a user of JavaScript may write it.
const any = (value: unknown): never => value as never;

const wrong: readonly (readonly [string, Effect, string])[] = [
  [
    'a number above its bound',
    (d) => {
      d.free += 1;
    },
    'free = 5 is outside 0..4',
  ],
  [
    'a number below its bound',
    (d) => {
      d.wide = -4;
    },
    'wide = -4 is outside -3..70000',
  ],
  [
    'a very large number',
    (d) => {
      d.huge = 2 ** 40 + 1;
    },
    'huge = 1099511627777 is outside',
  ],
  [
    'a fraction',
    (d) => {
      d.wide = 0.5;
    },
    'wide is 0.5, not an integer',
  ],
  [
    'what is no number',
    (d) => {
      d.wide = Number.NaN;
    },
    'wide is NaN, not an integer',
  ],
  [
    'another word',
    (d) => {
      d.colour = any('blue');
    },
    'colour is "blue", not one of red, green',
  ],
  [
    'a number for a truth',
    (d) => {
      d.ready = any(1);
    },
    'ready is 1, not true or false',
  ],
  [
    'an id that is none',
    (d) => {
      d.last = 2;
    },
    'last = 2 is outside 0..1',
  ],
  [
    'an unknown case',
    (d) => {
      d.at = any({ kind: 'lost' });
    },
    'at.kind is "lost", not one of',
  ],
  [
    'no case',
    (d) => {
      d.at = any(3);
    },
    'at is 3, not an object',
  ],
  [
    'a case with a wrong field',
    (d) => {
      d.at = { kind: 'mapped', page: 5, writable: true };
    },
    'at.page = 5 is outside 0..1',
  ],
  [
    'a wrong element',
    (d) => {
      d.held[1] = any(2);
    },
    'held[1] is 2, not true or false',
  ],
  [
    'an element too many',
    (d) => {
      d.held[2] = true;
    },
    'held has lost or gained elements',
  ],
  [
    'a list too long',
    (d) => {
      d.queue.push(1, 2);
    },
    'queue has 3 elements, more than 2',
  ],
  [
    'a wrong item',
    (d) => {
      d.queue = [10];
    },
    'queue[0] = 10 is outside 0..9',
  ],
  [
    'no list',
    (d) => {
      d.queue = any(3);
    },
    'queue is 3, not an array',
  ],
  [
    'a place assigned',
    (d) => {
      d.deep.inner = any({ n: 1 });
    },
    'deep.inner is a place: change it inside',
  ],
  [
    'an array assigned',
    (d) => {
      d.pages = any([]);
    },
    'pages is a place: change it inside',
  ],
];
test.each(wrong)('the packed host refuses %s, and keeps its state', (_, effect, message) => {
  const host = hostOf(effect);
  const before = host.read();
  for (const run of [() => host.step(call), () => host.steps(() => false)]) {
    expect(run).toThrow(`act: ${message}`);
    expect(host.running()).toEqual(call);
    expect(host.read()).toEqual(before);
  }
});

test('bounds are told from other mistakes', () => {
  const bound = hostOf((d) => {
    d.free += 1;
  });
  expect(() => bound.step(call)).toThrow(OutOfBounds);
  const type = hostOf((d) => {
    d.colour = any('blue');
  });
  expect(() => type.step(call)).toThrow(BrokenRule);
});

test('values of every width, tables and lists are read and written', () => {
  const host = hostOf((d, a) => {
    d.free -= 2;
    d.wide = 70_000;
    d.huge = 2 ** 40;
    d.colour = 'green';
    d.ready = true;
    d.last = a.page;
    d.at = { kind: 'mapped', page: 1, writable: true };
    d.held[0] = d.held.at(1);
    d.queue = [...d.queue.filter((n) => n > 8), 3];
    d.queue.unshift(d.queue.length);
    d.pages.at(1).log.pop();
    d.deep.inner.n++;
    d.steps++;
    d.notes.push(1);
    // A place put where it is changes nothing.
    d.pages = any(d.pages);
    const { deep } = d;
    deep.inner = d.deep.inner;
  });
  expect(host.step(call)).toEqual({ ok: true, events: [] });
  expect(host.read()).toEqual({
    free: 2,
    wide: 70_000,
    huge: 2 ** 40,
    colour: 'green',
    ready: true,
    last: 0,
    at: { kind: 'mapped', page: 1, writable: true },
    held: [true, true],
    queue: [1, 3],
    pages: [
      { n: 0, log: [] },
      { n: 1, log: [] },
    ],
    deep: { inner: { n: 1 } },
    steps: 0,
    notes: [],
  });
});

test('a value that is read out of the state cannot be changed there', () => {
  const host = hostOf((d) => {
    (any(d.at) as { kind: string }).kind = 'mapped';
  });
  expect(() => host.step(call)).toThrow(TypeError);
});

test('a refused call names what was looked at; a call of no scope has no number', () => {
  const host = hostOf(() => undefined);
  const refused = { kind: 'act', args: { page: 1 } };
  expect(host.step(refused)).toEqual({ ok: false, rejection: { code: 'second', page: 1 } });
  expect(host.numberOf({ kind: 'act', args: { page: 2 } })).toBe(-1);
  expect(host.numberOf({ kind: 'rest', args: {} })).toBe(-1);
  expect(host.numberOf(refused)).toBe(1);
});

test('a state that its shape does not describe is not packed', () => {
  const host = hostOf(() => undefined);
  expect(() => host.write({ ...initial(), free: 9 })).toThrow(OutOfBounds);
  expect(() => host.write({ ...initial(), colour: any('blue') })).toThrow(BrokenRule);
});

test('a lens that shows a table of values is refused: it is shown once and for all', () => {
  const whole = record({ parts: array(page, record({ held: set(page) })) });
  interface Whole extends Infer<typeof whole> {}
  interface Part {
    readonly state: { readonly held: boolean[] };
    readonly sizes: Readonly<Record<string, number>>;
    readonly operations: Readonly<Record<string, never>>;
    readonly event: never;
  }
  const hold = commandsOf<Part>()({
    actor: 'host',
    summary: 'Holds.',
    args: {},
    requires: [],
    effect: () => undefined,
  });
  const machine: Machine<Whole> = {
    name: 'lens',
    version: 1,
    shape: whole,
    commands: lift({ hold }, { part: ref(page) }, (s: Whole, a) => ({
      held: s.parts.at(a.part).held,
    })),
    operations: {},
    initial: () => any({ parts: [] }),
    scopes: {},
  };
  expect(() => packed(machine, scope)).toThrow('the lens gives a table of values or a list');
});

test('a shape with more values than can be numbered is refused', () => {
  const n = int(2 ** 30);
  const machine: Machine = {
    ...machineOf(() => undefined),
    shape: record({ at: variant({ both: { a: n, b: n } }) }),
    commands: {},
  };
  expect(() => packed(machine, scope)).toThrow(/^at has \d+ values, too many to be numbered/);
});

test('footprints tell what a step reads, writes and adds to', () => {
  const host = packed(
    machineOf((d) => {
      d.free--;
      d.wide = d.deep.inner.n;
      // The same value again is written all the same.
      d.ready = false;
    }),
    scope,
    { footprints: true },
  );
  host.write(initial());
  const found = new Int32Array(3);
  host.steps(() => {
    host.footprint(found, 0);
    return false;
  });
  const bits = (...paths: string[]): number =>
    paths.reduce((sum, path) => {
      const i = host.layout.values.findIndex((value) => value.path === path);
      return sum | (1 << i);
    }, 0);
  expect(host.layout.values.length).toBeLessThanOrEqual(32);
  expect([...found]).toEqual([bits('deep.inner.n'), bits('wide', 'ready'), bits('free')]);
});
