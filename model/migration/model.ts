/** The vocabulary of the migration rules: the world they see, events, inner operations, questions. */
import {
  array,
  type Context,
  commandsOf,
  guardsOf,
  type Id,
  type Infer,
  type Model,
  record,
  ref,
  type View,
} from '../../machine/index.ts';
import type { CpuEvent, CpuOperations, CpuSizes } from '../cpu/index.ts';
import { type HostState, host, hostState, memoryOf } from '../host.ts';
import {
  type ContentId,
  type FrameId,
  isTaken,
  type Memory,
  type MemoryEvent,
  type MemoryOperations,
  type MemorySizes,
  type PageId,
  page,
  type VmId,
  vm,
} from '../memory/index.ts';
import { guestServices, type ServiceEvent, type ServiceSizes } from '../service/index.ts';
import {
  clusterState,
  type Message,
  type Migration,
  type MigrationSizes,
  type phases,
  type Reply,
} from './state.ts';

export type HostId = Id<'host'>;
export type { ContentId, PageId, VmId };

/** What the rules of migration see: all hosts, the cluster that they form, and guest systems on them. */
export const world = record({
  hosts: array(host, hostState),
  cluster: clusterState,
  services: guestServices,
});
export interface World extends Infer<typeof world> {}
export type WorldView = View<World>;

export type MigrationEvent =
  | { readonly type: 'migration-started'; readonly vm: VmId; readonly target: HostId }
  | { readonly type: 'round'; readonly vm: VmId; readonly round: number; readonly dirty: number }
  | { readonly type: 'frozen'; readonly vm: VmId }
  | { readonly type: 'sent'; readonly vm: VmId; readonly what: Message['kind'] }
  | { readonly type: 'received'; readonly vm: VmId; readonly what: Message['kind'] }
  | { readonly type: 'replied'; readonly vm: VmId; readonly what: Reply['kind'] }
  | { readonly type: 'runs'; readonly vm: VmId; readonly host: HostId; readonly epoch: number };

export type C = Context<MigrationModel>;
/** The context as the rules of memory and of CPUs know it. */
interface Inner {
  readonly size: MemorySizes & CpuSizes;
  readonly operation: MemoryOperations & CpuOperations;
  emit(event: MemoryEvent | CpuEvent): void;
}
export const inner = (c: C): Inner => c;

/** Inner operations that several rules call, so that a fault may replace one. */
export type MigrationOperations = {
  /** Which pages a migration has to send first. MIG 4.B: all that the guest has, whatever happened before. */
  readonly firstPages: (m: World, vm: VmId, source: HostId) => readonly PageId[];
  /** What a read of a page finds when it is copied. */
  readonly readPage: (m: WorldView, source: HostId, vm: VmId, page: PageId) => ContentId;
  /** The pages that were written since the log was collected last; it is empty then. */
  readonly harvest: (m: World, source: HostId, vm: VmId) => readonly PageId[];
  /** Puts what arrived into the target's memory: in a frame, where it has none and is not zeros. */
  readonly placePage: (
    m: World,
    target: HostId,
    a: {
      readonly vm: VmId;
      readonly page: PageId;
      readonly content: ContentId;
      readonly frame: FrameId | null;
    },
    c: C,
  ) => void;
  /** Post-copy: what the target does not have, or has an old state of. 4.B.5, DISCARD. */
  readonly missingPages: (m: WorldView, vm: VmId) => readonly PageId[];
  /** Post-copy: puts what arrived where it is missing. MIG-S14. */
  readonly placeMissing: MigrationOperations['placePage'];
  /** Post-copy: what the source sends after a connection was lost. */
  readonly unreceived: (m: WorldView, vm: VmId) => readonly PageId[];
  /** Hinting stops before the log is collected; the guest gets its pages back after the last time. */
  readonly stopHints: (m: World, vm: VmId) => void;
  readonly endHints: (m: World, vm: VmId) => void;
  /** The balloon is as on the source: what each side knows of it, and the pages that are in it. */
  readonly bringBalloon: (m: World, vm: VmId, source: HostId, target: HostId, c: C) => void;
  /** The opaque device finishes what it has begun. */
  readonly drainDevice: (m: World, at: HostId, vm: VmId, c: C) => void;
  /** What is left of the timer of a guest that is stopped, for whoever goes on with it. */
  readonly saveTimer: (m: World, at: HostId, id: number) => number;
  /** Clock and timer of a guest go on where they stopped, before any of its vCPUs does. MIG-A7. */
  readonly restoreClock: (m: World, at: HostId, id: number, c: C) => void;
  /** The cache has what is being sent of a page, and why. 4.B.4. */
  readonly cachePage: (
    migration: Migration,
    page: PageId,
    content: ContentId,
    why: 'full' | 'delta' | 'overflow' | 'zero',
  ) => void;
  /** The cache has nothing more: the migration goes on by post-copy. 4.B.4. */
  readonly emptyCache: (migration: Migration) => void;
  /** Whether the vCPUs of a VM that arrives have a feature. 4.B, the CPU rule. */
  readonly showsFeature: (m: WorldView, vm: VmId, host: HostId, feature: number) => boolean;
  /** What a target makes of a message that names what does not exist: the migration has failed. */
  readonly refuseMessage: (m: World, vm: VmId, c: C) => void;
  /** Whether a management is told that the VM is being migrated: what it has set stays until then. 5.B. */
  readonly isUnderWay: (m: WorldView, vm: VmId) => boolean;
  /** All that the token and the lock ask for before a host may run a VM: done, or nothing is. */
  readonly takeOver: (m: World, at: HostId, vm: VmId, epoch: number) => boolean;
};

export interface MigrationModel extends Model {
  readonly state: World;
  readonly sizes: MemorySizes & CpuSizes & MigrationSizes & ServiceSizes;
  readonly operations: MemoryOperations & CpuOperations & MigrationOperations;
  readonly event: MemoryEvent | CpuEvent | MigrationEvent | ServiceEvent;
}

export const command = commandsOf<MigrationModel>();
export const guard = guardsOf<MigrationModel>();

export const ofVm = { vm: ref(vm) };
export const ofPage = { vm: ref(vm), page: ref(page) };

export const migrationOf = (m: World, id: VmId): Migration => m.cluster.migrations.at(id);
export const viewMigration = (m: WorldView, id: VmId) => m.cluster.migrations.at(id);
export const memoryAt = (m: World, id: HostId): Memory => memoryOf(m.hosts.at(id));
export const viewMemory = (m: WorldView, id: HostId): View<Memory> => {
  const { memory, guests } = m.hosts.at(id);
  return { host: memory, guests };
};

/** The VM executes on this host: its vCPUs may run there, and nowhere are they held back. */
function runsOn(m: WorldView, at: HostId, id: VmId): boolean {
  const { memory } = m.hosts.at(at);
  return memory.vms.at(id).state === 'running' && !memory.stopped.some((vms) => vms.at(id));
}

/** The host that has the token of a VM, and runs it; or null. */
export function homeOf(m: WorldView, id: VmId): HostId | null {
  const { owner } = m.cluster.ownership.at(id);
  return owner !== null && runsOn(m, owner, id) ? owner : null;
}

/** A VM is held back on a host, or not any more. */
export function setStopped({ memory }: HostState, id: VmId, stopped: boolean): void {
  for (const vms of memory.stopped) vms[id] = stopped;
}

type Phase = (typeof phases)[number];
/** How far the target of a post-copy is; 'none' where there is none. */
export function postcopyPhase(m: WorldView, id: VmId) {
  const { postcopy } = viewMigration(m, id);
  return postcopy.length === 0 ? 'none' : postcopy.at(0).phase;
}
/** A page of a VM is still on the host that the VM came from. */
export const isMissing = (m: WorldView, at: HostId, a: { vm: VmId; page: PageId }): boolean =>
  m.hosts.at(at).memory.vms.at(a.vm).pages.at(a.page).at.kind === 'missing';

/** The migration has just come to one of these phases. */
export const phaseIs = (...expected: readonly Phase[]) =>
  guard('wrong-phase', ofVm, (m, a) => !expected.includes(viewMigration(m, a.vm).phase));
/** The source still has the token, or has it again. */
export const beforeRelease = phaseIs(
  ...(['started', 'connected', 'target-created', 'copying', 'frozen', 'quiesced'] as const),
  ...(['vcpus-sent', 'state-sent', 'harvested', 'state-requested', 'target-ready'] as const),
  ...(['discard-sent', 'taken-back'] as const),
);
/** What was behind the page is the host's: there is nothing to send. */
const isTakenAway = (m: WorldView, a: { vm: VmId; page: PageId }): boolean => {
  const { source } = viewMigration(m, a.vm);
  return source !== null && isTaken(viewMemory(m, source), a);
};
export const pageTaken = guard('page-taken', ofPage, isTakenAway);
/** A page is to be sent, and there is something to send. */
export const isLeft = (m: WorldView, a: { vm: VmId; page: PageId }): boolean =>
  viewMigration(m, a.vm).send.at(a.page) && !isTakenAway(m, a);
/** Anything is left to send of a VM. */
export const anyLeft = (m: WorldView, vm: VmId): boolean =>
  viewMigration(m, vm).send.some((_, page) => isLeft(m, { vm, page }));
export const notToSend = guard(
  'not-to-send',
  ofPage,
  (m, a) => !viewMigration(m, a.vm).send.at(a.page),
);
