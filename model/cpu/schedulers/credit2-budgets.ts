/**
 * Caps under Xen's credit2 (5.4): a VM with a cap has a budget of sub-ticks, new in every period. Its
 * threads take quotas of it when they get a CPU, and give back what they did not use, or owe. Who
 * finds it empty is parked until there is something in it again.
 */
import { array, type Infer, int, record, set, table } from '../../../machine/index.ts';
import { vm } from '../../memory/index.ts';
import type { ThreadId } from '../scheduler.ts';
import { type CpuCore, type CpuSizes, thread } from '../state.ts';

type VmId = number;

const most = ({ pcpu, period, subticks }: CpuSizes): number => pcpu * period * subticks;
/** What runs to the end of a tick, or by right, may overrun what it has taken: by two periods, say. */
const least = -999;

export const budgetState = record({
  /** What a cap is worth in a period; 0 for a VM without one. */
  total: array(vm, int(most)),
  /** What nobody has taken; below 0, what was used too much. */
  pool: array(vm, int(most, least)),
  /** What a thread that runs has taken and not used yet. */
  taken: array(thread, int(most, least)),
  parked: set(thread),
});
export interface Budgets extends Infer<typeof budgetState> {}

export const initialBudgets = (size: CpuSizes): Budgets => ({
  total: table(size, vm, () => 0),
  pool: table(size, vm, () => 0),
  taken: table(size, thread, () => 0),
  parked: table(size, thread, () => false),
});

export function resetBudgets(own: Budgets, m: CpuCore): void {
  for (let v = 0; v < own.total.length; v++) {
    own.total[v] = 0;
    own.pool[v] = 0;
  }
  for (let t = 0; t < own.taken.length; t++) {
    own.taken[t] = 0;
    unpark(own, m, t);
  }
}

/** A VM begins with a whole budget; what a cap grows by may be used at once. */
export function setBudget(own: Budgets, m: CpuCore, v: VmId, { subticks }: CpuSizes): void {
  const total = m.vms.at(v).cap * subticks;
  const more = total - own.total.at(v);
  own.total[v] = total;
  own.pool[v] = total === 0 ? 0 : Math.min(own.pool.at(v) + Math.max(more, 0), total);
  for (let t = 0; t < m.threads.length; t++) {
    if (total === 0 && m.threads.at(t).vm === v) own.taken[t] = 0;
  }
  unparkAll(own, m, v, total === 0);
}

/** A new period: what is left does not add to it, what is owed is taken from it. */
export function refill(own: Budgets, m: CpuCore): void {
  for (let v = 0; v < own.total.length; v++) {
    const total = own.total.at(v);
    own.pool[v] = Math.min(own.pool.at(v) + total, total);
    unparkAll(own, m, v, false);
  }
}

/** Takes what a thread has run from what it took before. */
export function spend(own: Budgets, m: CpuCore, t: ThreadId, subticks: number): void {
  if (isCapped(own, m, t)) own.taken[t] = own.taken.at(t) - subticks;
}

/** A thread loses its CPU: what it has or owes is its VM's again, and may be of use to others. */
export function giveBack(own: Budgets, m: CpuCore, t: ThreadId): void {
  const { vm: v } = m.threads.at(t);
  if (v === null) return;
  own.pool[v] = Math.min(own.pool.at(v) + own.taken.at(t), own.total.at(v));
  own.taken[t] = 0;
  unparkAll(own, m, v, false);
}

/** Whether a thread may get a CPU, or keep it: it has some of its VM's budget, or finds some left. */
export function takeQuota(own: Budgets, m: CpuCore, t: ThreadId, { vcpus }: CpuSizes): boolean {
  const { vm: v } = m.threads.at(t);
  if (v === null || !isCapped(own, m, t) || own.taken.at(t) > 0) return true;
  giveBack(own, m, t);
  if (own.pool.at(v) <= 0) return false;
  const quota = Math.min(Math.ceil(own.total.at(v) / vcpus), own.pool.at(v));
  own.pool[v] = own.pool.at(v) - quota;
  own.taken[t] = quota;
  return true;
}

/** The core takes a thread that is held off its CPU, and out of the queue. */
export function park(own: Budgets, m: CpuCore, t: ThreadId): void {
  own.parked[t] = true;
  m.threads.at(t).held = true;
}
export function unpark(own: Budgets, m: CpuCore, t: ThreadId): void {
  if (!own.parked.at(t)) return;
  own.parked[t] = false;
  m.threads.at(t).held = false;
}
function unparkAll(own: Budgets, m: CpuCore, v: VmId, uncapped: boolean): void {
  if (own.pool.at(v) <= 0 && !uncapped) return;
  for (let t = 0; t < m.threads.length; t++) if (m.threads.at(t).vm === v) unpark(own, m, t);
}

function isCapped(own: Budgets, m: CpuCore, t: ThreadId): boolean {
  const { vm: v } = m.threads.at(t);
  return v !== null && own.total.at(v) > 0;
}
