import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type SharedPages, sharedPages } from '../../examples/index.ts';
import { dispensableKindsOf, fuzzScope, run, type Trace, traces } from '../../generators/index.ts';
import { changeCommand, enabled, inPlace, type Machine, plans } from '../../machine/index.ts';
import { create, map, toggle, toy } from './toy.ts';

const { small, large } = sharedPages.scopes;
const text = (value: unknown): string => JSON.stringify(value);

describe('what is drawn', () => {
  test('without commands refused on purpose, every command is accepted', () => {
    fc.assert(
      fc.property(traces(sharedPages, { scope: large, illegal: 0 }), (trace) =>
        run(sharedPages, large, trace).outcomes.every(({ ok }) => ok),
      ),
      { seed: 1 },
    );
  });

  test('about one command in ten is refused', () => {
    const drawn = fc.sample(traces(sharedPages, { scope: large }), { seed: 2, numRuns: 200 });
    const outcomes = drawn.flatMap((trace) => run(sharedPages, large, trace).outcomes);
    const refused = outcomes.filter(({ ok }) => !ok).length / outcomes.length;
    expect(refused).toBeGreaterThan(0.08);
    expect(refused).toBeLessThan(0.12);
  });

  test('every command that a state allows can come', () => {
    const tiny = { ...small, sizes: { ...small.sizes, page: 1, frame: 2 } };
    const arbitrary = traces(sharedPages, { scope: tiny, illegal: 0, maxLength: 2 });
    const drawn = fc.sample(arbitrary, { seed: 3, numRuns: 10_000 });
    const host = inPlace(sharedPages, tiny);
    const kinds = plans(host.engine);
    const seconds = new Map<string, Set<string>>();
    for (const [first, second] of drawn) {
      const after = seconds.get(text(first)) ?? new Set();
      seconds.set(text(first), second === undefined ? after : after.add(text(second)));
    }
    const possible = enabled(host.engine, kinds, host.initial());
    expect([...seconds.keys()].sort()).toEqual(possible.map(text).sort());
    for (const first of possible) {
      const state = host.initial();
      host.step(state, first);
      const then = enabled(host.engine, kinds, state).map(text);
      expect([...(seconds.get(text(first)) ?? [])].sort()).toEqual(then.sort());
    }
  });

  test('lengths are spread up to the maximum, which is 240 unless told otherwise', () => {
    const lengths = fc.sample(traces(toy), { seed: 4, numRuns: 1000 }).map(({ length }) => length);
    expect(Math.min(...lengths)).toBeLessThanOrEqual(2);
    expect(Math.max(...lengths)).toBeGreaterThan(235);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(240);
    const short = fc.sample(traces(toy, { maxLength: 3 }), { seed: 4, numRuns: 100 });
    expect(new Set(short.map(({ length }) => length))).toEqual(new Set([1, 2, 3]));
  });

  test('only the wanted kinds come, as often as they weigh', () => {
    const kindsOf = (drawn: readonly Trace[]): readonly string[] =>
      drawn.flatMap((trace) => trace.map(({ kind }) => kind));
    const two = traces(toy, { commands: ['create', 'toggle'] });
    expect(new Set(kindsOf(fc.sample(two, { seed: 5 })))).toEqual(new Set(['create', 'toggle']));
    const weighed = traces(toy, {
      commands: ['tune', 'toggle'],
      weights: { tune: 9 },
      swarm: 0,
      illegal: 0,
    });
    const kinds = kindsOf(fc.sample(weighed, { seed: 5, numRuns: 200 }));
    const tuned = kinds.filter((kind) => kind === 'tune').length / kinds.length;
    expect(tuned).toBeGreaterThan(0.85);
    expect(tuned).toBeLessThan(0.95);
    expect(kindsOf(fc.sample(traces(toy, { weights: { tune: 0 } })))).not.toContain('tune');
  });

  test('a trace ends where nothing more is possible', () => {
    const arbitrary = traces(toy, { commands: ['create'], illegal: 0, swarm: 0 });
    for (const trace of fc.sample(arbitrary, { seed: 6 })) {
      expect(trace.length).toBeLessThanOrEqual(3);
    }
  });

  test('a trace ends with a rule that throws', () => {
    const broken = changeCommand<Machine<never>>(toy as never, 'toggle', (command) => ({
      ...command,
      effect: () => {
        throw new Error('a bug');
      },
    })) as unknown as typeof toy;
    for (const trace of fc.sample(traces(broken, { illegal: 0, swarm: 0 }), { seed: 7 })) {
      expect(trace.slice(0, -1)).not.toContainEqual(toggle);
    }
  });
});

describe('swarm', () => {
  test('a kind that others need is always there; others are missing in many traces', () => {
    const dispensable = dispensableKindsOf(sharedPages, { scope: large });
    expect(dispensable).not.toContain('touch');
    expect(dispensable).toContain('deflate');
    const long = fc
      .sample(traces(sharedPages, { scope: large, illegal: 0, swarm: 0.75 }), {
        seed: 8,
        numRuns: 200,
      })
      .filter(({ length }) => length > 100);
    const without = (kind: string): number =>
      long.filter((trace) => trace.every((call) => call.kind !== kind)).length;
    expect(without('touch')).toBe(0);
    expect(without('deflate')).toBeGreaterThan(long.length / 10);
  });

  test('it can be switched off, and told what can be missed', () => {
    const kinds = (options: Parameters<typeof traces>[1]) =>
      fc
        .sample(traces(toy, { illegal: 0, ...options }), { seed: 9, numRuns: 100 })
        .filter(({ length }) => length > 100)
        .map((trace) => new Set(trace.map(({ kind }) => kind)).size);
    expect(Math.min(...kinds({ swarm: 0 }))).toBe(7);
    expect(Math.min(...kinds({ swarm: 1, dispensable: [] }))).toBe(7);
    expect(Math.min(...kinds({ swarm: 1, dispensable: ['toggle', 'tune'] }))).toBe(5);
  });
});

describe('determinism', () => {
  test('a trace depends on the seed alone, not on what was drawn before', () => {
    const one = traces(sharedPages, { scope: large });
    const first = fc.sample(one, { seed: 10, numRuns: 30 });
    fc.sample(one, { seed: 11, numRuns: 7 });
    expect(fc.sample(one, { seed: 10, numRuns: 30 })).toEqual(first);
    expect(fc.sample(traces(sharedPages, { scope: large }), { seed: 10, numRuns: 30 })).toEqual(
      first,
    );
    expect(fc.sample(one, { seed: 12, numRuns: 30 })).not.toEqual(first);
  });

  test('seed and path replay the same counterexample in one evaluation', () => {
    const arbitrary = traces(sharedPages, { scope: large });
    const shares = (trace: Trace): boolean => trace.some(({ kind }) => kind === 'breakShare');
    for (const seed of [1, 2, 3]) {
      let evaluations = 0;
      const property = fc.property(arbitrary, fc.nat(), (trace, number) => {
        evaluations++;
        return number < 5 || !shares(trace);
      });
      const { counterexample, counterexamplePath } = fc.check(property, { seed });
      evaluations = 0;
      const path = counterexamplePath ?? '';
      const replayed = fc.check(property, { seed, path, endOnFailure: true });
      expect(replayed.counterexample).toEqual(counterexample);
      expect(evaluations).toBe(1);
    }
  });
});

describe('shrinking inside fast-check', () => {
  const shared = (trace: Trace): boolean => {
    const { outcomes } = run(sharedPages, large, trace);
    return trace.some(({ kind }, i) => kind === 'breakShare' && outcomes[i]?.ok === true);
  };
  const simplest = [
    { kind: 'touch', args: { vm: 0, page: 0, frame: 0, content: 1 } },
    { kind: 'touch', args: { vm: 0, page: 1, frame: 1, content: 1 } },
    { kind: 'dedup', args: { kept: 1, freed: 0 } },
    { kind: 'breakShare', args: { vm: 0, page: 0, frame: 0, content: 2 } },
  ];

  test('in a tuple both values reach their minimum', () => {
    const property = fc.property(
      fc.nat(),
      traces(sharedPages, { scope: large }),
      fc.nat(),
      (before, trace, after) => before < 3 || after < 17 || !shared(trace),
    );
    for (const seed of [1, 2, 3]) {
      expect(fc.check(property, { seed }).counterexample).toEqual([3, simplest, 17]);
    }
  });

  test('a value beside the trace that shrinks opens candidates anew', () => {
    // Any number allows its own lengths: no trace of another length fails before the number moves.
    const property = fc.property<[Trace, number]>(
      traces(toy, { commands: ['toggle'] }),
      fc.nat(9),
      (trace, number) => trace.length !== 2 * number + 1,
    );
    const example: [Trace, number] = [Array.from({ length: 1 }, () => toggle), 0];
    expect(fc.check(property, { examples: [example] }).counterexample).toEqual(example);
    const alternating = fc.property<[Trace, number]>(
      traces(toy, { commands: ['toggle'] }),
      fc.nat(9),
      (trace, number) => trace.length < number || trace.length > number + 1,
    );
    const long: [Trace, number] = [Array.from({ length: 9 }, () => toggle), 9];
    const { counterexample } = fc.check(alternating, { examples: [long] });
    expect(counterexample).toEqual([[], 0]);
  });

  test('a trace from a file is shrunk as one that was drawn', () => {
    const property = fc.property(traces(sharedPages, { scope: large }), (t) => !shared(t));
    for (const seed of [1, 2, 3, 4]) {
      const raw = fc.check(property, { seed, endOnFailure: true }).counterexample ?? [[]];
      const imported: typeof raw = JSON.parse(JSON.stringify(raw));
      const { counterexample } = fc.check(property, { examples: [imported], numRuns: 1 });
      expect(counterexample).toEqual([simplest]);
    }
  });

  test('a value that is no trace of the scope is not shrunk', () => {
    const arbitrary = traces(toy);
    for (const wrong of [
      null,
      'create',
      [null],
      [{ kind: 'create' }],
      [{ kind: 'nothing', args: {} }],
      [create(3)],
      [map(0, 0, -1)],
      Array.from({ length: 100_001 }, () => toggle),
    ]) {
      expect(arbitrary.canShrinkWithoutContext(wrong)).toBe(false);
    }
    expect(arbitrary.canShrinkWithoutContext([create(2), map(0, 3, 5)])).toBe(true);
  });
});

describe('options', () => {
  test('the scope is the one named fuzz, or the first', () => {
    expect(fuzzScope(toy)).toBe(toy.scopes.toy);
    const fuzz = { ...toy.scopes.toy, name: 'fuzz' };
    expect(fuzzScope({ ...toy, scopes: { ...toy.scopes, fuzz } })).toBe(fuzz);
    expect(() => fuzzScope<SharedPages>({ ...sharedPages, scopes: {} })).toThrow(
      "machine 'shared-pages' declares no scope",
    );
  });

  test('what makes no sense is refused', () => {
    expect(() => traces(toy, { commands: ['fly'] })).toThrow("no command 'fly' in scope 'toy'");
    expect(() => traces(toy, { weights: { fly: 1 } })).toThrow("no command 'fly'");
    expect(() => traces(toy, { dispensable: ['fly'] })).toThrow("no command 'fly'");
    expect(() => traces(toy, { illegal: 1.5 })).toThrow('illegal is 1.5');
    expect(() => traces(toy, { swarm: Number.NaN })).toThrow('swarm is NaN');
    expect(() => traces(toy, { maxLength: 0 })).toThrow('maxLength is 0');
  });
});
