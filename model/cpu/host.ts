/** What administrators and the VMM itself do to VMs and CPUs while they run (5.1). */
import { int, subset } from '../../machine/index.ts';
import {
  type CpuView,
  command,
  isPaused,
  ofPcpu,
  ofThread,
  ofVm,
  threadOf,
  viewThread,
} from './model.ts';
import { canDoWithout, isOpenTo, isStrict, ownerOf, sharedPcpus } from './queue.ts';
import type { PcpuId } from './scheduler.ts';
import { pcpu } from './state.ts';
import { release } from './threads.ts';
import { disturbAll, oweNothing } from './watch.ts';

export const pauseVm = command({
  actor: 'host',
  summary: 'Pauses all vCPUs of a VM; wakes are kept for later (5.1 PauseVm).',
  args: ofVm,
  requires: [['already-paused', ['vm'], (m, a) => isPaused(m, a.vm)]],
  effect(m, a, c) {
    for (let t = 0; t < m.threads.length; t++) {
      const { vm, state } = threadOf(m, t);
      if (vm !== a.vm || state.kind === 'offline') continue;
      const was = state.kind === 'blocked' ? state.on : 'ready';
      c.operation.leave(m, t, { kind: 'paused', was }, c);
    }
  },
});

/** Wakes that came meanwhile are delivered by the next tick. */
export const resumeVm = command({
  actor: 'host',
  summary: 'Lets a paused VM go on where it was (5.1 ResumeVm).',
  args: ofVm,
  requires: [['not-paused', ['vm'], (m, a) => !isPaused(m, a.vm)]],
  effect(m, a, c) {
    for (let t = 0; t < m.threads.length; t++) {
      const thread = threadOf(m, t);
      const { vm, state } = thread;
      if (vm !== a.vm || state.kind !== 'paused') continue;
      if (state.was === 'ready') release(m, t, 'resume', c);
      else thread.state = { kind: 'blocked', on: state.was };
    }
  },
});

/** It belongs to a vCPU, or some thread could run nowhere if it went. */
function isNeeded(m: CpuView, p: PcpuId): boolean {
  if (ownerOf(m, p) !== null) return true;
  return m.threads.some(
    ({ affinity }, t) => !affinity.some((allowed, q) => allowed && q !== p && isOpenTo(m, t, q)),
  );
}

export const offlinePcpu = command({
  actor: 'host',
  summary: 'Takes a CPU out of service; what ran there waits for another (5.1 OfflinePcpu).',
  args: ofPcpu,
  requires: [
    ['pcpu-offline', ['pcpu'], (m, a) => !m.pcpus.at(a.pcpu).online],
    ['affinity-conflict', ['pcpu'], (m, a) => isNeeded(m, a.pcpu)],
    [
      'admission-cpu',
      [],
      (m, _a, { size }) => !canDoWithout(m, 1, size) || sharedPcpus(m) - 1 < size.minShared,
    ],
  ],
  effect(m, a, c) {
    const cpu = m.pcpus.at(a.pcpu);
    cpu.online = false;
    m.watch.constrained = true;
    disturbAll(m);
    oweNothing(m);
    if (cpu.current !== null) c.operation.preempt(m, cpu.current, c);
  },
});

export const onlinePcpu = command({
  actor: 'host',
  summary: 'Takes a CPU into service; the next tick gives it a thread (5.1 OnlinePcpu).',
  args: ofPcpu,
  requires: [['pcpu-online', ['pcpu'], (m, a) => m.pcpus.at(a.pcpu).online]],
  effect(m, a) {
    m.pcpus.at(a.pcpu).online = true;
    disturbAll(m);
    oweNothing(m);
  },
});

/** A thread that runs where it may not any more goes on to the end of the tick. */
export const setAffinity = command({
  actor: 'host',
  summary: 'Says on which CPUs a thread may run (5.1 SetAffinity).',
  args: { ...ofThread, pcpus: subset(pcpu, 'pcpu') },
  requires: [
    [
      'no-change',
      ['thread', 'pcpus'],
      (m, a) =>
        viewThread(m, a.thread).affinity.every((allowed, p) => allowed === a.pcpus.includes(p)),
    ],
    [
      'affinity-conflict',
      ['thread', 'pcpus'],
      (m, a) =>
        !a.pcpus.some((p) => isOpenTo(m, a.thread, p)) ||
        m.pcpus.some((_, p) => ownerOf(m, p) === a.thread && !a.pcpus.includes(p)) ||
        (isStrict(m, viewThread(m, a.thread).vm) && a.pcpus.length < m.pcpus.length),
    ],
  ],
  effect(m, a) {
    const { affinity } = threadOf(m, a.thread);
    for (let p = 0; p < affinity.length; p++) affinity[p] = a.pcpus.includes(p);
    m.watch.constrained = true;
    disturbAll(m);
    oweNothing(m);
  },
});

/** Work for a thread of the VMM: scanning, swapping, sending pages. It competes with guests. */
export const vmmWork = command({
  actor: 'daemon',
  summary: 'Gives a thread of the VMM ticks of work to do (5.1 VmmWork).',
  args: { ...ofThread, ticks: int('work', 1) },
  requires: [
    ['not-of-the-vmm', ['thread'], (m, a) => viewThread(m, a.thread).vm !== null],
    [
      'too-much-work',
      ['thread', 'ticks'],
      (m, a, c) => viewThread(m, a.thread).work + a.ticks > c.size.work,
    ],
  ],
  effect(m, a) {
    const worker = threadOf(m, a.thread);
    worker.work += a.ticks;
    if (worker.state.kind === 'blocked') worker.wakePending = true;
  },
});
