/** Faults of guest memory itself: limits, the dirty log, reverse maps, owners. */
import { dropGuard, replacing } from '../../machine/index.ts';
import { sharedFrame } from '../../model/index.ts';
import { hostVm, pageOf, viewPage, viewVm } from '../../model/memory/model.ts';
import { type Kind, memory, takeForOrdinary, unseenPins, type VmmFault } from './seams.ts';

const limitWraps: VmmFault = {
  id: 'memory/M2',
  seam: 'command',
  story: 'The room left below a limit is an unsigned number, so a VM above its limit has plenty.',
  origin: 'Xen CVE-2021-28706 (XSA-385), commit 143501861d',
  killedBy: ['MEM-I6'],
  scope: 'limits',
  apply: (machine) =>
    memory.changeGuard(machine, 'memory.populate', 'over-limit', () => (m, a) => {
      const { consumed, limit } = viewVm(m, a.vm);
      return (limit - consumed) >>> 0 < 1;
    }),
};

const hostWriteUnlogged: VmmFault = {
  id: 'memory/M3',
  seam: 'operation',
  story: 'What the VMM writes into guest memory, as a steal record, is not put in the dirty log.',
  origin: 'the rule visible in KVM, record_steal_time marks the page dirty after it writes',
  killedBy: ['MEM-T2', 'MEM-T3'],
  scope: 'dirty-log',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.host-write', (hostWrite) => (m, a, c) => {
      const entry = pageOf(m, a);
      const { writable } = entry;
      hostWrite(
        m,
        a,
        replacing(c, 'logWrite', () => {}),
      );
      // The guest's own entry has no part in it.
      entry.writable = writable;
    }),
};

const harvestWithoutProtection: VmmFault = {
  id: 'memory/M4',
  seam: 'command',
  story: 'Collecting the dirty log clears it but leaves the collected pages writable.',
  origin: 'contract of KVM_GET_DIRTY_LOG: return, clear and protect in one step',
  killedBy: ['MEM-T3'],
  scope: 'dirty-log',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.harvest-log', (harvest) => (m, a, c) => {
      const { pages } = hostVm(m, a.vm);
      const writable = pages.map((entry) => entry.writable);
      harvest(m, a, c);
      pages.forEach((entry, p) => {
        entry.writable = writable[p] === true;
      });
    }),
};

const partialUpdate: VmmFault = {
  id: 'memory/M5',
  seam: 'environment',
  story:
    'Where the last ordinary frame leaves none for a table, mapping fails half-way: the page ' +
    'points to the frame, and nothing records that the frame is taken.',
  origin:
    'Xen CVE-2012-4537 (XSA-22); CVE-2021-28705 and CVE-2021-28709 (XSA-389), commit 74a11c43fd',
  killedBy: ['MEM-I2'],
  scope: 'emergency',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.populate', (populate) => (m, a, c) => {
      const isLast = m.host.freeFrames - 1 <= c.size.emergency;
      populate(m, a, isLast ? replacing(c, 'allocateFrame', () => {}) : c);
    }),
};

const reclaimsSpecialPage: VmmFault = {
  id: 'memory/M6',
  seam: 'command',
  story: 'Swapping takes a page of the hypervisor’s own for one of the guest’s.',
  origin: 'Xen CVE-2026-62434 (XSA-507), commit 372497ce42',
  killedBy: ['MEM-I1', 'MEM-I11'],
  scope: 'special-pages',
  apply(machine) {
    const kind = 'memory.swap-out-begin';
    const accepted = memory.changeGuard(
      dropGuard(machine, kind, 'special-page'),
      kind,
      'not-mapped',
      (refuse) => (m, a, c) => viewPage(m, a).at.kind !== 'special' && refuse(m, a, c),
    );
    return memory.changeEffect(accepted, kind, (begin) => (m, a, c) => {
      takeForOrdinary(m, a);
      begin(m, a, c);
    });
  },
};

const takesHeldReport: VmmFault = {
  id: 'memory/M7',
  seam: 'command',
  story: 'The host takes a reported page although a device or the VMM still holds its frame.',
  origin: 'Xen commit 0ec9b4ef31 (a #VE page ballooned out)',
  killedBy: ['MEM-I10', 'MEM-T4'],
  scope: 'reporting',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-report', (acknowledge) => (m, a, c) => {
      unseenPins(m, a.vm, () => acknowledge(m, a, c));
    }),
};

/** The commands that give a frame to a page. */
const allocating: readonly Kind[] = [
  'memory.populate',
  'memory.overwrite',
  'memory.swap-in',
  'memory.exchange',
  'memory.break-share',
];

const noScrub: VmmFault = {
  id: 'memory/M8',
  seam: 'command',
  story: 'A frame goes to its next owner with the bytes of the last one in it.',
  origin: 'Waldspurger, Memory Resource Management in VMware ESX Server (OSDI 2002), footnote 2',
  killedBy: ['MEM-I7', 'MEM-T7'],
  scope: 'collisions',
  apply: (machine) =>
    allocating.reduce((m, kind) => dropGuard(m, kind, 'frame-not-scrubbed'), machine),
};

const dropsOnPartialUnmap: VmmFault = {
  id: 'memory/M10',
  seam: 'command',
  story: 'Each unmapping of a virtual page drops a reference that the guest page still needs.',
  origin: 'Xen CVE-2022-23034 (XSA-394), commit 975a8fb45c',
  killedBy: ['MEM-I2'],
  scope: 'sharing',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.unmap', (unmap) => (m, a, c) => {
      const entry = m.guests.at(a.vm).table.at(a.virtual);
      unmap(m, a, c);
      if (entry.kind !== 'present') return;
      const frame = sharedFrame(m, { vm: a.vm, page: entry.page });
      if (frame !== null) c.operation.dropReference(m, frame, a.vm, entry.page);
    }),
};

export const frameFaults: readonly VmmFault[] = [
  limitWraps,
  hostWriteUnlogged,
  harvestWithoutProtection,
  partialUpdate,
  reclaimsSpecialPage,
  takesHeldReport,
  noScrub,
  dropsOnPartialUnmap,
];
