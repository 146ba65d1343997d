/** The CPUs of a host at power-on: its vCPUs are ready, and the first of them run. */
import { initialsOf, keysOf, rational, table } from '../../machine/index.ts';
import { vm } from '../memory/index.ts';
import type { C, Cpu } from './model.ts';
import { cpuOperations } from './operations.ts';
import { schedulers } from './schedulers/index.ts';
import {
  type CpuSizes,
  type CpuThread,
  dedication,
  pcpu,
  type ThreadState,
  thread,
} from './state.ts';
import { beginWatch } from './watch.ts';

export function initialCpu(z: CpuSizes): Cpu {
  const algorithm = keysOf(schedulers)[z.scheduler] ?? 'round-robin';
  const m: Cpu = {
    pcpus: table(z, pcpu, () => ({
      online: true,
      current: null,
      byRight: false,
      lentBy: null,
      buckets: { guest: 0, vmm: 0, idle: 0, down: 0 },
    })),
    threads: table(z, thread, (t) => initialThread(z, t)),
    vms: table(z, vm, (id) => ({
      weight: id === 0 ? z.firstWeight : 1,
      reservation: 0,
      cap: 0,
      used: 0,
      wanted: z.online,
      stalled: false,
      coscheduling: 'none',
      age: 0,
      lock: { holder: null, waiting: [] },
    })),
    dedication: table(z, dedication, () => ({
      vms: table(z, vm, () => false),
      owners: table(z, pcpu, () => null),
      automatic: false,
      roomy: 0,
    })),
    queue: [],
    throttled: [],
    countsCaps: !schedulers[algorithm].keepsCaps,
    phase: 0,
    part: 0,
    elapsed: 0,
    watch: {
      disturbed: table(z, thread, () => false),
      even: false,
      beyond: table(z, thread, () => rational(0)),
      constrained: false,
      steady: 0,
      waited: table(z, thread, () => 0),
      rivals: table(z, thread, () => 0),
      ran: table(z, thread, () => 0),
      owed: table(z, thread, () => 0),
      ahead: table(z, thread, () => table(z, thread, () => rational(0))),
    },
    scheduler: {
      algorithm,
      states: initialsOf(schedulers, z),
    },
  };
  const c: C = { size: z, operation: cpuOperations, emit: () => {} };
  for (let t = 0; t < m.threads.length; t++) {
    if (m.threads.at(t).state.kind === 'ready') cpuOperations.join(m, t, 'start', c);
  }
  cpuOperations.dispatch(m, c);
  beginWatch(m, schedulers[algorithm].shares);
  return m;
}

function initialThread(z: CpuSizes, t: number): CpuThread {
  const isVcpu = t < z.vm * z.vcpus;
  const isOnline = isVcpu && t % z.vcpus < z.online;
  const vcpuState: ThreadState = isOnline ? { kind: 'ready' } : { kind: 'offline' };
  return {
    vm: isVcpu ? Math.floor(t / z.vcpus) : null,
    state: isVcpu ? vcpuState : { kind: 'blocked', on: 'no-work' },
    affinity: table(z, pcpu, () => true),
    wakePending: false,
    yielded: false,
    held: false,
    spun: 0,
    gaveTurn: false,
    lead: 0,
    uncharged: 0,
    computed: 0,
    work: 0,
    promised: 0,
    late: false,
    buckets: {
      run: 0,
      ready: 0,
      costop: 0,
      throttled: 0,
      blocked: 0,
      paused: 0,
      offline: 0,
      swapwait: 0,
    },
    unpublished: 0,
    published: { steal: 0, preempted: false },
  };
}
