/** A machine that VMs run on: its memory, the guests that are there, its CPUs. */
import { array, type Infer, index, record } from '../machine/index.ts';
import { hostCpu } from './cpu/index.ts';
import { guestMemory, hostMemory, type Memory, vm } from './memory/index.ts';

export const host = index('host');

export const hostState = record({
  memory: hostMemory,
  /** What each guest keeps that is on this host: running, or about to leave or to arrive. */
  guests: array(vm, guestMemory),
  cpu: hostCpu,
});
export interface HostState extends Infer<typeof hostState> {}

/** The memory of a host with its guests: what the rules of memory see. */
export const memoryOf = ({ memory, guests }: HostState): Memory => ({ host: memory, guests });
