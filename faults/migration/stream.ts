/** Faults of what is checked before a migration, of a stream that is trusted, and of one of differences. */
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

const versionsNotCompared: VmmFault = {
  id: 'migration/U1',
  seam: 'command',
  story: 'A guest goes back to a host that was not upgraded, which cannot read what it is sent.',
  origin: 'cloud-hypervisor live-migration protocol: a target reads its version and the one before',
  killedBy: ['MIG-V2'],
  scope: 'migration-upgrade',
  randomScope: 'migration-crash-fuzz',
  apply: (machine) =>
    dropGuard(
      dropGuard(machine, 'migration.start', 'version-mismatch'),
      ...(['migration.connect', 'version-mismatch'] as const),
    ),
};

const leftBehindMoves: VmmFault = {
  id: 'migration/U2',
  seam: 'command',
  story: 'What was left behind on the source of a migration is sent to another host.',
  origin: 'QEMU migration/migration.c: no migration begins in the run state postmigrate',
  killedBy: ['MIG-S11'],
  scope: 'migration-upgrade',
  randomScope: 'migration-fuzz',
  apply: (machine) => dropGuard(machine, 'migration.start', 'left-behind'),
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

const overflowNotCached: VmmFault = {
  id: 'migration/X8',
  seam: 'operation',
  story: 'A page whose difference is too large is sent as it is, and the cache keeps what it was.',
  origin: 'QEMU migration/ram.c, save_xbzrle_page: after an overflow the cached copy is sent',
  killedBy: ['MIG-Z1', 'MIG-S3'],
  scope: 'migration-deltas',
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'cachePage', (cache) => (m, page, content, why) => {
      if (why !== 'overflow') cache(m, page, content, why);
    }),
};

const zeroNotCached: VmmFault = {
  id: 'migration/X7b',
  seam: 'operation',
  story: 'A page of zeros is sent as such, and the cache keeps what it held before.',
  origin: 'QEMU migration/ram.c: a zero page is set to zero in the cache as well',
  killedBy: ['MIG-Z1', 'MIG-S3'],
  scope: 'migration-deltas',
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'cachePage', (cache) => (m, page, content, why) => {
      if (why !== 'zero') cache(m, page, content, why);
    }),
};

const cacheOutlivesDiscard: VmmFault = {
  id: 'migration/X8b',
  seam: 'operation',
  story: 'After the switch to post-copy the cache still has pages that the target throws away.',
  origin: 'QEMU migration/ram.c, ram_save_page: XBZRLE is not used in post-copy',
  killedBy: ['MIG-Z1'],
  scope: 'migration-postcopy-deltas',
  randomScope: 'migration-postcopy-fuzz',
  apply: (machine) => migration.changeOperation(machine, 'emptyCache', () => () => {}),
};

export const streamFaults: readonly VmmFault[] = [
  overflowNotCached,
  zeroNotCached,
  cacheOutlivesDiscard,
  featuresNotCompared,
  featuresOfTheHost,
  versionsNotCompared,
  leftBehindMoves,
  badPageIsClamped,
];
