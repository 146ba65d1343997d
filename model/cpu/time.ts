/** Time below a tick: sub-ticks, which only some schedulers tell apart (ADR 10). */
import { ownerOf } from './queue.ts';
import type { CpuCore } from './state.ts';

/** Sub-ticks pass on every CPU: who runs has run them. No scheduler charges for a CPU of one's own. */
export function passTime(m: CpuCore, subticks: number): void {
  m.part += subticks;
  for (const thread of m.threads) {
    const { state } = thread;
    if (state.kind !== 'running' || ownerOf(m, state.on) !== null) continue;
    thread.uncharged += subticks;
    thread.computed += subticks;
  }
}

/** Turns that were lent are over. A scheduler that has not charged a tick when it is over does not charge by sub-ticks. */
export function beginTick(m: CpuCore): void {
  m.part = 0;
  for (const cpu of m.pcpus) cpu.lentBy = null;
  for (const thread of m.threads) thread.uncharged = 0;
}
