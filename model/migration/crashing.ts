/**
 * A host crashes, and is back at once with nothing. Chapter 4.B: host.crash, and 4.C: MIG-S2.
 *
 * The shared store fences it: the tokens and locks that it had are nobody's. What a VM had in memory on
 * the host that ran it last is lost then, and nobody has a state to go on from: neither a source whose
 * copy is older than the disk, nor a target that was never told to start. It boots from its disk.
 *
 * A post-copy is on two hosts. Its target lacks pages that only the source has, which had all of them, but
 * as they were: whichever of the two crashes then, the VM is lost, and what the other has is of no use.
 */
import { ref } from '../../machine/index.ts';
import { host } from '../host.ts';
import { createVm, notOverhead, tearDown } from '../memory/index.ts';
import { disconnect } from './channel.ts';
import { forgetCopy, forgetMigration, leaveToTarget } from './handover.ts';
import { endHints, forgetHints } from './hinting.ts';
import { forgetManagement } from './management.ts';
import {
  type C,
  command,
  type HostId,
  inner,
  memoryAt,
  migrationOf,
  ofVm,
  setStopped,
  type VmId,
  viewMemory,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { forgetPostcopy } from './recovery.ts';
import { plugAll, unplugAll } from './vcpus.ts';

export const crashHost = command({
  actor: 'hardware',
  summary: 'A host crashes and starts anew; the store fences it (4.B host.crash, MIG-S2).',
  args: { host: ref(host) },
  requires: [['crashes-spent', [], (m) => m.cluster.crashes === 0]],
  effect(m, a, c) {
    m.cluster.crashes--;
    for (let vm = 0; vm < m.cluster.ownership.length; vm++) {
      breakMigration(m, vm, a.host, c);
      loseVm(m, vm, a.host, c);
    }
  },
});

/** The other side of a migration notices that the connection is gone, if it was up. */
function breakMigration(m: World, vm: VmId, at: HostId, c: C): void {
  const migration = migrationOf(m, vm);
  const { source, target } = migration;
  if (target === at) {
    disconnect(migration);
    migration.arrived = 'nothing';
    for (let p = 0; p < migration.received.length; p++) migration.received[p] = false;
    forgetPostcopy(migration);
    if (migration.phase === 'aborted') forgetMigration(migration);
    return;
  }
  if (source !== at) return;
  endHints(m, vm);
  forgetHints(m, vm);
  forgetManagement(m, vm);
  if (target === null || m.cluster.ownership.at(vm).lastRan !== target) {
    leaveToTarget(migration);
  } else if (lacksPages(m, target, vm)) {
    loseRest(m, vm, target, c);
    leaveToTarget(migration);
  } else forgetMigration(migration);
}

/** Post-copy: some of what the VM is has not come from its source yet. */
const lacksPages = (m: WorldView, target: HostId, vm: VmId): boolean =>
  m.hosts
    .at(target)
    .memory.vms.at(vm)
    .pages.some(({ at }) => at.kind === 'missing');

/** Pages of a VM were lost with another host: it is stopped for good, and nobody’s. 4.B.5. */
function loseRest(m: World, vm: VmId, at: HostId, c: C): void {
  const ownership = m.cluster.ownership.at(vm);
  ownership.lost = true;
  ownership.owner = null;
  ownership.lock = null;
  setStopped(m.hosts.at(at), vm, true);
  endAll(m, vm, at, c);
}

/** Nothing runs for a VM any more on a host, and nothing writes to its memory. */
function endAll(m: World, vm: VmId, at: HostId, c: C): void {
  m.cluster.hosts.at(at).devices.at(vm).write = { kind: 'none' };
  for (const entry of memoryAt(m, at).host.vms.at(vm).pages) {
    entry.pins = 0;
    entry.pinned = null;
  }
  unplugAll(m, at, vm, c);
}

function loseVm(m: World, vm: VmId, at: HostId, c: C): void {
  const ownership = m.cluster.ownership.at(vm);
  if (ownership.owner === at) ownership.owner = null;
  if (ownership.lock === at) ownership.lock = null;
  const memory = memoryAt(m, at);
  if (memory.host.vms.at(vm).state === 'absent') return;
  if (ownership.lastRan === at) {
    ownership.lost = true;
    forgetManagement(m, vm);
  }
  endAll(m, vm, at, c);
  tearDown(memory, vm, inner(c));
  forgetCopy(m, vm, at);
}

/** Only when the host that ran it last has been fenced: its disk is the newest that there is. */
export const coldBoot = command({
  actor: 'host',
  summary: 'A VM whose state was lost in a crash boots from its disk (MIG-S2, MIG-A5).',
  args: { ...ofVm, host: ref(host), overhead: createVm.args.overhead },
  requires: [
    ['not-lost', ['vm'], (m, a) => !m.cluster.ownership.at(a.vm).lost],
    ['already-migrating', ['vm'], (m, a) => viewMigration(m, a.vm).source !== null],
    [
      'vm-exists',
      ['vm', 'host'],
      (m, a) => viewMemory(m, a.host).host.vms.at(a.vm).state !== 'absent',
    ],
    ['store-unreachable', ['host'], (m, a) => m.cluster.hosts.at(a.host).cutOff],
    [
      'frame-in-use',
      ['host', 'overhead'],
      (m, a, c) => notOverhead(viewMemory(m, a.host), a.overhead, c.size),
    ],
  ],
  effect(m, a, c) {
    if (!c.operation.takeOver(m, a.host, a.vm, m.cluster.ownership.at(a.vm).epoch)) return;
    m.cluster.ownership.at(a.vm).lost = false;
    const asBefore = { size: c.size.page, reservation: 1, mode: 'refill', huge: false } as const;
    createVm.effect(memoryAt(m, a.host), { ...a, ...asBefore }, inner(c));
    m.hosts.at(a.host).cpu.vms.at(a.vm).wanted = c.size.online;
    const { vcpus } = m.cluster.hosts.at(a.host);
    let left = c.size.online;
    for (let t = 0; t < vcpus.length; t++) {
      if (left === 0 || m.hosts.at(a.host).cpu.threads.at(t).vm !== a.vm) continue;
      vcpus[t] = { kind: 'saved', was: 'ready', wake: false, turn: 0 };
      left--;
    }
    plugAll(m, a.host, a.vm, c);
  },
});
