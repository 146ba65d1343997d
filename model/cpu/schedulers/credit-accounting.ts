/**
 * Accounting of Xen's credit scheduler (5.3): what those who are active earn every three ticks, and
 * what follows for their priority. As `csched_acct` does in common/sched/credit.c.
 */
import { sharedPcpus, weightOf } from '../queue.ts';
import type { Cause, ThreadId } from '../scheduler.ts';
import type { CpuCore, CpuSizes } from '../state.ts';
import { CREDITS_PER_ACCOUNTING, type Credit } from './credit-state.ts';
import { observeAccounting, observeEarning } from './credit-watch.ts';

/** The steps of the algorithm in which Xen had its mistakes. */
export interface CreditStages {
  /** Takes credits for sub-ticks that a thread has run (`burn_credits`). */
  charge(own: Credit, m: CpuCore, t: ThreadId, ran: number, size: CpuSizes): void;
  /** The part of `total` that a weight has in all weights, rounded up. */
  fairShare(total: number, weight: number, all: number): number;
  /** Whether a thread that begins to compete goes before all that only have credits. */
  mayBoost(own: Credit, t: ThreadId, cause: Cause): boolean;
  /** Whether a thread has overrun its cap so far that it must not run, by what it may earn. */
  isOverCap(credit: number, limit: number, earned: number): boolean;
  park(own: Credit, m: CpuCore, t: ThreadId): void;
}

/** Those who are active, VM by VM; each thread of the VMM by itself. */
function accounts(own: Credit, m: CpuCore): readonly (readonly [ThreadId, ...ThreadId[]])[] {
  const found: [ThreadId, ...ThreadId[]][] = [];
  for (const t of own.active) {
    const { vm } = m.threads.at(t);
    const last = found.at(-1);
    if (vm !== null && last !== undefined && m.threads.at(last[0]).vm === vm) last.push(t);
    else found.push([t]);
  }
  return found;
}

/** A thread begins to earn (`acct_start`): a VM that has none yet comes first. */
export function startEarning(own: Credit, m: CpuCore, t: ThreadId): void {
  const { vm } = m.threads.at(t);
  const its = own.active.findIndex((other) => vm !== null && m.threads.at(other).vm === vm);
  own.active.splice(Math.max(its, 0), 0, t);
  own.weight += weightOf(m, t);
}

/** A thread earns no more (`acct_stop`). */
export function stopEarning(own: Credit, m: CpuCore, t: ThreadId): void {
  const at = own.active.indexOf(t);
  if (at < 0) return;
  own.active.splice(at, 1);
  own.weight -= weightOf(m, t);
}

/** Credits that a VM may earn in a period because of its cap; null for one without. */
function capOf(m: CpuCore, t: ThreadId, { period }: CpuSizes): number | null {
  const { vm } = m.threads.at(t);
  const cap = vm === null ? 0 : m.vms.at(vm).cap;
  return cap === 0 ? null : Math.ceil((cap * CREDITS_PER_ACCOUNTING) / period);
}

/**
 * Shares out what the CPUs can do until the next accounting. A VM may not earn more than all its
 * threads can use, nor more than its cap: what it leaves, those after it in the list get. Those that
 * have to leave something while others before them could have used it go to the head of the list.
 */
export function account(own: Credit, m: CpuCore, stages: CreditStages, size: CpuSizes): void {
  const all = own.weight;
  const accounted = [...own.active];
  const deficit = Math.max(0, -own.balance);
  let total = CREDITS_PER_ACCOUNTING * sharedPcpus(m) + deficit;
  let left = all;
  let othersCouldUse = false;
  own.balance = 0;
  for (const threads of accounts(own, m)) {
    const weight = weightOf(m, threads[0]) * threads.length;
    left -= weight;
    const cap = capOf(m, threads[0], size);
    const most = CREDITS_PER_ACCOUNTING * threads.length + Math.ceil((deficit * weight) / all);
    const peak = Math.min(most, cap ?? most);
    let fair = stages.fairShare(total, weight, all);
    if (fair < peak) othersCouldUse = true;
    else {
      if (left > 0) total += Math.ceil(((fair - peak) * all) / left);
      if (othersCouldUse) moveToHead(own, threads);
      fair = peak;
    }
    const earned = Math.ceil(fair / threads.length);
    const limit = cap === null ? null : Math.ceil(cap / threads.length);
    for (const t of threads) {
      earn(own, m, t, earned, limit, stages, size);
      own.balance += own.credit.at(t);
    }
  }
  observeAccounting(own, m, accounted, (t) => capOf(m, t, size), size);
  sortQueue(own, m);
}

function moveToHead(own: Credit, threads: readonly ThreadId[]): void {
  own.active.splice(own.active.indexOf(threads[0] ?? 0), threads.length);
  own.active.unshift(...threads);
}

/** A thread earns, and its priority follows from what it has then. */
function earn(
  own: Credit,
  m: CpuCore,
  t: ThreadId,
  earned: number,
  limit: number | null,
  stages: CreditStages,
  size: CpuSizes,
): void {
  const credit = own.credit.at(t) + earned;
  own.credit[t] = credit;
  own.ledger.at(t).earned += earned;
  const wasParked = own.parked.at(t);
  if (credit < 0) {
    own.priority[t] = 'over';
    if (limit !== null && !wasParked && stages.isOverCap(credit, limit, earned)) {
      stages.park(own, m, t);
    }
    if (credit < -CREDITS_PER_ACCOUNTING) adjust(own, t, -CREDITS_PER_ACCOUNTING);
  } else {
    own.priority[t] = 'under';
    if (wasParked) unpark(own, m, t);
    if (credit > CREDITS_PER_ACCOUNTING) {
      stopEarning(own, m, t);
      adjust(own, t, Math.floor(credit / 2));
    }
  }
  const isRegular = own.credit.at(t) === credit && own.parked.at(t) === wasParked;
  observeEarning(own, t, earned, isRegular, size);
}

function adjust(own: Credit, t: ThreadId, credit: number): void {
  const more = credit - own.credit.at(t);
  own.ledger.at(t).adjusted += more;
  own.credit[t] = credit;
}

/** The flag, and the pause itself: the core takes a thread off that is held, or keeps it off. */
export function park(own: Credit, m: CpuCore, t: ThreadId): void {
  own.parked[t] = true;
  m.threads.at(t).held = true;
}
export function unpark(own: Credit, m: CpuCore, t: ThreadId): void {
  own.parked[t] = false;
  m.threads.at(t).held = false;
}

/** Priorities have changed: those with credits come forward, in the order that they have. */
function sortQueue(own: Credit, m: CpuCore): void {
  const under = m.queue.filter((t) => own.priority.at(t) !== 'over');
  const over = m.queue.filter((t) => own.priority.at(t) === 'over');
  m.queue.splice(0, m.queue.length, ...under, ...over);
}
