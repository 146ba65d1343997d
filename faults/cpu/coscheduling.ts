/** Mistakes about vCPUs that are kept together. 5.9. */
import type { VmmFault } from '../memory/seams.ts';
import { cpu } from './seams.ts';

const allAreStopped: VmmFault = {
  id: 'cpu/C30',
  seam: 'operation',
  story: 'A VM that has used up its cap has its vCPUs co-stopped: they wait for each other.',
  origin: 'the specification (5.9): co-stop of all siblings of a VM that is limited',
  randomScope: 'cpu-locks-fuzz',
  scope: 'cpu-caps',
  killedBy: ['COS-I2', 'COS-T1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'applyCap', (original) => (m, vm, c) => {
      original(m, vm, c);
      for (const t of [...m.throttled]) {
        if (m.threads.at(t).vm === vm) c.operation.leave(m, t, { kind: 'costopped' }, c);
      }
    }),
};

const idleIsBehind: VmmFault = {
  id: 'cpu/G1',
  seam: 'operation',
  story: 'A vCPU that sleeps counts as one that falls behind, and its siblings are stopped for it.',
  origin: 'ESX co-scheduling: a vCPU that is idle is taken to progress since relaxed co-scheduling',
  randomScope: 'cpu-locks-fuzz',
  scope: 'cpu-costop',
  killedBy: ['COS-I2'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'align', (original) => (m, vm, c) => {
      const sleeps = m.threads.some((each) => each.vm === vm && each.state.kind === 'blocked');
      if (!sleeps) original(m, vm, c);
    }),
};

const wideStarves: VmmFault = {
  id: 'cpu/G2',
  seam: 'operation',
  story: 'A strict VM waits for enough CPUs to be left at a time, which narrow ones never do.',
  origin:
    'the specification (5.9): strict co-scheduling needs ageing; ESX 2 had strict co-scheduling',
  randomScope: 'cpu-gangs',
  scope: 'cpu-gangs',
  killedBy: ['COS-N', 'COS-L1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'startGangs', (original) => (m, c) => {
      for (const its of m.vms) its.age = 0;
      original(m, c);
    }),
};

const someRun: VmmFault = {
  id: 'cpu/G3',
  seam: 'operation',
  story: 'A thread that waits gets one CPU of a gang, whose siblings go on without that vCPU.',
  origin: 'ESX co-scheduling: skew, and spinning for a sibling that was descheduled',
  randomScope: 'cpu-gangs',
  scope: 'cpu-gangs',
  killedBy: ['COS-T3'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'startGangs', (original) => (m, c) => {
      original(m, c);
      const isGang = (vm: number | null): boolean =>
        vm !== null && m.vms.at(vm).coscheduling === 'strict';
      const t = m.threads.findIndex(({ vm, state }) => isGang(vm) && state.kind === 'running');
      if (t >= 0) c.operation.preempt(m, t, c);
    }),
};

export const coschedulingFaults: readonly VmmFault[] = [
  allAreStopped,
  idleIsBehind,
  wideStarves,
  someRun,
];
