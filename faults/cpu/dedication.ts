/** Mistakes about CPUs that belong to one vCPU each. 5.10. */
import { dropGuard } from '../../machine/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { cpu } from './seams.ts';

const idleCpusHelp: VmmFault = {
  id: 'cpu/E1',
  seam: 'operation',
  story:
    'A CPU of one’s own that idles takes a thread that waits, and is taken when its owner wakes.',
  origin: 'Linux isolcpus: unbound kernel threads and work queues ran on isolated CPUs',
  randomScope: 'cpu-dedicated',
  scope: 'cpu-dedicated',
  killedBy: ['DC-I1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'dispatch', (original) => (m, c) => {
      original(m, c);
      const p = m.pcpus.findIndex(({ online, current }) => online && current === null);
      const [next] = m.queue;
      if (p >= 0 && next !== undefined) c.operation.run(m, next, p, c);
    }),
};

const pinStays: VmmFault = {
  id: 'cpu/E2',
  seam: 'operation',
  story: 'A vCPU that its guest lets go of keeps its CPU, which nobody can use any more.',
  origin: 'the specification (5.10): on removal drop the exclusive pin',
  randomScope: 'cpu-dedicated-plugging',
  scope: 'cpu-dedicated-plugging',
  killedBy: ['DC-I3'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'disown', (original) => (m, t) => {
      if (m.threads.at(t).state.kind !== 'offline') original(m, t);
    }),
};

const noHysteresis: VmmFault = {
  id: 'cpu/E3',
  seam: 'operation',
  story:
    'VMs are dedicated as soon as there are CPUs for all, and change over and over at the edge.',
  origin: 'the specification (5.10): back only after two accounting periods below',
  randomScope: 'cpu-dedicated-all',
  scope: 'cpu-dedicated-all',
  killedBy: ['DC-T2'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'rebalance', (original) => (m, c) => {
      for (const its of m.dedication) if (its.automatic) its.roomy = 2 * c.size.period;
      original(m, c);
    }),
};

const takenOut: VmmFault = {
  id: 'cpu/E4',
  seam: 'command',
  story:
    'A CPU goes out of service although it belongs to a vCPU, which runs nowhere from then on.',
  origin: 'the specification (5.10): AffinityConflict',
  randomScope: 'cpu-dedicated-moves',
  scope: 'cpu-dedicated-moves',
  killedBy: ['DC-T1', 'DC-I3'],
  apply: (machine) => dropGuard(machine, 'cpu.offline-pcpu', 'affinity-conflict'),
};

const goesOnAtTheTick: VmmFault = {
  id: 'cpu/E5',
  seam: 'operation',
  story:
    'A vCPU with a CPU of its own waits for the next tick when its VM goes on, beside its CPU.',
  origin: 'Xen null.c: a unit that wakes tickles the CPU that it is assigned to',
  randomScope: 'cpu-dedicated',
  scope: 'cpu-dedicated',
  killedBy: ['DC-I2', 'STL-I2'],
  apply: (machine) => {
    const waiting = cpu.changeOperation(machine, 'goOn', (original) => (m, t, c) => {
      if (m.threads.at(t).state.kind !== 'paused') original(m, t, c);
      else m.threads.at(t).state = { kind: 'unassigned' };
    });
    return cpu.changeOperation(waiting, 'assign', (original) => (m, c) => {
      original(m, c);
      for (let t = 0; t < m.threads.length; t++) {
        if (m.threads.at(t).state.kind === 'unassigned') c.operation.goOn(m, t, c);
      }
    });
  },
};

const waitsForEver: VmmFault = {
  id: 'cpu/E6',
  seam: 'operation',
  story: 'A CPU that becomes free goes to no vCPU that waits for one of its own.',
  origin: 'Xen null.c: sched_null picks a unit from the wait queue when a CPU is freed',
  randomScope: 'cpu-dedicated-plugging',
  scope: 'cpu-dedicated-plugging',
  killedBy: ['DC-L1'],
  apply: (machine) => cpu.changeOperation(machine, 'assign', () => () => {}),
};

export const dedicationFaults: readonly VmmFault[] = [
  idleCpusHelp,
  pinStays,
  noHysteresis,
  takenOut,
  goesOnAtTheTick,
  waitsForEver,
];
