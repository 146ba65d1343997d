/** What every fair run of a migration comes to. Chapter 4.E: MIG-L1, MIG-L2. */
import type { Fairness } from '../../machine/index.ts';
import { isMissing, kinds, movedOn, property, type Reading, runs } from './reading.ts';

/** None of these is put off for ever while it is possible. */
const fair = (names: readonly string[], each: readonly string[]): readonly Fairness[] =>
  names.map((name) => ({ commands: [name], strength: 'weak', each }));

/** What source and target do by themselves, once a guest may be stopped. Nobody has to cancel. */
const steps = kinds(
  ...(['migration.connect', 'migration.create-target', 'migration.begin-log'] as const),
  ...(['migration.copy-read-only', 'migration.harvest', 'migration.copy'] as const),
  ...(['migration.quiesce', 'migration.send-vcpus', 'migration.send-state'] as const),
  ...(['migration.final-harvest', 'migration.request-state', 'migration.release'] as const),
  ...(['migration.send-start', 'migration.receive', 'migration.receive-reply'] as const),
  ...(['migration.clean-up', 'migration.discard', 'migration.take-back'] as const),
  ...(['migration.give-up', 'managed.close'] as const),
  ...(['postcopy.request', 'postcopy.finish', 'postcopy.listen', 'postcopy.recover'] as const),
);
const fairness: readonly Fairness[] = [
  ...fair(steps, ['vm']),
  // A policy is asked at the end of every round, and may be met at some and not at others.
  { commands: kinds('migration.freeze'), strength: 'strong', each: ['vm'] },
  ...fair(kinds('failure.reach-again'), ['host']),
  ...fair(['cpu.tick'], ['host']),
];

const migrationsEnd = property.leadsTo({
  id: 'MIG-L1',
  name: 'a migration ends, well or not, if its policy is met at some time and messages arrive',
  instances: (size) => size.vm,
  starts: ({ cluster }, v) => cluster.migrations.at(v).phase !== 'idle',
  done: ({ cluster }, v) => cluster.migrations.at(v).phase === 'idle',
  fairness,
});

const doubtsEnd = property.leadsTo({
  id: 'MIG-L2',
  name: 'once the source reaches the store, one side runs a guest whose handover was in doubt',
  instances: (size) => size.vm,
  starts: ({ cluster }, v) =>
    cluster.ownership.at(v).owner === null && !cluster.ownership.at(v).lost,
  done(m, v, size) {
    for (let h = 0; h < size.host; h++) if (runs(m, h, v)) return true;
    return false;
  },
  fairness,
});

const pagesArrive = property.leadsTo({
  id: 'MIG-L3',
  name: 'post-copy: a page that a vCPU waits for arrives, if connections are made again',
  instances: (size) => size.vm * size.page,
  starts: (m, i, size) => isAwaited(m, Math.floor(i / size.page), i % size.page),
  done: (m, i, size) => !isAwaited(m, Math.floor(i / size.page), i % size.page),
  fairness,
});

function isAwaited(m: Reading, vm: number, page: number): boolean {
  const ends = movedOn(m, vm);
  if (ends === null || !isMissing(m, ends.target, vm, page)) return false;
  return (
    m.hosts.at(ends.target).memory.vms.at(vm).stalled === page ||
    m.cluster.migrations.at(vm).postcopy.some(({ awaited }) => awaited.at(page))
  );
}

export const runProperties = [migrationsEnd, doubtsEnd, pagesArrive];
