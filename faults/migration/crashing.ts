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

export const crashingFaults: readonly VmmFault[] = [resumesSinceFree];
