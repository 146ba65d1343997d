/** Faults of pages that are no ordinary ones while their VM moves: ballooned, reported, shared. */
import type { World } from '../../model/index.ts';
import { memory, type VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const deflatedUnseen: VmmFault = {
  id: 'migration/X3b',
  seam: 'command',
  story: 'A page that comes back from the balloon does not enter the dirty log.',
  origin: 'the rule of QEMU’s migration that what a device or the VMM changes is dirty, too',
  killedBy: ['MIG-S3'],
  scope: 'migration-balloon',
  randomScope: 'migration-pages',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-deflate', (acknowledge) => (m, a, c) => {
      acknowledge(m, a, { ...c, operation: { ...c.operation, logWrite: () => {} } });
    }),
};

const mergingClears: VmmFault = {
  id: 'migration/X9b',
  seam: 'operation',
  story: 'A page that is merged leaves the dirty log, as if what it holds were known.',
  origin: 'made up: merging takes write permission away, as clearing an entry of the log does',
  killedBy: ['MIG-S3'],
  scope: 'migration-sharing',
  randomScope: 'migration-pages',
  apply: (machine) =>
    memory.changeOperation(machine, 'share', (share) => (m, vm, page, frame, c) => {
      share(m, vm, page, frame, c);
      m.host.vms.at(vm).pages.at(page).logged = false;
    }),
};

/** What the target has of the balloon. */
const balloonAt = (m: World, at: number, vm: number) => m.hosts.at(at).memory.vms.at(vm).balloon;

const savedWhereItWas: VmmFault = {
  id: 'migration/X22a',
  seam: 'operation',
  story: 'Where the statistics buffer is was saved as an address of the source: it is lost.',
  origin: 'QEMU commit 6d0ee850: pointers into the queue were saved with the balloon',
  killedBy: ['MIG-S8'],
  scope: 'migration-balloon',
  randomScope: 'migration-pages',
  apply: (machine) =>
    migration.changeOperation(machine, 'bringBalloon', (bring) => (m, vm, source, target, c) => {
      bring(m, vm, source, target, c);
      balloonAt(m, target, vm).statistics = 'none';
    }),
};

const balloonStaysBehind: VmmFault = {
  id: 'migration/X22b',
  seam: 'operation',
  story: 'What is in the balloon is not sent as a set: its pages arrive as ordinary ones.',
  origin: 'made up: the final set of ballooned pages is part of the other state (4.C.1)',
  killedBy: ['MIG-S8'],
  scope: 'migration-balloon',
  randomScope: 'migration-pages',
  apply: (machine) =>
    migration.changeOperation(machine, 'bringBalloon', (bring) => (m, vm, source, target, c) => {
      const operation = { ...c.operation, discard: () => {} };
      bring(m, vm, source, target, { ...c, operation });
    }),
};

export const pageFaults: readonly VmmFault[] = [
  deflatedUnseen,
  mergingClears,
  savedWhereItWas,
  balloonStaysBehind,
];
