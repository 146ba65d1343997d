/** Every fault of CPUs, in the order of the specification, and those that wait. */
import { capacityFaults } from './cpu/capacity.ts';
import { coschedulingFaults } from './cpu/coscheduling.ts';
import { creditFaults } from './cpu/credit.ts';
import { credit2Faults } from './cpu/credit2.ts';
import { dedicationFaults } from './cpu/dedication.ts';
import { eevdfFaults } from './cpu/eevdf.ts';
import { lockFaults } from './cpu/locks.ts';
import { roundRobinFaults } from './cpu/round-robin.ts';
import { stealFaults } from './cpu/steal.ts';
import { strideFaults } from './cpu/stride.ts';
import { wakeFaults } from './cpu/wakes.ts';
import type { VmmFault } from './memory/seams.ts';
import type { DeferredFault } from './memory.ts';
import { agentFaults } from './service/agent.ts';
import { clockFaults } from './service/clocks.ts';

export const cpuFaults: readonly VmmFault[] = [
  ...creditFaults,
  ...credit2Faults,
  ...roundRobinFaults,
  ...strideFaults,
  ...eevdfFaults,
  ...capacityFaults,
  ...stealFaults,
  ...wakeFaults,
  ...clockFaults,
  ...agentFaults,
  ...coschedulingFaults,
  ...lockFaults,
  ...dedicationFaults,
];

const waiting = (reason: string, ...ids: readonly string[]): readonly DeferredFault[] =>
  ids.map((id) => ({ id: `cpu/${id}`, reason }));

export const deferredCpuFaults: readonly DeferredFault[] = [
  ...waiting('translation caches are not modelled', 'C23'),
];
