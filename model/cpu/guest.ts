/** What guests do with their vCPUs, and what wakes them (5.1). */
import { int, ref } from '../../machine/index.ts';
import { notInCriticalSection } from './locks.ts';
import {
  command,
  notRunning,
  noVcpu,
  ofThread,
  threadOf,
  vcpuOffline,
  viewThread,
} from './model.ts';
import { schedulers } from './schedulers/index.ts';
import { thread } from './state.ts';
import { applyCaps, serve } from './tick.ts';
import { passTime } from './time.ts';
import { disturb } from './watch.ts';

/** A vCPU halts until it is woken: not at all where a wake has come that it did not see yet. */
export const halt = command({
  actor: 'guest',
  summary: 'A vCPU halts; one with a wake to see goes on instead (5.1 Hlt).',
  args: ofThread,
  requires: [noVcpu, notRunning, ...notInCriticalSection],
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

/**
 * A vCPU computes for a part of the tick and gives up the rest of it, and of its turn. Its CPU goes
 * over at once; the others learn of the time that has passed when something becomes of them.
 */
export const runPart = command({
  actor: 'guest',
  summary: 'A running vCPU uses a part of the tick and yields; the rest goes to another (5.3).',
  args: { ...ofThread, subticks: int('subticks', 1) },
  requires: [
    noVcpu,
    notRunning,
    ['charges-whole-ticks', [], (m) => schedulers[m.scheduler.algorithm].charges !== 'sub-ticks'],
    ['tick-is-over', ['subticks'], (m, a, c) => m.part + a.subticks >= c.size.subticks],
  ],
  effect(m, a, c) {
    passTime(m, a.subticks);
    const vcpu = threadOf(m, a.thread);
    vcpu.yielded = true;
    disturb(m, a.thread);
    if (vcpu.state.kind === 'running') serve(m, vcpu.state.on, c);
    applyCaps(m, c);
  },
});
