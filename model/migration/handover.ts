/**
 * The source lets go of the VM and the target takes it: the second half of step N6. Chapter 4.B.
 *
 * The token decides who runs the VM. The source gives it up before it says start; the target takes
 * it only while it is of the epoch that the message names, so that a message that is late is harmless.
 */
import { stopLogging, tearDown } from '../memory/index.ts';
import { emptyCache } from './cache.ts';
import { disconnect, notConnected, send, takeReply } from './channel.ts';
import { keepTimer } from './clocks.ts';
import { forgetFeatures } from './features.ts';
import { forgetHints } from './hinting.ts';
import { cancelled, forgetManagement } from './management.ts';
import {
  command,
  guard,
  inner,
  memoryAt,
  migrationOf,
  ofVm,
  phaseIs,
  setStopped,
  viewMigration,
  type World,
} from './model.ts';
import { forgetPostcopy, noteRequest, resume } from './recovery.ts';
import type { Migration } from './state.ts';
import { forgetStatistics, letGo } from './statistics.ts';

/** The source does not reach the storage, where the token is. */
const storeUnreachable = guard('store-unreachable', ofVm, (m, a) => {
  const { source } = viewMigration(m, a.vm);
  return source !== null && m.cluster.hosts.at(source).cutOff;
});

/** The source learns what the target made of it. */
export const receiveReply = command({
  actor: 'daemon',
  summary: 'The source receives a reply of the target: it has everything, or it runs the VM.',
  args: ofVm,
  requires: [
    ['nothing-arrived', ['vm'], (m, a) => viewMigration(m, a.vm).toSource.at(0).kind === 'none'],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const reply = takeReply(migration);
    switch (reply.kind) {
      case 'complete':
        if (migration.phase === 'state-requested') migration.phase = 'target-ready';
        else if (migration.phase === 'serving') migration.phase = 'acknowledged';
        return;
      case 'started':
        if (migration.phase === 'start-sent') targetRuns(migration);
        return;
      case 'page-request':
        noteRequest(migration, reply.page);
        return;
      case 'bitmap':
        resume(m, a.vm, c);
        return;
      case 'resumed':
        migration.phase = 'serving';
        return;
      case 'none':
        return;
    }
  },
});

/** The target runs the VM: all of it, or by post-copy, when there is more to send to it. */
function targetRuns(migration: Migration): void {
  if (migration.send.every((left) => !left)) migration.phase = 'acknowledged';
  else migration.phase = migration.connected ? 'serving' : 'paused';
}

/** First the disk, then the token: whoever has the token can have the disk. */
export const release = command({
  actor: 'host',
  summary: 'The source lets go of the disk and of the token (N6, MIG-A5).',
  args: ofVm,
  // For the last time it looks whether anybody has cancelled it.
  requires: [phaseIs('target-ready'), cancelled, storeUnreachable],
  effect(m, a) {
    const ownership = m.cluster.ownership.at(a.vm);
    ownership.lock = null;
    ownership.owner = null;
    migrationOf(m, a.vm).phase = 'released';
  },
});

export const sendStart = command({
  actor: 'host',
  summary: 'The source tells the target to run the VM, and which epoch ends with that (N6).',
  args: ofVm,
  requires: [phaseIs('released'), notConnected],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const { epoch } = m.cluster.ownership.at(a.vm);
    send(migration, a.vm, { kind: 'start', epoch }, c);
    migration.phase = 'start-sent';
  },
});

/**
 * The source heard nothing, or does not want to wait. It takes the token back while it is nobody’s and
 * it was the last to run the VM: a start that is still under way is of an old epoch then. Otherwise
 * the store says that the target runs it. In doubt it stays stopped. MIG-L2, golden trace G2.
 */
export const takeBack = command({
  actor: 'host',
  summary: 'The source takes the token back, or learns that the target has it (MIG-A5, MIG-L2).',
  args: ofVm,
  requires: [phaseIs('released', 'start-sent'), storeUnreachable],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    if (migration.source === null) return;
    const { lastRan, epoch } = m.cluster.ownership.at(a.vm);
    if (lastRan !== migration.source) targetRuns(migration);
    else if (c.operation.takeOver(m, migration.source, a.vm, epoch)) migration.phase = 'taken-back';
  },
});

/** Nobody has the VM alone: the target runs it, or does not yet. It was lost, where that crashed. */
const stillNeeded = guard('wrong-phase', ofVm, (m, a) => {
  const { phase } = viewMigration(m, a.vm);
  return phase === 'paused' ? !m.cluster.ownership.at(a.vm).lost : phase !== 'acknowledged';
});

/** Only now is what the source has of the VM of no use to anybody. MIG-S2. */
export const cleanUp = command({
  actor: 'host',
  summary: 'The source gives back all that the VM had there, once the target runs it (MIG-S2).',
  args: ofVm,
  requires: [stillNeeded],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const { source } = migration;
    if (source === null) return;
    const memory = memoryAt(m, source);
    letGo(m, a.vm, c);
    stopLogging(memory, a.vm);
    tearDown(memory, a.vm, inner(c));
    forgetCopy(m, a.vm, source);
    forgetHints(m, a.vm);
    forgetManagement(m, a.vm);
    forgetMigration(migration);
  },
});

/** Of a VM that a host does not have (any more), nothing is kept there. */
export function forgetCopy(m: World, vm: number, at: number): void {
  const here = m.hosts.at(at);
  setStopped(here, vm, false);
  here.cpu.vms.at(vm).wanted = 0;
  const { devices, vcpus, paused } = m.cluster.hosts.at(at);
  paused[vm] = false;
  devices.at(vm).register = 0;
  devices.at(vm).write = { kind: 'none' };
  keepTimer(m, at, vm, 0);
  forgetFeatures(m, vm, at);
  for (let t = 0; t < vcpus.length; t++) {
    if (here.cpu.threads.at(t).vm === vm) vcpus[t] = { kind: 'none' };
  }
}

export function forgetMigration(migration: Migration): void {
  disconnect(migration);
  migration.phase = 'idle';
  migration.source = null;
  migration.target = null;
  migration.round = 0;
  migration.arrived = 'nothing';
  emptyCache(migration);
  forgetStatistics(migration);
  for (let p = 0; p < migration.send.length; p++) {
    migration.send[p] = false;
    migration.received[p] = false;
  }
  forgetPostcopy(migration);
}

/** The source is done with a migration; the target still throws away what it has, if anything. */
export function leaveToTarget(migration: Migration): void {
  const { arrived, target } = migration;
  forgetMigration(migration);
  if (arrived === 'nothing') return;
  migration.phase = 'aborted';
  migration.target = target;
  migration.arrived = arrived;
}
