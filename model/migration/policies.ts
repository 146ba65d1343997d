/** When a pre-copy migration stops its rounds and freezes the guest, as real VMMs decide it (4.B.2). */
import { keysOf } from '../../machine/index.ts';

/** What is known when a round ends: when all that it had to send was sent. */
export interface RoundEnd {
  /** Rounds that have ended; the first sends every page. */
  readonly rounds: number;
  /** Pages that the guest has dirtied meanwhile: what would be sent while it is frozen. */
  readonly dirty: number;
  /** The same when the round before ended; null at the end of the first. */
  readonly dirtyBefore: number | null;
  /** Pages sent in all rounds. */
  readonly sent: number;
  /** Pages that the guest has. */
  readonly memory: number;
  /** Pages that the channel carries in a tick, as measured last. */
  readonly bandwidth: number;
  /** Ticks since the first round began. */
  readonly elapsed: number;
}

/** What the user asked for. */
export interface Limits {
  /** Ticks for which the guest may stand still while its last pages are sent. */
  readonly downtime: number;
  /** Ticks after which the rounds end, however much is dirty. */
  readonly timeout: number;
  /** What happens then. */
  readonly onTimeout: 'cancel' | 'freeze';
  /** Xen: fewer dirty pages than this are not worth a round, and rounds beyond this are too many. */
  readonly few: number;
  readonly rounds: number;
  /** Xen of old: no more may be sent than so many times the memory. */
  readonly factor: number;
}

/** Another round, the end of the rounds, or the end of the migration. */
export type Decision = 'go-on' | 'freeze' | 'cancel';

/** A policy looks at what is known and at nothing else. */
export type StopPolicy = (end: RoundEnd, limits: Limits) => Decision;

/** Whether the dirty pages can be sent in the downtime allowed. */
const fits = ({ dirty, bandwidth }: RoundEnd, { downtime }: Limits): boolean =>
  dirty <= bandwidth * downtime;

const freezeIf = (stops: boolean): Decision => (stops ? 'freeze' : 'go-on');

/** Xen’s simple_precopy_policy has these numbers; DEF_MAX_ITERS, DEF_MAX_FACTOR are those of old. */
export const xenLimits = { few: 50, rounds: 5 } as const;
export const oldXenLimits = { few: 50, rounds: 29, factor: 3 } as const;

export const stopPolicies = {
  /** QEMU migration.c, threshold_size: there is no bound on the rounds. */
  qemu: (end, limits) => freezeIf(fits(end, limits)),
  /** Cloud Hypervisor, is_precopy_converged; it gives up, or stops all the same, at the timeout. */
  'cloud-hypervisor': (end, limits) => {
    if (end.dirty === 0 || fits(end, limits)) return 'freeze';
    return end.elapsed >= limits.timeout ? limits.onTimeout : 'go-on';
  },
  /** Xen’s simple_precopy_policy. */
  xen: ({ dirty, rounds }, limits) => freezeIf(dirty < limits.few || rounds >= limits.rounds),
  /** Xen before that. */
  'xen-old': ({ dirty, rounds, sent, memory }, limits) =>
    freezeIf(dirty < limits.few || rounds >= limits.rounds || sent > limits.factor * memory),
  /** A round that leaves as much as the one before gains nothing. Our own. */
  progress: ({ dirty, dirtyBefore }) => freezeIf(dirtyBefore !== null && dirty >= dirtyBefore),
} satisfies Readonly<Record<string, StopPolicy>>;
export type PolicyName = keyof typeof stopPolicies;

/** How a scope names a policy: by its place in the table, counted from 1. */
export const policyNumber = (name: PolicyName): number => keysOf(stopPolicies).indexOf(name) + 1;
/** 0 names none: the host may stop its guest at any time. */
export function policyOf(number: number): PolicyName | null {
  return keysOf(stopPolicies)[number - 1] ?? null;
}

/** How far QEMU has slowed a guest down that dirties pages faster than they are sent (4.B.3). */
export interface Throttle {
  /** Percent of its CPU time that the guest is kept from. */
  readonly percent: number;
  /** Periods, since the last change, in which the guest dirtied too much. */
  readonly periods: number;
}
export const noThrottle: Throttle = { percent: 0, periods: 0 };

/** Periods of too many dirtied pages that make QEMU throttle more. */
const periodsUntilThrottled = 2;

/**
 * QEMU ram.c, mig_throttle_guest_down: after each period of at least 1,000 ms, given the pages that
 * were dirtied and sent in it.
 */
export function throttleAfter(throttle: Throttle, dirtied: number, sent: number): Throttle {
  const { percent } = throttle;
  if (2 * dirtied <= sent) return throttle;
  const periods = throttle.periods + 1;
  if (periods < periodsUntilThrottled) return { percent, periods };
  return { percent: percent === 0 ? 20 : Math.min(percent + 10, 99), periods: 0 };
}
