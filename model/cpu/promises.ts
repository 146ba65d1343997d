/**
 * Reservations: ticks that a VM is promised in each period (5.7). A vCPU with some of its promise
 * before it goes before all that the scheduler would choose, the one with most of it first.
 */
import type { Cpu } from './model.ts';
import { isAwake, mayRun, sharedPcpus } from './queue.ts';
import type { PcpuId, ThreadId } from './scheduler.ts';
import type { CpuSizes } from './state.ts';

/** Splits what each VM is promised over the vCPUs that it has plugged in, the first get the rest. */
export function promise(m: Cpu, { period }: CpuSizes): void {
  for (const thread of m.threads) thread.promised = 0;
  for (let vm = 0; vm < m.vms.length; vm++) {
    const its = m.threads.filter(({ vm: of, state }) => of === vm && state.kind !== 'offline');
    let rest = m.vms.at(vm).reservation;
    its.forEach((thread, i) => {
      thread.promised = Math.min(Math.ceil(rest / (its.length - i)), period);
      rest -= thread.promised;
    });
  }
}

/**
 * Who wakes within a period keeps what still fits in the rest of it, beside the promises to those
 * that are awake already: these come first.
 */
export function fitLate(m: Cpu, { period }: CpuSizes): void {
  const left = period - m.phase;
  let free = sharedPcpus(m) * left;
  for (let t = 0; t < m.threads.length; t++) {
    const { promised, late } = m.threads.at(t);
    if (isAwake(m, t) && !late) free -= promised;
  }
  for (const thread of m.threads) {
    if (!thread.late) continue;
    thread.late = false;
    thread.promised = Math.max(0, Math.min(thread.promised, left, free));
    free -= thread.promised;
  }
}

/** Most of a promise first, which has the least time to spare; then by id. */
export function pickPromised(m: Cpu, p: PcpuId): ThreadId | null {
  let best = m.pcpus.at(p).current;
  for (const t of m.queue) {
    if (mayRun(m, t, p) && (best === null || comesBefore(m, t, best))) best = t;
  }
  return best !== null && m.threads.at(best).promised > 0 ? best : null;
}

function comesBefore(m: Cpu, t: ThreadId, other: ThreadId): boolean {
  const more = m.threads.at(t).promised - m.threads.at(other).promised;
  return more > 0 || (more === 0 && t < other);
}
