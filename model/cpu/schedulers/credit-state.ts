/** What Xen's credit scheduler keeps (5.3), and what its promises look back on. */
import {
  array,
  enumOf,
  ghost,
  history,
  type Infer,
  int,
  list,
  record,
  ref,
  set,
  table,
} from '../../../machine/index.ts';
import { vm } from '../../memory/index.ts';
import { type CpuSizes, pcpu, thread } from '../state.ts';

/** Ticks from one accounting to the next, and what a CPU is worth in them. */
export const TICKS_PER_ACCOUNTING = 3;
export const CREDITS_PER_TICK = 100;
export const CREDITS_PER_ACCOUNTING = TICKS_PER_ACCOUNTING * CREDITS_PER_TICK;

/** More than any run comes to; a guest that is never seen at a tick owes without bound. */
const credits = int(9_999_999, -9_999_999);

/** For the bounds of service and caps. In credits times sub-ticks, up to one more than the bounds. */
const Watch = record({
  /** Sub-ticks that a thread has run since the last accounting. */
  service: array(
    thread,
    int(({ subticks }: CpuSizes) => TICKS_PER_ACCOUNTING * subticks),
  ),
  /** It was on the account since the one before, and neither clipped, halved nor parked. */
  regular: set(thread),
  /** How far it got ahead of what it earned, or behind, in the worst interval that ends now. */
  ahead: array(thread, int(overOf)),
  behind: array(thread, int(overOf)),
  /** The cap of a VM was in force for all of this period, in which it kept being accounted. */
  capped: set(vm),
  /** By how much a VM overran its cap in the worst interval that ends now. */
  overrun: array(
    vm,
    int(({ vcpus, ...size }: CpuSizes) => vcpus * overOf(size)),
  ),
});
function overOf({ subticks }: Pick<CpuSizes, 'subticks'>): number {
  return 2 * CREDITS_PER_ACCOUNTING * subticks + 1;
}

export const creditState = record({
  /** What a thread may still use; below 0, what it used too much. */
  credit: array(thread, credits),
  /** What was run and is not worth a whole credit yet, in credits times sub-ticks. */
  residual: array(thread, int('subticks')),
  priority: array(thread, enumOf('boost', 'under', 'over')),
  /** It may not run until its credit is positive: its VM has a cap. */
  parked: set(thread),
  /** Those who earn, VM by VM: in this order accounting goes through them. */
  active: list(ref(thread), 'thread'),
  /** The weight of each of those, together. */
  weight: int(({ weight, thread: all }: CpuSizes) => weight * all),
  /** What those that were accounted last had then, together: of ten threads, 300 each at the least. */
  balance: int(({ thread: all }: CpuSizes) => all * (all + 2) * CREDITS_PER_ACCOUNTING, -3000),
  /** Ticks since the last accounting, and of the slice on each CPU. */
  ticks: int(TICKS_PER_ACCOUNTING),
  slice: array(pcpu, int('quantum')),
  /** All that a thread was given, and what clipping and halving made of it. */
  ledger: history(array(thread, record({ earned: credits, adjusted: credits }))),
  watch: ghost(Watch),
});
export interface Credit extends Infer<typeof creditState> {}

export function initialCredit(size: CpuSizes): Credit {
  return {
    credit: table(size, thread, () => 0),
    residual: table(size, thread, () => 0),
    priority: table(size, thread, () => 'under' as const),
    parked: table(size, thread, () => false),
    active: [],
    weight: 0,
    balance: 0,
    ticks: 0,
    slice: table(size, pcpu, () => 0),
    ledger: table(size, thread, () => ({ earned: 0, adjusted: 0 })),
    watch: {
      service: table(size, thread, () => 0),
      regular: table(size, thread, () => false),
      ahead: table(size, thread, () => 0),
      behind: table(size, thread, () => 0),
      capped: table(size, vm, () => false),
      overrun: table(size, vm, () => 0),
    },
  };
}

/** As it began, written into a state that is there. Nobody is parked any more. */
export function resetCredit(own: Credit): void {
  const { watch } = own;
  for (let t = 0; t < own.credit.length; t++) {
    own.credit[t] = 0;
    own.residual[t] = 0;
    own.priority[t] = 'under';
    own.ledger.at(t).earned = 0;
    own.ledger.at(t).adjusted = 0;
    watch.service[t] = 0;
    watch.regular[t] = false;
    watch.ahead[t] = 0;
    watch.behind[t] = 0;
  }
  for (let p = 0; p < own.slice.length; p++) own.slice[p] = 0;
  for (let vm = 0; vm < watch.capped.length; vm++) {
    watch.capped[vm] = false;
    watch.overrun[vm] = 0;
  }
  own.active.splice(0, own.active.length);
  own.weight = 0;
  own.balance = 0;
  own.ticks = 0;
}
