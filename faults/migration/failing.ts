/** Faults of migrations that fail or are cancelled, and of what comes after. */
import type { VmmFault } from '../memory/seams.ts';
import { inPhases, migration } from './seams.ts';

const retrySendsLess: VmmFault = {
  id: 'migration/X6',
  seam: 'command',
  story: 'An attempt that fails leaves its log on, and the next sends only what that one has.',
  origin: 'propolis issues 616 and 682: dirty bits that a failed attempt had cleared were lost',
  killedBy: ['MIG-S3', 'MIG-S10'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply(machine) {
    const kept = migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      const vm = m.hosts.at(source).memory.vms.at(a.vm);
      const { logging } = vm;
      abort(m, a, c);
      vm.logging = logging;
    });
    return migration.changeEffect(kept, 'migration.begin-log', (begin) => (m, a, c) => {
      const { source, send } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      const { logging, pages } = m.hosts.at(source).memory.vms.at(a.vm);
      const logged = pages.map((entry) => entry.logged);
      begin(m, a, c);
      if (logging !== 'off')
        logged.forEach((is, p) => {
          send[p] = is;
        });
    });
  },
};

const resumesWithoutLocks: VmmFault = {
  id: 'migration/X10',
  seam: 'command',
  story: 'A source that fails late goes on without taking back what it has released.',
  origin: 'cloud-hypervisor: locks are released before the state is sent, and resume takes none',
  killedBy: ['MIG-S1', 'MIG-A4'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) => inPhases(machine, 'migration.abort', 'released', 'start-sent', 'taken-back'),
};

const targetStaysAlive: VmmFault = {
  id: 'migration/X14',
  seam: 'command',
  story: 'A migration that fails leaves the copy on the target, and nobody knows of it.',
  origin: 'OpenNebula issue 3582: a VM was left running on the target of a failed migration',
  killedBy: ['MIG-S12', 'MIG-S10'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      m.cluster.migrations.at(a.vm).arrived = 'nothing';
      abort(m, a, c);
    }),
};

const staysPaused: VmmFault = {
  id: 'migration/X15',
  seam: 'command',
  story: 'A source whose migration failed after the freeze stays stopped.',
  origin: 'cloud-hypervisor issue 2895: the VM stayed paused after a failed migration',
  killedBy: ['MIG-L4', 'MIG-S10'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      const { stopped } = m.hosts.at(source).memory;
      const was = stopped.some((vms) => vms.at(a.vm));
      abort(m, a, c);
      for (const vms of stopped) vms[a.vm] = was;
    }),
};

const blocksLaterOnes: VmmFault = {
  id: 'migration/X16',
  seam: 'command',
  story: 'After an attempt that failed the VM cannot be migrated any more.',
  origin: 'propolis issue 170: a failed migration blocked every later one',
  killedBy: ['MIG-S10'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.discard', (discard) => (m, a, c) => {
      const migration = m.cluster.migrations.at(a.vm);
      const { phase } = migration;
      discard(m, a, c);
      migration.phase = phase;
    }),
};

const logSurvives: VmmFault = {
  id: 'migration/X29',
  seam: 'command',
  story: 'The dirty log goes on after a migration was given up, and every write is slow for ever.',
  origin: 'made up: what slows a guest down for a migration must end with it',
  killedBy: ['MIG-S10'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      const vm = m.hosts.at(source).memory.vms.at(a.vm);
      const { logging } = vm;
      abort(m, a, c);
      vm.logging = logging;
    }),
};

export const failingFaults: readonly VmmFault[] = [
  retrySendsLess,
  resumesWithoutLocks,
  targetStaysAlive,
  staysPaused,
  blocksLaterOnes,
  logSurvives,
];
