/** Faults of how many vCPUs a guest that moves is to have. */
import { dropGuard } from '../../machine/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const scope = 'migration-plugging';
const randomScope = 'migration-fuzz';

const pluggedWhileMoving: VmmFault = {
  id: 'migration/V1',
  seam: 'command',
  story:
    'A host says how many vCPUs a VM is to have while it moves to where that was known before.',
  origin: 'kubevirt PR 9903: sockets were changed during a migration, whose target lacked them',
  killedBy: ['MIG-A9'],
  scope,
  randomScope,
  apply: (machine) => dropGuard(machine, 'cpu.set-vcpus', 'migration-in-progress'),
};

const onlyWhatIsUsed: VmmFault = {
  id: 'migration/V2',
  seam: 'command',
  story:
    'A target gives a VM the vCPUs that its guest uses, and forgets those that are plugged in.',
  origin:
    'ganeti PR 1971: a target started from a file with the old count drops vCPUs without a word',
  killedBy: ['MIG-A9'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.create-target', (create) => (m, a, c) => {
      create(m, a, c);
      const { source, target } = m.cluster.migrations.at(a.vm);
      if (source === null || target === null) return;
      const { threads } = m.hosts.at(source).cpu;
      const used = threads.filter(({ vm, state }) => vm === a.vm && state.kind !== 'offline');
      m.hosts.at(target).cpu.vms.at(a.vm).wanted = used.length;
    }),
};

export const movingVcpuFaults: readonly VmmFault[] = [pluggedWhileMoving, onlyWhatIsUsed];
