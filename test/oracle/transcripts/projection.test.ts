import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type VmmMachine, vmmFaults } from '../../../faults/index.ts';
import { vmmMachine } from '../../../model/index.ts';
import { validate } from '../../../oracle/transcripts/index.ts';
import type { Counters } from '../../../oracle/transcripts/ksm/state.ts';
import { PAGE_BYTES } from '../../../oracle/transcripts/virtio-balloon/actual.ts';
import { type BalloonRun, balloonRuns, projectBalloon } from './balloonRuns.ts';
import { type CpuRun, cpuRuns, projectCpu } from './cpuProjection.ts';
import { ksmRuns, settledRuns } from './ksmActs.ts';
import { project } from './ksmProjection.ts';

// Any seed must do: 10,000 runs of each were judged without a false alarm.
const RUNS = { seed: 1, numRuns: 50 };
const FEW = { seed: 1, numRuns: 30 };
const UNTIL_FOUND = { seed: 1, numRuns: 500, endOnFailure: true };

// Against a busy machine, not a claim about speed.
const PATIENCE = { timeout: 60_000 };

const COUNTS = [
  'pages_shared',
  'pages_sharing',
  'pages_unshared',
  'pages_volatile',
  'ksm_zero_pages',
  'stable_node_chains',
  'stable_node_dups',
] as const satisfies readonly (keyof Counters)[];

/** The model with a seeded bug. */
function faulty(id: string): VmmMachine {
  const fault = vmmFaults.find((each) => each.id === id);
  if (fault === undefined) throw new Error(`there is no fault ${id}`);
  return fault.apply(vmmMachine);
}

describe('same-page merging', PATIENCE, () => {
  test('good: what the model shows is possible', () => {
    fc.assert(
      fc.property(ksmRuns, (run) => {
        expect(project(vmmMachine, run).refused).toBeUndefined();
      }),
      RUNS,
    );
  });

  test('bad: more than all pages, in any counter at any reading', () => {
    fc.assert(
      fc.property(ksmRuns, fc.nat(), fc.constantFrom(...COUNTS), (run, pick, field) => {
        const { readings } = project(vmmMachine, run);
        fc.pre(readings > 0);
        const chosen = 1 + (pick % readings);
        const found = project(vmmMachine, run, (counters, reading) =>
          reading === chosen ? { ...counters, [field]: counters[field] + 1_000 } : counters,
        );
        expect(found.refused).toBeDefined();
        expect(found.readings).toBe(chosen);
      }),
      FEW,
    );
  });

  test('bad: one page too many or too few once everything is merged', () => {
    const fields = fc.constantFrom(...COUNTS);
    fc.assert(
      fc.property(settledRuns, fields, fc.constantFrom(-1, 1), (run, field, by) => {
        // Zero pages may be among the pages that the scanner knows, or merged and forgotten.
        fc.pre(!run.setting.useZero || !/unshared|volatile/.test(field));
        expect(project(vmmMachine, run).refused).toBeUndefined();
        const found = project(vmmMachine, run, (counters, reading) =>
          reading === 3 ? { ...counters, [field]: counters[field] + by } : counters,
        );
        expect(found.refused).toBeDefined();
      }),
      FEW,
    );
  });

  test.each([
    ['memory/K1', 'pages_sharing'],
    ['memory/K6', 'ksm_zero_pages'],
    ['memory/K10', 'pages_sharing'],
    ['memory/K11', 'pages_shared'],
  ])('bad: the model with fault %s shows impossible %s', (id, field) => {
    const machine = faulty(id);
    const possible = fc.property(ksmRuns, (run) => project(machine, run).refused?.field !== field);
    expect(fc.check(possible, UNTIL_FOUND).failed).toBe(true);
  });
});

describe('the balloon', PATIENCE, () => {
  test('good: what the model publishes is possible', () => {
    fc.assert(
      fc.property(balloonRuns(vmmMachine), (run) => {
        expect(projectBalloon(vmmMachine, run).refused).toBeUndefined();
      }),
      RUNS,
    );
  });

  test.each([
    ['more than the memory', (_bytes: number, ram: number) => ram + PAGE_BYTES],
    ['less than nothing', () => -PAGE_BYTES],
    ['not whole pages', (bytes: number) => bytes + 1],
  ])('bad: a size that is %s, at any moment', (_what, wrong) => {
    const judge = (run: BalloonRun, pick: number): void => {
      const { sizes } = projectBalloon(vmmMachine, run);
      fc.pre(sizes > 0);
      const chosen = 1 + (pick % sizes);
      const found = projectBalloon(vmmMachine, run, (bytes, ram, size) =>
        size === chosen ? wrong(bytes, ram) : bytes,
      );
      expect(found.refused).toBeDefined();
      expect(found.sizes).toBe(chosen);
    };
    fc.assert(fc.property(balloonRuns(vmmMachine), fc.nat(), judge), FEW);
  });

  test.each(['memory/B5b', 'memory/B13'])('bad: the model with fault %s is refused', (id) => {
    const machine = faulty(id);
    const judge = (run: BalloonRun): boolean => projectBalloon(machine, run).refused === undefined;
    const found = fc.check(fc.property(balloonRuns(machine), judge), UNTIL_FOUND);
    expect(found.failed).toBe(true);
  });
});

describe('CPU shares', PATIENCE, () => {
  const judged = (machine: VmmMachine, run: CpuRun, spoil?: Parameters<typeof projectCpu>[2]) =>
    validate('cpu-shares', [projectCpu(machine, run, spoil)]);

  test('good: what the model gives to threads that share a core is possible', () => {
    fc.assert(
      fc.property(cpuRuns, (run) => {
        expect(judged(vmmMachine, run)).toMatchObject({ verdict: 'holds' });
      }),
      RUNS,
    );
  });

  test('bad: who ran for another tenth of the window', () => {
    fc.assert(
      fc.property(cpuRuns, fc.nat(), (run, pick) => {
        fc.pre(run.weights.length > 1 && run.window > 200);
        const chosen = pick % run.weights.length;
        const found = judged(vmmMachine, run, (after) => ({
          ...after,
          run: after.run.map((ran, t) => (t === chosen ? ran + Math.ceil(run.window / 10) : ran)),
        }));
        expect(found).toMatchObject({ impossible: {} });
      }),
      FEW,
    );
  });

  test.each(['cpu/P4', 'cpu/R1'])('bad: the model with fault %s is refused', (id) => {
    const machine = faulty(id);
    const possible = fc.property(cpuRuns, (run) => judged(machine, run).verdict === 'holds');
    expect(fc.check(possible, UNTIL_FOUND).failed).toBe(true);
  });
});
