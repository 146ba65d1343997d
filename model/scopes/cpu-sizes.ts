/** Sizes of hosts that are CPUs alone. */
import { keysOf } from '../../machine/index.ts';
import { type SchedulerName, schedulers } from '../cpu/index.ts';
import { tinySizes } from './memory-sizes.ts';
import type { VmmSizes } from './scope.ts';

/** CPUs by themselves: VMs without memory. Three vCPUs, each of a VM of its own, on two CPUs. */
export const cpuSizes: VmmSizes = {
  ...tinySizes,
  vm: 3,
  page: 0,
  virtual: 0,
  frame: 0,
  slot: 0,
  content: 1,
  salt: 1,
  block: 0,
  emergency: 0,
  pcpu: 2,
  thread: 3,
  vcpus: 1,
  online: 1,
  weight: 2,
  quantum: 2,
  request: 2,
  period: 1,
  patience: 4,
  advantage: 4,
  grid: 2,
};

/** 2 VMs of 3 vCPUs, of which 2 are plugged in, and a thread of the VMM, on 2 CPUs. */
export const cpuFuzzSizes: VmmSizes = {
  ...cpuSizes,
  vm: 2,
  thread: 7,
  vcpus: 3,
  online: 2,
  weight: 4,
  period: 4,
  work: 3,
  horizon: 100,
  patience: 200,
  advantage: 200,
  grid: 12,
  subticks: 10,
  spin: 1,
  stop: 3,
  start: 1,
  ageing: 2,
  dedication: 1,
};

/** Where a scheduler is in the table. */
export const place = (name: SchedulerName): number => keysOf(schedulers).indexOf(name);

/** The commands of some names of the CPU subsystem. */
export const cpu = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `cpu.${name}`);
