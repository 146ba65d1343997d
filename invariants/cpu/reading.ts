/**
 * How properties read CPUs: from the threads and CPUs themselves, not by the model's own helpers,
 * so that a fault in one of those does not hide.
 */
import { type Change, propertiesOf, type Reads, type View } from '../../machine/index.ts';
import type { CheckedCpu, Cpu, CpuCall, SchedulerName } from '../../model/index.ts';

export const property = propertiesOf<CheckedCpu>();

export type Reading = View<Cpu>;
type ElementOf<T> = T extends { at(id: never): infer X } ? X : never;
export type ThreadReading = ElementOf<Reading['threads']>;
export type CpuChange = Change<CheckedCpu>;
type Kind = CpuCall['kind'];

/** Names of commands that must exist. */
export const kinds = <K extends Kind>(...names: readonly K[]): readonly K[] => names;

/** For a property: commands of memory cannot change what it reads. */
export const reads: Reads<CheckedCpu> = {
  parts: 1,
  changed: ({ call }) => (call.kind.startsWith('memory.') ? 0 : 1),
};

export const runs = (m: Reading, scheduler: SchedulerName): boolean =>
  m.scheduler.algorithm === scheduler;

/** Caps are kept by parking threads until they have paid, not by counting periods. */
export const schedulerKeepsCaps = (m: Reading): boolean => runs(m, 'credit') || runs(m, 'credit2');

/** The vCPU that a CPU belongs to; null where it serves all. */
export const ownerOf = ({ dedication }: Reading, p: number): number | null =>
  dedication.length === 0 ? null : dedication.at(0).owners.at(p);
export const isDedicated = ({ dedication }: Reading, vm: number | null): boolean =>
  vm !== null && dedication.length > 0 && dedication.at(0).vms.at(vm);
/** The vCPU has a CPU to itself. */
export const ownsCpu = (m: Reading, t: number): boolean =>
  m.pcpus.some((_, p) => ownerOf(m, p) === t);

/** CPUs in service that serve all. */
export function sharedPcpus(m: Reading): number {
  let count = 0;
  for (let p = 0; p < m.pcpus.length; p++) {
    if (m.pcpus.at(p).online && ownerOf(m, p) === null) count++;
  }
  return count;
}

/** It runs or is ready, and has no CPU by right: what it gets its scheduler shares out. */
export function competes({ threads, pcpus }: Reading, t: number): boolean {
  const { state } = threads.at(t);
  return state.kind === 'ready' || (state.kind === 'running' && !pcpus.at(state.on).byRight);
}

export function anyCompetes(m: Reading): boolean {
  for (let t = 0; t < m.threads.length; t++) if (competes(m, t)) return true;
  return false;
}

/** The weight by which a thread competes: its VM's; threads of the VMM have 1. */
export function weightOf(m: Reading, t: number): number {
  const { vm } = m.threads.at(t);
  return vm === null ? 1 : m.vms.at(vm).weight;
}

/** Every thread may run on every CPU that is online: bounds of fairness take that for granted. */
export function allMayRunAnywhere({ threads, pcpus }: Reading): boolean {
  for (let t = 0; t < threads.length; t++) {
    const { affinity } = threads.at(t);
    for (let p = 0; p < pcpus.length; p++) {
      if (pcpus.at(p).online && !affinity.at(p)) return false;
    }
  }
  return true;
}

/** No thread of the VMM may go first: what it takes, no scheduler gives. */
export function noneGoesFirst({ threads }: Reading, size: CheckedCpu['sizes']): boolean {
  if (size.vmmFirst === 0) return true;
  for (let t = 0; t < threads.length; t++) {
    const { vm, work } = threads.at(t);
    if (vm === null && work > 0) return false;
  }
  return true;
}

/** No CPU that serves all runs a thread before the choice of the scheduler: by a promise, or as work. */
export function noneIsPreferred(m: Reading): boolean {
  for (let p = 0; p < m.pcpus.length; p++) {
    if (m.pcpus.at(p).byRight && ownerOf(m, p) === null) return false;
  }
  return true;
}

/** A vCPU whose VM turns out to wait for a page had no use of its CPU. */
export const foundWaiting = ({ call, after }: CpuChange, { vm, state }: ThreadReading): boolean =>
  call.kind === 'cpu.tick' && state.kind === 'running' && vm !== null && after.vms.at(vm).stalled;

/** A thread ran in the tick that is over, and had the use of it. */
export const hadTick = (change: CpuChange, t: number): boolean => {
  const thread = change.before.threads.at(t);
  return thread.state.kind === 'running' && !foundWaiting(change, thread);
};
