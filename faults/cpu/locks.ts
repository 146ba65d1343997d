/** Mistakes about locks of guests and turns that are given. 5.9. */
import { dropGuard } from '../../machine/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { changeScheduler, cpu } from './seams.ts';

const unplugsHolder: VmmFault = {
  id: 'cpu/C29',
  seam: 'command',
  story: 'A vCPU is unplugged while it holds a lock or waits for one, and the lock goes with it.',
  origin: 'the specification (5.10): a guest refuses to let go of a vCPU in a critical section',
  randomScope: 'cpu-locks-fuzz',
  scope: 'cpu-lock-plugging',
  killedBy: ['LHP-I2', 'LHP-L1'],
  apply: (machine) => dropGuard(machine, 'cpu.release-vcpu', 'guest-refused'),
};

const boostsStrangers: VmmFault = {
  id: 'cpu/L1',
  seam: 'command',
  story: 'A vCPU that spins gives its turn to a vCPU of another VM, which steals from its own.',
  origin: 'Linux kvm_vcpu_on_spin: only vCPUs of the same VM are looked at',
  randomScope: 'cpu-locks-fuzz',
  scope: 'cpu-locks',
  killedBy: ['LHP-I1', 'LHP-T1'],
  apply: (machine) => dropGuard(machine, 'cpu.directed-yield', 'not-a-sibling'),
};

const takerPays: VmmFault = {
  id: 'cpu/L2',
  seam: 'policy',
  story: 'Stride charges the vCPU that was given a turn, whose pass runs away from the others.',
  origin: 'Linux yield_to of the fair scheduler: who is skipped and who is next are told apart',
  randomScope: 'cpu-locks-stride',
  scope: 'cpu-locks-stride',
  killedBy: ['ST-I1'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onTick(own, m, size) {
        for (const cpu of m.pcpus) cpu.lentBy = null;
        original.onTick(own, m, size);
      },
    })),
};

const lastComesFirst: VmmFault = {
  id: 'cpu/L3',
  seam: 'operation',
  story: 'A lock goes to who began to wait last, and who came first may wait for ever.',
  origin: 'spin locks before Linux x86 had FIFO ticket locks (2008)',
  randomScope: 'cpu-locks-fuzz',
  scope: 'cpu-lock-queue',
  killedBy: ['LHP-T2', 'LHP-L1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'handOn', (original) => (m, vm, c) => {
      const { waiting } = m.vms.at(vm).lock;
      const [last] = waiting.splice(Math.max(waiting.length - 1, 0), 1);
      if (last !== undefined) waiting.splice(0, 0, last);
      original(m, vm, c);
    }),
};

export const lockFaults: readonly VmmFault[] = [
  unplugsHolder,
  boostsStrangers,
  takerPays,
  lastComesFirst,
];
