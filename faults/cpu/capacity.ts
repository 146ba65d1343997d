/** Mistakes about what VMs are promised and allowed. 5.7. */
import type { Cpu, CpuOperations } from '../../model/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { cpu } from './seams.ts';

/** vCPUs of a VM that sleep. */
const sleepers = (m: Cpu, vm: number): number =>
  m.threads.filter(({ vm: of, state }) => of === vm && state.kind === 'blocked').length;

const slicesExpire: VmmFault = {
  id: 'cpu/C18',
  seam: 'operation',
  story: 'A vCPU that sleeps keeps its slice of the quota, and its VM is throttled below its cap.',
  origin: 'Linux de53fd7aedb1: slices of CFS quota expired unused',
  randomScope: 'cpu-fuzz',
  scope: 'cpu-caps',
  killedBy: ['CAP-I1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'applyCap', (original) => (m, vm, c) => {
      original(m, vm, c);
      const { cap, used } = m.vms.at(vm);
      if (cap === 0 || used === 0 || used + sleepers(m, vm) < cap) return;
      for (let t = 0; t < m.threads.length; t++) {
        const { vm: of, state } = m.threads.at(t);
        if (of !== vm || (state.kind !== 'ready' && state.kind !== 'running')) continue;
        c.operation.leave(m, t, { kind: 'throttled' }, c);
      }
    }),
};

/** The first in the order of ids that has any of its promise before it. */
const firstPromised: CpuOperations['pickPromised'] = (m, p) => {
  const { current } = m.pcpus.at(p);
  const waiting = m.queue.filter((t) => m.threads.at(t).affinity.at(p));
  const all = current === null ? waiting : [...waiting, current];
  const promised = all.filter((t) => m.threads.at(t).promised > 0);
  return promised.length === 0 ? null : Math.min(...promised);
};

const servedById: VmmFault = {
  id: 'cpu/C35',
  seam: 'operation',
  story: 'Promises are served in the order of ids: the largest comes too late to fit.',
  origin: 'counterexample of the specification: two CPUs, two ticks, promises of 1, 1 and 2 (5.7)',
  randomScope: 'cpu-promises',
  scope: 'cpu-promises',
  killedBy: ['RES-1'],
  apply: (machine) => cpu.changeOperation(machine, 'pickPromised', () => firstPromised),
};

export const capacityFaults: readonly VmmFault[] = [slicesExpire, servedById];
