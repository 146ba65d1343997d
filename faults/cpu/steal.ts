/** Mistakes about stolen time. 5.8. */
import type { VmmFault } from '../memory/seams.ts';
import { cpu } from './seams.ts';

/** Where each is looked for at random, and searched for. */
const where = { randomScope: 'cpu-fuzz', scope: 'cpu-round-robin' };

const idleIsStolen: VmmFault = {
  id: 'cpu/C19a',
  seam: 'operation',
  story: 'The time in which a vCPU sleeps is told to its guest as stolen.',
  origin: 'Linux 03cbc732639d: steal and idle time of a guest fall out of step',
  ...where,
  killedBy: ['STL-T1', 'STL-I1', 'STL-I4'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'charge', (original) => (m, c) => {
      original(m, c);
      for (const thread of m.threads) {
        if (thread.vm !== null && thread.state.kind === 'blocked') thread.unpublished = 1;
      }
    }),
};

const incrementLost: VmmFault = {
  id: 'cpu/C20',
  seam: 'operation',
  story: 'The wait is read twice, and what it grew by when the vCPU got its CPU is lost.',
  origin: 'Linux 2dbd780e34ac: KVM on arm64 read run_delay twice',
  ...where,
  killedBy: ['STL-I1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'publish', (original) => (m, c) => {
      for (const thread of m.threads) if (thread.state.kind === 'running') thread.unpublished = 0;
      original(m, c);
    }),
};

const wrongUnit: VmmFault = {
  id: 'cpu/C21',
  seam: 'operation',
  story: 'Stolen time is told in another unit than the guest reads it in.',
  origin: 'Linux d54cb7d54877 and f9c904b7613b: steal time in the wrong unit',
  ...where,
  killedBy: ['STL-T1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'publish', (original) => (m, c) => {
      for (const { vm, published, unpublished } of m.threads) {
        if (vm !== null) published.steal += 999 * unpublished;
      }
      original(m, c);
    }),
};

const staysPreempted: VmmFault = {
  id: 'cpu/C22',
  seam: 'operation',
  story: 'A vCPU that gets its CPU again is still told to be preempted.',
  origin: 'Linux 66570e966dd9: KVM did not clear the preempted flag',
  ...where,
  killedBy: ['STL-I3'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'run', (original) => (m, t, p, c) => {
      const { preempted } = m.threads.at(t).published;
      original(m, t, p, c);
      m.threads.at(t).published.preempted = preempted;
    }),
};

export const stealFaults: readonly VmmFault[] = [
  idleIsStolen,
  incrementLost,
  wrongUnit,
  staysPreempted,
];
