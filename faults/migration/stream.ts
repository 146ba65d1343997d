/** Faults of what is agreed before a migration, and of a stream that is trusted. */
import { dropGuard } from '../../machine/index.ts';
import { hasFeature } from '../../model/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const randomScope = 'migration-timed';

const featuresNotCompared: VmmFault = {
  id: 'migration/X26a',
  seam: 'command',
  story: 'A guest moves to a host whose CPUs lack what it uses.',
  origin: 'cloud-hypervisor issue 2841: nothing compared the CPUs of source and target',
  killedBy: ['MIG-F1'],
  scope: 'migration-features',
  randomScope,
  apply: (machine) => dropGuard(machine, 'migration.start', 'cpu-incompatible'),
};

const featuresOfTheHost: VmmFault = {
  id: 'migration/X26b',
  seam: 'operation',
  story: 'Hosts are compared, and the guest is shown what the CPUs of its new host can do.',
  origin: 'kubevirt issue 12519 and xapi PR 2441: the features of the host, not those of the guest',
  killedBy: ['MIG-F1'],
  scope: 'migration-features',
  randomScope,
  apply: (machine) =>
    migration.changeOperation(
      machine,
      'showsFeature',
      () => (_m, _vm, host, feature) => hasFeature(host, feature),
    ),
};

const badPageIsClamped: VmmFault = {
  id: 'migration/X27',
  seam: 'operation',
  story: 'A page beyond the memory of the VM is taken for its last one.',
  origin: 'CVE-2017-16845: a value of the stream was used as an index without a look at it',
  killedBy: ['MIG-V1'],
  scope: 'migration-hostile',
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'refuseMessage', () => (m, vm) => {
      const { received } = m.cluster.migrations.at(vm);
      received[received.length - 1] = true;
    }),
};

export const streamFaults: readonly VmmFault[] = [
  featuresNotCompared,
  featuresOfTheHost,
  badPageIsClamped,
];
