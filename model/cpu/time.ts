/** Time below a tick: sub-ticks, which only some schedulers tell apart (ADR 10). */
import type { CpuCore } from './state.ts';

/** Sub-ticks pass on every CPU: who runs has run them. */
export function passTime(m: CpuCore, subticks: number): void {
  m.part += subticks;
  for (const thread of m.threads) {
    if (thread.state.kind !== 'running') continue;
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
