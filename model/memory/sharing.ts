/**
 * Page sharing: pages of equal content share one frame, and a write breaks the share (copy on
 * write). The guests know nothing of it. Chapter 4.
 */
import { bool, type Context, choice, enumOf, option, ref } from '../../machine/index.ts';
import { allocated, canAllocate } from './frames.ts';
import {
  type ContentId,
  command,
  contentOf,
  type FrameId,
  guard,
  hostVm,
  type MemoryModel,
  noSuchVm,
  ofPage,
  ofVm,
  outOfRange,
  type PageId,
  pageBusy,
  pageOf,
  pinned,
  privateFrame,
  sharedFrame,
  type VmId,
  viewPage,
  viewVm,
} from './model.ts';
import { forgetCandidate } from './operations.ts';
import { frame, type Memory, type MemorySizes, type MemoryView, salt } from './state.ts';

type C = Context<MemoryModel>;

/** The weak checksum by which the scanner sees that a page changed. Contents may collide. 0.1. */
export function checksumOf(c: ContentId, size: MemorySizes): number {
  return c % size.hashes;
}

const sharingStopped = guard('sharing-stopped', {}, (m) => m.host.sharing.run !== 'run');
const notSharable = guard(
  'not-sharable',
  ofPage,
  (m, a) => viewVm(m, a.vm).huge || viewPage(m, a).at.kind === 'special',
);
/** What keeps the scanner from looking at a page at all, in the order of precedence. */
const scannable = [
  sharingStopped,
  noSuchVm,
  outOfRange,
  guard('not-mergeable', ofVm, (m, a) => !viewVm(m, a.vm).mergeable),
  notSharable,
] as const;

/** A private frame becomes the first mapping of a shared one. */
function makeShared(m: Memory, vm: VmId, page: PageId, of: FrameId): void {
  const first = m.host.frames.at(of);
  first.use = { kind: 'shared', salt: hostVm(m, vm).salt };
  first.sharers.at(vm)[page] = true;
  first.references = 1;
  m.host.sharing.shared++;
  pageOf(m, { vm, page }).writable = false;
  forgetCandidate(m, vm, page);
}

/** Replaces a page's mapping by one of a frame of equal content. DED-T3: compared in this step. */
export const mergePage = command({
  actor: 'daemon',
  summary:
    'Maps a page to another frame of equal content and frees its own (Merge, DED-T2, DED-T3).',
  args: { ...ofPage, frame: choice(ref(frame)) },
  requires: [
    ...scannable,
    ['not-mapped', ['vm', 'page'], (m, a) => privateFrame(m, a) === null],
    pageBusy,
    pinned,
    ['no-candidate', ['vm', 'page', 'frame'], (m, a) => !isCandidate(m, a, a.frame)],
    [
      'share-full',
      ['frame'],
      (m, a, c) => m.host.frames.at(a.frame).references >= c.size.maxSharing,
    ],
    ['salt-differs', ['vm', 'frame'], (m, a) => saltOf(m, a.frame) !== viewVm(m, a.vm).salt],
    [
      'content-differs',
      ['vm', 'page', 'frame'],
      (m, a, c) => !c.operation.sameBytes(m, a.vm, a.page, a.frame, c),
    ],
  ],
  effect(m, a, c) {
    const { use } = m.host.frames.at(a.frame);
    if (use.kind === 'private') makeShared(m, use.vm, use.page, a.frame);
    c.operation.share(m, a.vm, a.page, a.frame, c);
  },
});

/** Another frame that is shared, or private to a page that may be shared. */
function isCandidate(m: MemoryView, a: { vm: VmId; page: PageId }, other: FrameId): boolean {
  const { use } = m.host.frames.at(other);
  if (use.kind === 'shared') return true;
  if (use.kind !== 'private' || (use.vm === a.vm && use.page === a.page)) return false;
  const { mergeable, huge } = viewVm(m, use.vm);
  const { pins, writeback, swapCopy } = viewPage(m, use);
  return mergeable && !huge && pins === 0 && writeback === null && swapCopy === null;
}

/** Which VMs a frame may be shared among. */
function saltOf(m: MemoryView, id: FrameId): number {
  const { use } = m.host.frames.at(id);
  if (use.kind === 'shared') return use.salt;
  return use.kind === 'private' ? viewVm(m, use.vm).salt : -1;
}

/** A shared frame that the scanner could map this page to. */
function isStable(m: MemoryView, a: { vm: VmId; page: PageId }, id: FrameId, c: C): boolean {
  const { use, references } = m.host.frames.at(id);
  return (
    use.kind === 'shared' &&
    use.salt === viewVm(m, a.vm).salt &&
    references < c.size.maxSharing &&
    c.operation.sameBytes(m, a.vm, a.page, id, c)
  );
}

/** The scanner gets as far as the tree of shared frames: private, unchanged, and not a zero page. */
function reachesTree(m: MemoryView, a: { vm: VmId; page: PageId }, size: MemorySizes): boolean {
  if (privateFrame(m, a) === null) return false;
  const now = contentOf(m, a);
  if (viewPage(m, a).checksum !== checksumOf(now, size)) return false;
  return size.useZero === 0 || now !== 0;
}

/** One visit of the sharing scanner, in the order of the current kernel. 4.B ScanPage. */
export const scanPage = command({
  actor: 'daemon',
  summary: 'The scanner visits one page: checksum, zero page, shared frames, candidates (DED-L1).',
  args: { ...ofPage, into: choice(option(ref(frame))) },
  requires: [
    ...scannable,
    [
      'not-mapped',
      ['vm', 'page'],
      (m, a) => {
        const { kind } = viewPage(m, a).at;
        return kind !== 'mapped' && kind !== 'zero';
      },
    ],
    pageBusy,
    pinned,
    [
      // The host is free in which of several equal frames it takes, not in whether it takes one.
      'no-candidate',
      ['vm', 'page', 'into'],
      (m, a, c) => {
        if (!reachesTree(m, a, c.size)) return a.into !== null;
        if (a.into !== null) return !isStable(m, a, a.into, c);
        return m.host.frames.some((_, id) => isStable(m, a, id, c));
      },
    ],
  ],
  effect(m, a, c) {
    m.host.sharing.cursor = { kind: 'page', vm: a.vm, page: a.page };
    const report = (
      result: 'already-shared' | 'volatile' | 'merged' | 'merged-zero' | 'inserted',
    ) => c.emit({ type: 'scanned', vm: a.vm, page: a.page, result });
    const own = privateFrame(m, a);
    if (own === null) return report('already-shared');
    forgetCandidate(m, a.vm, a.page);
    const entry = pageOf(m, a);
    const now = contentOf(m, a);
    const checksum = checksumOf(now, c.size);
    if (entry.checksum !== checksum) {
      entry.checksum = checksum;
      return report('volatile');
    }
    if (c.size.useZero === 1 && now === 0) {
      c.operation.dropBacking(m, a.vm, a.page, c);
      entry.at = { kind: 'zero' };
      m.host.zero.references++;
      hostVm(m, a.vm).consumed++;
      return report('merged-zero');
    }
    if (a.into !== null) {
      c.operation.share(m, a.vm, a.page, a.into, c);
      return report('merged');
    }
    const partner = candidateFor(m, a, c);
    if (partner === null) {
      const bySalt = m.host.sharing.unstable.at(hostVm(m, a.vm).salt);
      bySalt[now] = { kind: 'page', vm: a.vm, page: a.page };
      return report('inserted');
    }
    makeShared(m, partner.vm, partner.page, partner.frame);
    c.operation.share(m, a.vm, a.page, partner.frame, c);
    return report('merged');
  },
});

/** A page of this scan's candidates with the same bytes *now*: candidates are not protected. */
function candidateFor(
  m: MemoryView,
  a: { vm: VmId; page: PageId },
  c: C,
): { vm: VmId; page: PageId; frame: FrameId } | null {
  const entry = m.host.sharing.unstable.at(viewVm(m, a.vm).salt).at(contentOf(m, a));
  if (entry.kind === 'none') return null;
  const { at } = viewPage(m, entry);
  if (at.kind !== 'mapped' || !isCandidate(m, a, at.frame)) return null;
  if (!c.operation.sameBytes(m, a.vm, a.page, at.frame, c)) return null;
  return { vm: entry.vm, page: entry.page, frame: at.frame };
}

/** A scan ends: candidates are forgotten, since their pages were never protected. */
export const endScan = command({
  actor: 'daemon',
  summary: 'The scanner ends a full scan and forgets its candidates (4.B EndScan).',
  args: {},
  requires: [sharingStopped],
  effect(m) {
    const { sharing } = m.host;
    for (const bySalt of sharing.unstable) {
      for (let key = 0; key < bySalt.length; key++) bySalt[key] = { kind: 'none' };
    }
    sharing.cursor = { kind: 'none' };
    sharing.fullScans++;
  },
});

/** A write to a shared page needs a frame of its own: copy, remap, drop the reference. 4.B Break. */
export const breakShare = command({
  actor: 'daemon',
  summary: 'Copies a shared page to a frame of its own (DED-T2, DED-T4).',
  args: { ...ofPage, ...allocated },
  requires: [
    noSuchVm,
    outOfRange,
    [
      'not-shared',
      ['vm', 'page'],
      (m, a) => viewPage(m, a).at.kind !== 'zero' && sharedFrame(m, a) === null,
    ],
    ['last-reference', ['vm', 'page'], (m, a) => isLastReference(m, a)],
    ...canAllocate,
  ],
  effect(m, a, c) {
    const bytes = contentOf(m, a);
    const entry = pageOf(m, a);
    c.operation.allocateFrame(m, a.frame, a.vm, a.page);
    m.host.frames.at(a.frame).content = bytes;
    if (entry.at.kind === 'zero') m.host.zero.references--;
    if (entry.at.kind === 'mapped') {
      c.operation.dropReference(m, entry.at.frame, a.vm, a.page);
    }
    hostVm(m, a.vm).consumed--;
    c.operation.mapPrivate(m, a.vm, a.page, a.frame);
  },
});

const isLastReference = (m: MemoryView, a: { vm: VmId; page: PageId }): boolean => {
  const shared = sharedFrame(m, a);
  return shared !== null && m.host.frames.at(shared).references === 1;
};

/** The last mapping of a shared frame is made private in place, without a copy. */
export const breakLast = command({
  actor: 'daemon',
  summary: 'Makes the last mapping of a shared frame private, without a copy (DED-T2).',
  args: ofPage,
  requires: [
    noSuchVm,
    outOfRange,
    ['not-shared', ['vm', 'page'], (m, a) => sharedFrame(m, a) === null],
    ['not-last-reference', ['vm', 'page'], (m, a) => !isLastReference(m, a)],
  ],
  effect(m, a, c) {
    c.operation.ownLastReference(m, a.vm, a.page);
  },
});

/** Runs or stops the scanner; `unmerge` asks for every share to be broken. DED-L3. */
export const setSharing = command({
  actor: 'host',
  summary: 'Stops, runs or undoes page sharing (SetRun, DED-L3).',
  args: { run: enumOf('stop', 'run', 'unmerge') },
  requires: [['no-change', ['run'], (m, a) => m.host.sharing.run === a.run]],
  effect(m, a) {
    m.host.sharing.run = a.run;
  },
});

const hasShared = (m: MemoryView, id: VmId): boolean =>
  viewVm(m, id).pages.some((_, page) => sharedFrame(m, { vm: id, page }) !== null);

/** Whether the scanner may look at a VM (madvise; QEMU's mem-merge). */
export const setMergeable = command({
  actor: 'host',
  summary: 'Allows or forbids sharing for a VM that shares nothing (4.B mergeable).',
  args: { ...ofVm, mergeable: bool },
  requires: [
    noSuchVm,
    ['still-shared', ['vm'], (m, a) => hasShared(m, a.vm)],
    ['no-change', ['vm', 'mergeable'], (m, a) => viewVm(m, a.vm).mergeable === a.mergeable],
  ],
  effect(m, a) {
    const machine = hostVm(m, a.vm);
    machine.mergeable = a.mergeable;
    for (let p = 0; p < machine.size; p++) forgetCandidate(m, a.vm, p);
  },
});

/** Pages are shared only among VMs of one salt; it changes only while nothing is shared. */
export const setSalt = command({
  actor: 'host',
  summary: 'Changes the salt of a VM while nothing is shared (DED-I6).',
  args: { ...ofVm, salt: ref(salt) },
  requires: [
    noSuchVm,
    ['still-shared', ['vm'], (m) => m.host.sharing.shared > 0],
    ['no-change', ['vm', 'salt'], (m, a) => viewVm(m, a.vm).salt === a.salt],
  ],
  effect(m, a) {
    const machine = hostVm(m, a.vm);
    machine.salt = a.salt;
    for (let p = 0; p < machine.size; p++) forgetCandidate(m, a.vm, p);
  },
});
