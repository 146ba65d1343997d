import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type AnyGuard,
  bool,
  type Call,
  enabled,
  enumerate,
  enumOf,
  index,
  inPlace,
  int,
  type Machine,
  option,
  plans,
  record,
  ref,
  subset,
  valuesOf,
} from '../../machine/index.ts';
import { randomMachines } from './random-machine.ts';

const item = index('item');
const sizes = { item: 3, few: 2 };

test('every argument shape has its values in a fixed order', () => {
  expect(valuesOf(bool, sizes)).toEqual([false, true]);
  expect(valuesOf(int(2, -1), sizes)).toEqual([-1, 0, 1, 2]);
  expect(valuesOf(int('few', 3), sizes)).toEqual([]);
  expect(valuesOf(enumOf('b', 'a'), sizes)).toEqual(['b', 'a']);
  expect(valuesOf(ref(item), sizes)).toEqual([0, 1, 2]);
  expect(valuesOf(option(ref(item)), sizes)).toEqual([null, 0, 1, 2]);
  expect(valuesOf(subset(item, 'few'), sizes)).toEqual([[0], [1], [2], [0, 1], [0, 2], [1, 2]]);
  expect(valuesOf(subset(item, 9, 0), sizes)).toEqual([
    [],
    [0],
    [1],
    [2],
    [0, 1],
    [0, 2],
    [1, 2],
    [0, 1, 2],
  ]);
  expect(() => valuesOf(int('many'), sizes)).toThrow("the scope gives no size named 'many'");
});

/** Every call of the machine, allowed or not, in the order of the declarations. */
function everyCall(machine: Machine, size: Readonly<Record<string, number>>): Call[] {
  return Object.entries(machine.commands).flatMap(([kind, { args }]) => {
    const combined = Object.entries(args).reduce<Record<string, unknown>[]>(
      (all, [name, shape]) =>
        all.flatMap((some) => valuesOf(shape, size).map((value) => ({ ...some, [name]: value }))),
      [{}],
    );
    return combined.map((each) => ({ kind, args: each }));
  });
}

test('the allowed calls are the product of all arguments, filtered', () => {
  fc.assert(
    fc.property(randomMachines, fc.array(fc.nat(1000), { maxLength: 8 }), (random, choices) => {
      const { machine, scope } = random;
      const { engine, initial, step } = inPlace(machine, scope);
      const all = plans(engine);
      const state = initial();
      for (const choice of choices) {
        const allowed = enabled(engine, all, state);
        const filtered = everyCall(machine, scope.sizes).filter(
          (call) => engine.refusal(state, call) === undefined,
        );
        expect(allowed).toEqual(filtered);
        const call = allowed[choice % allowed.length];
        if (call !== undefined) step(state, call);
      }
    }),
    { numRuns: 100 },
  );
});

function machineOf(requires: readonly AnyGuard[]): Machine {
  const args = { a: ref(item), b: ref(item), c: bool };
  return {
    name: 'test',
    version: 1,
    shape: record({}),
    commands: {
      act: { actor: 'host', summary: 'A test.', args, requires, effect: () => undefined },
      never: { actor: 'host', summary: 'A test.', args: {}, requires: [], effect: () => undefined },
    },
    operations: {},
    initial: () => ({}),
    scopes: {},
  };
}
const scope = { name: 'test', purpose: 'A test.', sizes, commands: ['act'] };

test('a guard is asked once for what it looks at, and drops all completions', () => {
  const asked: string[] = [];
  const guard = (code: string, looksAt: string[], refuse: (args: Call['args']) => boolean) => {
    const ask = (_: unknown, args: Call['args']): boolean => {
      asked.push(`${code}${looksAt.map((name) => args[name])}`);
      return refuse(args);
    };
    return [code, looksAt, ask as AnyGuard[2]] as const;
  };
  const { engine, initial } = inPlace(
    machineOf([
      guard('ab', ['b', 'a'], (a) => a.a === a.b),
      guard('all', [], () => false),
      guard('a', ['a'], (a) => a.a !== 1),
    ]),
    scope,
  );
  expect(enabled(engine, plans(engine), initial()).map(({ args }) => args)).toEqual([
    { a: 1, b: 0, c: false },
    { a: 1, b: 0, c: true },
    { a: 1, b: 2, c: false },
    { a: 1, b: 2, c: true },
  ]);
  expect(asked).toEqual(['all', 'a0', 'a1', 'ab0,1', 'ab1,1', 'ab2,1', 'a2']);
});

test('a visit that returns true ends the enumeration', () => {
  const { engine, initial } = inPlace(machineOf([]), scope);
  const [plan] = plans(engine);
  const seen: Call[] = [];
  const ended =
    plan !== undefined &&
    enumerate(engine, plan, initial(), (call) => {
      seen.push(call);
      return seen.length === 3;
    });
  expect(ended).toBe(true);
  expect(seen).toHaveLength(3);
  // Calls stay as they were visited.
  expect(seen.map(({ args }) => `${args.b}${args.c}`)).toEqual(['0false', '0true', '1false']);
});
