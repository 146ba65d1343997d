/** Faults of what comes after a host has crashed. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const resumesSinceFree: VmmFault = {
  id: 'migration/X11',
  seam: 'command',
  story: 'A source in doubt goes on because the token is free again: the target ran and crashed.',
  origin: 'QEMU migration.c, which never starts a source that failed to activate its disks once',
  killedBy: ['MIG-A5'],
  scope: 'migration-crash',
  randomScope: 'migration-crash-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.take-back', (takeBack) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      const { epoch } = m.cluster.ownership.at(a.vm);
      if (source !== null && c.operation.takeOver(m, source, a.vm, epoch)) {
        m.cluster.migrations.at(a.vm).phase = 'taken-back';
      } else takeBack(m, a, c);
    }),
};

const oldCopyGoesOn: VmmFault = {
  id: 'migration/X11b',
  seam: 'command',
  story: 'The target of a post-copy crashes, and its source goes on with what it had before.',
  origin: 'made up: 4.B.5, the VM is lost when either side crashes while pages are missing',
  killedBy: ['MIG-S15', 'MIG-S1', 'MIG-A4'],
  scope: 'migration-postcopy-crash',
  randomScope: 'migration-crash-fuzz',
  apply(machine) {
    const mayCancel = migration.changeGuard(
      machine,
      'migration.abort',
      'postcopy-no-cancel',
      () => {
        return (m, a) => !m.cluster.ownership.at(a.vm).lost;
      },
    );
    return migration.changeGuard(mayCancel, 'migration.abort', 'wrong-phase', (is) => (m, a, c) => {
      return m.cluster.migrations.at(a.vm).phase !== 'paused' && is(m, a, c);
    });
  },
};

const missingIsZero: VmmFault = {
  id: 'migration/X24b',
  seam: 'command',
  story: 'The source of a post-copy crashes, and pages that never came are read as zeros.',
  origin: 'made up: 4.B.5, the VM is lost when either side crashes while pages are missing',
  killedBy: ['MIG-S14', 'MIG-S15'],
  scope: 'migration-postcopy-crash',
  randomScope: 'migration-crash-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'crash.host', (crash) => (m, a, c) => {
      const left = m.cluster.migrations.map(({ source, target }) =>
        source === a.host ? target : null,
      );
      left.forEach((target, vm) => {
        if (target === null || m.cluster.ownership.at(vm).lastRan !== target) return;
        for (const page of m.hosts.at(target).memory.vms.at(vm).pages) {
          if (page.at.kind === 'missing') page.at = { kind: 'unbacked' };
        }
      });
      crash(m, a, c);
    }),
};

export const crashingFaults: readonly VmmFault[] = [resumesSinceFree, oldCopyGoesOn, missingIsZero];
