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
import { bench, callsOf, type Forced } from './bench.ts';

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

export type CpuStep = Forced<CpuCall>;

/** A command by its name without the subsystem. */
export const call = callsOf<CpuCall, 'cpu'>('cpu');
export const tick: CpuStep = call('tick', {});

export const { after, stateViolations, changeViolations, runViolations } = bench<
  Cpu,
  typeof cpuMachine.commands,
  CpuCall
>(cpuMachine, scopes['cpu-fuzz'], cpuProperties);
