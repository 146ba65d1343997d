/**
 * Bandwidth control of a group whose threads share one core: of each period it may run for the
 * quota, and is throttled until the next when that is used up (CAP-1; Linux scheduler/sched-bwc).
 * The group is new and its counters are read before and after the window, so they cover more.
 */
import { differs, outside } from '../system.ts';
import { periodAfter, quotaAfter, UNLIMITED } from './settings.ts';
import { type Comparisons, type Instrument, sum, type Window } from './window.ts';

/** Microseconds. */
export interface Limit {
  readonly quota: number;
  readonly period: number;
}

/** The group's `cpu.stat`, in the kernel's order. Times are nanoseconds; some kernels lack some. */
const COUNTERS = [
  'nr_periods',
  'nr_throttled',
  'throttled_time',
  'wait_sum',
  'nr_bursts',
  'burst_time',
] as const;
type Counters = Readonly<Record<(typeof COUNTERS)[number], number>>;

/** The counters before the window and after it. */
export interface Statistics {
  readonly stat0: Counters;
  readonly stat1: Counters;
}

/** `cpu.stat` with its lines joined by semicolons. */
export const STATISTICS: RegExp =
  /^nr_periods \d{1,15};nr_throttled \d{1,15};throttled_time \d{1,15}(;wait_sum \d{1,15})?(;nr_bursts \d{1,15};burst_time \d{1,15})?$/;

const MICROSECOND = 1e-6;
const NANOSECOND = 1e-9;

/**
 * The longest that the limit keeps a thread waiting, in seconds: until the next period. That the
 * quota is used up is seen at a tick, and what was run until then is taken off the quotas to come.
 */
export function longestThrottle({ quota, period }: Limit, { tick }: Instrument): number {
  if (quota === UNLIMITED) return 0;
  return period * MICROSECOND * (1 + Math.floor(tick / (quota * MICROSECOND)));
}

/** Only what the kernel accepts can have been set. */
export function* settable({ quota, period }: Limit): Comparisons {
  yield differs('quota', quota, quotaAfter(quota));
  yield differs('period', period, periodAfter(period));
}

/** The counters before and after the window go together. */
export function* counts(
  limit: Limit,
  statistics: Statistics,
  { secs }: Window,
  { before, apart }: Instrument,
): Comparisons {
  const { stat0, stat1 } = statistics;
  for (const name of COUNTERS) {
    const known = { low: stat0[name], high: Number.POSITIVE_INFINITY };
    yield outside('stat1', stat1[name], known, { what: name });
  }
  for (const field of ['stat0', 'stat1'] as const) {
    const { nr_periods, nr_throttled, nr_bursts, burst_time } = statistics[field];
    const what = 'nr_throttled';
    yield outside(field, nr_throttled, { low: 0, high: nr_periods }, { what });
    // The burst of a group is 0 until another is set.
    yield outside(field, nr_bursts, { low: 0, high: 0 }, { what: 'nr_bursts' });
    yield outside(field, burst_time, { low: 0, high: 0 }, { what: 'burst_time' });
  }
  const periods = stat1.nr_periods - stat0.nr_periods;
  const throttled = stat1.nr_throttled - stat0.nr_throttled;
  const period = limit.period * MICROSECOND;
  const elapsed = secs + before + apart;
  const most = limit.quota === UNLIMITED ? 0 : Math.floor(elapsed / period) + 1;
  yield outside('stat1', periods, { low: 0, high: most }, { what: 'new nr_periods' });
  yield outside('stat1', throttled, { low: 0, high: periods }, { what: 'new nr_throttled' });
  // Each time ends with a period that is counted; one may have begun before the first reading.
  const longest = throttled === 0 ? 0 : (throttled + 1) * period;
  const time = (stat1.throttled_time - stat0.throttled_time) * NANOSECOND;
  yield outside('stat1', time, { low: 0, high: longest }, { what: 'seconds of throttled_time' });
}

/**
 * The threads run for at most the quota of each period that began, and once more for what was left
 * of the one before (decision 25 of the design). A quota of less than a tick is overrun before the
 * first tick sees it. And no period gives more than itself, on one core.
 */
export function* limited(
  { quota, period }: Limit,
  { stat0, stat1 }: Statistics,
  { secs, cpu }: Window,
  { rounding, tick }: Instrument,
): Comparisons {
  if (quota === UNLIMITED) return;
  const each = Math.min(quota, period) * MICROSECOND;
  const most = each * (stat1.nr_periods - stat0.nr_periods) + Math.max(each, tick);
  const ran = sum(cpu) * secs;
  const error = cpu.length * rounding * secs;
  const what = 'seconds run by all threads';
  yield outside('cpu[]', ran, { low: 0, high: most + error }, { what });
}

/** The counters in a text that matches {@link STATISTICS}; those that it lacks are 0. */
export function counters(text: string): Counters {
  const read = (name: string): number =>
    Number(new RegExp(`(?:^|;)${name} (\\d+)`).exec(text)?.[1] ?? 0);
  return {
    nr_periods: read('nr_periods'),
    nr_throttled: read('nr_throttled'),
    throttled_time: read('throttled_time'),
    wait_sum: read('wait_sum'),
    nr_bursts: read('nr_bursts'),
    burst_time: read('burst_time'),
  };
}
