/**
 * The state of a cluster: which host may run each VM, and how far each migration has come.
 *
 * A VM that moves is on two hosts for a while. On each it is an ordinary VM of that host's memory
 * and CPUs; `stopped` says where it does not run. What makes one of the two *the* VM is the token,
 * which is kept in the storage that both hosts reach. Chapter 4.A.
 */
import {
  array,
  bool,
  enumOf,
  type Infer,
  index,
  int,
  option,
  record,
  ref,
  set,
  variant,
} from '../../machine/index.ts';
import { SavedVcpu, thread } from '../cpu/index.ts';
import { host } from '../host.ts';
import { content, page, vm } from '../memory/index.ts';

/** A place in a channel: the first message to arrive is at place 0. */
export const place = index('place', { ordered: true });

/** The numbers that a scope gives this subsystem. */
export type MigrationSizes = {
  /** Hosts between which VMs may move. */
  readonly host: number;
  /** 1 where VMs may move, else 0. */
  readonly cluster: number;
  /** Messages that a channel holds each way. */
  readonly place: number;
  /** Harvests of the dirty log before the last. */
  readonly rounds: number;
  /** Migrations that may be begun. */
  readonly attempts: number;
  /** Connections, and ways to the storage, that may be lost. */
  readonly losses: number;
};

/**
 * How far the source has come, after the steps N1 to N6 that the specification makes normative:
 * each name says what was done last.
 */
export const phases = [
  ...['idle', 'started'],
  // N1, N2.
  ...['connected', 'target-created'],
  // N3, N4, N5: the guest runs while its pages are copied.
  'copying',
  // N6: it is stopped, and what is left of it is sent.
  ...['frozen', 'quiesced', 'vcpus-sent', 'state-sent', 'harvested', 'state-requested'],
  // It is handed over.
  ...['target-ready', 'released', 'start-sent', 'acknowledged'],
  // It has the token again; it has gone on, and the target still has something to throw away.
  ...['taken-back', 'aborted'],
] as const;

/** From source to target. */
export const Message = variant({
  none: {},
  page: { page: ref(page), content: ref(content) },
  zero: { page: ref(page) },
  vcpu: { vcpu: ref(thread), was: enumOf('ready', 'halted'), wake: bool },
  /** What the opaque device keeps. */
  device: { register: ref(content) },
  /** Is everything there? */
  request: {},
  /** Run, if the token is still of this epoch. */
  start: { epoch: int('attempts') },
});
export type Message = Infer<typeof Message>;

/** From target to source. */
export const Reply = variant({ none: {}, complete: {}, started: {} });
export type Reply = Infer<typeof Reply>;

const Migration = record({
  phase: enumOf(...phases),
  source: option(ref(host)),
  target: option(ref(host)),
  connected: bool,
  /** Harvests of the dirty log so far. */
  round: int('rounds'),
  /** Pages that are still to be sent. */
  send: set(page),
  /** Two first-in-first-out channels. What they hold is lost when the connection is. */
  toTarget: array(place, Message),
  toSource: array(place, Reply),
  /** What the target has: how much of the VM, and which pages. */
  arrived: enumOf('nothing', 'memory', 'all', 'confirmed'),
  received: set(page),
});

/** In shared storage: who may run a VM. Its disk stands behind one lock. */
const Ownership = record({
  /** The token: nobody's between release and the next to take it. */
  owner: option(ref(host)),
  /** Rises with every change of the owner, so that an old message cannot take the token. */
  epoch: int('attempts'),
  lastRan: option(ref(host)),
  lock: option(ref(host)),
});

/**
 * A device of the VM that nothing is known of but that it keeps something, and that it writes to
 * guest memory when it gets to it.
 */
const Device = record({
  register: ref(content),
  write: variant({ none: {}, pending: { page: ref(page), content: ref(content) } }),
});

/** What is on a host of the VMs, besides memory and CPUs. */
const Copies = record({
  devices: array(vm, Device),
  /** vCPUs that are not plugged in while their VM leaves or arrives. */
  vcpus: array(thread, SavedVcpu),
  /** The host does not reach the shared storage. */
  cutOff: bool,
});

export const clusterState = record({
  ownership: array(vm, Ownership),
  migrations: array(vm, Migration),
  hosts: array(host, Copies),
  /** Migrations that may still be begun. */
  attempts: int('attempts'),
  /** Connections, and ways to the storage, that may still be lost. */
  losses: int('losses'),
});
export interface Cluster extends Infer<typeof clusterState> {}
export type Migration = Cluster['migrations'] extends Iterable<infer X> ? X : never;
