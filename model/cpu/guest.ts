/** What guests do with their vCPUs, and what wakes them (5.1). */
import { ref } from '../../machine/index.ts';
import {
  command,
  notRunning,
  noVcpu,
  ofThread,
  threadOf,
  vcpuOffline,
  viewThread,
} from './model.ts';
import { thread } from './state.ts';
import { disturb } from './watch.ts';

/** A vCPU halts until it is woken: not at all where a wake has come that it did not see yet. */
export const halt = command({
  actor: 'guest',
  summary: 'A vCPU halts; one with a wake to see goes on instead (5.1 Hlt).',
  args: ofThread,
  requires: [noVcpu, notRunning],
  effect(m, a, c) {
    const vcpu = threadOf(m, a.thread);
    if (vcpu.wakePending) {
      vcpu.wakePending = false;
      c.emit({ type: 'halt-cancelled', thread: a.thread });
    } else c.operation.leave(m, a.thread, { kind: 'blocked', on: 'halt' }, c);
  },
});

/** A device or a timer has something for a vCPU. The tick delivers it, or the end of a pause. */
export const wake = command({
  actor: 'hardware',
  summary: 'An interrupt for a vCPU, which the next tick delivers (5.1 Wake).',
  args: ofThread,
  requires: [noVcpu, vcpuOffline],
  effect(m, a) {
    threadOf(m, a.thread).wakePending = true;
  },
});

/** A vCPU sends an interrupt to another one of its VM, or to itself. */
export const interrupt = command({
  actor: 'guest',
  summary: 'A running vCPU sends an interrupt to a vCPU of its VM (5.1 Ipi).',
  args: { ...ofThread, to: ref(thread) },
  requires: [
    noVcpu,
    notRunning,
    [
      'not-a-sibling',
      ['thread', 'to'],
      (m, a) => viewThread(m, a.to).vm !== viewThread(m, a.thread).vm,
    ],
    ['vcpu-offline', ['to'], (m, a) => viewThread(m, a.to).state.kind === 'offline'],
  ],
  effect(m, a) {
    threadOf(m, a.to).wakePending = true;
  },
});

/** A vCPU gives up the rest of its turn; the tick that it is in is charged to it. */
export const yieldCpu = command({
  actor: 'guest',
  summary: 'A running vCPU gives up the rest of its turn (5.1 Yield).',
  args: ofThread,
  requires: [
    noVcpu,
    notRunning,
    ['already-yielded', ['thread'], (m, a) => viewThread(m, a.thread).yielded],
  ],
  effect(m, a) {
    threadOf(m, a.thread).yielded = true;
    disturb(m, a.thread);
  },
});
