/** The bench of CPUs. */
import { cpuProperties } from '../../invariants/index.ts';
import type { Machine } from '../../machine/index.ts';
import {
  type Cpu,
  type CpuCall,
  cpuCommands,
  cpuOperations,
  hostCpu,
  initialCpu,
  scopes,
} from '../../model/index.ts';
import { bench, type Forced } from './bench.ts';

/** The CPUs of one host as a machine of their own. */
export const cpuMachine: Machine<Cpu> = {
  name: 'cpu',
  version: 1,
  shape: hostCpu,
  commands: cpuCommands,
  operations: cpuOperations,
  initial: initialCpu,
  scopes,
};

type ArgumentsOf<K extends CpuCall['kind']> = Extract<CpuCall, { readonly kind: K }>['args'];
export type CpuStep = Forced<CpuCall>;

/** A command by its name without the subsystem. */
export function call<K extends CpuCall['kind'] extends `cpu.${infer N}` ? N : never>(
  kind: K,
  args: ArgumentsOf<`cpu.${K}`>,
): CpuStep {
  return { kind: `cpu.${kind}`, args } as unknown as CpuStep;
}
export const tick: CpuStep = call('tick', {});

export const { after, stateViolations, changeViolations, runViolations } = bench<
  Cpu,
  typeof cpuMachine.commands,
  CpuCall
>(cpuMachine, scopes['cpu-fuzz'], cpuProperties);
