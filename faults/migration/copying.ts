/** Faults of pre-copy: what is copied, when it is read, and what the dirty log is told. */
import { addCommand, changeCommand } from '../../machine/index.ts';
import type { World } from '../../model/index.ts';
import { memory, type VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

/** The pages of a VM on the source of its migration. */
function sourcePages(m: World, vm: number) {
  const { source } = m.cluster.migrations.at(vm);
  return source === null ? null : m.hosts.at(source).memory.vms.at(vm).pages;
}

const readsBeforeClear: VmmFault = {
  id: 'migration/X1',
  seam: 'split',
  story: 'A page is read and sent first, and its entry in the dirty log is cleared after that.',
  origin: 'the rule in QEMU migration/ram.c to clear a page’s dirty bit before it is sent',
  killedBy: ['MIG-S3', 'MIG-A1'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply(machine) {
    const kind = 'migration.clear-sent';
    const kept = migration.changeOperation(machine, 'harvest', () => (m, _source, vm) => {
      const pages = sourcePages(m, vm);
      return pages === null ? [] : pages.map(({ logged }, p) => (logged ? p : -1)).filter(isPage);
    });
    const { copy } = { copy: machine.commands['migration.copy'] };
    return addCommand(kept, kind, {
      ...copy,
      summary: 'Clears the entry of a page that was sent.',
      requires: [
        [
          'not-sent',
          ['vm', 'page'],
          (m: World, a: { readonly vm: number; readonly page: number }) => {
            const { send, source } = m.cluster.migrations.at(a.vm);
            const entry = sourcePages(m, a.vm)?.at(a.page);
            return source === null || send.at(a.page) || entry?.logged !== true;
          },
        ],
      ],
      effect(m: World, a: { readonly vm: number; readonly page: number }) {
        const entry = sourcePages(m, a.vm)?.at(a.page);
        if (entry === undefined) return;
        entry.logged = false;
        entry.writable = false;
      },
    });
  },
};
const isPage = (p: number): boolean => p !== -1;

const logComesLate: VmmFault = {
  id: 'migration/X2',
  seam: 'command',
  story: 'The dirty log begins with the first round, after the read-only pages were copied.',
  origin: 'made up: the order of steps N3 and N4',
  killedBy: ['MIG-A3', 'MIG-S3'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply(machine) {
    const silent = migration.changeEffect(machine, 'migration.begin-log', (begin) => (m, a, c) => {
      const machines = sourceVm(m, a.vm);
      begin(m, a, c);
      if (machines !== null) machines.logging = 'off';
    });
    return migration.changeEffect(silent, 'migration.harvest', (harvest) => (m, a, c) => {
      const machines = sourceVm(m, a.vm);
      if (machines !== null) machines.logging = 'auto';
      harvest(m, a, c);
    });
  },
};
function sourceVm(m: World, vm: number) {
  const { source } = m.cluster.migrations.at(vm);
  return source === null ? null : m.hosts.at(source).memory.vms.at(vm);
}

const deviceWritesUnseen: VmmFault = {
  id: 'migration/X3a',
  seam: 'operation',
  story: 'What a device writes does not enter the dirty log.',
  origin: 'cloud-hypervisor issue 2458: pages dirtied by the VMM were not migrated',
  killedBy: ['MIG-S3'],
  scope: 'migration-device',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeOperation(machine, 'drainDevice', (drain) => (m, at, vm, c) => {
      drain(m, at, vm, { ...c, operation: { ...c.operation, logWrite: () => {} } });
    }),
};

const recordsUnseen: VmmFault = {
  id: 'migration/X3c',
  seam: 'operation',
  story: 'What the VMM writes into a record of the guest’s does not enter the dirty log.',
  origin: 'KVM has to mark the page of a steal record dirty itself, after it has written it',
  killedBy: ['MIG-S3', 'MEM-T2'],
  scope: 'migration-record',
  randomScope: 'migration-pages',
  apply: (machine) => memory.changeWithin(machine, 'record.write', 'logWrite', () => () => {}),
};

const harvestBeforeDrain: VmmFault = {
  id: 'migration/X4',
  seam: 'command',
  story: 'The device finishes only after the dirty log was collected for the last time.',
  origin: 'cloud-hypervisor send_migration: a further pass follows the snapshot for this reason',
  killedBy: ['MIG-S6', 'MIG-S8', 'MIG-W5'],
  scope: 'migration-device',
  randomScope: 'migration-fuzz',
  apply(machine) {
    const late = migration.changeEffect(machine, 'migration.quiesce', (quiesce) => (m, a, c) => {
      quiesce(m, a, { ...c, operation: { ...c.operation, drainDevice: () => {} } });
    });
    return migration.changeEffect(late, 'migration.request-state', (request) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source !== null) c.operation.drainDevice(m, source, a.vm, c);
      request(m, a, c);
    });
  },
};

const onlyDirtySinceLast: VmmFault = {
  id: 'migration/X5',
  seam: 'operation',
  story: 'A second migration sends only what was written since the first.',
  origin: 'propolis issue 232: dirty bits were taken to say what a new target lacks',
  killedBy: ['MIG-S3', 'MIG-S7', 'MIG-S8'],
  scope: 'migration-retry',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeOperation(machine, 'firstPages', (firstPages) => (m, vm, source) => {
      const { epoch } = m.cluster.ownership.at(vm);
      return epoch === 0 ? firstPages(m, vm, source) : [];
    }),
};

const zeroPageSkipped: VmmFault = {
  id: 'migration/X7',
  seam: 'operation',
  story: 'A page that has become zero is not cleared on the target, which has it with data.',
  origin: 'the rule for zero pages of XBZRLE in QEMU migration/ram.c',
  killedBy: ['MIG-S3', 'MIG-S8'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeOperation(machine, 'placePage', (place) => (m, target, a, c) => {
      if (a.content !== 0) place(m, target, a, c);
    }),
};

const protectedIsReadOnly: VmmFault = {
  id: 'migration/X9a',
  seam: 'command',
  story: 'A page that the VMM has write-protected is taken for one that the guest cannot write.',
  origin: 'made up: sharing and dirty logging take write permission away behind the guest’s back',
  killedBy: ['MIG-S4'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    changeCommand(machine, 'migration.copy-read-only', (command) => ({
      ...command,
      requires: command.requires.map((guard) => {
        const [code, looksAt] = guard;
        if (code !== 'not-read-only') return guard;
        const refuse = (m: World, a: { readonly vm: number; readonly page: number }): boolean =>
          sourcePages(m, a.vm)?.at(a.page).writable !== false;
        return [code, looksAt, refuse] as const;
      }),
    })),
};

export const copyingFaults: readonly VmmFault[] = [
  readsBeforeClear,
  logComesLate,
  deviceWritesUnseen,
  recordsUnseen,
  harvestBeforeDrain,
  onlyDirtySinceLast,
  zeroPageSkipped,
  protectedIsReadOnly,
];
