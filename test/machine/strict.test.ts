import { expect, test } from 'vitest';
import {
  type AnyCommand,
  array,
  BrokenRule,
  type Call,
  enumOf,
  ghost,
  history,
  index,
  int,
  lift,
  list,
  type Machine,
  OutOfBounds,
  option,
  record,
  ref,
  set,
  strict,
  subset,
  table,
  variant,
} from '../../machine/index.ts';

const host = index('host');
const frame = index('frame');
const Backing = variant({ none: {}, mapped: { frame: ref(frame) }, lost: { why: int(3) } });
const Frame = record({ refs: int(4), at: Backing });
const shape = record({
  hosts: array(host, record({ frames: array(frame, Frame), total: int(9), last: option(int(3)) })),
  spare: Frame,
  free: set(frame),
  backings: array(frame, Backing),
  queue: list(ref(frame), 3),
  queues: array(host, list(ref(frame), 2)),
  mode: enumOf('on', 'off'),
  expected: ghost(int(9)),
  shadow: ghost(record({ n: int(9) })),
  steps: history(int(2)),
  stats: history(record({ swaps: int(9), log: list(int(9), 2) })),
});
const sizes = { host: 2, frame: 3 };
const scope = { name: 'test', purpose: 'A test.', sizes };

// Rules that a type would forbid are the point: nothing is known of the state or the arguments.
// biome-ignore lint/suspicious/noExplicitAny: a rule may do anything here
type Anything = any;
type Effect = (d: Anything, a: Anything, context: Anything) => unknown;

const fresh = () => ({ refs: 0, at: { kind: 'none' } });
function initial(): object {
  return {
    hosts: table(sizes, host, () => ({
      frames: table(sizes, frame, fresh),
      total: 0,
      last: null,
    })),
    spare: fresh(),
    free: table(sizes, frame, () => true),
    backings: table(sizes, frame, () => ({ kind: 'none' })),
    queue: [2, 1],
    queues: table(sizes, host, () => []),
    mode: 'on',
    expected: 0,
    shadow: { n: 0 },
    steps: 0,
    stats: { swaps: 0, log: [] },
  };
}

function commandOf(parts: { readonly effect?: Effect; readonly ask?: Effect }): AnyCommand {
  const { effect = () => undefined, ask = () => false } = parts;
  return {
    actor: 'host',
    summary: 'A test.',
    args: { frame: ref(frame), some: subset(frame, 2) },
    requires: [['refused', ['frame'], ask as AnyCommand['requires'][number][2]]],
    effect: effect as AnyCommand['effect'],
  };
}
function machineOf(commands: Machine['commands'], start: () => object = initial): Machine {
  return { name: 'test', version: 1, shape, commands, operations: {}, initial: start, scopes: {} };
}
const call: Call = { kind: 'act', args: { frame: 2, some: [0, 1] } };

/** The state after an effect. */
function after(effect: Effect): Anything {
  const { initial, step } = strict(machineOf({ act: commandOf({ effect }) }), scope);
  const start = initial();
  const before = JSON.stringify(start);
  try {
    const result = step(start, call);
    expect(result.ok).toBe(true);
    return result.state;
  } finally {
    expect(JSON.stringify(start)).toBe(before);
  }
}
function asking(ask: Effect): () => unknown {
  const { initial, step } = strict(machineOf({ act: commandOf({ ask }) }), scope);
  return () => step(initial(), call);
}

const bounds: readonly (readonly [what: string, effect: Effect, message: string])[] = [
  [
    'an int over its bound',
    (d) => (d.hosts.at(0).frames.at(2).refs = 5),
    'act: hosts[0].frames[2].refs = 5 is outside 0..4',
  ],
  ['an int under its bound', (d) => d.spare.refs--, 'act: spare.refs = -1 is outside 0..4'],
  [
    'an option over its bound',
    (d) => (d.hosts.at(1).last = 4),
    'act: hosts[1].last = 4 is outside 0..3',
  ],
  [
    'a number in a variant',
    (d) => (d.spare.at = { kind: 'mapped', frame: 3 }),
    'act: spare.at.frame = 3 is outside 0..2',
  ],
  [
    'a variant in a table',
    (d) => (d.backings[1] = { kind: 'lost', why: 9 }),
    'act: backings[1].why = 9 is outside 0..3',
  ],
  ['an element of a list', (d) => d.queue.push(3), 'act: queue[2] = 3 is outside 0..2'],
  [
    'a list that grows too long',
    (d) => d.queue.push(0, 0),
    'act: queue has 4 elements, more than 3',
  ],
  [
    'a list that is given too long',
    (d) => (d.queue = [0, 0, 0, 0]),
    'act: queue has 4 elements, more than 3',
  ],
  [
    'a history counter',
    (d) => {
      d.steps++;
      d.steps++;
      d.steps++;
    },
    'act: steps = 3 is outside 0..2',
  ],
];
test.each(bounds)('%s is out of bounds', (_, effect, message) => {
  expect(() => after(effect)).toThrow(message);
  expect(() => after(effect)).toThrow(OutOfBounds);
});

let kept: Anything;
const shared = { kind: 'none' };
const refused: readonly (readonly [what: string, effect: Effect, message: string])[] = [
  ['NaN', (d) => (d.spare.refs = Number.NaN), 'act: spare.refs is NaN, not an integer'],
  ['a fraction', (d) => (d.spare.refs = 0.5), 'act: spare.refs is 0.5, not an integer'],
  ['undefined', (d) => (d.spare.refs = undefined), 'act: spare.refs is undefined, not an integer'],
  ['null outside an option', (d) => (d.mode = null), 'act: mode is null, not one of on, off'],
  ['a number for a boolean', (d) => (d.free[0] = 1), 'act: free[0] is 1, not true or false'],
  ['writing an undeclared field', (d) => (d.spare.extra = 1), "act: spare has no field 'extra'"],
  ['reading an undeclared field', (d) => d.spare.extra, "act: spare has no field 'extra'"],
  [
    'reading a prototype field',
    (d) => d.spare.constructor,
    "act: spare has no field 'constructor'",
  ],
  [
    'an undeclared case',
    (d) => (d.spare.at = { kind: 'other' }),
    'act: spare.at.kind is "other", not one of none, mapped, lost',
  ],
  [
    'a missing field of a case',
    (d) => (d.spare.at = { kind: 'mapped' }),
    'act: spare.at.frame is missing',
  ],
  [
    'a field of another case',
    (d) => (d.spare.at = { kind: 'none', frame: 1 }),
    'act: spare.at has an unknown field "frame"',
  ],
  [
    'reading a field of another case',
    (d) => d.spare.at.frame,
    "act: spare.at is 'none', which has no field 'frame'",
  ],
  [
    'asking for a field of another case',
    (d) => 'frame' in d.spare.at,
    "act: spare.at is 'none', which has no field 'frame'",
  ],
  [
    'writing the kind alone',
    (d) => (d.spare.at.kind = 'lost'),
    'act: spare.at.kind is part of a value: replace it whole',
  ],
  [
    'assigning an element of rows',
    (d) => (d.hosts.at(0).frames[1] = fresh()),
    'act: hosts[0].frames[1] is a place: change it inside',
  ],
  [
    'assigning a list in an array',
    (d) => (d.queues[1] = [0]),
    'act: queues[1] is a place: change it inside',
  ],
  ['replacing a record', (d) => (d.spare = fresh()), 'act: spare is a place: change it inside'],
  [
    'replacing an array',
    (d) => (d.free = [true, true, true]),
    'act: free is a place: change it inside',
  ],
  [
    'aliasing a variant',
    (d) => (d.spare.at = d.hosts.at(1).frames.at(0).at),
    'act: spare.at is given the object at hosts[1].frames[0].at: write a copy',
  ],
  [
    'aliasing a record',
    (d) => (d.spare = d.hosts.at(1).frames.at(0)),
    'act: spare is given the object at hosts[1].frames[0]: write a copy',
  ],
  [
    'aliasing a list',
    (d) => (d.queue = d.queues.at(0)),
    'act: queue is given the object at queues[0]: write a copy',
  ],
  [
    'aliasing an argument',
    (d, a) => (d.queue = a.some),
    'act: queue is given the object at args.some: write a copy',
  ],
  [
    'assigning one object twice',
    (d) => {
      const at = { kind: 'none' };
      d.spare.at = at;
      d.backings[0] = at;
    },
    'act: backings[0] is given an object that was assigned before: write it fresh',
  ],
  [
    'changing an object after assigning it',
    (d) => {
      const at = { kind: 'mapped', frame: 1 };
      d.spare.at = at;
      at.frame = 2;
    },
    'act: spare.at was given an object that was changed after it was assigned',
  ],
  [
    'changing a list after assigning it',
    (d) => {
      const q = [1];
      d.queue = q;
      q.push(2);
    },
    'act: queue was given an object that was changed after it was assigned',
  ],
  ['a mutator of tables', (d) => d.free.push(true), "act: free has no operation 'push'"],
  ['sorting a table', (d) => d.free.sort(), "act: free has no operation 'sort'"],
  [
    'an operation that tables lack',
    (d) => d.free.includes(true),
    "act: free has no operation 'includes'",
  ],
  [
    'the length of a table',
    (d) => (d.free.length = 0),
    "act: free has no element 'length': arrays keep their length",
  ],
  [
    'an element beyond a table',
    (d) => (d.free[3] = true),
    "act: free has no element '3': arrays keep their length",
  ],
  ['an id beyond a table', (d) => d.free.at(3), 'act: free has no element at 3: ids are 0..2'],
  ['a negative id', (d) => d.hosts.at(-1), 'act: hosts has no element at -1: ids are 0..1'],
  [
    '`in` of a table',
    (d) => 1 in d.free,
    'act: free is asked for an id with `in`: compare with its length',
  ],
  ['deleting a field', (d) => delete d.spare.refs, 'act: spare loses a field: fields stay'],
  [
    'deleting an element of a table',
    (d) => delete d.free[0],
    'act: free loses a field: fields stay',
  ],
  ['a hole in a list', (d) => delete d.queue[0], 'act: queue[0] is undefined, not an integer'],
  [
    'a hole before a new element',
    (d) => {
      d.queue.length = 0;
      d.queue[1] = 0;
    },
    'act: queue[0] is undefined, not an integer',
  ],
  ['a field of a list', (d) => (d.queue.name = 1), "act: queue has no field 'name'"],
  ['an operation that lists lack', (d) => d.queue.name, "act: queue has no operation 'name'"],
  [
    'keys',
    (d) => Object.keys(d.spare),
    'act: spare is spread, listed or copied whole: name its fields',
  ],
  [
    'spreading a record',
    (d) => ({ ...d.spare }),
    'act: spare is spread, listed or copied whole: name its fields',
  ],
  [
    'spreading a variant',
    (d) => ({ ...d.spare.at }),
    'act: spare.at is spread, listed or copied whole: name its fields',
  ],
  [
    'for..in',
    (d) => {
      for (const name in d.spare) kept = name;
    },
    'act: spare is spread, listed or copied whole: name its fields',
  ],
  [
    'hasOwn',
    (d) => Object.hasOwn(d.spare, 'refs'),
    'act: spare is spread, listed or copied whole: name its fields',
  ],
  ['JSON', (d) => JSON.stringify(d.spare), "act: spare has no field 'toJSON'"],
  [
    'Object.assign',
    (d) => Object.assign(d.spare, d.hosts.at(0).frames.at(0)),
    'act: hosts[0].frames[0] is spread, listed or copied whole: name its fields',
  ],
  [
    'defineProperty',
    (d) => Object.defineProperty(d.spare, 'refs', { value: 1 }),
    'act: spare has a field redefined',
  ],
  [
    'setPrototypeOf',
    (d) => Object.setPrototypeOf(d.spare, null),
    'act: spare has its prototype changed',
  ],
  ['freezing', (d) => Object.freeze(d.spare), 'act: spare is frozen'],
  [
    'writing an argument',
    (_, a) => (a.frame = 1),
    'act: args is not part of the state: it cannot be changed',
  ],
  [
    'changing a list of arguments',
    (_, a) => a.some.push(1),
    'act: args.some is not part of the state: it cannot be changed',
  ],
  [
    'writing a size',
    (_d, _a, { size }) => (size.frame = 9),
    'act: size is not part of the state: it cannot be changed',
  ],
  [
    'reading history',
    (d) => d.steps > 1,
    'act: steps is history: a rule may count it up, not read it',
  ],
  [
    'reading history before something else',
    (d) => {
      d.spare.refs = d.steps;
    },
    'act: steps is history: a rule may count it up, not read it',
  ],
  [
    'reading history in a record',
    (d) => d.stats.swaps + d.spare.refs,
    'act: stats.swaps is history: a rule may count it up, not read it',
  ],
  [
    'reading a list of history',
    (d) => {
      d.stats.log.push(1);
      return d.stats.log[0];
    },
    'act: stats.log is history: a rule may add to it, not read it',
  ],
  [
    'a part of the state in an event',
    (d, _, { emit }) => emit({ type: 'e', inside: [d.spare] }),
    'act: event.inside.0 holds the object at spare: write a copy',
  ],
  ['a promise', async () => undefined, 'act: effect returns a promise: effects are synchronous'],
];
test.each(refused)('the strict host refuses %s', (_, effect, message) => {
  expect(() => after(effect)).toThrow(message);
  expect(() => after(effect)).toThrow(BrokenRule);
});

const asked: readonly (readonly [what: string, ask: Effect, message: string])[] = [
  ['a ghost', (s) => s.expected === 0, 'act: expected is a ghost: requires may not read it'],
  [
    'a place inside a ghost',
    (s) => s.shadow.n === 0,
    'act: shadow is a ghost: requires may not read it',
  ],
  ['history', (s) => s.steps === 0, 'act: steps is history: requires may not read it'],
  [
    'history in a record',
    (s) => s.stats.swaps === 0,
    'act: stats.swaps is history: requires may not read it',
  ],
  [
    'a write',
    (s) => {
      s.spare.refs = 1;
      return false;
    },
    'act: spare.refs is written by requires',
  ],
  ['a write to a table', (s) => (s.free[0] = false), 'act: free[0] is written by requires'],
  ['a write to a list', (s) => s.queue.shift() === 0, 'act: queue is written by requires'],
  ['sorting a list', (s) => s.queue.sort().length > 9, 'act: queue is written by requires'],
  [
    'an answer that is no boolean',
    (s) => s.spare.refs,
    "act: requires 'refused' answers neither true nor false",
  ],
  [
    'an event',
    (_s, _a, { emit }) => emit({ type: 'e' }),
    'act: requires emits an event: only an effect does',
  ],
];
test.each(asked)('`requires` may have no %s', (_, ask, message) => {
  expect(asking(ask)).toThrow(message);
  expect(asking(ask)).toThrow(BrokenRule);
});

test('a view is worth nothing after the rule that got it', () => {
  const effect: Effect = (d) => {
    kept = d.spare;
  };
  after(effect);
  const message = 'act: spare is used after the rule that got it';
  expect(() => kept.refs).toThrow(message);
  expect(() => {
    kept.refs = 1;
  }).toThrow(message);
  expect(() => 'refs' in kept).toThrow(message);
  asking((s) => {
    kept = s.queue;
    return false;
  })();
  expect(() => kept.length).toThrow('act: queue is used after the rule that got it');
  expect(() => after(() => kept.length)).toThrow('act: queue is used after the rule that got it');
});

test('a constant that two commands assign is shared', () => {
  const { initial, step } = strict(
    machineOf({ act: commandOf({ effect: (d) => (d.spare.at = shared) }) }),
    scope,
  );
  const { state } = step(initial(), call);
  expect(() => step(state, call)).toThrow('is given an object that was assigned before');
});

test('a lens composes places and writes nothing', () => {
  type Lens = (s: Anything, a: Anything) => Anything;
  const run = (lens: Lens, effect: Effect, ask: Effect = () => false) => {
    const lifted = lift({ act: commandOf({ effect, ask }) }, { host: ref(host) }, lens);
    const { initial, step } = strict(machineOf(lifted), scope);
    return step(initial(), { kind: 'act', args: { host: 1, frame: 2, some: [0] } });
  };
  const here: Lens = (s, a) => ({
    here: s.hosts.at(a.host),
    mode: s.mode,
    shadow: s.shadow,
    deep: { stats: s.stats },
  });
  const changed: Anything = run(here, (d) => {
    d.here.total = d.here.frames.length + (d.mode === 'on' ? 1 : 0);
    d.shadow.n = 3;
    d.deep.stats.swaps++;
  }).state;
  expect(changed.hosts[1].total).toBe(4);
  expect(changed.shadow.n).toBe(3);
  expect(changed.stats.swaps).toBe(1);
  const composed = 'act: the lens is not part of the state: it cannot be changed';
  expect(() => run(here, (d) => (d.mode = 'off'))).toThrow(composed);
  expect(() => run(here, (d) => delete d.mode)).toThrow(composed);
  const ghosts = (): unknown =>
    run(
      here,
      () => undefined,
      (s) => s.shadow.n === 0,
    );
  expect(ghosts).toThrow('act: shadow.n is a ghost: requires may not read it');
  const writes: Lens = (s) => {
    s.spare.refs = 1;
    return s;
  };
  expect(() => run(writes, () => undefined)).toThrow('act: spare.refs is written by lens');
  const reads: Lens = (s) => ({ expected: s.expected });
  expect(() => run(reads, () => undefined)).toThrow(
    'act: expected is a ghost: lens may not read it',
  );
  const counts: Lens = (s) => ({ steps: s.steps });
  expect(() => run(counts, () => undefined)).toThrow('act: steps is history: lens may not read it');
});

test('what all hosts support is allowed', () => {
  const state = after((d, a, { size, emit }) => {
    const at = d.spare.at;
    d.spare.at = { kind: 'mapped', frame: a.frame };
    // A value that was read before it is replaced still reads as it was.
    d.hosts.at(0).last = at.kind === 'none' ? 1 : 2;
    d.backings[1] = { kind: 'lost', why: a.some.length };
    d.hosts[1].frames[2].refs += 2;
    d.hosts[1].frames[2].refs *= 2;
    // A view that is put back in its own place changes nothing.
    const put = (of: Anything, name: string | number, value: Anything) => {
      of[name] = value;
    };
    for (const name of ['spare', 'queue', 'queues']) put(d, name, d[name]);
    for (const of of [d.backings, d.queues]) put(of, 1, of.at(1));
    for (const host of d.hosts)
      for (const frame of host.frames.filter(() => true)) frame.at = { kind: 'none' };
    d.free.forEach((free: boolean, id: number) => {
      d.free[id] = !free && id > 9;
    });
    d.queue = d.queue.filter((id: number) => id !== 2);
    d.queue.push(0);
    d.queue.unshift(2);
    d.queue.splice(1, 1);
    d.queues.at(1).push(...d.queue);
    d.queues.at(1).shift();
    d.queue.sort();
    d.mode = 'kind' in d.spare.at && 'refs' in d.spare ? 'off' : 'on';
    d.expected = d.shadow.n + size.frame;
    d.steps++;
    d.stats.swaps += 2;
    d.stats.log.push(4);
    emit({ type: 'done', queue: [...d.queue] });
  });
  expect(state.spare).toEqual({ refs: 0, at: { kind: 'mapped', frame: 2 } });
  expect(state.hosts[0].last).toBe(1);
  expect(state.backings).toEqual([{ kind: 'none' }, { kind: 'lost', why: 2 }, { kind: 'none' }]);
  expect(state.hosts[1].frames[2].refs).toBe(4);
  expect(state.free).toEqual([false, false, false]);
  expect(state.queue).toEqual([0, 2]);
  expect(state.queues).toEqual([[], [0]]);
  expect(state.mode).toBe('off');
  expect([state.expected, state.steps]).toEqual([3, 1]);
  expect(state.stats).toEqual({ swaps: 2, log: [4] });
});

test('the operations of a table read what was written before', () => {
  const seen: unknown[] = [];
  after((d) => {
    const frames = d.hosts.at(0).frames;
    frames.at(1).refs = 3;
    const refs = frames.map((frame: Anything, id: number) => frame.refs + id);
    seen.push(
      refs,
      [...d.free].length,
      frames.length,
      frames[7],
      frames.some((frame: Anything) => frame.refs === 3),
      frames.every((frame: Anything) => frame.refs === 3),
      frames.findIndex((frame: Anything) => frame.refs === 3),
      frames.findIndex((frame: Anything) => frame.refs === 4),
      frames.filter((frame: Anything) => frame.refs === 0).length,
      frames.reduce((sum: number, frame: Anything, id: number) => sum + frame.refs * id, 10),
      frames.at(1) === frames[1],
    );
  });
  expect(seen).toEqual([[0, 4, 2], 3, 3, undefined, true, false, 1, -1, 2, 13, true]);
});

test('a refused call gives the state and the rejection back', () => {
  const { initial, step } = strict(machineOf({ act: commandOf({ ask: () => true }) }), scope);
  const state = initial();
  expect(step(state, call)).toEqual({ ok: false, state, rejection: { code: 'refused', frame: 2 } });
  expect(step(state, call).state).toBe(state);
});

test('an initial state is checked', () => {
  const starting = (start: () => object) => () => strict(machineOf({}, start), scope).initial();
  expect(starting(initial)()).toEqual(initial());
  expect(starting(() => ({ ...initial(), mode: 'dim' }))).toThrow(
    'initial: mode is "dim", not one of on, off',
  );
  expect(starting(() => ({ ...initial(), expected: 10 }))).toThrow(OutOfBounds);
  const spare = fresh();
  const frames = [spare, fresh(), fresh()];
  const doubled = () => ({
    ...initial(),
    hosts: [
      { frames, total: 0, last: null },
      { frames: [fresh(), fresh(), fresh()], total: 0, last: null },
    ],
    spare: fresh(),
  });
  expect(starting(doubled)).toThrow(
    'initial: hosts[0].frames is the object at hosts[0].frames: make it anew',
  );
  expect(
    starting(() => ({ ...doubled(), hosts: [0, 1].map(() => ({ frames, total: 0, last: null })) })),
  ).toThrow('initial: hosts[1].frames is the object at hosts[0].frames: make it anew');
  const constant = initial();
  expect(starting(() => constant)).toThrow(
    'initial: the whole is the object at the whole: make it anew',
  );
  expect(starting(() => Object(null))).toThrow('initial: hosts is missing');
});
