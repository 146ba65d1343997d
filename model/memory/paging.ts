/** Double paging: the VMM's own swap area, which the guest knows nothing of. Chapter 2. */
import { bool, choice, ref } from '../../machine/index.ts';
import { allocated, canAllocate, canUseEmergency } from './frames.ts';
import {
  alreadyBallooned,
  command,
  guard,
  hostVm,
  type MemoryModel,
  noFreeFrame,
  noSuchVm,
  ofPage,
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
import { type Memory, type MemoryView, page, slot, vm } from './state.ts';

const specialPage = guard('special-page', ofPage, (m, a) => viewPage(m, a).at.kind === 'special');
const notMapped = guard('not-mapped', ofPage, (m, a) => {
  const { kind } = viewPage(m, a).at;
  return kind !== 'mapped' && kind !== 'zero';
});
const sharedPage = guard(
  'shared-page',
  ofPage,
  (m, a) => viewPage(m, a).at.kind === 'zero' || sharedFrame(m, a) !== null,
);
const noSwapCopy = guard('no-swap-copy', ofPage, (m, a) => viewPage(m, a).swapCopy === null);
const notSwapped = guard('not-swapped', ofPage, (m, a) => viewPage(m, a).at.kind !== 'swapped');

/** A VM may use as much swap as admission reserved for it: what its reservation does not cover. */
export function swapQuota(m: MemoryView, id: VmId, size: MemoryModel['sizes']): number {
  const { size: pages, reservation } = viewVm(m, id);
  return size.reserve === 1 ? pages - reservation : size.slot;
}

/** The pages that may be swapped out, in the order of precedence of the refusals. */
const evictable = [
  noSuchVm,
  outOfRange,
  alreadyBallooned,
  specialPage,
  notMapped,
  sharedPage,
  pinned,
  pageBusy,
] as const;

/** Write-out begins: the bytes go to a slot while the guest may still write the page. SWP-T2. */
export const swapOutBegin = command({
  actor: 'daemon',
  summary: 'Begins to write a private page to a swap slot; the page stays mapped (SWP-T2).',
  args: { ...ofPage, slot: choice(ref(slot)) },
  requires: [
    ...evictable,
    ['has-swap-copy', ['vm', 'page'], (m, a) => viewPage(m, a).swapCopy !== null],
    ['swap-full', [], (m) => m.host.freeSlots === 0],
    ['swap-quota', ['vm'], (m, a, c) => viewVm(m, a.vm).slotsUsed >= swapQuota(m, a.vm, c.size)],
    ['slot-in-use', ['slot'], (m, a) => m.host.slots.at(a.slot).use.kind !== 'free'],
  ],
  effect(m, a, c) {
    const from = privateFrame(m, a);
    if (from === null) return;
    const entry = pageOf(m, a);
    c.operation.takeSlot(m, a.slot, a.vm, a.page, m.host.frames.at(from).content);
    entry.writeback = a.slot;
    entry.dirty = false;
  },
});

/** Write-out ends: a page written meanwhile stays, any other leaves its frame. SWP-T2. */
export const swapOutEnd = command({
  actor: 'daemon',
  summary: 'Ends a write-out: the page leaves its frame unless it was written meanwhile (SWP-T2).',
  args: ofPage,
  requires: [
    noSuchVm,
    outOfRange,
    ['not-in-writeback', ['vm', 'page'], (m, a) => viewPage(m, a).writeback === null],
  ],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    const { writeback } = entry;
    if (writeback === null) return;
    entry.writeback = null;
    if (entry.dirty) {
      c.operation.releaseSlot(m, writeback);
      c.emit({ type: 'swap-out-aborted', vm: a.vm, page: a.page });
      return;
    }
    leaveFrame(m, a, writeback, c);
  },
});

/** A clean page whose bytes are still in the swap area needs no write to leave its frame. */
export const swapOutClean = command({
  actor: 'daemon',
  summary: 'A page with a valid swap copy leaves its frame without I/O (2.B).',
  args: ofPage,
  requires: [...evictable, noSwapCopy],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    const { swapCopy } = entry;
    if (swapCopy === null) return;
    entry.swapCopy = null;
    leaveFrame(m, a, swapCopy, c);
  },
});

/** The frame behind a page is freed; its bytes are in `slot`. */
function leaveFrame(
  m: Memory,
  a: { vm: VmId; page: PageId },
  to: number,
  c: Parameters<MemoryModel['operations']['dropBacking']>[3],
): void {
  c.operation.dropBacking(m, a.vm, a.page, c);
  pageOf(m, a).at = { kind: 'swapped', slot: to };
  hostVm(m, a.vm).swapOuts++;
}

/** A swapped page gets a frame again; the slot is freed, or kept as a copy until the first write. */
export const swapIn = command({
  actor: 'daemon',
  summary: 'Reads a swapped page into a frame (SWP-L1, SWP-T5).',
  args: { ...ofPage, ...allocated, keep: bool },
  requires: [noSuchVm, outOfRange, notSwapped, ...canAllocate],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    if (entry.at.kind !== 'swapped') return;
    const from = entry.at.slot;
    c.operation.allocateFrame(m, a.frame, a.vm, a.page);
    m.host.frames.at(a.frame).content = m.host.slots.at(from).content;
    c.operation.mapPrivate(m, a.vm, a.page, a.frame);
    if (a.keep) entry.swapCopy = from;
    else c.operation.releaseSlot(m, from);
    hostVm(m, a.vm).swapIns++;
  },
});

export const dropSwapCopy = command({
  actor: 'daemon',
  summary: 'Frees the slot of a swap copy (2.B).',
  args: ofPage,
  requires: [noSuchVm, outOfRange, noSwapCopy],
  effect(m, a, c) {
    c.operation.dropSwapCopy(m, a.vm, a.page, c);
  },
});

const victim = { victimVm: choice(ref(vm)), victimPage: choice(ref(page)) };
const asPage = (a: { victimVm: VmId; victimPage: PageId }) => ({
  vm: a.victimVm,
  page: a.victimPage,
});

/**
 * With neither an ordinary frame nor a slot free, a swap-in is still possible: read the page into an
 * emergency frame, write a victim into the slot that this frees, and the victim's frame becomes the
 * new emergency frame. 2.B, exchange rule.
 */
export const exchange = command({
  actor: 'daemon',
  summary: 'Swaps a page in and a victim out through an emergency frame (2.B exchange, SWP-L1).',
  args: { ...ofPage, ...allocated, ...victim },
  requires: [
    noSuchVm,
    outOfRange,
    notSwapped,
    ['exchange-not-needed', [], (m, _a, c) => !noFreeFrame(m, c.size)],
    ...canUseEmergency,
    [
      'no-victim',
      ['victimVm', 'victimPage'],
      (m, a) => {
        if (viewVm(m, a.victimVm).state !== 'running') return true;
        const { pins, writeback, swapCopy } = viewPage(m, asPage(a));
        if (pins > 0 || writeback !== null || swapCopy !== null) return true;
        return privateFrame(m, asPage(a)) === null;
      },
    ],
    [
      // The slot passes from the one VM to the other: the victim's quota must have room for it.
      'swap-quota',
      ['vm', 'victimVm'],
      (m, a, c) =>
        a.victimVm !== a.vm && viewVm(m, a.victimVm).slotsUsed >= swapQuota(m, a.victimVm, c.size),
    ],
  ],
  effect(m, a, c) {
    const entry = pageOf(m, a);
    const from = privateFrame(m, asPage(a));
    if (entry.at.kind !== 'swapped' || from === null) return;
    const { slot: between } = entry.at;
    c.operation.allocateFrame(m, a.frame, a.vm, a.page);
    m.host.frames.at(a.frame).content = m.host.slots.at(between).content;
    c.operation.releaseSlot(m, between);
    c.operation.takeSlot(m, between, a.victimVm, a.victimPage, m.host.frames.at(from).content);
    c.operation.mapPrivate(m, a.vm, a.page, a.frame);
    leaveFrame(m, asPage(a), between, c);
    hostVm(m, a.vm).swapIns++;
  },
});
