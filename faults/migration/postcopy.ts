/** Faults of post-copy: what is missing, what comes late, and what is lost with a connection. */
import { memory, type VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const latePagesOverwrite: VmmFault = {
  id: 'migration/X23',
  seam: 'operation',
  story: 'A page that was sent before it was written last is kept, and overwritten when it comes.',
  origin: 'the discard rule of QEMU docs/devel/migration/postcopy.rst',
  killedBy: ['MIG-S14', 'MIG-S8'],
  scope: 'migration-postcopy-recover',
  randomScope: 'migration-postcopy-fuzz',
  apply(machine) {
    const kept = migration.changeOperation(machine, 'missingPages', (missing) => (m, vm) => {
      const { received } = m.cluster.migrations.at(vm);
      return missing(m, vm).filter((page) => !received.at(page));
    });
    return migration.changeOperation(kept, 'placeMissing', (place) => (m, target, a, c) => {
      const { at } = m.hosts.at(target).memory.vms.at(a.vm).pages.at(a.page);
      if (at.kind === 'mapped') m.hosts.at(target).memory.frames.at(at.frame).content = a.content;
      else place(m, target, a, c);
    });
  },
};

const lostPagesStayLost: VmmFault = {
  id: 'migration/X24',
  seam: 'operation',
  story: 'When a post-copy recovers, the source does not send again what was lost on the way.',
  origin: 'QEMU postcopy recovery: the received bitmap, and pages that are asked for again',
  killedBy: ['MIG-S3', 'MIG-L3'],
  scope: 'migration-postcopy-recover',
  randomScope: 'migration-postcopy-fuzz',
  apply: (machine) => migration.changeOperation(machine, 'unreceived', () => () => []),
};

const recoversForEver: VmmFault = {
  id: 'migration/X25',
  seam: 'command',
  story: 'A connection that is lost while post-copy recovers leaves both sides recovering.',
  origin: 'qemu-devel, migration/savevm.c: a pause from ACTIVE or RECOVER',
  killedBy: ['MIG-A10'],
  scope: 'migration-postcopy-recover',
  randomScope: 'migration-postcopy-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'failure.lose-connection', (lose) => (m, a, c) => {
      const each = m.cluster.migrations.at(a.vm);
      const { phase } = each;
      lose(m, a, c);
      if (phase !== 'recovering') return;
      each.phase = phase;
      for (const target of each.postcopy) target.phase = 'recovering';
    }),
};

const balloonTakesMissing: VmmFault = {
  id: 'migration/X21',
  seam: 'command',
  story: 'The balloon takes pages that are on their way, and what arrives for them is dropped.',
  origin: 'QEMU commit 371ff5a3: inhibit ballooning during postcopy',
  killedBy: ['MIG-S14'],
  scope: 'migration-postcopy-balloon',
  randomScope: 'migration-postcopy-fuzz',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-inflate', (acknowledge) => (m, a, c) => {
      const told = m.guests.at(a.vm).inflating.map((is, page) => (is ? page : -1));
      acknowledge(m, a, c);
      const { pages } = m.host.vms.at(a.vm);
      for (const page of told) {
        if (page === -1 || pages.at(page).at.kind !== 'missing') continue;
        c.operation.discard(m, a.vm, page, 'ballooned', c);
      }
    }),
};

export const postcopyFaults: readonly VmmFault[] = [
  balloonTakesMissing,
  latePagesOverwrite,
  lostPagesStayLost,
  recoversForEver,
];
