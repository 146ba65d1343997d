/**
 * The counting abstraction of a balloon (specification 3.0 and 3.3): not which pages it holds but
 * the interval in which the guest's size may lie. Sizes are bytes of guest memory, as QEMU gives
 * them (`actual`), not pages in the balloon.
 */

import type { Interval } from '../system.ts';

/** Bytes of a page, and of the most that a driver moves before it reports (256 pages). */
export const PAGE_BYTES = 4096;
export const BATCH_BYTES: number = 256 * PAGE_BYTES;

/** A batch of pages that is perhaps not reported yet, and not meant for the target of now. */
export interface Former {
  /** The sizes that it may move towards. */
  readonly targets: Interval;
  /** Where the size is while it is under way. */
  readonly at: Interval;
}

/** What is known of one machine's balloon. */
export interface Balloon {
  readonly ram: number;
  /** `deflate-on-oom`: the guest may take pages back by itself (BAL-T4, BAL-T7). */
  readonly oom: boolean;
  /** Whether a driver moves the balloon; `perhaps` while the guest boots. */
  readonly driver: 'absent' | 'present' | 'perhaps';
  /** The size last asked for, clamped and rounded as the device does. */
  readonly target: number;
  /** A request that is sent and not answered: it may be in force or not. */
  readonly requested: number | undefined;
  /** The guest may be out of memory, so that `oom` applies. */
  readonly pressed: boolean;
  /** The driver met its target and waits for the next request. */
  readonly resting: boolean;
  /** The driver is being unloaded. */
  readonly unloading: boolean;
  /** A batch may be under way that was begun before the target changed. */
  readonly former: Former | undefined;
  readonly actual: Interval;
}

/** What is done to a balloon, or to the guest it lies in. */
export type BalloonCommand =
  | { readonly kind: 'request'; readonly bytes: number }
  | { readonly kind: 'granted' | 'refused' }
  | {
      readonly kind: 'load' | 'load-failed' | 'unload-begin' | 'unload' | 'unload-failed' | 'press';
    };

/** A balloon of a machine that has just been started: empty. */
export function initialBalloon(ram: number, oom: boolean, driver: Balloon['driver']): Balloon {
  return {
    ram,
    oom,
    driver,
    target: ram,
    requested: undefined,
    pressed: false,
    resting: false,
    unloading: false,
    former: undefined,
    actual: { low: ram, high: ram },
  };
}

/** A requested size as the device takes it: at most the RAM, whole pages, rounded up. */
export function clampTarget(bytes: number, ram: number): number {
  return Math.min(ram, Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES);
}

/** The balloon after a command; the interval holds for any time after it. */
export function command(balloon: Balloon, to: BalloonCommand): Balloon {
  switch (to.kind) {
    case 'request':
      return spread(request(balloon, to.bytes));
    case 'granted':
      return granted(balloon);
    case 'refused':
      return { ...balloon, requested: undefined };
    case 'load':
      return spread({ ...balloon, driver: 'present', resting: false });
    case 'load-failed':
      return { ...balloon, driver: 'absent', actual: { low: balloon.ram, high: balloon.ram } };
    case 'unload-begin':
      return spread({ ...balloon, unloading: true });
    case 'unload':
      // The driver gives every page back before it goes (BAL-I5).
      return {
        ...balloon,
        driver: 'absent',
        resting: false,
        unloading: false,
        former: undefined,
        actual: { low: balloon.ram, high: balloon.ram },
      };
    case 'unload-failed':
      return { ...balloon, unloading: false };
    case 'press':
      return spread({ ...balloon, pressed: true });
  }
}

function request(balloon: Balloon, bytes: number): Balloon {
  const { actual, driver, former, target, ram } = balloon;
  const moving = actual.low !== actual.high && driver !== 'absent';
  const here = { low: target, high: target };
  const targets = former === undefined ? here : hull(former.targets, here);
  return {
    ...balloon,
    requested: clampTarget(bytes, ram),
    resting: false,
    former: moving ? { targets, at: actual } : undefined,
  };
}

function granted(balloon: Balloon): Balloon {
  const { requested } = balloon;
  if (requested === undefined) return balloon;
  return spread({ ...balloon, target: requested, requested: undefined });
}

/** The balloon seen at `bytes`; undefined when it cannot be there. */
export function seen(balloon: Balloon, bytes: number): Balloon | undefined {
  const { actual, target } = balloon;
  if (bytes < actual.low || bytes > actual.high || bytes % PAGE_BYTES !== 0) return undefined;
  if (balloon.resting && !relieved(balloon, bytes)) return undefined;
  const former = stillUnderWay(balloon, bytes);
  const at = { low: bytes, high: bytes };
  if (balloon.driver === 'absent') return { ...balloon, actual: at };
  const settled = former === undefined && balloon.requested === undefined && !balloon.unloading;
  const resting = balloon.resting || (settled && bytes === target);
  const still = { ...balloon, resting, former };
  return spread({ ...still, actual: overshoot(at, still) });
}

/** A resting driver gives pages back only when the guest is short, 256 at a time. */
function relieved({ actual, ram, unloading }: Balloon, bytes: number): boolean {
  return unloading || bytes === ram || (bytes - actual.low) % BATCH_BYTES === 0;
}

/** The size changes when a batch is reported: the first change after the request ends the former. */
function stillUnderWay(balloon: Balloon, bytes: number): Former | undefined {
  const { former, requested, oom, pressed } = balloon;
  // A guest that is short reports at any time.
  if (former === undefined || (oom && pressed)) return former;
  const { low, high } = former.at;
  if (bytes < low || bytes > high) return undefined;
  return requested === undefined ? { ...former, at: { low: bytes, high: bytes } } : former;
}

/** A batch begun for the former target is finished and reported first. */
function overshoot({ low, high }: Interval, { former }: Balloon): Interval {
  if (former === undefined) return { low, high };
  const { targets } = former;
  return {
    low: targets.low < low ? Math.max(targets.low, low - BATCH_BYTES) : low,
    high: targets.high > high ? Math.min(targets.high, high + BATCH_BYTES) : high,
  };
}

/** A driver moves the size towards the target and never beyond it (BAL-T2, BAL-T4). */
function spread(balloon: Balloon): Balloon {
  if (balloon.driver === 'absent') return balloon;
  const { low, high } = balloon.actual;
  const ends = balloon.resting ? [low, high] : [low, high, balloon.target];
  if (balloon.requested !== undefined) ends.push(balloon.requested);
  if (balloon.unloading || (balloon.oom && balloon.pressed)) ends.push(balloon.ram);
  return { ...balloon, actual: { low: Math.min(...ends), high: Math.max(...ends) } };
}

/** The smallest interval that holds both. */
export function hull(one: Interval, other: Interval): Interval {
  return { low: Math.min(one.low, other.low), high: Math.max(one.high, other.high) };
}
