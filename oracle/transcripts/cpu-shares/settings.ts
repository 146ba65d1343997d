/** What the kernel makes of a value that is written to a group's settings (cgroup v1). */

/** The value that is read back, or the error that the write fails with. */
export type Answer = number | 'EINVAL';

/** Linux `MIN_SHARES` and `MAX_SHARES`: weights are clamped between them. */
const SHARES_MIN = 2;
const SHARES_MAX = 262_144;

/** The weight of a group that was not given another, and of a thread of ordinary niceness. */
export const SHARES_DEFAULT = 1_024;

/** Microseconds. Linux `min_cfs_quota_period`, `max_cfs_quota_period` and `max_cfs_runtime`. */
const BANDWIDTH_MIN = 1_000;
const PERIOD_MAX = 1_000_000;
const QUOTA_MAX = 2 ** 44 - 1;

/** What stands for "no limit" in `cpu.cfs_quota_us`. */
export const UNLIMITED: number = -1;

/** `cpu.shares` is unsigned and clamped. */
export function sharesAfter(value: number): Answer {
  return value < 0 ? 'EINVAL' : Math.min(Math.max(value, SHARES_MIN), SHARES_MAX);
}

/** `cpu.cfs_quota_us`: whatever is negative is no limit, what is too little or too much is refused. */
export function quotaAfter(value: number): Answer {
  if (value < 0) return UNLIMITED;
  return value < BANDWIDTH_MIN || value > QUOTA_MAX ? 'EINVAL' : value;
}

/** `cpu.cfs_period_us`. */
export function periodAfter(value: number): Answer {
  return value < BANDWIDTH_MIN || value > PERIOD_MAX ? 'EINVAL' : value;
}
