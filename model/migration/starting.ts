/**
 * A VM shall move: its source and its target agree, and the target makes room: steps N1 and N2. Chapter 4.B.
 *
 * Nothing has happened to the guest yet. What does not hold by then is refused here, when it costs least.
 */
import { ref } from '../../machine/index.ts';
import { host } from '../host.ts';
import { createVm, type FrameId, notOverhead } from '../memory/index.ts';
import { notConnected } from './channel.ts';
import { isIncompatible } from './features.ts';
import { openChannels } from './management.ts';
import {
  type C,
  command,
  type HostId,
  inner,
  memoryAt,
  migrationOf,
  ofVm,
  phaseIs,
  setStopped,
  type VmId,
  viewMemory,
  viewMigration,
  type WorldView,
} from './model.ts';
import { canRead, speaksOtherVersion } from './versions.ts';

/** What a host has of a VM is a part that arrives or has arrived in vain, or is left of one that was lost. */
function isNotRunnable(m: WorldView, at: HostId, vm: VmId): boolean {
  const { lastRan, lost } = m.cluster.ownership.at(vm);
  return lost || (viewMigration(m, vm).target === at && lastRan !== at);
}
/** What a host has of a VM is left over: another runs it, and this one knows. */
function isLeftBehind(m: WorldView, at: HostId, vm: VmId): boolean {
  const { phase, source } = viewMigration(m, vm);
  return phase === 'acknowledged' && source === at;
}

/**
 * A host is asked to move a VM that is, for all that the asker knows, there. MIG-S12: one migration at a
 * time for each VM. The checks are those of 4.B in their order. Its others are of devices, disks and
 * networks, and come with them: MIG_BLOCKED_PASSTHROUGH, MIG_BLOCKED, STORAGE_NOT_SHARED, CACHE_UNSAFE,
 * NET_NOT_REACHABLE, MIG_NAT_ACTIVE. A VM that was destroyed is no VM here (NO_VM). Two VMs never have one
 * id: DUP_ID is said of what an earlier attempt has left.
 */
export const start = command({
  actor: 'host',
  summary: 'A running VM shall move to another host (4.B start, MIG-S12).',
  args: { ...ofVm, source: ref(host), target: ref(host) },
  requires: [
    [
      'no-such-vm',
      ['vm', 'source'],
      (m, a) => viewMemory(m, a.source).host.vms.at(a.vm).state !== 'running',
    ],
    ['not-runnable', ['vm', 'source'], (m, a) => isNotRunnable(m, a.source, a.vm)],
    [
      'already-migrating',
      ['vm', 'source'],
      (m, a) => viewMigration(m, a.vm).source !== null && !isLeftBehind(m, a.source, a.vm),
    ],
    // QEMU: the run state `postmigrate`. To go on from it would be to go on with an old copy.
    ['left-behind', ['vm', 'source'], (m, a) => isLeftBehind(m, a.source, a.vm)],
    ['same-host', ['source', 'target'], (_m, a) => a.source === a.target],
    // The guest's own features count, and not those of the host that it has come to meanwhile.
    ['cpu-incompatible', ['vm', 'target'], (m, a) => isIncompatible(m, a.vm, a.target)],
    ['version-mismatch', ['source', 'target'], (m, a) => !canRead(m, a.source, a.target)],
    ['no-capacity', ['vm', 'source', 'target'], (m, a, c) => lacksCapacity(m, a, c)],
    // One record is kept of each VM's migrations: what is left on a third host has to go first, too.
    ['duplicate-id', ['vm'], (m, a) => viewMigration(m, a.vm).phase === 'aborted'],
    ['attempts-spent', [], (m) => m.cluster.attempts === 0],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    migration.phase = 'started';
    migration.source = a.source;
    migration.target = a.target;
    m.cluster.attempts--;
    c.emit({ type: 'migration-started', vm: a.vm, target: a.target });
  },
});

/** N1: both sides have a connection, and have agreed on what they speak. */
export const connect = command({
  actor: 'host',
  summary: 'The source connects to the target and both agree on a protocol (N1).',
  args: ofVm,
  requires: [
    phaseIs('started'),
    // A host may have been upgraded since the migration was asked for.
    ['version-mismatch', ['vm'], (m, a) => speaksOtherVersion(m, a.vm)],
  ],
  effect(m, a) {
    const migration = migrationOf(m, a.vm);
    migration.phase = 'connected';
    migration.connected = true;
    openChannels(m, a.vm);
  },
});

/** What the target needs to know to make room for the VM: as on the source. */
function roomFor(m: WorldView, vm: VmId, source: HostId, overhead: readonly FrameId[]) {
  const { size, reservation, mode, huge } = m.hosts.at(source).memory.vms.at(vm);
  return { vm, size, reservation, mode, huge, overhead };
}

/** Frames that a host has promised to VMs that are arriving, and not given yet. MIG-S13. */
function promisedFrames(m: WorldView, at: HostId): number {
  const { vms } = m.hosts.at(at).memory;
  return m.cluster.migrations.reduce((sum, { target, arrived }, vm) => {
    if (target !== at || arrived === 'nothing') return sum;
    const { size, consumed } = vms.at(vm);
    return sum + size - consumed;
  }, 0);
}

/** N2: the target makes room and has the VM's vCPUs, none of which may run. MIG-S5, MIG-S13. */
export const createTarget = command({
  actor: 'host',
  summary: 'The target creates the VM: its memory still empty, its vCPUs not runnable (N2).',
  args: { ...ofVm, overhead: createVm.args.overhead },
  requires: [
    phaseIs('connected'),
    notConnected,
    ['no-capacity', ['vm'], (m, a, c) => lacksRoom(m, a.vm, c)],
    [
      'frame-in-use',
      ['vm', 'overhead'],
      (m, a, c) => {
        const { target } = viewMigration(m, a.vm);
        return target === null || notOverhead(viewMemory(m, target), a.overhead, c.size);
      },
    ],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const { source, target } = migration;
    if (source === null || target === null) return;
    createVm.effect(memoryAt(m, target), roomFor(m, a.vm, source, a.overhead), inner(c));
    setStopped(m.hosts.at(target), a.vm, true);
    m.hosts.at(target).cpu.vms.at(a.vm).wanted = m.hosts.at(source).cpu.vms.at(a.vm).wanted;
    const shown = m.cluster.hosts.at(target).features.at(a.vm);
    for (let f = 0; f < shown.length; f++) {
      shown[f] = c.operation.showsFeature(m, a.vm, target, f);
    }
    migration.phase = 'target-created';
    migration.arrived = 'memory';
  },
});

interface Move {
  readonly vm: VmId;
  readonly source: HostId;
  readonly target: HostId;
}

/** The target cannot promise a frame for every page, or does not admit the VM. */
function lacksCapacity(m: WorldView, { vm, source, target }: Move, c: C): boolean {
  const to = viewMemory(m, target);
  const room = roomFor(m, vm, source, []);
  const spare = to.host.freeFrames - promisedFrames(m, target) - c.size.emergency;
  if (spare < room.size + c.size.overhead) return true;
  return createVm.requires.some(
    ([code, looksAt, refuse]) =>
      code !== 'vm-exists' && !looksAt.includes('overhead') && refuse(to, room, inner(c)),
  );
}

/** Meanwhile the target of a migration may have come to lack it. */
export function lacksRoom(m: WorldView, vm: VmId, c: C): boolean {
  const { source, target } = viewMigration(m, vm);
  return source === null || target === null || lacksCapacity(m, { vm, source, target }, c);
}
