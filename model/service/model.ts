/** The vocabulary of guest systems and their services: events, inner operations, declarations. */
import {
  array,
  bool,
  type Context,
  commandsOf,
  guardsOf,
  type Infer,
  type Model,
  option,
  record,
  ref,
  type View,
} from '../../machine/index.ts';
import {
  type Cpu,
  type CpuEvent,
  type CpuOperations,
  type CpuSizes,
  isKeptWaiting,
  isPaused,
} from '../cpu/index.ts';
import { host } from '../host.ts';
import { cluster, vm } from '../memory/index.ts';
import { type feature, GuestService, guest, type ServiceSizes, type TimeMessage } from './state.ts';

export const guestServices = array(guest, GuestService);

/** What matters here of a cluster: which host was the last to run each VM, and which are paused on their way. */
const home = record({ lastRan: option(ref(host)) });
const copies = record({ paused: array(vm, bool) });
const homes = array(cluster, record({ ownership: array(vm, home), hosts: array(host, copies) }));

/**
 * Guest systems, and the CPUs of the host that their VMs run on. Only time changes both. In a cluster
 * some run on another host.
 */
export interface Services {
  readonly cpu: Cpu;
  readonly guests: Infer<typeof guestServices>;
  readonly host: number;
  readonly clusters: Infer<typeof homes>;
}
export type ServicesView = View<Services>;
export type GuestSystem = Services['guests'] extends Iterable<infer X> ? X : never;
export type GuestSystemView = View<GuestSystem>;
type GuestId = number;

export type ServiceEvent =
  /** A guest has set its time of day: by so many ticks, forward or back. */
  | { readonly type: 'clock-set'; readonly vm: GuestId; readonly by: number }
  /** A watchdog of the guest has taken it for locked up. */
  | { readonly type: 'watchdog-fired'; readonly vm: GuestId }
  | { readonly type: 'timer-fired'; readonly vm: GuestId }
  | { readonly type: 'file-written'; readonly vm: GuestId }
  | { readonly type: 'thawed'; readonly vm: GuestId; readonly by: 'host' | 'timeout' }
  /** A snapshot that applications can use as it is, or one like after a power failure. */
  | {
      readonly type: 'snapshot-taken';
      readonly vm: GuestId;
      readonly consistent: 'application' | 'crash';
    }
  /** A system has ended; whether something that it wrote never reached its disk. */
  | { readonly type: 'powered-off'; readonly vm: GuestId; readonly lost: boolean };

export type C = Context<ServiceModel>;

/** Inner operations: what a tick of the host is to each guest system, and what sets clocks. */
export type ServiceOperations = {
  /** Delivers a tick to the clocks of a guest, or does not. */
  readonly advanceClock: (m: Services, id: GuestId, c: C) => void;
  /** Lets a guest account for the tick that its timer has brought, and for what was stolen before. */
  readonly account: (m: Services, id: GuestId) => void;
  /** Tells a guest that it was stopped, and its host to send it the time. */
  readonly noteStop: (m: Services, id: GuestId, c: C) => void;
  /** Counts the ticks that host and guest wait for each other. */
  readonly countDown: (m: Services, id: GuestId, c: C) => void;
  /** By how much the time in a message is behind when a guest makes use of it. */
  readonly lateness: (message: TimeMessage) => number;
  /** What a guest has written is on its disk. */
  readonly flush: (m: Services, id: GuestId) => void;
  /** Sets the clock to a time that is so far behind the host's, as far as a guest may. */
  readonly setClock: (m: Services, id: GuestId, late: number, c: C) => void;
};

export interface ServiceModel extends Model {
  readonly state: Services;
  readonly sizes: ServiceSizes & CpuSizes;
  readonly operations: ServiceOperations & CpuOperations;
  readonly event: ServiceEvent | CpuEvent;
}

export const command = commandsOf<ServiceModel>();
const guard = guardsOf<ServiceModel>();

export const ofGuest = { vm: ref(guest) };
type OfGuest = { readonly vm: GuestId };

export const guestOf = (m: Services, a: OfGuest): GuestSystem => m.guests.at(a.vm);
export const viewGuest = (m: ServicesView, a: OfGuest): GuestSystemView => m.guests.at(a.vm);

/** Another host was the last to run the VM. */
export const isElsewhere = ({ host, clusters }: ServicesView, id: GuestId): boolean =>
  clusters.some(({ ownership }) => ownership.at(id).lastRan !== host);
/** A VM that moves has no vCPU on this host from its freeze on. */
export const isStopped = ({ cpu, clusters }: ServicesView, id: GuestId): boolean =>
  clusters.length > 0 &&
  cpu.threads.every(({ vm, state }) => vm !== id || state.kind === 'offline');
/**
 * Nothing of a guest's goes on: it is paused, here or on its way, or stopped to move where its clock is
 * to stand still then. MIG-A7.
 */
export const standsStill = (m: ServicesView, id: GuestId, size: ServiceSizes): boolean =>
  isPaused(m.cpu, id) ||
  (isStopped(m, id) &&
    (size.runningClock === 0 || m.clusters.some(({ hosts }) => hosts.at(m.host).paused.at(id))));
export const isPausedVm = (m: ServicesView, id: GuestId): boolean =>
  isPaused(m.cpu, id) || isStopped(m, id);
/** Whether a vCPU of a VM has a CPU. */
export const hasCpu = ({ cpu }: ServicesView, id: GuestId): boolean =>
  cpu.threads.some(({ vm, state }) => vm === id && state.kind === 'running');
/** Whether a vCPU of a VM waits for a CPU, or is kept from one. */
export const waitsForCpu = ({ cpu }: ServicesView, id: GuestId): boolean =>
  cpu.threads.some(({ vm, state }) => vm === id && isKeptWaiting(state));

export const poweredOff = guard('powered-off', ofGuest, (m, a) => viewGuest(m, a).system === 'off');
/** It is off, or has crashed, or none of its vCPUs runs. */
export const guestNotRunning = guard(
  'guest-not-running',
  ofGuest,
  (m, a) => viewGuest(m, a).system !== 'up' || !hasCpu(m, a.vm),
);
export const noService = guard(
  'no-integration-service',
  ofGuest,
  (m, a) => !viewGuest(m, a).present,
);
export const vmPaused = guard('vm-paused', ofGuest, (m, a) => isPausedVm(m, a.vm));
/** The host has turned this part of the service off. */
export const disabled = (part: Infer<typeof feature>) =>
  guard('feature-disabled', ofGuest, (m, a) => !viewGuest(m, a).enabled[part]);
