/** What is left of a migration that did not come to its end. Chapter 4.C to 4.E: MIG-S10, S11, L4. */
import { isOn, kinds, type MigrationReading, named, property, runs } from './reading.ts';

const nothingIsLeft = property.invariant({
  id: 'MIG-S10',
  name: 'where no migration is under way nothing of one is left',
  when: ({ cluster }) => cluster.migrations.some(({ source }) => source === null),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const migration = m.cluster.migrations.at(v);
      const { source, target, phase, arrived } = migration;
      const { lastRan, lost } = m.cluster.ownership.at(v);
      const isOpen = m.cluster.management.at(v).some(({ channels }) => channels);
      if (source === null && isOpen) return `channels of VM ${v} are open, and nothing is going on`;
      if (source !== null || lastRan === null || lost) continue;
      if (!runs(m, lastRan, v)) return `${named(v, lastRan)} does not run, and nothing is going on`;
      if (m.hosts.at(lastRan).memory.vms.at(v).logging !== 'off') return `VM ${v} is logged`;
      const left = leftOf(migration);
      if (left !== null) return `${left} of VM ${v} is left of a migration`;
      if (phase === 'aborted' && target !== null && isOn(m, target, v)) continue;
      if (phase !== 'idle' || target !== null || arrived !== 'nothing') {
        return `VM ${v} cannot be migrated any more`;
      }
    }
    return null;
  },
});

/** Something of a migration that is over, or null. */
function leftOf(m: MigrationReading): string | null {
  const { elapsed, sent, found, carried, downtime } = m.statistics;
  const { percent, periods, ticks, cap } = m.throttling;
  if (m.connected) return 'the connection';
  if (m.toTarget.at(0).kind !== 'none' || m.toSource.at(0).kind !== 'none') return 'a message';
  if (m.round > 0) return 'a round';
  if (m.send.some((is) => is) || m.received.some((is) => is)) return 'a page';
  if (m.cache.some((content) => content !== null)) return 'a page in the cache';
  if (elapsed + sent + found + carried + downtime > 0) return 'a statistic';
  if (percent + periods + ticks + cap + m.throttling.dirtied + m.throttling.sent > 0)
    return 'a throttle';
  const served = m.postcopy.some(({ phase, awaited, requested, urgent }) => {
    return phase !== 'none' || [awaited, requested, urgent].some((set) => set.some((is) => is));
  });
  return served ? 'post-copy' : null;
}

const confirmedSourcesStay = property.invariant({
  id: 'MIG-S11',
  name: 'a source whose VM another host has run does not run it again, nor take the token',
  when: ({ cluster }) =>
    cluster.migrations.some(({ source }, v) => {
      return source !== null && cluster.ownership.at(v).lastRan !== source;
    }),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { source, phase } = m.cluster.migrations.at(v);
      const { lastRan, owner } = m.cluster.ownership.at(v);
      if (source === null || lastRan === source) continue;
      if (runs(m, source, v)) return `${named(v, source)} runs, but host ${lastRan} was the last`;
      if (owner === source) return `host ${source} has taken the token of VM ${v} again`;
      if (!over.includes(phase)) return `VM ${v} is ${phase}`;
    }
    return null;
  },
});

const over: readonly MigrationReading['phase'][] = [
  ...(['start-sent', 'acknowledged', 'serving', 'paused', 'recovering'] as const),
];

const abortedGuestsGoOn = property.transition({
  id: 'MIG-L4',
  name: 'a migration that is given up leaves its guest running where it was, with all that it had',
  commands: kinds('migration.abort', 'migration.give-up'),
  violation({ before, call, after }) {
    const { vm } = call.args;
    const { source } = before.cluster.migrations.at(vm);
    if (source === null) return null;
    if (!runs(after, source, vm)) return `${named(vm, source)} does not go on`;
    const { threads } = after.hosts.at(source).cpu;
    const { vcpus } = before.cluster.hosts.at(source);
    for (let t = 0; t < vcpus.length; t++) {
      if (threads.at(t).vm !== vm || vcpus.at(t).kind === 'none') continue;
      if (threads.at(t).state.kind === 'offline') return `vCPU ${t} does not go on`;
    }
    return null;
  },
});

export const failingProperties = [nothingIsLeft, confirmedSourcesStay, abortedGuestsGoOn];
