/** Transition properties of the balloon. Chapters 3.0 and 3.3. */
import { allBut, reads, trespass } from './changes.ts';
import { releasedFrames } from './frame-steps.ts';
import { bytes, part } from './parts.ts';
import {
  any,
  balloonOf,
  contentAt,
  distance,
  eventOf,
  freeFramesOf,
  hostPageEnd,
  hostPageStart,
  kinds,
  type MemoryChange,
  pageName,
  property,
  vmOf,
  wantedBy,
} from './reading.ts';

/** Commands that may lead the balloon away from its target. */
const leadsAway = (kind: MemoryChange['call']['kind']): boolean =>
  kind === 'memory.set-balloon-target' ||
  kind === 'memory.request-balloon' ||
  kind === 'memory.out-of-memory' ||
  kind === 'memory.unload-driver' ||
  kind === 'memory.freeze-driver' ||
  kind === 'memory.reset-vm' ||
  kind === 'memory.destroy-vm' ||
  kind === 'memory.oom-kill';

export const stepsLeadToTarget = property.transition({
  id: 'BAL-T2',
  name: 'no step leads the balloon away from its target but saving the guest and an end of the driver',
  reads: reads(part.use | part.target),
  violation(change) {
    const { before, after, call, size } = change;
    for (let v = 0; v < after.guests.length; v++) {
      if (vmOf(change) === v && leadsAway(call.kind)) continue;
      const was = distance(before, v, size);
      const is = distance(after, v, size);
      if (is > was) return `the balloon of VM ${v} went from ${was} to ${is} pages off its target`;
    }
    return null;
  },
});

export const inflatingTakesFreePages = property.transition({
  id: 'BAL-T3',
  name: 'inflating takes exactly the named pages, all free in the guest, and changes no other page',
  commands: kinds('memory.inflate-balloon'),
  violation({ before, after, call }) {
    if (call.kind !== 'memory.inflate-balloon') return null;
    const { vm, pages } = call.args;
    const from = before.guests.at(vm);
    const to = after.guests.at(vm);
    for (let p = 0; p < to.use.length; p++) {
      const was = from.use.at(p);
      const is = to.use.at(p);
      if (!pages.includes(p)) {
        if (was !== is || from.unspecified.at(p) !== to.unspecified.at(p)) {
          return `${pageName(vm, p)} was not to be inflated`;
        }
        continue;
      }
      if (was !== 'free') return `${pageName(vm, p)} went into the balloon while ${was}`;
      if (is !== 'ballooned' || !to.inflating.at(p) || !to.unspecified.at(p)) {
        return `${pageName(vm, p)} did not go into the balloon with a word to the host`;
      }
    }
    return null;
  },
});

export const targetIsNotPassed = property.transition({
  id: 'BAL-T4',
  name: 'the balloon grows only up to its target and shrinks only down to it, but to save the guest',
  reads: reads(part.use),
  violation(change) {
    const { before, after, call, size } = change;
    for (let v = 0; v < after.guests.length; v++) {
      const was = balloonOf(before.guests.at(v));
      const is = balloonOf(after.guests.at(v));
      if (was === is) continue;
      const machine = before.host.vms.at(v);
      const wanted = wantedBy(machine, size);
      const mine = vmOf(change) === v ? call.kind : null;
      if (is > was) {
        if (mine === 'memory.inflate-balloon' && is <= wanted) continue;
        return `the balloon of VM ${v} grew to ${is} pages, with ${wanted} wanted`;
      }
      if (mine === 'memory.deflate-balloon' && is >= wanted) continue;
      if (mine === 'memory.out-of-memory' && machine.balloon.deflateOnOom) continue;
      if (mine !== null && is === 0 && endsBalloon(mine)) continue;
      return `the balloon of VM ${v} shrank to ${is} pages, with ${wanted} wanted`;
    }
    return null;
  },
});

const endsBalloon = (kind: MemoryChange['call']['kind']): boolean =>
  kind === 'memory.unload-driver' ||
  kind === 'memory.freeze-driver' ||
  kind === 'memory.reset-vm' ||
  kind === 'memory.destroy-vm' ||
  kind === 'memory.oom-kill';

export const gainsAreReal = property.transition({
  id: 'BAL-T5',
  name: 'taking pages back gains the frames that nobody else maps, and none where it is inhibited',
  commands: kinds('memory.acknowledge-inflate', 'memory.acknowledge-report'),
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    const gained = freeFramesOf(after.host) - freeFramesOf(before.host);
    if (before.host.vms.at(vm).balloon.inhibited && gained !== 0) {
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

export const emergencyKeepsTarget = property.transition({
  id: 'BAL-T7',
  name: 'a guest out of memory leaves the target of its balloon alone',
  commands: kinds('memory.out-of-memory'),
  violation: (change) => trespass(change, -1, -1, allBut(part.target)),
});

export const guestsAreSavedFirst = property.transition({
  id: 'BAL-T9',
  name: 'a guest kills a process only when no page is free and its balloon may give nothing',
  commands: kinds('memory.out-of-memory'),
  violation(change) {
    const { before } = change;
    const vm = vmOf(change);
    const { balloon } = before.host.vms.at(vm);
    const guest = before.guests.at(vm);
    for (let p = 0; p < guest.use.length; p++) {
      if (guest.use.at(p) === 'free') return `VM ${vm} was out of memory with page ${p} free`;
    }
    const gives = balloon.driver === 'ready' && balloon.deflateOnOom && balloonOf(guest) > 0;
    const killed = eventOf(change, 'guest-oom-kill') !== undefined;
    if (killed !== gives) return null;
    return `VM ${vm} ${killed ? 'killed a process' : 'deflated'}, against what was negotiated`;
  },
});

export const giftsAreCounted = property.transition({
  id: 'BAL-T10',
  name: 'the number of pages that a balloon says it gave is the number that left it, at most a batch',
  commands: kinds('memory.out-of-memory', 'memory.deflate-balloon'),
  violation(change) {
    const { before, after, call, size } = change;
    if (!('pages' in call.args)) return null;
    const { vm, pages } = call.args;
    const from = before.guests.at(vm);
    const to = after.guests.at(vm);
    const left = balloonOf(from) - balloonOf(to);
    for (let p = 0; p < to.use.length; p++) {
      const gone = from.use.at(p) === 'ballooned' && to.use.at(p) !== 'ballooned';
      if (gone !== pages.includes(p)) return `${pageName(vm, p)} left the balloon unasked, or not`;
      if (gone && !to.deflating.at(p)) return `${pageName(vm, p)} left the balloon without a word`;
    }
    if (call.kind === 'memory.deflate-balloon') {
      return left > size.batch ? `${left} pages left the balloon of VM ${vm} at once` : null;
    }
    const event = eventOf(change, 'balloon-gave');
    const said = event === undefined ? 0 : event.pages;
    if (said !== left) return `VM ${vm} was told of ${said} pages, but ${left} left its balloon`;
    return left > size.oomBatch ? `${left} pages left the balloon of VM ${vm} at once` : null;
  },
});

export const statisticsAreTrue = property.transition({
  id: 'BAL-T11',
  name: 'the buffer goes to and fro, and brings the number of pages that are free in the guest',
  commands: kinds('memory.request-statistics', 'memory.send-statistics'),
  violation(change) {
    const { before, after, call } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm).balloon;
    const to = after.host.vms.at(vm).balloon;
    if (call.kind === 'memory.request-statistics') {
      if (from.statistics !== 'host' || to.statistics !== 'guest') {
        return `the buffer of VM ${vm} went from ${from.statistics} to ${to.statistics}`;
      }
      return from.reportedFree === to.reportedFree ? null : `VM ${vm} sent numbers unasked`;
    }
    const { use } = before.guests.at(vm);
    let free = 0;
    for (let p = 0; p < use.length; p++) if (use.at(p) === 'free') free++;
    if (from.statistics !== 'guest' || to.statistics !== 'host') {
      return `the buffer of VM ${vm} went from ${from.statistics} to ${to.statistics}`;
    }
    return to.reportedFree === free
      ? null
      : `VM ${vm} has ${free} free pages, but told ${to.reportedFree}`;
  },
});

export const balloonOpensOnTouch = property.transition({
  id: 'BAL-T12',
  name: 'a page that the host took back gets memory only for a guest that waits for it',
  commands: kinds('memory.populate'),
  violation({ before, after, call }) {
    if (call.kind !== 'memory.populate') return null;
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
      let whole = !from.balloon.inhibited;
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
