/**
 * How memory is reached: the guest's own translation and its accesses, devices, and the VMM writing
 * on the guest's behalf. Chapter 1.B.
 *
 * No access allocates or reads a disk. One that needs a frame or I/O stalls the VM; a background
 * command resolves it; the guest tries again.
 */
import { bool, type Context, ref, type View } from '../../machine/index.ts';
import { allocated, canAllocate } from './frames.ts';
import {
  alreadyBallooned,
  type ContentId,
  command,
  contentOf,
  guard,
  guestOf,
  hostVm,
  type MemoryModel,
  noSuchVm,
  ofPage,
  ofVm,
  outOfRange,
  type PageId,
  pageBusy,
  pageGivenUp,
  pageOf,
  privateFrame,
  sharedFrame,
  type VmId,
  viewGuest,
  viewPage,
  viewVm,
  vmStalled,
  vmStopped,
  type Wait,
} from './model.ts';
import { block, content, type GuestMemory, type Memory, virtual } from './state.ts';

const ofVirtual = { ...ofVm, virtual: ref(virtual) };
type C = Context<MemoryModel>;

const notMappedByGuest = guard(
  'not-mapped-by-guest',
  ofVirtual,
  (m, a) => viewGuest(m, a.vm).table.at(a.virtual).kind !== 'present',
);

/** The guest maps a virtual page to one of its pages, whatever the VMM has behind that. MapVa. */
export const map = command({
  actor: 'guest',
  summary: 'The guest maps a virtual page to one of its free or used pages (MEM-T9).',
  args: { ...ofVirtual, page: ofPage.page, writable: bool },
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    outOfRange,
    [
      'already-mapped',
      ['vm', 'virtual'],
      (m, a) => viewGuest(m, a.vm).table.at(a.virtual).kind === 'present',
    ],
    [
      'not-free-in-guest',
      ['vm', 'page'],
      (m, a) => {
        const use = viewGuest(m, a.vm).use.at(a.page);
        return use !== 'free' && use !== 'used';
      },
    ],
  ],
  effect(m, a) {
    const guest = guestOf(m, a.vm);
    guest.table[a.virtual] = { kind: 'present', page: a.page, writable: a.writable };
    guest.use[a.page] = 'used';
  },
});

/** The guest unmaps a virtual page; a page that nothing maps any more is free. UnmapVa. */
export const unmap = command({
  actor: 'guest',
  summary: 'The guest unmaps a virtual page; a page without mappings becomes free (MEM-T9).',
  args: ofVirtual,
  requires: [noSuchVm, vmStopped, vmStalled, notMappedByGuest],
  effect(m, a) {
    leave(guestOf(m, a.vm), a.virtual, { kind: 'absent' });
  },
});

/** Replaces a present entry and frees its page if that was the last mapping of it. */
function leave(
  guest: GuestMemory,
  at: number,
  entry: { kind: 'absent' } | { kind: 'paged'; block: number },
): void {
  const old = guest.table.at(at);
  guest.table[at] = entry;
  if (old.kind !== 'present') return;
  const { page } = old;
  if (!guest.table.some((other) => other.kind === 'present' && other.page === page)) {
    guest.use[page] = 'free';
  }
}

/** Why an access to a page cannot proceed now, or null. */
function waitFor(
  m: View<Memory>,
  a: { vm: VmId; page: PageId },
  write: boolean,
): Wait | 'fault' | null {
  const { at } = viewPage(m, a);
  switch (at.kind) {
    case 'unbacked':
    case 'reported':
      return 'populate';
    case 'swapped':
      return 'swap-in';
    case 'ballooned':
      return viewVm(m, a.vm).mode === 'fault' ? 'fault' : 'refill';
    case 'zero':
      return write ? 'break-share' : null;
    case 'mapped': {
      const { use, references } = m.host.frames.at(at.frame);
      return write && use.kind === 'shared' && references > 1 ? 'break-share' : null;
    }
    case 'special':
      return 'fault';
    case 'missing':
      return 'fetch';
  }
}

/** Stalls the VM or faults where the access cannot proceed; true when it can. */
function proceed(m: Memory, a: { vm: VmId; page: PageId }, write: boolean, c: C): boolean {
  const wait = waitFor(m, a, write);
  if (wait === null) return true;
  if (wait === 'fault') c.emit({ type: 'balloon-fault', vm: a.vm, page: a.page });
  else {
    hostVm(m, a.vm).stalled = a.page;
    c.emit({ type: 'stalled', vm: a.vm, page: a.page, wait, cost: 'slow' });
  }
  return false;
}

/** Puts bytes into a present page: its frame, and everything that a write owes. */
export function store(m: Memory, a: { vm: VmId; page: PageId; content: ContentId }, c: C): void {
  if (sharedFrame(m, a) !== null) c.operation.ownLastReference(m, a.vm, a.page);
  const entry = pageOf(m, a);
  if (entry.at.kind !== 'mapped') return;
  c.operation.dropSwapCopy(m, a.vm, a.page, c);
  m.host.frames.at(entry.at.frame).content = a.content;
  c.operation.recordWrite(m, a.vm, a.page, a.content);
  // A write that the entry allows goes unnoticed: the page is in the log already, or there is none.
  if (!entry.writable) c.operation.logWrite(m, a.vm, a.page);
  entry.writable = true;
}

/** The VMM puts bytes into a page that has a frame to itself. */
export function storeForGuest(
  m: Memory,
  a: { vm: VmId; page: PageId; content: ContentId },
  c: C,
): void {
  store(m, a, c);
  // No entry notices a write of the VMM's own: it has to tell the log itself.
  c.operation.logWrite(m, a.vm, a.page);
}

/** A guest reads through its own translation. Guest:Read, the order of the MMU step. */
export const read = command({
  actor: 'guest',
  summary: 'The guest reads a virtual page, or stalls until the page is there (MEM-I7, MEM-L1).',
  args: ofVirtual,
  requires: [noSuchVm, vmStopped, vmStalled],
  effect(m, a, c) {
    const entry = guestOf(m, a.vm).table.at(a.virtual);
    if (entry.kind !== 'present') {
      c.emit({ type: 'guest-fault', vm: a.vm, virtual: a.virtual });
      return;
    }
    const at = { vm: a.vm, page: entry.page };
    if (!proceed(m, at, false, c)) return;
    pageOf(m, at).accessed = true;
    c.emit({ type: 'read', vm: a.vm, content: contentOf(m, at), cost: 'fast' });
  },
});

/** A guest writes through its own translation. Guest:Write. */
export const write = command({
  actor: 'guest',
  summary: 'The guest writes a virtual page, or stalls until it may (MEM-T1, MEM-T2, DED-I2).',
  args: { ...ofVirtual, content: ref(content) },
  requires: [noSuchVm, vmStopped, vmStalled],
  effect(m, a, c) {
    const entry = guestOf(m, a.vm).table.at(a.virtual);
    if (entry.kind !== 'present' || !entry.writable) {
      c.emit({ type: 'guest-fault', vm: a.vm, virtual: a.virtual });
      return;
    }
    const at = { vm: a.vm, page: entry.page };
    if (!proceed(m, at, true, c)) return;
    store(m, { ...at, content: a.content }, c);
    c.emit({ type: 'written', ...at, cost: 'fast' });
  },
});

/** The guest pages out to its own disk: double paging when the host had paged it out first. */
export const pageOut = command({
  actor: 'guest',
  summary: 'The guest writes a page to its own disk and frees it (2.B, SWP-T3).',
  args: { ...ofVirtual, block: ref(block) },
  requires: [noSuchVm, vmStopped, vmStalled, notMappedByGuest],
  effect(m, a, c) {
    const guest = guestOf(m, a.vm);
    const entry = guest.table.at(a.virtual);
    if (entry.kind !== 'present') return;
    const at = { vm: a.vm, page: entry.page };
    if (pageOf(m, at).at.kind === 'swapped') {
      hostVm(m, a.vm).doublePagings++;
      c.emit({ type: 'double-paging', ...at });
    }
    if (!proceed(m, at, false, c)) return;
    guest.disk[a.block] = contentOf(m, at);
    leave(guest, a.virtual, { kind: 'paged', block: a.block });
  },
});

/** A device transfer or zeroing replaces a whole page, so a swapped one need not be read. */
export const overwrite = command({
  actor: 'guest',
  summary: 'A whole swapped page is replaced without reading it (FullPageOverwrite, 2.B).',
  args: { ...ofPage, content: ref(content), frame: allocated.frame },
  requires: [
    noSuchVm,
    vmStopped,
    outOfRange,
    pageGivenUp,
    ['not-swapped', ['vm', 'page'], (m, a) => viewPage(m, a).at.kind !== 'swapped'],
    ...canAllocate,
  ],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    if (entry.at.kind !== 'swapped') return;
    c.operation.releaseSlot(m, entry.at.slot);
    c.operation.allocateFrame(m, a.frame, a.vm, a.page);
    c.operation.mapPrivate(m, a.vm, a.page, a.frame);
    store(m, a, c);
  },
});

/** The VMM itself reaches only pages that have a frame to themselves. */
const hasOwnFrame = [
  guard('not-mapped', ofPage, (m, a) => viewPage(m, a).at.kind !== 'mapped'),
  guard('shared-page', ofPage, (m, a) => sharedFrame(m, a) !== null),
] as const;

/** The VMM writes guest memory itself: a steal record, an emulated device, integration data. */
export const hostWrite = command({
  actor: 'host',
  summary:
    'The VMM writes a guest page on the guest’s behalf, with a guest write’s duties (MEM-T2).',
  args: { ...ofPage, content: ref(content) },
  requires: [noSuchVm, vmStopped, outOfRange, pageGivenUp, ...hasOwnFrame],
  effect: storeForGuest,
});

/** A device (or the VMM) takes hold of a page: its frame must not change until it lets go. */
export const pin = command({
  actor: 'host',
  summary: 'A device takes hold of the frame behind a page (MEM-T4, MEM-I10).',
  args: ofPage,
  requires: [
    noSuchVm,
    vmStopped,
    outOfRange,
    alreadyBallooned,
    ...hasOwnFrame,
    pageBusy,
    ['too-many-pins', ['vm', 'page'], (m, a, c) => viewPage(m, a).pins >= c.size.pins],
  ],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    // A device writes behind the VMM's back: a copy in the swap area could not be kept true.
    c.operation.dropSwapCopy(m, a.vm, a.page, c);
    entry.pins++;
    entry.pinned = privateFrame(m, a);
  },
});

export const unpin = command({
  actor: 'host',
  summary: 'A device lets go of a page (MEM-I10).',
  args: ofPage,
  requires: [
    noSuchVm,
    outOfRange,
    ['not-pinned', ['vm', 'page'], (m, a) => viewPage(m, a).pins === 0],
  ],
  effect(m, a) {
    const entry = pageOf(m, a);
    entry.pins--;
    if (entry.pins === 0) entry.pinned = null;
  },
});

/** A device writes to the frame that it took hold of; it does not translate again. */
export const dma = command({
  actor: 'hardware',
  summary: 'A device writes to the frame it holds, or faults when it holds none (MEM-T1, MEM-T2).',
  args: { ...ofPage, content: ref(content) },
  requires: [noSuchVm, vmStopped, outOfRange],
  effect(m, a, c) {
    const { pinned } = pageOf(m, a);
    if (pinned === null) {
      c.emit({ type: 'iommu-fault', vm: a.vm, page: a.page });
      return;
    }
    m.host.frames.at(pinned).content = a.content;
    c.operation.recordWrite(m, a.vm, a.page, a.content);
    c.operation.logWrite(m, a.vm, a.page);
  },
});
