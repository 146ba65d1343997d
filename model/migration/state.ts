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
  ghost,
  type Infer,
  index,
  int,
  option,
  record,
  ref,
  set,
  variant,
} from '../../machine/index.ts';
import { type CpuSizes, SavedVcpu, thread } from '../cpu/index.ts';
import { host } from '../host.ts';
import { cluster, content, type MemorySizes, page, postcopy, vm } from '../memory/index.ts';
import { guest } from '../service/index.ts';
import { type PolicyName, policyOf } from './policies.ts';

/** A place in a channel: the first message to arrive is at place 0. */
export const place = index('place', { ordered: true });

/** Whether guests hint at free pages: one where they do, else none. */
export const hinting = index('hinting');
/** Whether somebody from afar sets how VMs move, and cancels it: one where that is so, else none. */
export const managed = index('managed');
/** A page of which the source remembers what it sent last: all of a VM, or none. */
export const cached = index('cached', { ordered: true });
/** What a CPU can do beyond what all can: an instruction set extension. */
export const feature = index('feature', { ordered: true });

/** The numbers that a scope gives this subsystem. */
export type MigrationSizes = {
  /** Hosts between which VMs may move. */
  readonly host: number;
  /** 1 where VMs may move, else 0. */
  readonly cluster: number;
  /** 1 where they may move by post-copy, else 0. */
  readonly postcopy: number;
  /** Messages that a channel holds each way. */
  readonly place: number;
  /** Harvests of the dirty log before the last. */
  readonly rounds: number;
  /** Migrations that may be begun. */
  readonly attempts: number;
  /** Connections, and ways to the storage, that may be lost. */
  readonly losses: number;
  /** When a guest is stopped: the place of the policy in its table, from 1; 0: at any time. */
  readonly policy: number;
  /** Pages that a channel carries in a tick; 0: as many as one likes. */
  readonly bandwidth: number;
  /** What the policy is asked to keep to; 1 for `onTimeout`: the guest is stopped, not left alone. */
  readonly downtime: number;
  readonly timeout: number;
  readonly onTimeout: number;
  readonly few: number;
  readonly factor: number;
  /** Ticks after which a guest that dirties too much is slowed down (further); 0: it never is. */
  readonly converge: number;
  /** Pages that the cache of what was sent last has room for: as many as there are, or 0. */
  readonly cached: number;
  /** CPU features in which hosts differ. */
  readonly feature: number;
  /** 1: no tick of a source passes while a step can be taken, or a page be sent or arrive. */
  readonly eager: number;
  /** 1: guests have loaded a balloon driver, and do not use their last page. */
  readonly driver: number;
  /** 1 where guests hint at free pages while they move, else 0; and requests for hints. */
  readonly hinting: number;
  readonly requests: number;
  /** Crashes of hosts. */
  readonly crashes: number;
  /** 1 where a management sets how VMs move and posts cancellations, else 0. */
  readonly managed: number;
  /** The newest version that hosts may be upgraded to; 0 where all have the same. */
  readonly version: number;
};

type PolicySizes = MigrationSizes & CpuSizes & MemorySizes;

/** A number that only one policy looks at takes no room where there is another. */
const whereAsked =
  (policy: PolicyName, most: (z: PolicySizes) => number) =>
  (z: PolicySizes): number =>
    policyOf(z.policy) === policy ? most(z) : 0;
/** Pages are counted up to here: what matters of more is that it is more. */
export const sentMost = whereAsked('xen-old', (z) => z.factor * z.page + 1);
/** One tick too many would show. */
export const downtimeMost = (z: PolicySizes): number => (z.bandwidth > 0 ? z.downtime + 1 : 0);
const whereThrottled =
  (most: (z: PolicySizes) => number) =>
  (z: PolicySizes): number =>
    z.converge > 0 ? most(z) : 0;
export const periodMost = (z: PolicySizes): number => 3 * z.page;

/** What policies look at (4.B.2): of all rounds, of the last, and of this tick. */
const Statistics = record({
  /** Ticks since the target was created, up to the timeout. */
  elapsed: int('timeout'),
  /** Pages sent. */
  sent: int(sentMost),
  /** Pages that the last harvest found. */
  found: int(whereAsked('progress', (z) => z.page)),
  /** Pages sent in this tick. */
  carried: int('bandwidth'),
  /** Ticks for which the guest has stood still. */
  downtime: ghost(int(downtimeMost)),
});

/** How far the guest is slowed down, and what was counted since that was looked at (4.B.3). */
const Throttling = record({
  /** Percent of its CPU time, and periods in which it dirtied too much. */
  percent: int(whereThrottled(() => 99)),
  periods: int(whereThrottled(() => 1)),
  /** Ticks, dirtied and sent pages of this period. */
  ticks: int('converge'),
  dirtied: int(whereThrottled(periodMost)),
  sent: int(whereThrottled(periodMost)),
  /** The cap that the VM has when it is not slowed down. */
  cap: int(whereThrottled((z) => z.pcpu * z.period)),
});

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
  // Post-copy: the target knows what it will lack; it runs, and the source serves it; the connection
  // is lost, and there is a new one.
  ...['discard-sent', 'serving', 'paused', 'recovering'],
  // It has the token again; it has gone on, and the source is yet to clean up; it is over, or the VM is no
  // more, and the target still has something to throw away.
  ...['taken-back', 'failing', 'aborted'],
] as const;

/** A VM has a new owner after each migration, and after a crash. */
const epochMost = (z: MigrationSizes): number => z.attempts + z.crashes;

/** From source to target. */
export const Message = variant({
  none: {},
  page: { page: ref(page), content: ref(content) },
  zero: { page: ref(page) },
  /** How a page differs from what was sent of it before: by one up, or one down. */
  delta: { page: ref(page), more: bool },
  vcpu: {
    vcpu: ref(thread),
    was: enumOf('ready', 'halted', 'off'),
    wake: bool,
    /** At the lock of the guest: it holds it (1), or waits for it. */
    turn: int('vcpus'),
  },
  /**
   * What the opaque device keeps, in how many ticks of the guest’s own clock its timer fires, and
   * whether its VM was paused before it was stopped.
   */
  device: { register: ref(content), timer: int('timer'), paused: bool },
  /** Is everything there? */
  request: {},
  /** Run, if the token is still of this epoch. */
  start: { epoch: int(epochMost) },
  /** Post-copy: all pages that are still to be sent are missing; what the target has of them is old. */
  discard: {},
  /** Post-copy goes on over a new connection: the source knows what is missing. */
  resume: {},
  /** It names what does not exist: no source sends it. */
  bad: {},
});
export type Message = Infer<typeof Message>;

/** From target to source. */
export const Reply = variant({
  none: {},
  complete: {},
  started: {},
  /** Post-copy: a page that a vCPU waits for, which pages are there, and that it goes on. */
  'page-request': { page: ref(page) },
  bitmap: {},
  resumed: {},
});
export type Reply = Infer<typeof Reply>;

/** Post-copy: the guest runs on the target before all of its pages are there. Chapter 4.B.5. */
export const postcopyState = record({
  /**
   * How far the target is. It has agreed to do it; it has thrown away what is old; the VM runs, and lacks
   * pages or nothing more; it lost the connection, waits for another, has one.
   */
  phase: enumOf(
    ...(['none', 'advised', 'discarded', 'running', 'complete', 'paused'] as const),
    ...(['listening', 'recovering'] as const),
  ),
  /** Missing pages for which a vCPU waits while others of its VM go on, and those asked for. */
  awaited: set(page),
  requested: set(page),
  /** What the source was asked for and has not sent. */
  urgent: set(page),
});

export const migrationState = record({
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
  /** What was sent last of each page (XBZRLE). */
  cache: array(cached, option(ref(content))),
  statistics: Statistics,
  throttling: Throttling,
  postcopy: array(postcopy, postcopyState),
});

/** Free page hinting, as the host and the driver of a VM share it. Chapter 3.3 of memory. */
export const hintingState = record({
  state: enumOf('stop', 'requested', 'start', 'done'),
  /** The last request, and the one that the driver answers. */
  id: int('requests'),
  echoed: int('requests'),
  /** What the driver has told the host. */
  queue: variant({
    none: {},
    echo: { id: int('requests') },
    page: { id: int('requests'), page: ref(page) },
  }),
  /** Pages that are not sent because of a hint. */
  skipped: set(page),
});
export type Hinting = Infer<typeof hintingState>;

/** What a management and the process that a VM runs in have to do with each other. Chapter 5.B. */
export const managementState = record({
  /** The capability `multifd`: pages go over connections of their own. It is asked whenever that matters. */
  multifd: bool,
  /** Those connections are there. */
  channels: bool,
  /** A cancellation was posted, and the source has not seen it yet. */
  cancelled: bool,
});

/** In shared storage: who may run a VM. Its disk stands behind one lock. */
export const ownershipState = record({
  /** The token: nobody's between release and the next to take it. */
  owner: option(ref(host)),
  /** Rises with every change of the owner, so that an old message cannot take the token. */
  epoch: int(epochMost),
  lastRan: option(ref(host)),
  lock: option(ref(host)),
  /** The host that ran it last has crashed with it: there is only the disk. */
  lost: bool,
});

/**
 * A device of the VM that nothing is known of but that it keeps something, and that it writes to
 * guest memory when it gets to it.
 */
export const deviceState = record({
  register: ref(content),
  write: variant({
    none: {},
    /** It is in the queue of the guest, and the device is (still) to be told so. */
    posted: { page: ref(page), content: ref(content), kicked: bool },
    /** The device is at it. */
    pending: { page: ref(page), content: ref(content) },
  }),
});

/** What is on a host of the VMs, besides memory and CPUs. */
export const copiesState = record({
  devices: array(vm, deviceState),
  /** vCPUs that are not plugged in while their VM leaves or arrives. */
  vcpus: array(thread, SavedVcpu),
  /** VMs that were paused before they were stopped here, or on the host that they come from. */
  paused: set(vm),
  /** What is left of the timer of a guest that was stopped here or arrives: 0 if it is not set. */
  timers: array(guest, int('timer')),
  /** What the vCPUs of each VM can do, as their guest sees it. */
  features: array(vm, set(feature)),
  /** The host does not reach the shared storage. */
  cutOff: bool,
  /** What the host's VMM speaks: it goes up by one with each upgrade. */
  version: int('version'),
});

export const clusterState = record({
  ownership: array(vm, ownershipState),
  /** The features that each guest was booted with. */
  booted: array(vm, set(feature)),
  migrations: array(vm, migrationState),
  hosts: array(host, copiesState),
  hinting: array(vm, array(hinting, hintingState)),
  management: array(vm, array(managed, managementState)),
  /** Migrations that may still be begun. */
  attempts: int('attempts'),
  /** Connections, and ways to the storage, that may still be lost. */
  losses: int('losses'),
  /** Hosts that may still crash. */
  crashes: int('crashes'),
});
export interface Cluster extends Infer<typeof clusterState> {}
/** One where VMs may move between hosts, else none. */
export const clusters = array(cluster, clusterState);
export type Migration = Cluster['migrations'] extends Iterable<infer X> ? X : never;
