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
  scopes,
} from '../../model/index.ts';
import { bench, type Forced } from './bench.ts';

/** The memory of one host as a machine of its own. */
export const memoryMachine: Machine<Memory> = {
  name: 'memory',
  version: 1,
  shape: memory,
  commands: memoryCommands,
  operations: memoryOperations,
  initial: initialMemory,
  scopes,
};

type ArgumentsOf<K extends MemoryCall['kind']> = Extract<MemoryCall, { readonly kind: K }>['args'];
export type Step = Forced<MemoryCall>;

/** A command by its name without the subsystem. */
export function call<K extends MemoryCall['kind'] extends `memory.${infer N}` ? N : never>(
  kind: K,
  args: ArgumentsOf<`memory.${K}`>,
): Step {
  return { kind: `memory.${kind}`, args } as unknown as Step;
}

export const { take, after, stateViolations, changeViolations, runViolations } = bench<
  Memory,
  typeof memoryMachine.commands,
  MemoryCall
>(memoryMachine, scopes.fuzz, memoryProperties);
