import fc from 'fast-check';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { sharedPages } from '../../examples/index.ts';
import {
  array,
  bool,
  enabled,
  enumOf,
  ghost,
  history,
  index,
  inPlace,
  int,
  type JsonSchema,
  list,
  type Machine,
  option,
  plans,
  problems,
  problemsMax,
  problemsOfCall,
  record,
  ref,
  type Scope,
  schemaOfCalls,
  schemaOfState,
  set,
  subset,
  variant,
} from '../../machine/index.ts';
import { randomMachines, randomShapes } from './random-machine.ts';
import { valueAt } from './random-value.ts';

const frame = index('frame');
const shape = record({
  count: int('frame'),
  on: bool,
  mode: enumOf('slow', 'fast'),
  last: option(ref(frame)),
  at: variant({ none: {}, mapped: { frame: ref(frame), dirty: bool } }),
  free: set(frame),
  rows: array(frame, record({ n: int(3, 1) })),
  queue: list(ref(frame), 'queue'),
  expected: ghost(int(2)),
  steps: history(int(2)),
});
const sizes = { frame: 2, queue: 3, a: 2, b: 3, bound: 2 };
const good = {
  count: 2,
  on: true,
  mode: 'fast',
  last: 1,
  at: { kind: 'mapped', frame: 1, dirty: false },
  free: [true, false],
  rows: [{ n: 1 }, { n: 3 }],
  queue: [1, 0, 1],
  expected: 0,
  steps: 2,
};
/** Values that come out of a file: `__proto__` is an ordinary field there. */
const parsed = (text: string): unknown => JSON.parse(text);

const bad: readonly (readonly [change: object, path: string, problem: string, bound?: true])[] = [
  [{ count: 3 }, 'count', '= 3 is outside 0..2', true],
  [{ count: '2' }, 'count', 'is "2", not an integer'],
  [{ count: 2 ** 53 }, 'count', 'is 9007199254740992, not an integer'],
  [{ on: null }, 'on', 'is null, not true or false'],
  [{ mode: 'x'.repeat(50) }, 'mode', `is "${'x'.repeat(40)}…", not one of slow, fast`],
  [{ last: 2 }, 'last', '= 2 is outside 0..1', true],
  [{ last: undefined }, 'last', 'is undefined, not an integer'],
  [{ at: 'mapped' }, 'at', 'is "mapped", not an object'],
  [{ at: [] }, 'at', 'is an array of 0, not an object'],
  [{ at: {} }, 'at.kind', 'is undefined, not one of none, mapped'],
  [{ at: { kind: 'toString' } }, 'at.kind', 'is "toString", not one of none, mapped'],
  [{ at: { kind: 'none', frame: 0 } }, 'at', 'has an unknown field "frame"'],
  [{ at: { kind: 'mapped', frame: 0 } }, 'at.dirty', 'is missing'],
  [{ at: { kind: 'mapped', frame: 9, dirty: true } }, 'at.frame', '= 9 is outside 0..1', true],
  [{ free: [true] }, 'free', 'has 1 elements, not 2 (frame)', true],
  [{ free: 'all' }, 'free', 'is "all", not an array'],
  [{ free: [true, 1] }, 'free[1]', 'is 1, not true or false'],
  [{ rows: [{ n: 1 }, { n: 0 }] }, 'rows[1].n', '= 0 is outside 1..3', true],
  [{ rows: [{ n: 1 }, []] }, 'rows[1]', 'is an array of 0, not an object'],
  [{ queue: [0, 0, 0, 0] }, 'queue', 'has 4 elements, more than 3', true],
  [{ queue: {} }, 'queue', 'is an object, not an array'],
  [{ queue: [() => 0] }, 'queue[0]', 'is a function, not an integer'],
  [{ expected: 3 }, 'expected', '= 3 is outside 0..2', true],
  [{ steps: Symbol('s') }, 'steps', 'is a symbol, not an integer'],
  [{ more: 1 }, 'the whole', 'has an unknown field "more"'],
];

test('a good state has no problems', () => {
  expect(problems(shape, sizes, good)).toEqual([]);
  expect(problems(shape, sizes, { ...good, last: null, queue: [] })).toEqual([]);
});

for (const [change, path, problem, bound] of bad) {
  test(`a state is told that ${path} ${problem}`, () => {
    const expected = bound === undefined ? { path, problem } : { path, problem, bound };
    expect(problems(shape, sizes, { ...good, ...change })).toEqual([expected]);
  });
}

test('all problems are collected, in the order of the shape', () => {
  const found = problems(shape, sizes, { ...good, steps: 9, count: -1, mode: 3 });
  expect(found.map(({ path }) => path)).toEqual(['count', 'mode', 'steps']);
  expect(problems(shape, sizes, null)).toEqual([
    { path: 'the whole', problem: 'is null, not an object' },
  ]);
  expect(problems(shape, sizes, {})).toHaveLength(10);
});

test('hostile states are told, not followed', () => {
  const proto = problems(shape, sizes, parsed('{"__proto__":{"count":1},"constructor":1}'));
  expect(proto.map(({ problem }) => problem)).toEqual([
    ...Array.from({ length: 10 }, () => 'is missing'),
    'has an unknown field "__proto__"',
    'has an unknown field "constructor"',
  ]);
  const inherited: unknown = Object.create(good);
  expect(problems(shape, sizes, inherited)).toHaveLength(10);
  const deep = parsed(`${'['.repeat(5000)}${']'.repeat(5000)}`);
  expect(problems(shape, sizes, { ...good, rows: deep })).toEqual([
    { path: 'rows', problem: 'has 1 elements, not 2 (frame)', bound: true },
    { path: 'rows[0]', problem: 'is an array of 1, not an object' },
  ]);
  const long = Array.from({ length: 1_000_000 }, () => 'x');
  expect(problems(shape, sizes, { ...good, queue: long, free: long })).toHaveLength(7);
  const many = Object.fromEntries(long.slice(0, 5000).map((_, i) => [`field${i}`, i]));
  expect(problems(shape, sizes, { ...good, ...many })).toHaveLength(problemsMax);
  const wide = record({ rows: array(frame, record({ n: int(3) })) });
  const rows = { rows: Array.from({ length: 5000 }, () => ({ n: 4 })) };
  expect(problems(wide, { frame: 5000 }, rows)).toHaveLength(problemsMax);
});

const machine: Machine = {
  name: 'test',
  version: 1,
  shape,
  commands: {
    move: {
      actor: 'host',
      summary: 'Moves frames.',
      args: {
        to: ref(frame),
        some: subset(frame, 'queue', 1),
        how: enumOf('now', 'later'),
        limit: option(int(3)),
      },
      requires: [],
      effect: () => undefined,
    },
    tick: { actor: 'daemon', summary: 'Ticks.', args: {}, requires: [], effect: () => undefined },
  },
  operations: {},
  initial: () => good,
  scopes: {},
};
const scope: Scope = { name: 'test', purpose: 'A test.', sizes: { ...sizes, frame: 4 } };
const args = { to: 3, some: [0, 2, 3], how: 'now', limit: null };

test('a good call has no problems', () => {
  expect(problemsOfCall(machine, scope, { kind: 'move', args })).toEqual([]);
  expect(problemsOfCall(machine, scope, { kind: 'tick', args: {} })).toEqual([]);
});

const badCalls: readonly (readonly [data: unknown, path: string, problem: string, bound?: true])[] =
  [
    ['move', 'the whole', 'is "move", not an object'],
    [{ kind: 'move', args, seed: 1 }, 'the whole', 'has an unknown field "seed"'],
    [{ kind: 'stop', args: {} }, 'kind', 'is "stop", which is no command of scope \'test\''],
    [
      { kind: '__proto__', args: {} },
      'kind',
      'is "__proto__", which is no command of scope \'test\'',
    ],
    [{ kind: 4, args: {} }, 'kind', "is 4, which is no command of scope 'test'"],
    [{ kind: 'tick', args: [] }, 'args', 'is an array of 0, not an object'],
    [{ kind: 'tick', args: { now: 1 } }, 'args', 'has an unknown field "now"'],
    [parsed('{"kind":"tick","args":{"__proto__":1}}'), 'args', 'has an unknown field "__proto__"'],
    [{ kind: 'move', args: { ...args, to: 4 } }, 'args.to', '= 4 is outside 0..3', true],
    [{ kind: 'move', args: { ...args, how: 1 } }, 'args.how', 'is 1, not one of now, later'],
    [{ kind: 'move', args: { ...args, limit: 4 } }, 'args.limit', '= 4 is outside 0..3', true],
    [{ kind: 'move', args: { ...args, some: 1 } }, 'args.some', 'is 1, not an array'],
    [{ kind: 'move', args: { ...args, some: [] } }, 'args.some', 'has 0 members, not 1..3', true],
    [
      { kind: 'move', args: { ...args, some: [0, 1, 2, 3] } },
      'args.some',
      'has 4 members, not 1..3',
      true,
    ],
    [
      { kind: 'move', args: { ...args, some: [0, 4] } },
      'args.some[1]',
      '= 4 is outside 0..3',
      true,
    ],
    [
      { kind: 'move', args: { ...args, some: [2, 1] } },
      'args.some[1]',
      'is not above the one before: members ascend',
    ],
    [
      { kind: 'move', args: { ...args, some: [1, 1] } },
      'args.some[1]',
      'is not above the one before: members ascend',
    ],
    // What has no order cannot be compared: said once, without a throw.
    [
      { kind: 'move', args: { ...args, some: [0, Object.create(null)] } },
      'args.some[1]',
      'is an object, not an integer',
    ],
    [{ kind: 'move', args: { to: 0, some: [0], how: 'now' } }, 'args.limit', 'is missing'],
  ];
test.each(badCalls)('the call %o is a problem', (data, path, problem, bound) => {
  const expected = bound === undefined ? { path, problem } : { path, problem, bound };
  expect(problemsOfCall(machine, scope, data)).toEqual([expected]);
});

test('all problems of a call are collected, and what the scope leaves out is no command', () => {
  const data = { kind: 'move', args: { to: 'x', some: [9, 'y'], more: 1 } };
  expect(problemsOfCall(machine, scope, data).map(({ path }) => path)).toEqual([
    'args.how',
    'args.limit',
    'args',
    'args.to',
    'args.some[0]',
    'args.some[1]',
  ]);
  expect(problemsOfCall(machine, scope, {})).toHaveLength(3);
  const only = { ...scope, commands: ['tick'] };
  expect(problemsOfCall(machine, only, { kind: 'move', args })).toHaveLength(1);
});

/** An independent reader of JSON Schema. */
function accepts(schema: JsonSchema): (data: unknown) => boolean {
  const reader = z.fromJSONSchema(schema);
  return (data) => reader.safeParse(data).success;
}

test('the schema of a state accepts what the check accepts', () => {
  const accepted = accepts(schemaOfState(shape, sizes));
  expect(accepted(good)).toBe(true);
  for (const [change] of bad) expect(accepted({ ...good, ...change })).toBe(false);
});

test('the schema of calls accepts what the check accepts, except that subsets ascend', () => {
  const accepted = accepts(schemaOfCalls(machine, scope));
  expect(accepted({ kind: 'move', args })).toBe(true);
  expect(accepted({ kind: 'tick', args: {} })).toBe(true);
  for (const [data, , problem] of badCalls) {
    if (!problem.endsWith('members ascend')) expect(accepted(data)).toBe(false);
  }
  const only = accepts(schemaOfCalls(machine, { ...scope, commands: ['tick'] }));
  expect(only({ kind: 'move', args })).toBe(false);
});

test('the schema of a small machine, in full', () => {
  const small = record({
    n: ghost(int(2)),
    at: variant({ none: {}, some: { frame: ref(frame) } }),
  });
  expect(schemaOfState(small, sizes)).toEqual({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      n: { type: 'integer', minimum: 0, maximum: 2, $comment: 'ghost' },
      at: {
        oneOf: [
          {
            type: 'object',
            properties: { kind: { const: 'none' } },
            required: ['kind'],
            additionalProperties: false,
          },
          {
            type: 'object',
            properties: {
              kind: { const: 'some' },
              frame: { type: 'integer', minimum: 0, maximum: 1, description: 'id of frame' },
            },
            required: ['kind', 'frame'],
            additionalProperties: false,
          },
        ],
      },
    },
    required: ['n', 'at'],
    additionalProperties: false,
  });
});

test('random states and calls pass the check and the schema', () => {
  const seeds = fc.nat(100_000);
  fc.assert(
    fc.property(randomShapes, seeds, (of, seed) => {
      const value = valueAt(of, sizes, seed);
      expect(problems(of, sizes, value)).toEqual([]);
      expect(accepts(schemaOfState(of, sizes))(value)).toBe(true);
    }),
    { numRuns: 50 },
  );
  fc.assert(
    fc.property(randomMachines, ({ machine, scope }) => {
      const { engine, initial } = inPlace(machine, scope);
      for (const call of enabled(engine, plans(engine), initial())) {
        expect(problemsOfCall(machine, scope, call)).toEqual([]);
      }
    }),
    { numRuns: 50 },
  );
  const { engine, initial } = inPlace(sharedPages, sharedPages.scopes.small);
  for (const call of enabled(engine, plans(engine), initial())) {
    expect(problemsOfCall(sharedPages, sharedPages.scopes.small, call)).toEqual([]);
  }
});
