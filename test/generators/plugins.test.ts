import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BudgetSpent,
  budget,
  corpus,
  fileStore,
  lengthStep,
  readTrace,
  StaleCorpus,
  type StaleEntry,
  type Store,
  type StoredText,
  type Trace,
  traceFile,
  traceStats,
  traces,
  writeTrace,
} from '../../generators/index.ts';
import { create, map, toggle, toy } from './toy.ts';

const { toy: scope } = toy.scopes;
const hasMap = (trace: Trace): boolean => trace.some(({ kind }) => kind === 'map');
/** A value of a counterexample; a run with plugins forgets its type. */
const valueAt = (counterexample: unknown, place: number): unknown =>
  Array.isArray(counterexample) ? counterexample[place] : undefined;
const never = fc.property<[Trace]>(traces(toy), () => true);

/** A store in memory. */
function memory(...texts: readonly string[]): Store & { readonly entries: StoredText[] } {
  const entries = texts.map((text, i) => ({ name: `${i}.json`, text }));
  return {
    entries,
    read: () => entries,
    write: (text) => entries.push({ name: `${entries.length}.json`, text }),
  };
}
const stored = (trace: Trace): string => writeTrace(traceFile(toy, scope, trace));

describe('corpus', () => {
  test('stores what fails, shrunk, and replays it first', () => {
    const store = memory();
    const property = fc.property<[Trace]>(traces(toy), (trace) => !hasMap(trace));
    const plugins = [corpus(toy, scope, store, { property: 'no-map' })];
    const first = fc.check(property, { seed: 3, plugins });
    expect(store.entries).toHaveLength(1);
    const read = readTrace(toy, store.entries[0]?.text ?? '');
    expect(read).toMatchObject({
      ok: true,
      file: {
        commands: valueAt(first.counterexample, 0),
        seed: 3,
        path: first.counterexamplePath,
        property: 'no-map',
      },
    });
    const again = fc.check(property, { seed: 4, plugins });
    expect(again.counterexample).toEqual(first.counterexample);
    expect(again.numRuns).toBe(1);
    expect(store.entries).toHaveLength(1);
  });

  test('a stored case is shrunk on, with the values beside it', () => {
    const store = memory();
    const property = fc.property<[number, Trace]>(
      fc.nat(1000),
      traces(toy),
      (number, trace) => number < 10 || !hasMap(trace),
    );
    const plugins = [corpus(toy, scope, store, { trace: 1 })];
    const params = { seed: 3, plugins, endOnFailure: true };
    const raw = fc.check(property, params);
    expect(valueAt(raw.counterexample, 0)).toBeGreaterThan(10);
    expect(fc.check(property, params).counterexample).toEqual(raw.counterexample);
    const shrunk = fc.check(property, { seed: 5, plugins });
    expect(shrunk.numRuns).toBe(1);
    expect(valueAt(shrunk.counterexample, 0)).toBe(10);
    expect(valueAt(shrunk.counterexample, 1)).toEqual([create(0), map(0, 0, 0)]);
    expect(store.entries).toHaveLength(2);
    // A path that begins with a stored case leads nowhere without the store.
    expect(store.entries[1]?.text).toContain('"path": null');
  });

  test('drawn traces stay where they are', () => {
    const seen = (texts: readonly string[]): readonly Trace[] => {
      const all: Trace[] = [];
      const property = fc.property<[Trace]>(traces(toy), (trace) => {
        all.push(trace);
      });
      fc.check(property, { seed: 6, numRuns: 5, plugins: [corpus(toy, scope, memory(...texts))] });
      return all;
    };
    const given: Trace = [create(0), map(0, 0, 0)];
    const without = seen([]);
    expect(seen([stored(given), stored([toggle])])).toEqual([given, [toggle], ...without.slice(2)]);
  });

  test('entries that do not fit fail a run that would pass, and are named', () => {
    const store = memory('{', stored([toggle]), stored([create(9)]));
    const check = () => fc.check(never, { plugins: [corpus(toy, scope, store)], numRuns: 3 });
    expect(check).toThrow(StaleCorpus);
    expect(check).toThrow(/0\.json: the whole is not JSON.*\n2\.json: commands\[0\]\.args\.vm/);
    let entries: readonly StaleEntry[] = [];
    const onStale = (stale: readonly StaleEntry[]): void => {
      entries = stale;
    };
    fc.assert(never, { plugins: [corpus(toy, scope, store, { onStale })], numRuns: 3 });
    expect(entries.map(({ name }) => name)).toEqual(['0.json', '2.json']);
    const fails = fc.property<[Trace]>(traces(toy), () => false);
    const { failed } = fc.check(fails, { plugins: [corpus(toy, scope, memory('{'))], seed: 1 });
    expect(failed).toBe(true);
  });

  test('an entry that means something else now runs, and is reported', () => {
    const text = stored([create(0), toggle]).replace('{', '{"refused": [1],');
    const check = () =>
      fc.check(never, { plugins: [corpus(toy, scope, memory(text))], numRuns: 3 });
    expect(check).toThrow('commands[1] was refused when the case was stored, and is accepted now');
    const accepted = stored([toggle, map(0, 0, 0)]).replace('{', '{"refused": [],');
    expect(() =>
      fc.check(never, { plugins: [corpus(toy, scope, memory(accepted))], numRuns: 3 }),
    ).toThrow('commands[1] was accepted when the case was stored, and is refused now');
  });
});

describe('a store in a folder', () => {
  test('is empty before it is written, and reads by name', () => {
    const folder = mkdtempSync(join(tmpdir(), 'store-'));
    try {
      const store = fileStore(join(folder, 'failures'));
      expect(store.read()).toEqual([]);
      store.write(stored([toggle]));
      store.write(stored([toggle]));
      store.write(stored([create(0)]));
      writeFileSync(join(folder, 'failures', 'notes.txt'), 'no case');
      const texts = store.read().map(({ text }) => text);
      expect(texts.sort()).toEqual([stored([toggle]), stored([create(0)])].sort());
      expect(readdirSync(join(folder, 'failures'))).toHaveLength(3);
      writeFileSync(join(folder, 'file'), '');
      expect(() => fileStore(join(folder, 'file')).read()).toThrow('ENOTDIR');
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('traceStats', () => {
  test('counts commands, neighbours and lengths', () => {
    const stats = traceStats(toy, scope);
    const examples: [Trace][] = [
      [[create(0), create(0), toggle, toggle]],
      [Array.from({ length: lengthStep }, () => toggle)],
    ];
    fc.assert(never, { examples, numRuns: 2, plugins: [stats] });
    const { runs, commands, kinds, pairs, lengths } = stats.statistics();
    expect([runs, commands, lengths]).toEqual([2, 4 + lengthStep, [1, 1]]);
    expect(kinds.create).toEqual({ executed: 1, refused: 1 });
    expect(kinds.toggle).toEqual({ executed: 2 + lengthStep, refused: 0 });
    expect(kinds.destroy).toEqual({ executed: 0, refused: 0 });
    expect(pairs).toEqual({ create: { toggle: 1 }, toggle: { toggle: lengthStep } });
  });

  test('leaves out what shrinks a failure', () => {
    const stats = traceStats(toy, scope);
    const property = fc.property<[Trace]>(traces(toy), (trace) => !hasMap(trace));
    const { numRuns, numShrinks } = fc.check(property, { seed: 3, plugins: [stats] });
    expect(numShrinks).toBeGreaterThan(0);
    expect(stats.statistics().runs).toBe(numRuns);
  });

  test('works with asynchronous properties', async () => {
    const stats = traceStats(toy, scope);
    const property = fc.asyncProperty<[Trace]>(traces(toy), async (trace) => !hasMap(trace));
    const { numRuns } = await fc.check(property, { seed: 3, plugins: [stats] });
    expect(stats.statistics().runs).toBe(numRuns);
  });
});

describe('budget', () => {
  test('ends a run before its budget is passed by more than a trace, and says so', () => {
    const limit = budget({ commands: 1000 });
    const { failed, interrupted, numRuns } = fc.check(never, {
      seed: 1,
      numRuns: 1e6,
      plugins: [limit],
    });
    const { runs, commands, exhausted } = limit.spending();
    expect([failed, interrupted, exhausted, runs]).toEqual([false, true, true, numRuns]);
    expect(commands).toBeGreaterThanOrEqual(1000);
    expect(commands).toBeLessThan(1240);
  });

  test('a run within its budget is not exhausted', () => {
    const limit = budget({ commands: 1e6, seconds: 1000 });
    fc.assert(never, { seed: 1, numRuns: 10, plugins: [limit] });
    expect(limit.spending()).toMatchObject({ runs: 10, exhausted: false });
  });

  test('no seconds are no runs, and can be made to fail', () => {
    const property = fc.property<[Trace]>(traces(toy), () => true);
    // fast-check itself calls a run without any success a failure.
    expect(fc.check(property, { plugins: [budget({ seconds: 0 })] }).failed).toBe(true);
    const limit = budget({ seconds: 0, failWhenSpent: true });
    expect(() => fc.check(property, { plugins: [limit] })).toThrow('after 0 runs, 0 commands');
    const one = budget({ commands: 1, failWhenSpent: true });
    expect(() => fc.check(property, { seed: 1, plugins: [one] })).toThrow(BudgetSpent);
    expect(() => fc.check(property, { seed: 1, plugins: [one] })).toThrow('inconclusive');
  });

  test('does not cut shrinking short', () => {
    const property = fc.property<[Trace]>(traces(toy), (trace) => !hasMap(trace));
    const free = fc.check(property, { seed: 3 });
    const limit = budget({ commands: 1 });
    const bound = fc.check(property, { seed: 3, plugins: [limit] });
    expect(bound.counterexample).toEqual(free.counterexample);
    expect(limit.spending()).toMatchObject({ runs: 1, exhausted: false });
  });

  test('works with asynchronous properties, and only where the trace is', async () => {
    const limit = budget({ commands: 500 });
    const property = fc.asyncProperty<[Trace]>(traces(toy), async () => undefined);
    const { interrupted } = await fc.check(property, { numRuns: 1e6, plugins: [limit] });
    expect(interrupted).toBe(true);
    const numbers = fc.property(fc.nat(), () => true);
    expect(() => fc.check(numbers, { plugins: [budget({ commands: 5 })] })).toThrow(
      'value 0 of the property is no trace',
    );
  });
});
