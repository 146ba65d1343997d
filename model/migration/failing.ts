/**
 * What ends a migration otherwise than well: it is cancelled, or something breaks. Chapter 4.B.
 *
 * Whatever happens, the source goes on as if nothing had been, once it has the token (again); the
 * target throws away what it has, once it knows. A later migration begins from scratch.
 */
import { ref } from '../../machine/index.ts';
import { host } from '../host.ts';
import { stopLogging, tearDown } from '../memory/index.ts';
import { disconnect, notConnected } from './channel.ts';
import { startClock } from './clocks.ts';
import { setKicked } from './device.ts';
import { forgetCopy, forgetMigration, leaveToTarget } from './handover.ts';
import { forgetHints } from './hinting.ts';
import { closeChannels, heedCancel, isCancelled } from './management.ts';
import {
  beforeRelease,
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
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { forgetPostcopy } from './recovery.ts';
import { lacksRoom } from './starting.ts';
import { decision, letGo } from './statistics.ts';
import { plugAll } from './vcpus.ts';
import { speaksOtherVersion } from './versions.ts';

const isStopped = (m: World, at: HostId, vm: VmId): boolean =>
  m.hosts.at(at).memory.stopped.some((vms) => vms.at(vm));

/** Somebody does not want it any more, whatever it has come to. MIG-L4. */
export const abort = command({
  actor: 'host',
  summary: 'A migration is cancelled, and its guest goes on at the source (MIG-S10, MIG-L4).',
  args: ofVm,
  requires: [
    [
      'postcopy-no-cancel',
      ['vm'],
      (m, a) => ['serving', 'paused', 'recovering'].includes(viewMigration(m, a.vm).phase),
    ],
    beforeRelease,
  ],
  effect(m, a, c) {
    goOn(m, a.vm, c);
  },
});

/** It cannot come to a good end by itself. */
function hasFailed(m: WorldView, vm: VmId, c: C): boolean {
  const { phase, connected } = viewMigration(m, vm);
  if (isCancelled(m, vm)) return true;
  if (phase === 'started') return speaksOtherVersion(m, vm);
  if (phase === 'connected' && lacksRoom(m, vm, c)) return true;
  return !connected || phase === 'taken-back' || decision(m, vm, c.size) === 'cancel';
}

/** Cancelled, broken off, refused by the target, or at the timeout of its policy. */
export const giveUp = command({
  actor: 'daemon',
  summary: 'The source gives a migration up that failed, and its guest goes on (MIG-S10, MIG-L4).',
  args: ofVm,
  requires: [beforeRelease, ['not-failed', ['vm'], (m, a, c) => !hasFailed(m, a.vm, c)]],
  effect(m, a, c) {
    goOn(m, a.vm, c);
  },
});

/** The source has the token, and its guest goes on as if nothing had been. */
function goOn(m: World, vm: VmId, c: C): void {
  const migration = migrationOf(m, vm);
  if (migration.source === null) return;
  letGo(m, vm, c);
  c.operation.endHints(m, vm);
  forgetHints(m, vm);
  stopLogging(memoryAt(m, migration.source), vm);
  if (isStopped(m, migration.source, vm)) {
    setStopped(m.hosts.at(migration.source), vm, false);
    setKicked(m, migration.source, vm, true);
    startClock(m, migration.source, vm, c);
    plugAll(m, migration.source, vm, c);
  }
  heedCancel(m, vm);
  // What is between that and its end nobody sees where nothing may be set meanwhile.
  if (m.cluster.management.at(vm).length === 0) leaveToTarget(migration);
  else {
    disconnect(migration);
    migration.phase = 'failing';
  }
}

export const close = command({
  actor: 'daemon',
  summary: 'The source of a migration that failed closes what it had opened, and tells so (5.B).',
  args: ofVm,
  requires: [phaseIs('failing')],
  effect(m, a) {
    closeChannels(m, a.vm);
    leaveToTarget(migrationOf(m, a.vm));
  },
});

/** The target has noticed that nobody will tell it to start, or to send what it lacks. */
export const discard = command({
  actor: 'daemon',
  summary: 'A target without a connection throws away what it has of the VM (MIG-S10).',
  args: ofVm,
  requires: [
    ['still-connected', ['vm'], (m, a) => viewMigration(m, a.vm).connected],
    ['nothing-arrived', ['vm'], (m, a) => viewMigration(m, a.vm).arrived === 'nothing'],
    [
      'runs-there',
      ['vm'],
      (m, a) => {
        const { lastRan, lost } = m.cluster.ownership.at(a.vm);
        return lastRan === viewMigration(m, a.vm).target && !lost;
      },
    ],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const { target, phase } = migration;
    if (target === null) return;
    tearDown(memoryAt(m, target), a.vm, inner(c));
    forgetCopy(m, a.vm, target);
    if (phase === 'aborted') forgetMigration(migration);
    migration.arrived = 'nothing';
    for (let p = 0; p < migration.received.length; p++) migration.received[p] = false;
    forgetPostcopy(migration);
  },
});

/** The network fails, and what was under way does not arrive. */
export const loseConnection = command({
  actor: 'hardware',
  summary: 'The connection of a migration is lost, with the messages under way (4.B).',
  args: ofVm,
  requires: [notConnected, ['losses-spent', [], (m) => m.cluster.losses === 0]],
  effect(m, a) {
    disconnect(migrationOf(m, a.vm));
    m.cluster.losses--;
  },
});

export const cutOff = command({
  actor: 'hardware',
  summary: 'A host does not reach the shared storage any more (4.B store.pathDown).',
  args: { host: ref(host) },
  requires: [
    ['already-cut-off', ['host'], (m, a) => m.cluster.hosts.at(a.host).cutOff],
    ['losses-spent', [], (m) => m.cluster.losses === 0],
  ],
  effect(m, a) {
    m.cluster.hosts.at(a.host).cutOff = true;
    m.cluster.losses--;
  },
});

export const reachAgain = command({
  actor: 'hardware',
  summary: 'A host reaches the shared storage again.',
  args: { host: ref(host) },
  requires: [['not-cut-off', ['host'], (m, a) => !m.cluster.hosts.at(a.host).cutOff]],
  effect(m, a) {
    m.cluster.hosts.at(a.host).cutOff = false;
  },
});
