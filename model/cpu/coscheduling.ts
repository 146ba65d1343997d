/**
 * Co-scheduling (5.9): a guest believes that its vCPUs progress together. Where its VM asks for it, a
 * vCPU that got too far ahead of the slowest of its siblings is stopped until that one has caught up.
 * One that has nothing to do keeps pace: nobody waits for it.
 */
import { enumOf } from '../../machine/index.ts';
import { vmDedicated } from './dedication.ts';
import { type C, type Cpu, command, ofVm, type VmId } from './model.ts';
import { isAwake, isTooFarAhead } from './queue.ts';
import type { CpuSizes, ThreadState } from './state.ts';
import { release } from './threads.ts';

/** Its siblings wait for it, or would: it runs, or would if it were let. */
const isActive = ({ kind }: ThreadState): boolean =>
  kind === 'running' || kind === 'ready' || kind === 'throttled' || kind === 'costopped';
/** It has nothing to do, and so misses nothing. */
const isIdle = (state: ThreadState): boolean => state.kind === 'blocked' && state.on !== 'swap-in';

export const setCoscheduling = command({
  actor: 'host',
  summary: 'Says whether the vCPUs of a VM are kept together; all begin level (5.9).',
  args: { ...ofVm, mode: enumOf('none', 'relaxed') },
  requires: [
    ['no-change', ['vm', 'mode'], (m, a) => m.vms.at(a.vm).coscheduling === a.mode],
    vmDedicated,
  ],
  effect(m, a, c) {
    m.vms.at(a.vm).coscheduling = a.mode;
    for (let t = 0; t < m.threads.length; t++) {
      const thread = m.threads.at(t);
      if (thread.vm !== a.vm) continue;
      thread.lead = 0;
      if (thread.state.kind === 'costopped') release(m, t, 'refill', c);
    }
  },
});

/** A tick has passed: who ran in it has progressed by one, and who had nothing to do as well. */
export function progress(m: Cpu, { stop }: CpuSizes): void {
  for (const thread of m.threads) {
    const { vm, state } = thread;
    if (vm === null || m.vms.at(vm).coscheduling === 'none') continue;
    if (state.kind === 'running' || isIdle(state))
      thread.lead = Math.min(thread.lead + 1, stop + 1);
  }
}

/**
 * Leads count from the slowest that is active. Who sleeps stays within what it may have when it wakes;
 * who is away altogether comes back level with the slowest.
 */
export function align(m: Cpu, vm: VmId, c: C): void {
  if (m.vms.at(vm).coscheduling === 'none') return;
  const its = m.threads.filter(({ vm: of }) => of === vm);
  const active = its.filter(({ state }) => isActive(state)).map(({ lead }) => lead);
  const slowest = active.length === 0 ? 0 : Math.min(...active);
  for (const thread of its) {
    const ahead = thread.lead - slowest;
    if (isActive(thread.state)) thread.lead = ahead;
    else thread.lead = isIdle(thread.state) ? Math.max(0, Math.min(ahead, c.size.start)) : 0;
  }
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state, lead } = m.threads.at(t);
    const goesOn = of === vm && state.kind === 'costopped' && lead <= c.size.start;
    if (goesOn) release(m, t, 'refill', c);
  }
}

/** Who got too far ahead in the tick that has passed stops; who was stopped may go on. */
export function costop(m: Cpu, vm: VmId, c: C): void {
  c.operation.align(m, vm, c);
  for (let t = 0; t < m.threads.length; t++) {
    if (m.threads.at(t).vm !== vm || !isAwake(m, t)) continue;
    if (isTooFarAhead(m, t, c.size)) c.operation.leave(m, t, { kind: 'costopped' }, c);
  }
}
