/** The bench of memory. */
import { memoryProperties } from '../../invariants/index.ts';
import type { Machine } from '../../machine/index.ts';
import {
  initialMemory,
  type Memory,
  type MemoryCall,
  memory,
  memoryCommands,
  memoryOperations,
  recordCommands,
  scopes,
} from '../../model/index.ts';
import { bench, callsOf, type Forced } from './bench.ts';

/** The memory of one host as a machine of its own. */
export const memoryMachine: Machine<Memory> = {
  name: 'memory',
  version: 1,
  shape: memory,
  commands: { ...memoryCommands, ...recordCommands },
  operations: memoryOperations,
  initial: initialMemory,
  scopes,
};

export type Step = Forced<MemoryCall>;

/** A command by its name without the subsystem. */
export const call = callsOf<MemoryCall, 'memory'>('memory');

export const { take, after, stateViolations, changeViolations, runViolations } = bench<
  Memory,
  typeof memoryMachine.commands,
  MemoryCall
>(memoryMachine, scopes.fuzz, memoryProperties);
