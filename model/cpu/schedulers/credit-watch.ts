/** What the credit scheduler's promises of service and caps look back on (CR-1, CR-CAP). Ghosts. */
import type { ThreadId } from '../scheduler.ts';
import type { CpuCore, CpuSizes } from '../state.ts';
import { CREDITS_PER_ACCOUNTING, CREDITS_PER_TICK, type Credit } from './credit-state.ts';

/** What was run, in credits times sub-ticks: whole numbers. */
const worth = (subticks: number): number => CREDITS_PER_TICK * subticks;

/** The worst interval that ends now is the one that ended before and this period, or nothing. */
function longer(before: number, more: number, most: number): number {
  return Math.min(Math.max(before + more, 0), most);
}

/** A thread has earned. Where that was not all, another interval begins. */
export function observeEarning(
  { watch }: Credit,
  t: ThreadId,
  earned: number,
  isRegular: boolean,
  { subticks }: CpuSizes,
): void {
  const counts = isRegular && watch.regular.at(t);
  const most = 2 * CREDITS_PER_ACCOUNTING * subticks + 1;
  const more = worth(watch.service.at(t)) - earned * subticks;
  watch.ahead[t] = counts ? longer(watch.ahead.at(t), more, most) : 0;
  watch.behind[t] = counts ? longer(watch.behind.at(t), -more, most) : 0;
}

/**
 * A period is over: what VMs with caps ran beyond them, and who earns until the next. A VM with a
 * thread that ran, but never at a tick, is not on the account, and no cap holds it: as in Xen.
 */
export function observeAccounting(
  { active, watch }: Credit,
  m: CpuCore,
  accounted: readonly ThreadId[],
  capOf: (t: ThreadId) => number | null,
  { subticks, vcpus }: CpuSizes,
): void {
  const most = vcpus * (2 * CREDITS_PER_ACCOUNTING * subticks + 1);
  for (let vm = 0; vm < m.vms.length; vm++) {
    let ran = 0;
    let cap: number | null = null;
    let hides = false;
    for (let t = 0; t < m.threads.length; t++) {
      if (m.threads.at(t).vm !== vm) continue;
      ran += watch.service.at(t);
      hides ||= watch.service.at(t) > 0 && !accounted.includes(t);
      cap = capOf(t);
    }
    const more = cap === null ? 0 : worth(ran) - (cap + vcpus) * subticks;
    const counts = watch.capped.at(vm) && !hides;
    watch.overrun[vm] = counts ? longer(watch.overrun.at(vm), more, most) : 0;
    watch.capped[vm] = cap !== null;
  }
  for (let t = 0; t < m.threads.length; t++) {
    watch.service[t] = 0;
    watch.regular[t] = active.includes(t);
    if (watch.regular.at(t)) continue;
    watch.ahead[t] = 0;
    watch.behind[t] = 0;
  }
}
