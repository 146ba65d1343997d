/**
 * The source copies a VM to the target while the VM runs: steps N3 to N5. Chapter 4.B.
 *
 * What is sent is old as soon as it is sent. The dirty log makes up for that: a page that is written
 * after the log was collected is sent again, so the log is collected first and pages are read after.
 */
import { isTaken, startLogging } from '../memory/index.ts';
import { sendContent } from './cache.ts';
import { cannotSend } from './channel.ts';
import { skipNoMore } from './hinting.ts';
import {
  type C,
  command,
  isLeft,
  memoryAt,
  migrationOf,
  notToSend,
  ofPage,
  ofVm,
  type PageId,
  pageTaken,
  phaseIs,
  type VmId,
  viewMemory,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { bandwidthSpent, countRound, countSent, decision } from './statistics.ts';

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
