/**
 * Co-scheduling (5.9): a guest believes that its vCPUs progress together. Where its VM asks for it they
 * do: strictly, as a gang (`gangs.ts`), or so far that a vCPU that got too far ahead of the slowest of its siblings is stopped until that one has caught up.
 * One that has nothing to do keeps pace: nobody waits for it.
 */
import { enumOf } from '../../machine/index.ts';
import { vmDedicated } from './dedication.ts';
import { type C, type Cpu, command, guard, ofVm, type VmId } from './model.ts';
import { hasSiblings, isAwake, isStrict, isTooFarAhead, sharedPcpus, widthOf } from './queue.ts';
import type { CpuSizes, ThreadState } from './state.ts';
import { release, takeOff } from './threads.ts';

/** Its siblings wait for it, or would: it runs, or would if it were let. */
const isActive = ({ kind }: ThreadState): boolean =>
  kind === 'running' || kind === 'ready' || kind === 'throttled' || kind === 'costopped';
/** It has nothing to do, and so misses nothing. */
const isIdle = (state: ThreadState): boolean => state.kind === 'blocked' && state.on !== 'swap-in';

/** What a gang takes is none of the terms on which CPUs are shared. */
export const vmStrict = guard('vm-strict', ofVm, (m, a) => isStrict(m, a.vm));

export const setCoscheduling = command({
  actor: 'host',
  summary: 'Says how far the vCPUs of a VM are kept together; all begin level (5.9).',
  args: { ...ofVm, mode: enumOf('none', 'relaxed', 'strict') },
  requires: [
    ['no-change', ['vm', 'mode'], (m, a) => m.vms.at(a.vm).coscheduling === a.mode],
    vmDedicated,
    [
      'no-siblings',
      ['vm', 'mode'],
      (m, a, c) => a.mode === 'strict' && !hasSiblings(m, a.vm, m.vms.at(a.vm).wanted, c.size),
    ],
    [
      'shares-on-terms',
      ['vm', 'mode'],
      (m, a) => a.mode === 'strict' && (m.vms.at(a.vm).cap > 0 || m.vms.at(a.vm).reservation > 0),
    ],
    [
      'admission-cpu',
      ['vm', 'mode'],
      (m, a) => a.mode === 'strict' && widthOf(m, a.vm) > sharedPcpus(m),
    ],
    [
      'affinity-conflict',
      ['vm', 'mode'],
      (m, a) =>
        a.mode === 'strict' &&
        m.threads.some(({ vm, affinity }) => vm === a.vm && !affinity.every((may) => may)),
    ],
  ],
  effect(m, a, c) {
    const its = m.vms.at(a.vm);
    const wasStrict = its.coscheduling === 'strict';
    its.coscheduling = a.mode;
    its.age = 0;
    for (let t = 0; t < m.threads.length; t++) {
      const thread = m.threads.at(t);
      if (thread.vm !== a.vm) continue;
      thread.lead = 0;
      if (a.mode === 'strict' && isAwake(m, t)) c.operation.leave(m, t, { kind: 'costopped' }, c);
      else if (wasStrict && thread.state.kind === 'running') takeOff(m, t, c);
      else if (a.mode !== 'strict' && thread.state.kind === 'costopped') release(m, t, 'refill', c);
    }
  },
});

/** A tick has passed: who ran in it has progressed by one, and who had nothing to do as well. */
export function progress(m: Cpu, { stop }: CpuSizes): void {
  for (const thread of m.threads) {
    const { vm, state } = thread;
    if (vm === null || m.vms.at(vm).coscheduling !== 'relaxed') continue;
    if (state.kind === 'running' || isIdle(state))
      thread.lead = Math.min(thread.lead + 1, stop + 1);
  }
}

/**
 * Leads count from the slowest that is active. Who sleeps stays within what it may have when it wakes;
 * who is away altogether comes back level with the slowest.
 */
export function align(m: Cpu, vm: VmId, c: C): void {
  if (m.vms.at(vm).coscheduling !== 'relaxed') return;
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
