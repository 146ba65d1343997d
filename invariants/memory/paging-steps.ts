/** Transition properties of double paging. Chapter 2. */
import { allBut, reads, trespass } from './changes.ts';
import { guestParts, part, sameHolder } from './parts.ts';
import {
  contentAt,
  eventOf,
  isPrivate,
  kinds,
  pageName,
  pageOf,
  property,
  vmOf,
} from './reading.ts';

export const writesDuringWriteOutSurvive = property.transition({
  id: 'SWP-T2',
  name: 'a write-out ends in its slot only when the slot has what the page held to the last',
  commands: kinds('memory.swap-out-end', 'memory.swap-out-clean'),
  violation(change) {
    const { before, after, call } = change;
    const { vm, page } = call.args;
    const from = before.host.vms.at(vm).pages.at(page);
    const { at } = after.host.vms.at(vm).pages.at(page);
    const aborted = eventOf(change, 'swap-out-aborted') !== undefined;
    const stale = call.kind === 'memory.swap-out-end' && from.dirty;
    if (aborted !== stale) return `the write-out of ${pageName(vm, page)} ended wrongly`;
    if (aborted) {
      if (at.kind !== 'mapped') return `${pageName(vm, page)} was written, but left its frame`;
      if (from.writeback === null) return null;
      return after.host.slots.at(from.writeback).use.kind === 'free'
        ? null
        : `slot ${from.writeback} is still used after the write-out was given up`;
    }
    const held = contentAt(before, from.at);
    const kept = contentAt(after, at);
    if (at.kind !== 'swapped') return `${pageName(vm, page)} was written out but is ${at.kind}`;
    return kept === held ? null : `${pageName(vm, page)} held ${held}, but its slot has ${kept}`;
  },
});

export const doublePagingIsCounted = property.transition({
  id: 'SWP-T3',
  name: 'double paging is told and counted exactly when a guest pages out a swapped page',
  commands: kinds('memory.page-out'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const page = pageOf(change);
    const twice = page !== -1 && before.host.vms.at(vm).pages.at(page).at.kind === 'swapped';
    const event = eventOf(change, 'double-paging');
    if ((event !== undefined) !== twice) {
      return `page ${page} of VM ${vm} was ${twice ? '' : 'not '}swapped, but told otherwise`;
    }
    const counted = after.host.vms.at(vm).doublePagings - before.host.vms.at(vm).doublePagings;
    return counted === (twice ? 1 : 0) ? null : `VM ${vm} counted double paging ${counted} times`;
  },
});

export const givenSlotsAreFreed = property.transition({
  id: 'SWP-T4',
  name: 'a page that is given back while swapped frees its slot and is not read',
  commands: kinds('memory.acknowledge-inflate', 'memory.acknowledge-report'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm);
    const to = after.host.vms.at(vm);
    let freed = 0;
    for (let p = 0; p < to.size; p++) {
      const { at, writeback, swapCopy } = from.pages.at(p);
      const left = to.pages.at(p).at.kind;
      if (left === at.kind || (left !== 'ballooned' && left !== 'reported')) continue;
      const slot = at.kind === 'swapped' ? at.slot : (writeback ?? swapCopy);
      if (slot === null) continue;
      freed++;
      if (after.host.slots.at(slot).use.kind !== 'free') {
        return `${pageName(vm, p)} gave its memory back, but slot ${slot} is still used`;
      }
    }
    const gained = after.host.freeSlots - before.host.freeSlots;
    if (gained !== freed) return `VM ${vm} gave ${freed} slots back, but ${gained} were gained`;
    return to.swapIns === from.swapIns ? null : `VM ${vm} read pages that it gave back`;
  },
});

export const swapInsArePrivate = property.transition({
  id: 'SWP-T5',
  name: 'a page that is swapped in has a private frame with the bytes of its slot',
  commands: kinds('memory.swap-in', 'memory.exchange'),
  violation({ before, after, call }) {
    const { vm, page, frame } = call.args;
    const from = before.host.vms.at(vm).pages.at(page).at;
    const { at, swapCopy } = after.host.vms.at(vm).pages.at(page);
    if (at.kind !== 'mapped' || at.frame !== frame || !isPrivate(after.host, at)) {
      return `${pageName(vm, page)} was swapped in, but has not frame ${frame} to itself`;
    }
    if (contentAt(before, from) !== contentAt(after, at)) {
      return `${pageName(vm, page)} was swapped in, but does not hold what its slot did`;
    }
    if (call.kind === 'memory.exchange') return null;
    const kept = from.kind === 'swapped' && swapCopy === from.slot;
    return kept === call.args.keep
      ? null
      : `the slot of ${pageName(vm, page)} was not kept as asked`;
  },
});

export const totalsCountSwaps = property.transition({
  id: 'SWP-T6',
  name: 'the totals of a VM count each page that was swapped out or read back, and nothing else',
  reads: reads(part.at | part.reports),
  violation({ before, after, call }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const from = before.host.vms.at(v);
      const to = vms.at(v);
      let outs = 0;
      let ins = 0;
      for (let p = 0; p < to.pages.length; p++) {
        const was = from.pages.at(p).at.kind;
        const is = to.pages.at(p).at.kind;
        if (was === is) continue;
        if (is === 'swapped') outs++;
        // A page that is overwritten whole is not read back.
        else if (was === 'swapped' && is === 'mapped' && call.kind !== 'memory.overwrite') ins++;
      }
      if (to.swapOuts - from.swapOuts !== outs)
        return `VM ${v} swapped ${outs} pages out uncounted`;
      if (to.swapIns - from.swapIns !== ins) return `VM ${v} read ${ins} pages back uncounted`;
      if (to.doublePagings !== from.doublePagings && call.kind !== 'memory.page-out') {
        return `VM ${v} counted double paging without a page-out`;
      }
    }
    return null;
  },
});

export const exchangeIsLastResort = property.transition({
  id: 'SWP-T7',
  name: 'an exchange happens only without an ordinary frame, and its victim keeps its bytes',
  commands: kinds('memory.exchange'),
  violation({ before, after, call, size }) {
    const { vm, page, victimVm, victimPage } = call.args;
    let free = 0;
    const { frames } = before.host;
    for (let f = 0; f < frames.length; f++) if (frames.at(f).use.kind === 'free') free++;
    if (free > size.emergency) return `${free} frames were free, so no exchange was needed`;
    const from = before.host.vms.at(vm).pages.at(page).at;
    const victim = before.host.vms.at(victimVm).pages.at(victimPage);
    const to = after.host.vms.at(victimVm).pages.at(victimPage).at;
    if (from.kind !== 'swapped' || to.kind !== 'swapped' || to.slot !== from.slot) {
      return `${pageName(victimVm, victimPage)} did not take the slot that was freed`;
    }
    return contentAt(before, victim.at) === contentAt(after, to)
      ? null
      : `the victim, ${pageName(victimVm, victimPage)}, lost its bytes`;
  },
});

export const slotsKeepTheirBytes = property.transition({
  id: 'SWP-T8',
  name: 'the bytes in a slot do not change while one page has it',
  reads: reads(part.slotContents),
  violation({ before, after }) {
    const { slots } = after.host;
    for (let s = 0; s < slots.length; s++) {
      const from = before.host.slots.at(s);
      const to = slots.at(s);
      if (from.content !== to.content && sameHolder(from.use, to.use)) {
        return `slot ${s} went from ${from.content} to ${to.content}`;
      }
    }
    return null;
  },
});

export const writeOutsBeginAsChosen = property.transition({
  id: 'SWP-T9',
  name: 'a write-out begins with the bytes of the page in the slot chosen for it',
  commands: kinds('memory.swap-out-begin'),
  violation({ before, after, call }) {
    const { vm, page, slot } = call.args;
    const { at, writeback, dirty } = after.host.vms.at(vm).pages.at(page);
    if (writeback !== slot || dirty) return `${pageName(vm, page)} is not written out as chosen`;
    const held = contentAt(before, before.host.vms.at(vm).pages.at(page).at);
    if (at.kind !== 'mapped' || contentAt(after, at) !== held)
      return `${pageName(vm, page)} changed`;
    const { content } = after.host.slots.at(slot);
    return content === held ? null : `slot ${slot} got ${content}, but the page holds ${held}`;
  },
});

const notGuests = allBut(guestParts);

export const swappingIsInvisible = property.transition({
  id: 'SWP-T1',
  name: 'swapping leaves everything of the guests alone',
  commands: kinds(
    'memory.swap-out-begin',
    'memory.swap-out-end',
    'memory.swap-out-clean',
    'memory.swap-in',
    'memory.drop-swap-copy',
    'memory.exchange',
  ),
  violation: (change) => trespass(change, -1, -1, notGuests),
});
