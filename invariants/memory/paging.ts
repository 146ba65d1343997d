/** Invariants of double paging: swap slots, write-outs, and VMs that wait. Chapter 2. */
import { reads } from './changes.ts';
import { both, eachPage, eachVm, whole } from './each.ts';
import { bytes, part } from './parts.ts';
import { contentAt, isPrivate, pageName, property, slotsOf } from './reading.ts';

const slotsAndPagesAgree = property.invariant({
  id: 'SWP-I1',
  name: 'a slot is used exactly by the one page that lies, is copied or is being written there',
  reads: reads(part.at | part.writeback | part.swapCopy | part.slots),
  violation({ host }) {
    const { slots, vms, freeSlots } = host;
    let claims = 0;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at, writeback, swapCopy } = pages.at(p);
        const inSlot = at.kind === 'swapped' ? at.slot : null;
        const slot = inSlot ?? writeback ?? swapCopy;
        if (slot === null) continue;
        claims++;
        if (
          inSlot !== null
            ? writeback !== null || swapCopy !== null
            : writeback !== null && swapCopy !== null
        ) {
          return `${pageName(v, p)} has two slots`;
        }
        const { use } = slots.at(slot);
        if (use.kind !== 'used' || use.vm !== v || use.page !== p) {
          return `${pageName(v, p)} has slot ${slot}, which does not name it`;
        }
      }
    }
    let used = 0;
    for (let s = 0; s < slots.length; s++) if (slots.at(s).use.kind === 'used') used++;
    if (used !== claims) return `${used} slots are used, but ${claims} pages have one`;
    if (used + freeSlots !== slots.length) {
      return `${freeSlots} slots are counted free, but ${slots.length - used} are`;
    }
    return null;
  },
});

/** The quota is `size - reservation`: see MEM-I5. */
const quotasHold = property.invariant({
  id: 'SWP-I2',
  name: 'a VM’s slots are counted, and no more than admission promised it',
  ...eachVm(part.counts | part.life | part.settings | part.slots, ({ host }, v, size) => {
    const { slotsUsed, size: pages, reservation } = host.vms.at(v);
    const used = slotsOf(host, v);
    if (used !== slotsUsed) return `VM ${v} counts ${slotsUsed} slots, but uses ${used}`;
    return size.reserve === 1 && used > pages - reservation
      ? `VM ${v} uses ${used} slots, but ${pages - reservation} were promised`
      : null;
  }),
});

const slotsHoldWrites = property.invariant({
  id: 'SWP-I3',
  name: 'a slot holds the bytes of its page, as long as it counts as clean, and a free one nothing',
  ...both(
    whole(part.slots | part.slotContents, ({ host: { slots } }) => {
      for (let s = 0; s < slots.length; s++) {
        const { use, content } = slots.at(s);
        if (use.kind === 'free' && content !== 0) return `slot ${s} is free but holds ${content}`;
      }
      return null;
    }),
    eachPage(
      part.at | part.writeback | part.swapCopy | part.dirty | part.ghosts | bytes | part.slots,
      (m, v, p) => {
        const { slots } = m.host;
        const { at, writeback, swapCopy, dirty } = m.host.vms.at(v).pages.at(p);
        const { expected, unspecified } = m.guests.at(v);
        if (at.kind === 'swapped' && !unspecified.at(p)) {
          const { content } = slots.at(at.slot);
          if (content !== expected.at(p)) {
            return `slot ${at.slot} holds ${content}, but the guest wrote ${expected.at(p)}`;
          }
        }
        // A copy must be true to the frame only while nothing was written after it was taken.
        const copy = swapCopy ?? (dirty ? null : writeback);
        return copy !== null && slots.at(copy).content !== contentAt(m, at)
          ? `slot ${copy} counts as a copy of ${pageName(v, p)}, but holds something else`
          : null;
      },
    ),
  ),
});

const pinnedPagesAreNotSwapped = property.invariant({
  id: 'SWP-I4',
  name: 'a page that a device holds is not swapped, not being written out and has no copy',
  ...eachPage(part.at | part.pins | part.writeback | part.swapCopy, ({ host }, v, p) => {
    const { at, pins, writeback, swapCopy } = host.vms.at(v).pages.at(p);
    if (pins === 0) return null;
    return at.kind === 'swapped' || writeback !== null || swapCopy !== null
      ? `${pageName(v, p)} is pinned but has a slot`
      : null;
  }),
});

/** Private pages are ready; a page of the hypervisor’s own faults; what is being written out is there. */
const waitsHaveReason = property.invariant({
  id: 'SWP-I5',
  name: 'a stalled VM waits for a page that it uses and that is not ready for it',
  ...eachVm(part.at | part.stalled | part.life | part.use | part.frames, (m, v) => {
    const { stalled, size, pages, mode } = m.host.vms.at(v);
    if (stalled === null) return null;
    if (stalled >= size) return `VM ${v} waits for page ${stalled}, which it does not have`;
    const { at } = pages.at(stalled);
    if (isPrivate(m.host, at)) return `VM ${v} waits for page ${stalled}, which is ready`;
    if (at.kind === 'special' || (at.kind === 'ballooned' && mode === 'fault')) {
      return `VM ${v} waits for page ${stalled}, which will never come`;
    }
    return m.guests.at(v).use.at(stalled) === 'used'
      ? null
      : `VM ${v} waits for page ${stalled}, which its guest does not use`;
  }),
});

const writeOutsArePrivate = property.invariant({
  id: 'SWP-I6',
  name: 'only a private page is being written out or keeps a copy in the swap area',
  ...eachPage(part.at | part.writeback | part.swapCopy | part.frames, ({ host }, v, p) => {
    const { at, writeback, swapCopy } = host.vms.at(v).pages.at(p);
    if (writeback === null && swapCopy === null) return null;
    return isPrivate(host, at) ? null : `${pageName(v, p)} has a copy in a slot but is ${at.kind}`;
  }),
});

export const pagingInvariants = [
  slotsAndPagesAgree,
  quotasHold,
  slotsHoldWrites,
  pinnedPagesAreNotSwapped,
  waitsHaveReason,
  writeOutsArePrivate,
];
