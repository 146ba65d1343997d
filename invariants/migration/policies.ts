/** When guests are stopped, how long for, and what they are slowed down. Chapter 4.B.2 to 4.B.3, 4.E. */
import type { CheckedMigration } from '../../model/index.ts';
import { policyOf } from '../../model/index.ts';
import {
  isTaken,
  kinds,
  type MigrationChange,
  type MigrationReading,
  property,
  type Reading,
  startedOn,
} from './reading.ts';

type Sizes = CheckedMigration['sizes'];

/** Pages of a VM that its source has in the dirty log. */
function dirtyPages(m: Reading, at: number, vm: number): number {
  return m.hosts
    .at(at)
    .memory.vms.at(vm)
    .pages.filter(({ logged, at: place }) => logged && !isTaken(place)).length;
}

/** What each policy takes for a reason to stop the guest. 4.B.2. */
function mayStop(migration: MigrationReading, dirty: number, memory: number, z: Sizes): boolean {
  const { round, statistics } = migration;
  switch (policyOf(z.policy)) {
    case null:
      return true;
    case 'qemu':
      return dirty <= z.bandwidth * z.downtime;
    case 'cloud-hypervisor':
      if (dirty <= z.bandwidth * z.downtime) return true;
      return z.onTimeout === 1 && statistics.elapsed === z.timeout;
    case 'xen':
      return dirty < z.few || round >= z.rounds;
    case 'xen-old':
      return dirty < z.few || round >= z.rounds || statistics.sent > z.factor * memory;
    case 'progress':
      return round > 1 && dirty >= statistics.found;
  }
}

const stopsAreDue = property.transition({
  id: 'MIG-Q1',
  name: 'a guest is stopped when its policy is met by what is dirty then, all else being sent',
  commands: kinds('migration.freeze'),
  when: ({ size }) => size.policy > 0,
  violation({ before, call, size }) {
    const migration = before.cluster.migrations.at(call.args.vm);
    const { source, send } = migration;
    if (source === null) return null;
    const { pages } = before.hosts.at(source).memory.vms.at(call.args.vm);
    if (send.some((left, p) => left && !isTaken(pages.at(p).at))) {
      return `pages of VM ${call.args.vm} are still to be sent`;
    }
    const dirty = dirtyPages(before, source, call.args.vm);
    const memory = before.hosts.at(source).memory.vms.at(call.args.vm).size;
    if (mayStop(migration, dirty, memory, size)) return null;
    return `VM ${call.args.vm} was stopped with ${dirty} dirty pages in round ${migration.round}`;
  },
});

/** Policies that look at how long it takes to send what is dirty. */
const promised = (z: Sizes): boolean => {
  const policy = policyOf(z.policy);
  return policy === 'qemu' || (policy === 'cloud-hypervisor' && z.onTimeout === 0);
};

/**
 * The bound of the specification is the limit, and the time that saving the state takes, and two
 * latencies. Where no tick passes in which something could be done, the limit is left.
 */
const downtimeIsShort = property.transition({
  id: 'MIG-Q2',
  name: 'a guest stands still for no longer than its policy was asked for, if nothing else takes time',
  commands: kinds('migration.receive'),
  when: (change) => change.size.eager === 1 && promised(change.size) && hasStarted(change) !== -1,
  violation(change) {
    const vm = hasStarted(change);
    const { statistics } = change.before.cluster.migrations.at(vm);
    return statistics.downtime <= change.size.downtime
      ? null
      : `VM ${vm} stood still for more than ${change.size.downtime} ticks`;
  },
});

/**
 * The VM that began to run on the target by a command, or -1. One that was stopped before the first round
 * (4.B.1) stands still for as long as it takes to send all of it.
 */
function hasStarted(change: MigrationChange): number {
  return change.before.cluster.migrations.findIndex(
    ({ round }, vm) => round > 0 && startedOn(change, vm) !== -1,
  );
}

const throttlesEnd = property.transition({
  id: 'MIG-Q3',
  name: 'however a migration ends, its guest may use as much of its CPUs as before it began',
  commands: kinds('migration.abort', 'migration.give-up', 'migration.clean-up'),
  when: ({ before }) => before.cluster.migrations.some(({ throttling }) => throttling.percent > 0),
  violation({ before, call, after }) {
    const { vm } = call.args;
    const { source, throttling } = before.cluster.migrations.at(vm);
    if (source === null || throttling.percent === 0) return null;
    const { cap } = after.hosts.at(source).cpu.vms.at(vm);
    return cap === throttling.cap ? null : `VM ${vm} has a cap of ${cap}, not ${throttling.cap}`;
  },
});

export const policyProperties = [stopsAreDue, downtimeIsShort, throttlesEnd];
