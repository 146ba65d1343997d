/** What the recording script computed from the parts of the window before it rounded them. */
import { differs, type Interval, outside } from '../system.ts';
import type { QuotaRecord, SharesRecord, ThreadsRecord } from './records.ts';
import { type Comparisons, sum } from './window.ts';

/** Half of the last digit: parts of the window have four decimals, sums of two of them three. */
export const ROUNDING = 0.000_05;
const SUM_ROUNDING = 0.000_5;

/** Half of the last digit of a double near 1 is far less. */
const EPSILON = 1e-9;

/** The shares, what the weights say of them, and the greatest difference. */
export function* sharesOf({ cpu, w, share, want, maxAbsErr }: SharesRecord): Comparisons {
  let least = 0;
  let most = 0;
  for (const [group, said] of share.entries()) {
    yield outside('share[]', said, rounded(sharesFrom(cpu, group), ROUNDING));
    const wanted = (w[group] ?? 0) / sum(w);
    yield outside('want[]', want[group] ?? 0, around(wanted, 0, ROUNDING));
    const error = Math.abs(said - wanted);
    least = Math.max(least, error - ROUNDING);
    most = Math.max(most, error + ROUNDING);
  }
  yield outside('maxAbsErr', maxAbsErr, rounded({ low: least, high: most }, ROUNDING));
}

/** The number of threads, and for how much of the window all of them ran. */
export function* totalOf({ cpu, hogs, total }: QuotaRecord): Comparisons {
  yield differs('hogs', hogs, cpu.length);
  yield outside('total', total, around(sum(cpu), cpu.length * ROUNDING, ROUNDING));
}

/** Run and wait of each thread. */
export function* sumsOf({ cpu, wait, sum: sums }: ThreadsRecord): Comparisons {
  for (const [thread, said] of sums.entries()) {
    const together = (cpu[thread] ?? 0) + (wait[thread] ?? 0);
    yield outside('sum[]', said, around(together, 2 * ROUNDING, SUM_ROUNDING));
  }
}

/** Where the share of a group lies, given the rounded parts. */
function sharesFrom(cpu: readonly number[], group: number): Interval {
  const ran = cpu[group] ?? 0;
  const rest = sum(cpu) - ran;
  const error = (cpu.length - 1) * ROUNDING;
  const low = Math.max(0, ran - ROUNDING);
  const high = ran + ROUNDING;
  return {
    low: low === 0 ? 0 : low / (low + rest + error),
    high: high / (high + Math.max(0, rest - error)),
  };
}

function around(value: number, error: number, rounding: number): Interval {
  return rounded({ low: value - error, high: value + error }, rounding);
}

/** Where a number may lie after rounding. */
function rounded({ low, high }: Interval, rounding: number): Interval {
  return { low: low - rounding - EPSILON, high: high + rounding + EPSILON };
}
