/** Transition properties of what the host takes from a balloon and gives back. Chapters 3.0 and 3.3. */
import { reads } from './changes.ts';
import { releasedFrames } from './frame-steps.ts';
import { bytes, part } from './parts.ts';
import {
  any,
  contentAt,
  freeFramesOf,
  hostPageEnd,
  hostPageStart,
  isInhibited,
  kinds,
  pageName,
  property,
  vmOf,
} from './reading.ts';

export const gainsAreReal = property.transition({
  id: 'BAL-T5',
  name: 'taking pages back gains the frames that nobody else maps, and none where it is inhibited',
  commands: kinds('memory.acknowledge-inflate', 'memory.acknowledge-report'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const gained = freeFramesOf(after.host) - freeFramesOf(before.host);
    if (isInhibited(before.host.vms.at(vm)) && gained !== 0) {
      return `VM ${vm} is inhibited, but ${gained} frames were taken`;
    }
    const counted = after.host.freeFrames - before.host.freeFrames;
    if (counted !== gained) return `${counted} frames were counted free, but ${gained} were gained`;
    const due = releasedFrames(before, after, vm);
    return gained === due ? null : `${gained} frames were gained of VM ${vm}, not ${due}`;
  },
});

export const returnedPagesAreOwn = property.transition({
  id: 'BAL-T6',
  name: 'a page that leaves the balloon, or is reported no more, reads zeros',
  reads: reads(part.at | bytes),
  violation({ before, after }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const was = old.at(p).at.kind;
        if (was !== 'ballooned' && was !== 'reported') continue;
        const found = contentAt(after, pages.at(p).at);
        if (found !== 0) return `${pageName(v, p)} was ${was} and came back with ${found}`;
      }
    }
    return null;
  },
});

export const balloonOpensOnTouch = property.transition({
  id: 'BAL-T12',
  name: 'a page that the host took back gets memory only for a guest that waits for it',
  commands: kinds('memory.populate'),
  violation({ before, after, call }) {
    const { vm, page } = call.args;
    const machine = before.host.vms.at(vm);
    if (machine.pages.at(page).at.kind !== 'ballooned') return null;
    if (machine.stalled !== page) return `${pageName(vm, page)} was refilled, but nobody waits`;
    return after.host.vms.at(vm).stalled === null ? null : `VM ${vm} still waits for page ${page}`;
  },
});

export const wholeHostPagesAreTaken = property.transition({
  id: 'BAL-T13',
  name: 'the host takes a page exactly while all of its host page is in the balloon and unpinned',
  commands: kinds('memory.acknowledge-inflate'),
  violation(change) {
    const { before, after, size } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm);
    const to = after.host.vms.at(vm);
    const guest = after.guests.at(vm);
    if (any(guest.inflating)) return `VM ${vm} still waits for the answer to its inflation`;
    for (let p = 0; p < to.size; p++) {
      const first = hostPageStart(from, p, size);
      const end = hostPageEnd(from, p, size);
      let announced = false;
      let whole = !isInhibited(from);
      for (let q = first; q < end; q++) {
        if (before.guests.at(vm).inflating.at(q)) announced = true;
        if (guest.use.at(q) !== 'ballooned' || from.pages.at(q).pins > 0) whole = false;
      }
      const was = from.pages.at(p).at.kind === 'ballooned';
      const is = to.pages.at(p).at.kind === 'ballooned';
      if (is !== (was || (announced && whole))) {
        return `${pageName(vm, p)} was ${is ? '' : 'not '}taken, though ${whole ? 'all' : 'not all'} of its host page may be`;
      }
    }
    return null;
  },
});

export const deflatedPagesAreUsable = property.transition({
  id: 'BAL-T14',
  name: 'an answered deflation leaves no page of it ballooned, told, or waiting',
  commands: kinds('memory.acknowledge-deflate'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const { pages, balloon } = after.host.vms.at(vm);
    const from = before.guests.at(vm);
    const to = after.guests.at(vm);
    for (let p = 0; p < to.use.length; p++) {
      const was = from.use.at(p);
      const is = to.use.at(p);
      if (from.deflating.at(p)) {
        if (to.deflating.at(p) || balloon.told.at(p) || pages.at(p).at.kind === 'ballooned') {
          return `${pageName(vm, p)} was deflated, but the host has not let go of it`;
        }
        if (is !== (was === 'deflating' ? 'free' : was)) {
          return `${pageName(vm, p)} was ${was} and became ${is} when its deflation was answered`;
        }
      } else if (is !== was) return `${pageName(vm, p)} became ${is} without being deflated`;
    }
    return null;
  },
});
