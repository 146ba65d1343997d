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

export const coschedulingFaults: readonly VmmFault[] = [allAreStopped, idleIsBehind];
