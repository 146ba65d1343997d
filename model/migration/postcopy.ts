/**
 * Post-copy: the guest runs on the target before all of its pages are there. Chapter 4.B.5.
 *
 * It begins like pre-copy, which may have gone any number of rounds. What the source has not sent after
 * the last harvest, or has sent and not seen again, the target throws away: those pages are *missing*.
 * A vCPU that touches one waits until it comes. From then on neither side has the VM alone.
 */
import { pluggedIn } from '../cpu/index.ts';
import { cannotSend, isFull, notConnected, reply, send } from './channel.ts';
import {
  type C,
  command,
  guard,
  type HostId,
  homeOf,
  inner,
  isMissing,
  memoryAt,
  migrationOf,
  ofPage,
  ofVm,
  phaseIs,
  postcopyPhase,
  type VmId,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';

/** The VM runs on the target by post-copy, and the connection is up. */
const notServed = guard('not-served', ofVm, (m, a) => postcopyPhase(m, a.vm) !== 'running');
/** The target has no room for another reply. */
const repliesFull = guard('channel-full', ofVm, (m, a) =>
  isFull(viewMigration(m, a.vm).toSource, 1),
);
/** The page is not missing where the VM runs. */
const notMissing = guard('not-missing', ofPage, (m, a) => {
  const at = homeOf(m, a.vm);
  return at === null || !isMissing(m, at, a);
});

export const advise = command({
  actor: 'host',
  summary: 'Both sides agree, before anything is sent, that it may end by post-copy (4.B.5).',
  args: ofVm,
  requires: [
    phaseIs('connected'),
    notConnected,
    ['already-advised', ['vm'], (m, a) => postcopyPhase(m, a.vm) !== 'none'],
  ],
  effect(m, a) {
    for (const target of migrationOf(m, a.vm).postcopy) target.phase = 'advised';
  },
});

/** What is still to be sent will follow when the guest runs on the target. */
export const switchOver = command({
  actor: 'host',
  summary: 'The source tells the target to throw away what is still to be sent (4.B.5 DISCARD).',
  args: ofVm,
  requires: [
    phaseIs('harvested'),
    ['not-advised', ['vm'], (m, a) => postcopyPhase(m, a.vm) !== 'advised'],
    ['no-pages-left', ['vm'], (m, a) => viewMigration(m, a.vm).send.every((left) => !left)],
    ...cannotSend,
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    send(migration, a.vm, { kind: 'discard' }, c);
    c.operation.emptyCache(migration);
    migration.phase = 'discard-sent';
  },
});

/** The message names these pages; they are read when it arrives, since the source stands still. */
export function discardOld(m: World, vm: VmId, target: HostId, c: C): void {
  const migration = migrationOf(m, vm);
  const memory = memoryAt(m, target);
  for (const p of c.operation.missingPages(m, vm)) {
    c.operation.dropBacking(memory, vm, p, inner(c));
    memory.host.vms.at(vm).pages.at(p).at = { kind: 'missing', by: 0 };
    migration.received[p] = false;
  }
  for (const each of migration.postcopy) each.phase = 'discarded';
}

/** vCPUs of a VM that do not wait for a page yet. */
function vcpusLeft(m: WorldView, vm: VmId): number {
  const at = homeOf(m, vm);
  if (at === null) return 0;
  const { postcopy } = viewMigration(m, vm);
  const waiting = postcopy.reduce((sum, { awaited }) => sum + awaited.filter((is) => is).length, 0);
  return pluggedIn(m.hosts.at(at).cpu, vm) - waiting;
}

/** The last vCPU that goes on is its VM's next instruction: that is stalled by an access itself. */
export const touch = command({
  actor: 'guest',
  summary: 'A vCPU touches a missing page and waits for it, while others go on (4.B.5 fault).',
  args: ofPage,
  requires: [
    notMissing,
    [
      'not-mapped-by-guest',
      ['vm', 'page'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        return (
          at !== null &&
          m.hosts
            .at(at)
            .guests.at(a.vm)
            .table.every((entry) => entry.kind !== 'present' || entry.page !== a.page)
        );
      },
    ],
    [
      'already-awaited',
      ['vm', 'page'],
      (m, a) => viewMigration(m, a.vm).postcopy.some(({ awaited }) => awaited.at(a.page)),
    ],
    ['last-vcpu', ['vm'], (m, a) => vcpusLeft(m, a.vm) <= 1],
  ],
  effect(m, a) {
    for (const target of migrationOf(m, a.vm).postcopy) target.awaited[a.page] = true;
  },
});

/** Whether a vCPU waits for a missing page. */
function isAwaited(m: WorldView, a: { readonly vm: VmId; readonly page: number }): boolean {
  const at = homeOf(m, a.vm);
  if (at === null) return false;
  return (
    m.hosts.at(at).memory.vms.at(a.vm).stalled === a.page ||
    viewMigration(m, a.vm).postcopy.some(({ awaited }) => awaited.at(a.page))
  );
}

export const request = command({
  actor: 'daemon',
  summary: 'The target asks once for a missing page that a vCPU waits for (4.B.5 REQ).',
  args: ofPage,
  requires: [
    notServed,
    notMissing,
    ['nobody-waits', ['vm', 'page'], (m, a) => !isAwaited(m, a)],
    [
      'already-requested',
      ['vm', 'page'],
      (m, a) => viewMigration(m, a.vm).postcopy.some(({ requested }) => requested.at(a.page)),
    ],
    repliesFull,
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    for (const target of migration.postcopy) target.requested[a.page] = true;
    reply(migration, a.vm, { kind: 'page-request', page: a.page }, c);
  },
});

/** Only now does the target have all of the VM, and only then may the source forget it. MIG-S2. */
export const finish = command({
  actor: 'daemon',
  summary: 'The target says that no page is missing any more (MIG-S2, MIG-L3).',
  args: ofVm,
  requires: [
    notServed,
    [
      'pages-missing',
      ['vm'],
      (m, a) => {
        const at = homeOf(m, a.vm);
        if (at === null) return true;
        return m.hosts
          .at(at)
          .memory.vms.at(a.vm)
          .pages.some((each) => each.at.kind === 'missing');
      },
    ],
    repliesFull,
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    for (const target of migration.postcopy) target.phase = 'complete';
    reply(migration, a.vm, { kind: 'complete' }, c);
  },
});
