/** Migrations as QEMU would tell of them: its tables (5.B) hold for ours. */
import {
  type MigrationStatus,
  mayFollow,
  qemuSource,
  qemuTarget,
  type StateMachine,
} from '../../model/index.ts';
import {
  isOn,
  type MigrationChange,
  type MigrationReading,
  movedOn,
  property,
  type Reading,
} from './reading.ts';

type Statuses = readonly MigrationStatus[];

/** What the source of a migration tells; several where the model does not tell them apart. */
const ofSource: Readonly<Record<MigrationReading['phase'], Statuses>> = {
  idle: ['none', 'completed', 'failed', 'cancelled'],
  started: ['setup'],
  connected: ['setup'],
  'target-created': ['setup'],
  copying: ['active'],
  frozen: ['device'],
  quiesced: ['device'],
  'vcpus-sent': ['device'],
  'state-sent': ['device'],
  harvested: ['device'],
  // Whether by post-copy is said by what is left.
  'discard-sent': ['postcopy-device'],
  'state-requested': ['device', 'postcopy-device'],
  'target-ready': ['device', 'postcopy-device'],
  released: ['device', 'postcopy-device'],
  'start-sent': ['device', 'postcopy-device'],
  serving: ['postcopy-active'],
  paused: ['postcopy-paused'],
  recovering: ['postcopy-recover'],
  acknowledged: ['completed'],
  'taken-back': ['failing', 'failed'],
  failing: ['failing', 'cancelling'],
  aborted: ['failed', 'cancelled'],
};

type Postcopy = MigrationReading['postcopy'] extends Iterable<infer X> ? X : never;
const ofTarget: Readonly<Record<Postcopy['phase'], Statuses>> = {
  none: ['active'],
  advised: ['active'],
  discarded: ['active'],
  running: ['postcopy-active'],
  // It has told so; whether anybody heard it shows later.
  complete: ['postcopy-active', 'completed'],
  paused: ['postcopy-paused'],
  listening: ['postcopy-paused'],
  recovering: ['postcopy-recover'],
};

function targetStatuses(m: Reading, vm: number): Statuses {
  const { target, arrived, postcopy } = m.cluster.migrations.at(vm);
  const phase = postcopy.length === 0 ? 'none' : postcopy.at(0).phase;
  if (target === null || arrived === 'nothing' || !isOn(m, target, vm)) {
    return ['none', 'completed', 'failed'];
  }
  if (movedOn(m, vm) !== null && phase === 'none') return ['completed'];
  return ofTarget[phase];
}

/** One of these may be told after one of those, be it that others are passed on the way at once. */
function follows(
  machine: StateMachine<MigrationStatus>,
  from: Statuses,
  to: Statuses,
  passing: Statuses = [],
): boolean {
  return from.some(
    (a) =>
      to.some((b) => a === b || mayFollow(machine, a, b)) ||
      passing.some((by) => mayFollow(machine, a, by) && follows(machine, [by], to)),
  );
}

/**
 * A source that asks the store may learn that the target runs after the connection is gone. One that
 * stops its guest first has no round. The process of one whose VM is lost is ended.
 */
function passed(before: Reading, vm: number, by: string): Statuses {
  if (by === 'migration.take-back') return ['postcopy-active'];
  if (by === 'stopcopy.freeze') return ['active'];
  return before.cluster.ownership.at(vm).lost ? ['cancelling'] : [];
}

/** Neither side serves, or is served, without a connection. */
const connected: Statuses = ['postcopy-active', 'postcopy-recover'];

const statusesFollow = property.transition({
  id: 'MIG-A10',
  name: 'source and target change their status as QEMU’s do, and post-copy without a connection is paused',
  commands: ['migration.*', 'stopcopy.*', 'postcopy.*', 'failure.*', 'managed.*'],
  violation({ before, call, after, size }: MigrationChange) {
    for (let v = 0; v < size.vm; v++) {
      const [was, is] = [before, after].map((m) => m.cluster.migrations.at(v));
      if (was === undefined || is === undefined) continue;
      const [from, to] = [ofSource[was.phase], ofSource[is.phase]];
      if (!follows(qemuSource, from, to, passed(before, v, call.kind))) {
        return `the source of VM ${v} went from ${from} to ${to}`;
      }
      const [old, now] = [before, after].map((m) => targetStatuses(m, v));
      if (old === undefined || now === undefined) continue;
      if (!follows(qemuTarget, old, now)) return `the target of VM ${v} went from ${old} to ${now}`;
      if (is.connected) continue;
      if (to.every((each) => connected.includes(each))) return `the source of VM ${v} is ${to}`;
      if (now.every((each) => connected.includes(each))) return `the target of VM ${v} is ${now}`;
    }
    return null;
  },
});

export const statusProperties = [statusesFollow];
