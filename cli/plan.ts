/** What `verify` does: fixed amounts of work, so that the same plan says the same everywhere. */
import { duration } from './report/table.ts';

/** So many random traces in one scope. */
export interface RandomPart {
  readonly scope: string;
  readonly runs: number;
}

export interface Plan {
  readonly name: string;
  readonly random: readonly RandomPart[];
  /** Random traces in each scope that only properties of two runs name. */
  readonly pairs: number;
  /** Scopes of at most so many states are explored whole. */
  readonly exploredStates: number;
  /** Each fault must be found in so many commands; 0 leaves the faults out. */
  readonly faultBudget: number;
  /** A machine that is far slower than expected gets `inconclusive`, not a shorter plan. */
  readonly safetySeconds: number;
  /** Goes on with further seeds until so much time has passed. */
  readonly forSeconds?: number;
}

/** A minute and a quarter on a quiet machine with two cores. */
export const quick: Plan = {
  name: 'quick',
  random: [
    { scope: 'fuzz', runs: 1_000 },
    { scope: 'tiny', runs: 200 },
    { scope: 'overcommit', runs: 200 },
    { scope: 'cpu-fuzz', runs: 200 },
    { scope: 'cpu-fuzz-one', runs: 100 },
    { scope: 'mixed', runs: 100 },
    { scope: 'service-fuzz', runs: 100 },
    { scope: 'migration-fuzz', runs: 100 },
    { scope: 'migration-timed', runs: 100 },
    { scope: 'migration-throttle', runs: 20 },
    { scope: 'migration-clocks-fuzz', runs: 40 },
    { scope: 'migration-postcopy-fuzz', runs: 100 },
    { scope: 'migration-pages', runs: 60 },
    { scope: 'migration-hinting-fuzz', runs: 40 },
    { scope: 'migration-crash-fuzz', runs: 40 },
  ],
  pairs: 100,
  exploredStates: 3_500,
  faultBudget: 40_000,
  safetySeconds: 180,
};

/** About ten minutes. */
export const deep: Plan = {
  name: 'deep',
  random: quick.random.map(({ scope, runs }) => ({ scope, runs: runs * 20 })),
  pairs: quick.pairs * 20,
  exploredStates: Number.POSITIVE_INFINITY,
  faultBudget: quick.faultBudget,
  safetySeconds: 20 * 60,
};

/** The quick plan, and then random traces until time is up. */
export function lasting(seconds: number): Plan {
  return {
    ...quick,
    name: `for ${duration(seconds)}`,
    safetySeconds: Number.POSITIVE_INFINITY,
    forSeconds: seconds,
  };
}
