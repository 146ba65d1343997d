/** The vocabulary of the CPU rules: the whole state, events, inner operations, declarations. */
import {
  type Context,
  commandsOf,
  enumOf,
  guardsOf,
  type Id,
  type Infer,
  keysOf,
  type Model,
  record,
  recordOf,
  ref,
  type View,
} from '../../machine/index.ts';
import { vm } from '../memory/index.ts';
import type { Cause, PcpuId, Scheduler, ThreadId } from './scheduler.ts';
import { type SchedulerName, schedulers } from './schedulers/index.ts';
import { type CpuSizes, type CpuThread, coreFields, pcpu, thread } from './state.ts';

export type VmId = Id<'vm'>;

/** The name of a scheduler. */
export const algorithm = enumOf(...keysOf(schedulers));

/** The CPUs of one host. A scheduler that does not run keeps the state that it begins with. */
export const hostCpu = record({
  ...coreFields,
  scheduler: record({ algorithm, states: recordOf(schedulers) }),
});
export interface Cpu extends Infer<typeof hostCpu> {}
export type CpuView = View<Cpu>;

type States = Cpu['scheduler']['states'];
/** The schedulers as an operation of the machine: a fault may replace a method of one. */
export type Schedulers = { readonly [K in SchedulerName]: Scheduler<States[K]> };

export type CpuEvent =
  /** A thread has got a CPU, or lost the one that it had. */
  | {
      readonly type: 'scheduled' | 'descheduled';
      readonly pcpu: PcpuId;
      readonly thread: ThreadId;
    }
  /** A vCPU that was about to halt had a wake to see first. */
  | { readonly type: 'halt-cancelled'; readonly thread: ThreadId }
  /** A vCPU has the lock of its guest from now on, or spins for it. */
  | { readonly type: 'lock-taken' | 'lock-awaited'; readonly thread: ThreadId };

export type C = Context<CpuModel>;

/**
 * Inner operations. The first six are the stages of a tick, in their order; the others change what a
 * thread does, and tell the scheduler.
 */
export type CpuOperations = {
  /** (1) Charges the tick that has passed to one bucket of every thread and every CPU. */
  readonly charge: (m: Cpu, c: C) => void;
  /** (2) Tells the scheduler who ran, and ends work of the VMM that is done. */
  readonly advance: (m: Cpu, c: C) => void;
  /** (3) Takes VMs off that have used up their cap; a new period gives all their budgets again. */
  readonly endPeriod: (m: Cpu, c: C) => void;
  /** (4) Delivers the wakes that came during the tick. */
  readonly deliverWakes: (m: Cpu, c: C) => void;
  /** (5) Lets the scheduler choose for every CPU, lowest id first. */
  readonly dispatch: (m: Cpu, c: C) => void;
  /** (6) Publishes to the guests what was stolen from them. */
  readonly publish: (m: Cpu, c: C) => void;
  /** Which thread goes before the scheduler's choice on a CPU because of a promise (5.7). */
  readonly pickPromised: (m: Cpu, p: PcpuId) => ThreadId | null;
  /** Lets vCPUs of a VM compete, or not, as its cap says. */
  readonly applyCap: (m: Cpu, vm: VmId, c: C) => void;
  /** Says how far each vCPU of a VM is ahead, and lets those go on that are not too far any more. */
  readonly align: (m: Cpu, vm: VmId, c: C) => void;
  /** Stops vCPUs of a VM that got too far ahead of their siblings. */
  readonly costop: (m: Cpu, vm: VmId, c: C) => void;
  /** All gangs stop, and those go first that have waited for long enough. */
  readonly startGangs: (m: Cpu, c: C) => void;
  /** Gangs take CPUs that are left idle; the others have waited longer. */
  readonly fillWithGangs: (m: Cpu, c: C) => void;
  /** A vCPU of a dedicated VM runs on its own CPU, or waits for one. */
  readonly goOn: (m: Cpu, t: ThreadId, c: C) => void;
  /** Gives CPUs that are free to vCPUs that wait for one of their own. */
  readonly assign: (m: Cpu, c: C) => void;
  /** A CPU that belonged to a vCPU serves all again. */
  readonly disown: (m: Cpu, t: ThreadId) => void;
  /** Dedicates all VMs or none, where that goes by itself. */
  readonly rebalance: (m: Cpu, c: C) => void;
  /** The lock of a guest goes to who has waited for it longest, or is free. */
  readonly handOn: (m: Cpu, vm: VmId, c: C) => void;
  /** A thread gets a CPU, which must be free. */
  readonly run: (m: Cpu, t: ThreadId, p: PcpuId, c: C) => void;
  /** A running thread loses its CPU, and is ready. */
  readonly preempt: (m: Cpu, t: ThreadId, c: C) => void;
  /** A thread begins to compete. */
  readonly join: (m: Cpu, t: ThreadId, cause: Cause, c: C) => void;
  /** A thread is in another state from then on, in which it does not compete. */
  readonly leave: (m: Cpu, t: ThreadId, state: CpuThread['state'], c: C) => void;
  readonly schedulers: Schedulers;
};

export interface CpuModel extends Model {
  readonly state: Cpu;
  readonly sizes: CpuSizes;
  readonly operations: CpuOperations;
  readonly event: CpuEvent;
}

export const command = commandsOf<CpuModel>();
export const guard = guardsOf<CpuModel>();

/** Arguments that several commands have. */
export const ofVm = { vm: ref(vm) };
export const ofThread = { thread: ref(thread) };
export const ofPcpu = { pcpu: ref(pcpu) };

export const threadOf = (m: Cpu, id: ThreadId): CpuThread => m.threads.at(id);
export const viewThread = (m: CpuView, id: ThreadId) => m.threads.at(id);

/** Guests act through their vCPUs only. */
export const noVcpu = guard('not-a-vcpu', ofThread, (m, a) => viewThread(m, a.thread).vm === null);
export const notRunning = guard(
  'not-running',
  ofThread,
  (m, a) => viewThread(m, a.thread).state.kind !== 'running',
);
export const vcpuOffline = guard(
  'vcpu-offline',
  ofThread,
  (m, a) => viewThread(m, a.thread).state.kind === 'offline',
);

/** Whether a VM is paused: all its vCPUs that are plugged in are. */
export function isPaused(m: CpuView, id: VmId): boolean {
  return m.threads.some(({ vm: of, state }) => of === id && state.kind === 'paused');
}
