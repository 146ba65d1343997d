/** What properties of fairness look back on. Ghosts: no rule depends on any of it. */
import {
  add,
  greater,
  lesser,
  negative,
  type Rational,
  rational,
  subtract,
} from '../../machine/index.ts';
import type { Cpu, VmId } from './model.ts';
import { competes, isAwake, ownerOf, weightOf } from './queue.ts';
import type { Scheduler, ThreadId } from './scheduler.ts';
import { schedulers } from './schedulers/index.ts';
import type { CpuCore, CpuSizes } from './state.ts';

const zero = rational(0);

/** Whether a property of the scheduler that runs looks back on turns, waits or leads. */
function looksAt(m: Cpu, what: keyof Scheduler['watched']): boolean {
  const where = schedulers[m.scheduler.algorithm].watched[what];
  return where === 'always' || (where === 'on-one-cpu' && m.pcpus.length === 1);
}

/** Intervals in which promises to this thread hold end here; others begin with the next tick. */
export function disturb(m: Cpu, t: ThreadId): void {
  const { watch, threads } = m;
  watch.disturbed[t] = looksAt(m, 'leads');
  watch.steady = 0;
  for (let other = 0; other < threads.length; other++) {
    watch.ahead.at(t)[other] = zero;
    watch.ahead.at(other)[t] = zero;
  }
  beginWait(m, t);
  if (!watch.even) return;
  watch.even = false;
  for (let other = 0; other < threads.length; other++) watch.beyond[other] = zero;
}
export function disturbAll(m: Cpu): void {
  for (let t = 0; t < m.threads.length; t++) disturb(m, t);
}

/** A scheduler has begun, to which all are alike that compete: ST-2 and EV-1 look back to here. */
export function beginWatch({ pcpus, threads, watch }: Cpu, shares: Scheduler['shares']): void {
  watch.even = shares === 'by-weight' && pcpus.length === 1;
  for (let t = 0; t < threads.length; t++) watch.ran[t] = 0;
}

/** Nobody, or no vCPU of a VM, has a claim in this period any more: what it rests on has changed. */
export function oweNothing(m: CpuCore, vm: VmId | null = null): void {
  for (let t = 0; t < m.threads.length; t++) {
    if (vm === null || m.threads.at(t).vm === vm) m.watch.owed[t] = 0;
  }
}

/** From now on a thread that is ready waits: for how many at most depends on who competes now. */
export function beginWait(m: Cpu, t: ThreadId): void {
  m.watch.waited[t] = 0;
  m.watch.rivals[t] = 0;
  if (m.threads.at(t).state.kind !== 'ready' || !looksAt(m, 'turns')) return;
  let rivals = 0;
  for (let other = 0; other < m.threads.length; other++) if (competes(m, other)) rivals++;
  m.watch.rivals[t] = rivals;
}

/** Looks at the tick that has just passed, before anything changes. */
export function observeService(m: Cpu, shares: Scheduler['shares'], size: CpuSizes): void {
  const { threads, watch } = m;
  if (looksAt(m, 'turns')) {
    for (let t = 0; t < threads.length; t++) {
      if (threads.at(t).state.kind !== 'running') continue;
      watch.ran[t] = Math.min(watch.ran.at(t) + 1, size.quantum);
    }
  }
  for (const { current, lentBy } of m.pcpus) {
    const payer = lentBy ?? current;
    if (payer !== null) watch.owed[payer] = Math.max(watch.owed.at(payer) - 1, 0);
  }
  if (watch.even) observeShares(m, size);
  if (!looksAt(m, 'leads')) return;
  const got = threads.map(({ state }, t) => {
    if (state.kind !== 'running') return zero;
    return rational(1, shares === 'equally' ? 1 : weightOf(m, t));
  });
  const counts = (t: ThreadId): boolean => competes(m, t) && !watch.disturbed.at(t);
  for (let i = 0; i < threads.length; i++) {
    for (let j = 0; j < threads.length; j++) {
      if (i === j || !counts(i) || !counts(j)) continue;
      const ahead = watch.ahead.at(i);
      ahead[j] = longer(ahead.at(j), subtract(got[i] ?? zero, got[j] ?? zero), size);
    }
  }
}

/** Of a tick that one of those who compete had, each was due a part: its weight of that of all. */
function observeShares(m: Cpu, size: CpuSizes): void {
  const { pcpus, threads, watch } = m;
  if (!pcpus.some(({ current }) => current !== null && competes(m, current))) return;
  let all = 0;
  for (let t = 0; t < threads.length; t++) if (competes(m, t)) all += weightOf(m, t);
  for (let t = 0; t < threads.length; t++) {
    if (!competes(m, t)) continue;
    const had = threads.at(t).state.kind === 'running' ? all : 0;
    const beyond = add(watch.beyond.at(t), rational(had - weightOf(m, t), all));
    const most = rational(size.advantage);
    watch.beyond[t] = lesser(greater(beyond, negative(most)), most);
  }
}

/**
 * The worst interval that ends now is the worst that ended a tick ago and this tick, or nothing: the
 * largest sum of what one got more than the other over any interval, without keeping intervals.
 */
function longer(before: Rational, more: Rational, size: CpuSizes): Rational {
  return lesser(greater(add(before, more), zero), rational(size.advantage));
}

/** Looks at what the coming tick was given to. */
export function observeChoice(m: Cpu, size: CpuSizes): void {
  const { threads, watch } = m;
  const [waiting, leading] = [looksAt(m, 'waits'), looksAt(m, 'leads')];
  // What goes first by right, no scheduler is to answer for.
  const byRight = m.pcpus.some((cpu, p) => cpu.byRight && ownerOf(m, p) === null);
  watch.steady = byRight || !waiting ? 0 : Math.min(watch.steady + 1, size.patience);
  for (let t = 0; t < threads.length; t++) {
    const { kind } = threads.at(t).state;
    if (kind !== 'running') watch.ran[t] = 0;
    const capped = isShortOfCap(m, t);
    if (capped) disturb(m, t);
    const waits = waiting && kind === 'ready' && !capped && !byRight;
    watch.waited[t] = waits ? Math.min(watch.waited.at(t) + 1, size.patience) : 0;
    if (kind !== 'ready') watch.rivals[t] = 0;
    watch.disturbed[t] = capped && leading;
  }
  if (m.phase === 0) openClaims(m);
}

/** More of its VM are awake than have ticks left: its cap decides with the scheduler who runs. */
function isShortOfCap(m: CpuCore, t: ThreadId): boolean {
  const { vm } = m.threads.at(t);
  if (vm === null || !isAwake(m, t)) return false;
  const { cap, used } = m.vms.at(vm);
  const its = m.threads.filter(({ vm: of }, other) => of === vm && isAwake(m, other)).length;
  return cap > 0 && used + its > cap;
}

/** A thread of the VMM has a CPU for the coming tick, which reservations do not reckon with. */
const worksFirst = ({ pcpus, threads }: CpuCore): boolean =>
  pcpus.some(({ current, byRight }) => {
    return byRight && current !== null && threads.at(current).vm === null;
  });

/** Who is awake now, and may run anywhere, has a claim to what it is promised in this period. */
function openClaims(m: CpuCore): void {
  const { pcpus, threads, watch } = m;
  const anywhere = threads.every(({ affinity }) =>
    pcpus.every(({ online }, p) => !online || affinity.at(p)),
  );
  const claims = anywhere && !worksFirst(m);
  for (let t = 0; t < threads.length; t++) {
    watch.owed[t] = claims && isAwake(m, t) ? threads.at(t).promised : 0;
  }
}
