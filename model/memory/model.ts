/** The vocabulary of the memory rules: events, inner operations, and how rules are declared. */
import {
  type Context,
  commandsOf,
  guardsOf,
  type Id,
  type Model,
  ref,
} from '../../machine/index.ts';
import type { GuestMemory, HostPage, HostVm, Memory, MemorySizes, MemoryView } from './state.ts';
import { page, vm } from './state.ts';

export type VmId = Id<'vm'>;
export type PageId = Id<'page'>;
export type FrameId = Id<'frame'>;
export type SlotId = Id<'slot'>;
export type ContentId = Id<'content'>;

/** How long an access takes, as the guest can measure it: the covert channel of DED-S1. */
export type Cost = 'fast' | 'slow';

/** Why an access waits: what a background task must do before it can be tried again. */
export type Wait = 'populate' | 'swap-in' | 'break-share' | 'refill' | 'fetch';

export type MemoryEvent =
  | { readonly type: 'read'; readonly vm: VmId; readonly content: ContentId; readonly cost: Cost }
  | { readonly type: 'written'; readonly vm: VmId; readonly page: PageId; readonly cost: Cost }
  | {
      readonly type: 'stalled';
      readonly vm: VmId;
      readonly page: PageId;
      readonly wait: Wait;
      readonly cost: Cost;
    }
  | { readonly type: 'guest-fault'; readonly vm: VmId; readonly virtual: Id<'virtual'> }
  | { readonly type: 'balloon-fault'; readonly vm: VmId; readonly page: PageId }
  | { readonly type: 'balloon-popped'; readonly vm: VmId; readonly page: PageId }
  | { readonly type: 'iommu-fault'; readonly vm: VmId; readonly page: PageId }
  | { readonly type: 'double-paging'; readonly vm: VmId; readonly page: PageId }
  | { readonly type: 'swap-out-aborted'; readonly vm: VmId; readonly page: PageId }
  | { readonly type: 'harvested'; readonly vm: VmId; readonly pages: readonly PageId[] }
  | { readonly type: 'activity'; readonly vm: VmId; readonly active: number }
  | { readonly type: 'guest-oom-kill'; readonly vm: VmId }
  | { readonly type: 'balloon-gave'; readonly vm: VmId; readonly pages: number }
  | { readonly type: 'host-oom-kill'; readonly vm: VmId }
  | { readonly type: 'scanned'; readonly vm: VmId; readonly page: PageId; readonly result: Scan };

/** What one visit of the sharing scanner came to. */
export type Scan = 'already-shared' | 'volatile' | 'merged' | 'merged-zero' | 'inserted';

/**
 * Inner operations that several rules call. They go through the machine, so that a fault can replace
 * one; each keeps the stored counts and reverse maps in step with what it changes.
 */
export type MemoryOperations = {
  readonly allocateFrame: (m: Memory, frame: FrameId, vm: VmId, page: PageId) => void;
  readonly releaseFrame: (m: Memory, frame: FrameId) => void;
  readonly takeSlot: (m: Memory, slot: SlotId, vm: VmId, page: PageId, c: ContentId) => void;
  readonly releaseSlot: (m: Memory, slot: SlotId) => void;
  /** Gives up one mapping of a shared frame; the last one frees the frame. */
  readonly dropReference: (m: Memory, frame: FrameId, vm: VmId, page: PageId) => void;
  /** Frees whatever is behind a page: frame, reference, slots. The caller says what comes next. */
  readonly dropBacking: (m: Memory, vm: VmId, page: PageId, c: Context<MemoryModel>) => void;
  /** Maps a page to a private frame and counts it. */
  readonly mapPrivate: (m: Memory, vm: VmId, page: PageId, frame: FrameId) => void;
  /** What every write to guest memory owes, whoever writes: accessed, dirty, ghosts. */
  readonly recordWrite: (m: Memory, vm: VmId, page: PageId, content: ContentId) => void;
  /** Puts a written page into the dirty log, where there is one. MEM-T2. */
  readonly logWrite: (m: Memory, vm: VmId, page: PageId) => void;
  /** Forgets the swap copy of a page whose bytes change. */
  readonly dropSwapCopy: (m: Memory, vm: VmId, page: PageId, c: Context<MemoryModel>) => void;
  /** Compares a page with a frame, byte by byte. DED-T3. */
  readonly sameBytes: (
    m: MemoryView,
    vm: VmId,
    page: PageId,
    frame: FrameId,
    c: Context<MemoryModel>,
  ) => boolean;
  /** Adds a mapping to a shared frame and gives back the page's own frame. */
  readonly share: (
    m: Memory,
    vm: VmId,
    page: PageId,
    frame: FrameId,
    c: Context<MemoryModel>,
  ) => void;
  /** The last mapping of a shared frame owns it again: no copy. DED-T2. */
  readonly ownLastReference: (m: Memory, vm: VmId, page: PageId) => void;
  /** Gives a page's memory back to the host, leaving `left` behind. */
  readonly discard: (
    m: Memory,
    vm: VmId,
    page: PageId,
    left: 'ballooned' | 'reported',
    c: Context<MemoryModel>,
  ) => void;
  /** The sharing scanner forgets a VM that goes away. DED-I9. */
  readonly forgetVm: (m: Memory, vm: VmId) => void;
  /** The driver writes the size of its balloon where the host reads it. */
  readonly publishActual: (m: Memory, vm: VmId, units: number) => void;
};

export interface MemoryModel extends Model {
  readonly state: Memory;
  readonly sizes: MemorySizes;
  readonly operations: MemoryOperations;
  readonly event: MemoryEvent;
}

export const command = commandsOf<MemoryModel>();
export const guard = guardsOf<MemoryModel>();

/** Arguments that most commands have. */
export const ofVm = { vm: ref(vm) };
export const ofPage = { vm: ref(vm), page: ref(page) };

export const hostVm = (m: Memory, id: VmId): HostVm => m.host.vms.at(id);
export const guestOf = (m: Memory, id: VmId): GuestMemory => m.guests.at(id);
export const pageOf = (m: Memory, a: { vm: VmId; page: PageId }): HostPage =>
  m.host.vms.at(a.vm).pages.at(a.page);
export const viewVm = (m: MemoryView, id: VmId) => m.host.vms.at(id);
export const viewGuest = (m: MemoryView, id: VmId) => m.guests.at(id);
export const viewPage = (m: MemoryView, a: { vm: VmId; page: PageId }) =>
  m.host.vms.at(a.vm).pages.at(a.page);

/** The VM exists here. */
export const noSuchVm = guard('no-such-vm', ofVm, (m, a) => viewVm(m, a.vm).state !== 'running');
/** The guest cannot run: its next instruction waits for a page. */
export const vmStalled = guard('vm-stalled', ofVm, (m, a) => viewVm(m, a.vm).stalled !== null);
/** The VM does not run here: it is about to leave this host, or has not come to it yet. MIG-S1. */
export const vmStopped = guard('vm-stopped', ofVm, (m, a) =>
  m.host.stopped.some((vms) => vms.at(a.vm)),
);
/** The page lies within the VM's configured memory. */
export const outOfRange = guard('out-of-range', ofPage, (m, a) => a.page >= viewVm(m, a.vm).size);
/** The host has taken the page's memory for the balloon. */
export const alreadyBallooned = guard(
  'already-ballooned',
  ofPage,
  (m, a) => viewPage(m, a).at.kind === 'ballooned',
);
/** The page is being written out. */
export const pageBusy = guard('page-busy', ofPage, (m, a) => viewPage(m, a).writeback !== null);
/** A device holds the page's frame. */
export const pinned = guard('pinned', ofPage, (m, a) => viewPage(m, a).pins > 0);

/** The host has taken what was behind the page: for the balloon, or because it was reported as free. */
export function isTaken(m: MemoryView, a: { vm: VmId; page: PageId }): boolean {
  const { kind } = viewPage(m, a).at;
  return kind === 'ballooned' || kind === 'reported';
}

/** Whether the guest has given a page up: to the balloon, or to be reported as free. */
export function givenUp(m: MemoryView, a: { vm: VmId; page: PageId }): boolean {
  const use = viewGuest(m, a.vm).use.at(a.page);
  return use === 'ballooned' || use === 'deflating' || use === 'isolated' || use === 'hinted';
}
/** The VMM writes only to pages that the guest still has. */
export const pageGivenUp = guard('page-given-up', ofPage, (m, a) => givenUp(m, a));

/** The frame that a private page is mapped to, or null. */
export function privateFrame(m: MemoryView, a: { vm: VmId; page: PageId }): FrameId | null {
  const { at } = viewPage(m, a);
  if (at.kind !== 'mapped') return null;
  return m.host.frames.at(at.frame).use.kind === 'private' ? at.frame : null;
}

/** The frame that a shared page is mapped to, or null. */
export function sharedFrame(m: MemoryView, a: { vm: VmId; page: PageId }): FrameId | null {
  const { at } = viewPage(m, a);
  if (at.kind !== 'mapped') return null;
  return m.host.frames.at(at.frame).use.kind === 'shared' ? at.frame : null;
}

/** What a read of the page would find now (the hypervisor's own pages are not the guest's: 0). */
export function contentOf(m: MemoryView, a: { vm: VmId; page: PageId }): ContentId {
  const { at } = viewPage(m, a);
  if (at.kind === 'mapped') return m.host.frames.at(at.frame).content;
  if (at.kind === 'swapped') return m.host.slots.at(at.slot).content;
  return at.kind === 'zero' ? m.host.zero.content : 0;
}

/** The first page of the host page that a guest page lies in, and how many it has. */
export function hostPageOf(
  m: MemoryView,
  a: { vm: VmId; page: PageId },
  size: MemorySizes,
): { readonly first: PageId; readonly end: PageId } {
  const machine = viewVm(m, a.vm);
  if (!machine.huge) return { first: a.page, end: a.page + 1 };
  const first = a.page - (a.page % size.hostPage);
  return { first, end: Math.min(first + size.hostPage, machine.size) };
}

/** An ordinary allocation leaves the emergency frames alone. */
export function noFreeFrame(m: MemoryView, size: MemorySizes): boolean {
  return m.host.freeFrames <= size.emergency;
}
export const frameNotFree = (m: MemoryView, id: FrameId): boolean =>
  m.host.frames.at(id).use.kind !== 'free';
/** Frames that are not what a VM takes for itself: too few or too many, or not free. */
export const notOverhead = (
  m: MemoryView,
  frames: readonly FrameId[],
  { overhead }: { readonly overhead: number },
): boolean => frames.length !== overhead || frames.some((f) => frameNotFree(m, f));
export const frameNotScrubbed = (m: MemoryView, id: FrameId): boolean => {
  const { use } = m.host.frames.at(id);
  return use.kind === 'free' && !use.scrubbed;
};
