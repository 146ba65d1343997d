/** Seeded bugs, each with its origin and the property that must find it. */

import { cpuFaults, deferredCpuFaults } from './cpu.ts';
import type { VmmFault } from './memory/seams.ts';
import { deferredMemoryFaults, memoryFaults } from './memory.ts';
import { migrationFaults } from './migration.ts';
import { mixedFaults } from './mixed.ts';

export type { VmmFault, VmmMachine } from './memory/seams.ts';
export type { DeferredFault } from './memory.ts';

/** The faults of the VMM. */
export const vmmFaults: readonly VmmFault[] = [
  ...memoryFaults,
  ...cpuFaults,
  ...mixedFaults,
  ...migrationFaults,
];

/** Faults of the specification that wait for a part of the model. */
export const deferredFaults = [...deferredMemoryFaults, ...deferredCpuFaults];
