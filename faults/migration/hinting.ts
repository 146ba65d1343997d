/** Faults of free page hinting. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const hintsGoOn: VmmFault = {
  id: 'migration/B8',
  seam: 'operation',
  story:
    'Hinting is not stopped before the dirty log is collected: a hint that is late still counts.',
  origin: 'QEMU’s precopy notifier, which stops hinting before each sync of the bitmap',
  killedBy: ['KVM-I5', 'KVM-I2', 'MIG-S3'],
  scope: 'migration-hinting',
  randomScope: 'migration-hinting-fuzz',
  apply: (machine) => migration.changeOperation(machine, 'stopHints', () => () => {}),
};

const neverDone: VmmFault = {
  id: 'migration/B9',
  seam: 'command',
  story: 'A migration that is cancelled does not tell the guest that the host is done with hints.',
  origin: 'QEMU’s virtio-balloon: without DONE the guest keeps the pages for ever',
  killedBy: ['KVM-I4', 'KVM-L1'],
  scope: 'migration-hinting',
  randomScope: 'migration-hinting-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      abort(m, a, { ...c, operation: { ...c.operation, endHints: () => {} } });
    }),
};

export const hintingFaults: readonly VmmFault[] = [hintsGoOn, neverDone];
