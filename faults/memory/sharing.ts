/** Faults of page sharing: what is compared when, what is protected, what is counted. */
import { addCommand, dropGuard } from '../../machine/index.ts';
import { checksumOf, contentOf, sharedFrame } from '../../model/index.ts';
import { store } from '../../model/memory/access.ts';
import { hostVm, noFreeFrame, pageOf, viewPage, viewVm } from '../../model/memory/model.ts';
import { memory, takeForOrdinary, type VmmFault } from './seams.ts';

const mergesByChecksum: VmmFault = {
  id: 'memory/K1',
  seam: 'operation',
  story: 'Pages of equal checksum are merged without comparing their bytes.',
  origin: 'why every system compares: Waldspurger (OSDI 2002), section 4.2; Linux mm/ksm.c',
  killedBy: ['MEM-I7'],
  scope: 'collisions',
  apply: (machine) =>
    memory.changeOperation(machine, 'sameBytes', () => (m, vm, page, frame, c) => {
      const other = m.host.frames.at(frame).content;
      return checksumOf(other, c.size) === checksumOf(contentOf(m, { vm, page }), c.size);
    }),
};

const comparesTooEarly: VmmFault = {
  id: 'memory/K2',
  seam: 'split',
  story: 'A merge compares first and protects later, and the guest writes in between.',
  origin: 'the order in Linux mm/ksm.c, write_protect_page before the comparison (O_DIRECT race)',
  killedBy: ['DED-T3', 'MEM-I7'],
  scope: 'small',
  apply(machine) {
    const kind = 'memory.merge-page';
    // The guards have compared; the write comes before the effect protects the page.
    const raced = memory.changeEffect(machine, kind, (merge) => (m, a, c) => {
      const other = (contentOf(m, a) + 1) % c.size.content;
      store(m, { vm: a.vm, page: a.page, content: other }, c);
      merge(m, a, c);
    }).commands[kind];
    return addCommand(machine, 'memory.merge-raced', {
      ...raced,
      summary: 'Merges a page that the guest writes after it was compared.',
    });
  },
};

const mergesPinned: VmmFault = {
  id: 'memory/K3',
  seam: 'command',
  story: 'A page that a device holds is merged away under the device.',
  origin: 'Linux mm/ksm.c compares the references of a page with its mappings (O_DIRECT race)',
  killedBy: ['DED-I5'],
  scope: 'sharing-devices',
  apply: (machine) =>
    dropGuard(dropGuard(machine, 'memory.merge-page', 'pinned'), 'memory.scan-page', 'pinned'),
};

const ignoresFailedProtect: VmmFault = {
  id: 'memory/K4',
  seam: 'operation',
  story: 'Taking write permission away fails, and the merge goes on as if it had not.',
  origin: 'Linux "ksm: prevent crash after write_protect_page fails", after f765f540598a',
  killedBy: ['DED-I2'],
  scope: 'sharing',
  apply: (machine) =>
    memory.changeOperation(machine, 'share', (share) => (m, vm, page, frame, c) => {
      const entry = pageOf(m, { vm, page });
      const { writable } = entry;
      share(m, vm, page, frame, c);
      entry.writable = writable;
    }),
};

const staleChainNode: VmmFault = {
  id: 'memory/K5',
  seam: 'operation',
  story:
    'When one mapping of a shared frame is left, the guest writes the frame in place while the ' +
    'scanner’s node still offers it under its old bytes.',
  origin: 'Linux commit b4fecc67cc56 (use after free of a collapsed chain)',
  killedBy: ['DED-I3', 'DED-I2'],
  scope: 'log-sharing',
  apply: (machine) =>
    memory.changeWithin(machine, 'memory.write', 'ownLastReference', () => () => {}),
};

const zeroMergeUncounted: VmmFault = {
  id: 'memory/K6',
  seam: 'command',
  story: 'A page merged with the zero page is counted nowhere.',
  origin: 'Linux commit a38c015f3156 (use_zero_pages and the counters of memory)',
  killedBy: ['DED-I4'],
  scope: 'zero-page',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.scan-page', (scan) => (m, a, c) => {
      const { references } = m.host.zero;
      scan(m, a, c);
      m.host.zero.references = references;
    }),
};

const cursorOfDeadVm: VmmFault = {
  id: 'memory/K7',
  seam: 'operation',
  story: 'The scanner keeps its place in a VM that is gone.',
  origin: 'CVE-2011-2183, Linux commit 2b472611a32a',
  killedBy: ['DED-I9'],
  scope: 'scanner',
  apply: (machine) => memory.changeOperation(machine, 'forgetVm', () => () => {}),
};

const failedBreakCounts: VmmFault = {
  id: 'memory/K8',
  seam: 'environment',
  story: 'A break that finds no frame has counted the share as broken, and counts it again later.',
  origin: 'guarded against in Xen’s mem_sharing_unshare_page (ENOMEM)',
  killedBy: ['DED-I4', 'DED-T5'],
  scope: 'few-frames',
  apply(machine) {
    const kind = 'memory.break-share';
    // The allocation may fail after the break began, so there is no frame to ask about.
    const attempted = (['frame-in-use', 'frame-not-scrubbed'] as const).reduce(
      (each, code) =>
        memory.changeGuard(
          each,
          kind,
          code,
          (refuse) => (m, a, c) => !noFreeFrame(m, c.size) && refuse(m, a, c),
        ),
      dropGuard(machine, kind, 'no-free-frame'),
    );
    return memory.changeEffect(attempted, kind, (breakShare) => (m, a, c) => {
      if (!noFreeFrame(m, c.size)) breakShare(m, a, c);
      else if (pageOf(m, a).at.kind === 'zero') m.host.zero.references--;
      else m.host.sharing.sharing--;
    });
  },
};

const mergesSpecialPage: VmmFault = {
  id: 'memory/K9',
  seam: 'command',
  story:
    'A merge takes a page of the hypervisor’s own for one of the guest’s, and frees its frame.',
  origin: 'Xen commit f5500c3196 (partial check of what may be shared)',
  killedBy: ['MEM-I1'],
  scope: 'special-pages',
  apply(machine) {
    const kind = 'memory.merge-page';
    const sharable = memory.changeGuard(
      machine,
      kind,
      'not-sharable',
      () => (m, a) => viewVm(m, a.vm).huge,
    );
    const mapped = memory.changeGuard(
      sharable,
      kind,
      'not-mapped',
      (refuse) => (m, a, c) => viewPage(m, a).at.kind !== 'special' && refuse(m, a, c),
    );
    return memory.changeEffect(mapped, kind, (merge) => (m, a, c) => {
      takeForOrdinary(m, a);
      merge(m, a, c);
    });
  },
};

const unlimitedSharing: VmmFault = {
  id: 'memory/K10',
  seam: 'command',
  story: 'A frame is shared by more pages than the limit allows.',
  origin: 'Linux max_page_sharing, introduced before b4fecc67cc56',
  killedBy: ['DED-I1'],
  scope: 'many-sharers',
  apply: (machine) => dropGuard(machine, 'memory.merge-page', 'share-full'),
};

const copiesLastReference: VmmFault = {
  id: 'memory/K11',
  seam: 'command',
  story: 'The last mapping of a shared frame is copied, and the frame itself is never freed.',
  origin: 'made up: the last reference needs no copy',
  killedBy: ['MEM-I1', 'DED-T2'],
  scope: 'collisions',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.break-last', (own) => (m, a, c) => {
      const old = sharedFrame(m, a);
      const to = m.host.frames.findIndex(({ use }) => use.kind === 'free' && use.scrubbed);
      if (old === null || to < 0 || noFreeFrame(m, c.size)) return own(m, a, c);
      const leaked = m.host.frames.at(old);
      c.operation.allocateFrame(m, to, a.vm, a.page);
      m.host.frames.at(to).content = leaked.content;
      hostVm(m, a.vm).consumed--;
      c.operation.mapPrivate(m, a.vm, a.page, to);
      leaked.sharers.at(a.vm)[a.page] = false;
      leaked.references = 0;
      m.host.sharing.shared--;
    }),
};

const mergesAcrossSalts: VmmFault = {
  id: 'memory/K12',
  seam: 'command',
  story: 'Pages of VMs that must not share are merged.',
  origin: 'VMware ESXi salting of page sharing (Mem.ShareForceSalting)',
  killedBy: ['DED-I6', 'DED-S1'],
  scope: 'salts',
  apply: (machine) => dropGuard(machine, 'memory.merge-page', 'salt-differs'),
};

const mergeDirties: VmmFault = {
  id: 'memory/K13a',
  seam: 'operation',
  story: 'Merging a page marks it as written and puts it in the dirty log.',
  origin: 'made up: sharing must be invisible to migration',
  killedBy: ['DED-T1'],
  scope: 'log-sharing',
  apply: (machine) =>
    memory.changeOperation(machine, 'share', (share) => (m, vm, page, frame, c) => {
      share(m, vm, page, frame, c);
      pageOf(m, { vm, page }).dirty = true;
      c.operation.logWrite(m, vm, page);
    }),
};

const breakForgetsDirty: VmmFault = {
  id: 'memory/K13b',
  seam: 'command',
  story: 'A share broken for a write is mapped writable, so that the write is in no dirty log.',
  origin: 'made up: sharing must be invisible to migration',
  killedBy: ['MEM-T2', 'MEM-I9'],
  scope: 'log-sharing',
  apply(machine) {
    const copied = memory.changeEffect(machine, 'memory.break-share', (breakShare) => (m, a, c) => {
      breakShare(m, a, c);
      pageOf(m, a).writable = true;
    });
    return memory.changeOperation(copied, 'ownLastReference', (own) => (m, vm, page) => {
      own(m, vm, page);
      pageOf(m, { vm, page }).writable = true;
    });
  },
};

export const sharingFaults: readonly VmmFault[] = [
  mergesByChecksum,
  comparesTooEarly,
  mergesPinned,
  ignoresFailedProtect,
  staleChainNode,
  zeroMergeUncounted,
  cursorOfDeadVm,
  failedBreakCounts,
  mergesSpecialPage,
  unlimitedSharing,
  copiesLastReference,
  mergesAcrossSalts,
  mergeDirties,
  breakForgetsDirty,
];
