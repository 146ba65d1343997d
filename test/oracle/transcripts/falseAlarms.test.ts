import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { validate } from '../../../oracle/transcripts/index.ts';
import { balloonLog } from './balloonLogs.ts';
import { cpuLog } from './cpuLogs.ts';
import { ksmLog } from './ksmLogs.ts';
import { migrationLog } from './migrationLogs.ts';

// Any seed must do; the fixed one keeps a failure reproducible by its counterexample alone.
const RUNS = { seed: 1, numRuns: 150 };
// Against a busy machine, not a claim about speed.
const PATIENCE_MS = 60_000;

test(
  'no true KSM log is refused: other counts, limits, settings, exits, torn readings',
  () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(validate('ksm', ksmLog(seed))).toMatchObject({ verdict: 'holds' });
      }),
      RUNS,
    );
  },
  PATIENCE_MS,
);

test(
  'no true balloon log is refused: other sizes, drivers, targets, errors, shortages',
  () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(validate('virtio-balloon', balloonLog(seed))).toMatchObject({ verdict: 'holds' });
      }),
      RUNS,
    );
  },
  PATIENCE_MS,
);

test(
  'no true CPU log is refused: other weights, quotas, numbers of threads, windows, loads',
  () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        expect(validate('cpu-shares', cpuLog(seed))).toMatchObject({ verdict: 'holds' });
      }),
      RUNS,
    );
  },
  PATIENCE_MS,
);

test(
  'no true migration log is refused, and what is broken in it is found: hops, races, cancels, cuts',
  () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const { log, broken, told } = migrationLog(seed);
        const judged = validate('qemu-migration', log);
        expect(judged).not.toHaveProperty('impossible');
        const violations = judged.verdict === 'violated' ? judged.violations : [];
        const found = violations.map(({ property }) => property).toSorted();
        expect(broken).toEqual(expect.arrayContaining(found));
        if (told) expect(found).toEqual(broken.toSorted());
      }),
      RUNS,
    );
  },
  PATIENCE_MS,
);
