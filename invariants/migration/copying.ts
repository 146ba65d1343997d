/** What is copied, and when. Chapter 4.C and 4.D: MIG-S3, S4, S6, A1 to A3. */
import type { CheckedMigration } from '../../model/index.ts';
import {
  contentOn,
  isHinted,
  isMissing,
  isTaken,
  kinds,
  type MigrationChange,
  type MigrationReading,
  movedOn,
  named,
  property,
  type Reading,
  underWay,
} from './reading.ts';

/** Whether the log of the guest's writes is on for a migration. */
const isLogging = (m: Reading, at: number, vm: number): boolean =>
  m.hosts.at(at).memory.vms.at(vm).logging !== 'off';

/** What the target will have of a page when all that is under way has arrived; null: nothing. */
function willHold(m: Reading, target: number, vm: number, page: number): number | null {
  const { toTarget, received } = m.cluster.migrations.at(vm);
  let will = received.at(page) ? contentOn(m, target, vm, page) : null;
  for (const message of toTarget) {
    if (message.kind === 'page' && message.page === page) will = message.content;
    if (message.kind === 'zero' && message.page === page) will = 0;
    if (message.kind === 'delta' && message.page === page)
      will = (will ?? 0) + (message.more ? 1 : -1);
  }
  return will;
}

const cacheIsTrue = property.invariant({
  id: 'MIG-Z1',
  name: 'what the source remembers of a page that it sent is what the target will have',
  when: (_m, size) => size.cached > 0,
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { cache, connected, target, toTarget } = m.cluster.migrations.at(v);
      if (!connected || target === null || toTarget.some(({ kind }) => kind === 'bad')) continue;
      for (let p = 0; p < cache.length; p++) {
        const is = cache.at(p);
        const will = willHold(m, target, v, p);
        if (is !== null && is !== will && underWay(m, v) !== null) {
          return `page ${p} of VM ${v} is remembered as ${is}, the target will have ${will}`;
        }
      }
    }
    return null;
  },
});

const noWriteIsMissed = property.invariant({
  id: 'MIG-S3',
  name: 'a page is as the target will have it, or is in the dirty log, or is still to be sent',
  when: (m, size) => anyIs(m, size, hasBegun),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const ends = underWay(m, v) ?? movedOn(m, v);
      const { phase, send, connected } = m.cluster.migrations.at(v);
      // What is lost with a connection is made up for over another, or the migration is over.
      if (ends === null || !connected || !hasBegun(phase) || phase === 'recovering') continue;
      // Nor is the page in a message that was changed: when it arrives, the connection ends.
      if (m.cluster.migrations.at(v).toTarget.some(({ kind }) => kind === 'bad')) continue;
      const runs = movedOn(m, v) !== null;
      const { pages, size: count } = m.hosts.at(ends.source).memory.vms.at(v);
      for (let p = 0; p < count; p++) {
        if (send.at(p) || pages.at(p).logged || isTaken(pages.at(p).at)) continue;
        if (isHinted(m, v, ends.source, p)) continue;
        // What the target has and runs with is its own.
        if (runs && !isMissing(m, ends.target, v, p)) continue;
        const is = contentOn(m, ends.source, v, p);
        const will = willHold(m, ends.target, v, p);
        if (will === null) return `page ${p} of VM ${v} was not sent, and is not going to be`;
        if (will !== is) {
          return `page ${p} of VM ${v} holds ${is}, the target will have ${will}, and nobody knows`;
        }
      }
    }
    return null;
  },
});

type Phase = MigrationReading['phase'];
const before: readonly Phase[] = ['idle', 'started', 'connected', 'target-created'];
const hasBegun = (phase: Phase): boolean => !before.includes(phase);
const harvested: readonly Phase[] = [
  ...(['harvested', 'state-requested', 'target-ready', 'released', 'start-sent'] as const),
  ...(['discard-sent', 'serving', 'paused', 'recovering'] as const),
];

/** Some VM that is to move has come so far. */
function anyIs(m: Reading, { vm }: Sizes, is: (phase: Phase) => boolean): boolean {
  for (let v = 0; v < vm; v++) {
    const ends = underWay(m, v) ?? movedOn(m, v);
    if (ends !== null && is(m.cluster.migrations.at(v).phase)) return true;
  }
  return false;
}
type Sizes = CheckedMigration['sizes'];

const frozenPagesStay = property.invariant({
  id: 'MIG-S6',
  name: 'after the last harvest nothing writes the guest’s memory any more',
  when: (m, size) => anyIs(m, size, (phase) => harvested.includes(phase)),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const ends = underWay(m, v) ?? movedOn(m, v);
      if (ends === null || !harvested.includes(m.cluster.migrations.at(v).phase)) continue;
      const { pages } = m.hosts.at(ends.source).memory.vms.at(v);
      const late = pages.findIndex(({ logged }) => logged);
      if (late !== -1) return `page ${late} of ${named(v, ends.source)} was written after it`;
      if (m.cluster.hosts.at(ends.source).devices.at(v).write.kind === 'pending') {
        return `the device of ${named(v, ends.source)} is yet to write`;
      }
    }
    return null;
  },
});

const copying = kinds('migration.copy-read-only', 'migration.copy');

/** The page that a command sent, and what it said of it; null where it sent none. */
function sentBy({ before, call, after }: MigrationChange) {
  if (!('page' in call.args)) return null;
  const { vm, page } = call.args;
  const { source, target } = before.cluster.migrations.at(vm);
  if (source === null || target === null) return null;
  return { vm, page, source, content: willHold(after, target, vm, page) };
}

const pagesAreReadWhenClean = property.transition({
  id: 'MIG-A1',
  name: 'a copy sends what the page holds then, and is not what clears its entry in the dirty log',
  commands: copying,
  violation(change) {
    const sent = sentBy(change);
    if (sent === null) return null;
    const { vm, page, source, content } = sent;
    // Nothing is sent of what the cache has, and it may have been in a message that was changed.
    if (change.before.cluster.migrations.at(vm).toTarget.some(({ kind }) => kind === 'bad')) {
      return null;
    }
    const holds = contentOn(change.before, source, vm, page);
    if (content !== holds) return `page ${page} holds ${holds}, but ${content} was sent`;
    const [was, is] = [change.before, change.after].map(
      (m) => m.hosts.at(source).memory.vms.at(vm).pages.at(page).logged,
    );
    return was === is ? null : `the copy of page ${page} changed its entry in the log`;
  },
});

const readOnlyPagesAreTheGuests = property.transition({
  id: 'MIG-S4',
  name: 'a page goes with the read-only ones only where the guest itself may not write it',
  commands: kinds('migration.copy-read-only'),
  violation(change) {
    const sent = sentBy(change);
    if (sent === null) return null;
    const { table } = change.before.hosts.at(sent.source).guests.at(sent.vm);
    const writable = table.some(
      (each) => each.kind === 'present' && each.page === sent.page && each.writable,
    );
    return writable ? `the guest may write page ${sent.page}, which went as read-only` : null;
  },
});

/** The commands that end an entry of the log: they collect it, or end the log itself. */
const collecting: readonly string[] = kinds(
  ...(['migration.harvest', 'migration.final-harvest', 'migration.begin-log'] as const),
);

const onlyHarvestsClear = property.transition({
  id: 'MIG-A2',
  name: 'only a harvest clears the dirty log, and what it clears is to be sent',
  commands: ['migration.*'],
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const { source } = before.cluster.migrations.at(v);
      if (source === null) continue;
      const from = before.hosts.at(source).memory.vms.at(v);
      const to = after.hosts.at(source).memory.vms.at(v);
      if (from.logging === 'off' || to.logging === 'off') continue;
      const { send } = after.cluster.migrations.at(v);
      for (let p = 0; p < to.size; p++) {
        if (!from.pages.at(p).logged || to.pages.at(p).logged) continue;
        if (!collecting.includes(call.kind)) return `${call.kind} cleared page ${p} of VM ${v}`;
        if (send.at(p) || isTaken(to.pages.at(p).at)) continue;
        return `page ${p} of VM ${v} was cleared, and is not going to be sent`;
      }
    }
    return null;
  },
});

const logComesFirst = property.transition({
  id: 'MIG-A3',
  name: 'the dirty log is on before the first page is read',
  commands: copying,
  violation(change) {
    const sent = sentBy(change);
    if (sent === null || isLogging(change.before, sent.source, sent.vm)) return null;
    return `page ${sent.page} of VM ${sent.vm} was read without a log`;
  },
});

export const copyingProperties = [
  cacheIsTrue,
  noWriteIsMissed,
  readOnlyPagesAreTheGuests,
  frozenPagesStay,
  pagesAreReadWhenClean,
  onlyHarvestsClear,
  logComesFirst,
];
