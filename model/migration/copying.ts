/**
 * The source copies a VM to the target while the VM runs: steps N1 to N5. Chapter 4.B.
 *
 * What is sent is old as soon as it is sent. The dirty log makes up for that: a page that is written
 * after the log was collected is sent again, so the log is collected first and pages are read after.
 */
import { ref } from '../../machine/index.ts';
import { host } from '../host.ts';
import { createVm, type FrameId, isTaken, notOverhead, startLogging } from '../memory/index.ts';
import { sendContent } from './cache.ts';
import { cannotSend, notConnected } from './channel.ts';
import { isIncompatible } from './features.ts';
import { skipNoMore } from './hinting.ts';
import { openChannels } from './management.ts';
import {
  type C,
  command,
  type HostId,
  inner,
  isLeft,
  memoryAt,
  migrationOf,
  notToSend,
  ofPage,
  ofVm,
  type PageId,
  pageTaken,
  phaseIs,
  setStopped,
  type VmId,
  viewMemory,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { bandwidthSpent, countRound, countSent, decision } from './statistics.ts';
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

/** N3 begins. MIG-A3: the log is on before the first page is read. */
export const beginLog = command({
  actor: 'host',
  summary: 'The dirty log begins, and every page is still to be sent (N3, MIG-A3).',
  args: ofVm,
  requires: [phaseIs('target-created')],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    if (migration.source === null) return;
    startLogging(memoryAt(m, migration.source), a.vm, 'auto');
    for (const p of c.operation.firstPages(m, a.vm, migration.source)) migration.send[p] = true;
    migration.phase = 'copying';
  },
});

/** The guest can read the page and nothing that it has mapped lets it write there. MIG-S4. */
function isReadOnly(m: WorldView, vm: VmId, page: PageId): boolean {
  const { source } = viewMigration(m, vm);
  if (source === null) return false;
  let mapped = false;
  for (const entry of m.hosts.at(source).guests.at(vm).table) {
    if (entry.kind !== 'present' || entry.page !== page) continue;
    if (entry.writable) return false;
    mapped = true;
  }
  return mapped;
}

/** N3: what the guest cannot write goes first. That the VMM may not write a page says nothing. */
export const copyReadOnly = command({
  actor: 'daemon',
  summary: 'A page that the guest may only read is sent (N3, MIG-S4).',
  args: ofPage,
  requires: [
    phaseIs('copying'),
    ['round-over', ['vm'], (m, a) => viewMigration(m, a.vm).round > 0],
    notToSend,
    pageTaken,
    ['not-read-only', ['vm', 'page'], (m, a) => !isReadOnly(m, a.vm, a.page)],
    ...cannotSend,
    bandwidthSpent,
  ],
  effect(m, a, c) {
    sendPage(m, a, c);
  },
});

/** N4 and N5: pages written since the last time are to be sent (again), and count as clean. */
export const harvest = command({
  actor: 'daemon',
  summary: 'A round begins: the dirty log is collected and cleared (N4, N5, MIG-A2).',
  args: ofVm,
  requires: [
    phaseIs('copying'),
    [
      'pages-left',
      ['vm'],
      (m, a) => {
        const { send, round } = viewMigration(m, a.vm);
        return send.some(
          (_, page) => isLeft(m, { vm: a.vm, page }) && (round > 0 || isReadOnly(m, a.vm, page)),
        );
      },
    ],
    [
      'rounds-over',
      ['vm'],
      (m, a, c) => {
        const says = decision(m, a.vm, c.size);
        return says === null ? viewMigration(m, a.vm).round >= c.size.rounds : says !== 'go-on';
      },
    ],
  ],
  effect(m, a, c) {
    const dirty = collect(m, a.vm, c);
    countRound(m, a.vm, dirty, c);
    c.emit({ type: 'round', vm: a.vm, round: viewMigration(m, a.vm).round, dirty });
  },
});

/**
 * Moves what the dirty log has to the pages that are to be sent; says how many. Those that the host has
 * taken are not: when their memory comes back they are in the log again. MIG 4.F.
 */
export function collect(m: World, vm: VmId, c: C): number {
  const { source, send } = migrationOf(m, vm);
  if (source === null) return 0;
  const memory = viewMemory(m, source);
  c.operation.stopHints(m, vm);
  let found = 0;
  for (const page of c.operation.harvest(m, source, vm)) {
    send[page] = true;
    skipNoMore(m, vm, page);
    if (!isTaken(memory, { vm, page })) found++;
  }
  for (let page = 0; page < send.length; page++) {
    if (isTaken(memory, { vm, page })) send[page] = false;
  }
  return found;
}

/** N4: the page counts as clean already; it is read now. In post-copy requests come first. MIG-A1. */
export const copy = command({
  actor: 'daemon',
  summary: 'A page is read and sent; in the first round only those that are read-only (N4, N6).',
  args: ofPage,
  requires: [
    phaseIs('copying', 'harvested', 'serving'),
    [
      'no-round-yet',
      ['vm'],
      (m, a) => {
        const { phase, round } = viewMigration(m, a.vm);
        return phase === 'copying' && round === 0;
      },
    ],
    notToSend,
    pageTaken,
    [
      'request-first',
      ['vm', 'page'],
      (m, a) =>
        viewMigration(m, a.vm).postcopy.some(
          ({ urgent }) => !urgent.at(a.page) && urgent.some((asked) => asked),
        ),
    ],
    ...cannotSend,
    bandwidthSpent,
  ],
  effect(m, a, c) {
    sendPage(m, a, c);
  },
});

function sendPage(m: World, a: { readonly vm: VmId; readonly page: PageId }, c: C): void {
  const migration = migrationOf(m, a.vm);
  if (migration.source === null) return;
  const content = c.operation.readPage(m, migration.source, a.vm, a.page);
  migration.send[a.page] = false;
  countSent(migration, c.size);
  for (const { urgent } of migration.postcopy) urgent[a.page] = false;
  sendContent(migration, { vm: a.vm, page: a.page, content }, c);
}
