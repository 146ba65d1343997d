import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shrink, type Trace, traces } from '../../generators/index.ts';
import { accepted, create, give, map, reaches, toggle, toy } from './toy.ts';

const { toy: scope } = toy.scopes;
const mapped =
  (count: number) =>
  (trace: Trace): boolean =>
    reaches(
      trace,
      (s) => s.vms.reduce((n, vm) => n + vm.mapped.filter((m) => m).length, 0) >= count,
    );

/** All shorter traces with the same order of commands. */
function subsequences(trace: Trace): readonly Trace[] {
  return Array.from({ length: 2 ** trace.length - 1 }, (_, bits) =>
    trace.filter((_, i) => (bits >> i) % 2 === 1),
  );
}

describe('the verdict', () => {
  test('among subsequences: no subsequence of a short trace fails', () => {
    fc.assert(
      fc.property(traces(toy, { maxLength: 80 }), fc.integer({ min: 1, max: 3 }), (trace, n) => {
        const fails = mapped(n);
        fc.pre(fails(trace));
        const shrunk = shrink(toy, scope, trace, fails);
        expect(shrunk.minimal).toBe('among-subsequences');
        expect(shrunk.deletions).toBe(shrunk.trace.length);
        expect(fails(shrunk.trace)).toBe(true);
        expect(subsequences(shrunk.trace).filter(fails)).toEqual([]);
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  test('finds what only dropping four commands at once shows', () => {
    // Valid lengths are 9 and 13: the passes drop at most three at a time, or halves of it.
    const trace = [give(2, 0), ...Array.from({ length: 12 }, (_, i) => give(i % 3, i))];
    const fails = (candidate: Trace): boolean =>
      candidate.every(({ kind }) => kind === 'give') &&
      candidate.length % 4 === 1 &&
      candidate.length >= 9;
    const { minimal, deletions, trace: shortest } = shrink(toy, scope, trace, fails);
    expect(shortest.length).toBe(9);
    expect([minimal, deletions]).toEqual(['among-subsequences', 9]);
  });

  test('of a long trace it says how many deletions at once were tried', () => {
    const fails = (trace: Trace): boolean =>
      accepted(trace).filter(({ kind }) => kind === 'toggle').length >= 20;
    const long = Array.from({ length: 40 }, () => toggle);
    const { trace, minimal, deletions } = shrink(toy, scope, long, fails);
    expect(trace.length).toBe(20);
    expect([minimal, deletions]).toEqual(['among-subsequences', 2]);
  });

  test('budget: the best so far, and nothing is claimed', () => {
    const start: Trace = [create(2), give(2, 5), map(2, 3, 4), toggle, map(2, 1, 1), toggle];
    for (const budget of [0, 1, 5]) {
      let runs = 0;
      const fails = (trace: Trace): boolean => {
        runs++;
        return mapped(2)(trace);
      };
      const shrunk = shrink(toy, scope, start, fails, { budget });
      expect(shrunk).toMatchObject({ minimal: 'budget', deletions: 0, evaluations: budget });
      expect(runs).toBe(budget);
      expect(mapped(2)(shrunk.trace)).toBe(true);
    }
  });

  test('an empty trace is as short as can be', () => {
    expect(shrink(toy, scope, [], () => true)).toEqual({
      trace: [],
      minimal: 'among-subsequences',
      deletions: 0,
      evaluations: 0,
    });
    expect(shrink(toy, scope, [toggle, create(0)], () => true).trace).toEqual([]);
  });

  test('a command that the scope does not have is an error', () => {
    expect(() => shrink(toy, scope, [{ kind: 'fly', args: {} }], () => true)).toThrow("'fly'");
  });
});
