/** Faults of what a management sees and says of a migration. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const [scope, randomScope] = ['migration-managed', 'migration-timed'];

const cancelIsLost: VmmFault = {
  id: 'migration/X17a',
  seam: 'command',
  story: 'A cancellation that was posted before the source began is forgotten when it does.',
  origin: 'kubevirt issue 2228: a migration that was cancelled early went on',
  killedBy: ['MIG-A12'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.connect', (connect) => (m, a, c) => {
      connect(m, a, c);
      for (const each of m.cluster.management.at(a.vm)) each.cancelled = false;
    }),
};

const cancelSticks: VmmFault = {
  id: 'migration/X17b',
  seam: 'command',
  story: 'A cancellation outlives its migration, and is taken for one of the next.',
  origin: 'kubevirt issue 2228: what was posted is kept beside the migration that it is of',
  killedBy: ['MIG-A12'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.give-up', (giveUp) => (m, a, c) => {
      const was = m.cluster.management.at(a.vm).map(({ cancelled }) => cancelled);
      giveUp(m, a, c);
      was.forEach((is, i) => {
        m.cluster.management.at(a.vm).at(i).cancelled = is;
      });
    }),
};

const failedTooEarly: VmmFault = {
  id: 'migration/X28',
  seam: 'operation',
  story:
    'It is told that a migration failed while its source cleans up, so that settings may change.',
  origin: 'qemu-devel, introduce MIGRATION_STATUS_FAILING: libvirt reset capabilities meanwhile',
  killedBy: ['MIG-A11', 'MIG-S10'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'isUnderWay', (isUnderWay) => (m, vm) => {
      return isUnderWay(m, vm) && m.cluster.migrations.at(vm).phase !== 'failing';
    }),
};

export const managementFaults: readonly VmmFault[] = [cancelIsLost, cancelSticks, failedTooEarly];
