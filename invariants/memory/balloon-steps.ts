/** Transition properties of the balloon. Chapters 3.0 and 3.3. */
import { allBut, reads, trespass } from './changes.ts';
import { part } from './parts.ts';
import {
  balloonOf,
  distance,
  eventOf,
  kinds,
  type MemoryChange,
  pageName,
  property,
  vmOf,
  wantedBy,
} from './reading.ts';

export const targetIsOnlyTarget = property.transition({
  id: 'BAL-T1',
  name: 'a request of the host sets the target as asked and changes nothing else',
  commands: kinds('memory.set-balloon-target', 'memory.request-balloon'),
  violation(change) {
    const { before, after, call, size } = change;
    const { vm } = call.args;
    const found = trespass(change, vm, -1, { mine: part.target, others: 0 });
    if (found !== null) return found;
    const old = before.host.vms.at(vm);
    const memory = old.size * size.units;
    let asked = old.balloon.target;
    if (call.kind === 'memory.set-balloon-target') asked = call.args.target;
    else if (call.args.value > 0) asked = Math.max(0, memory - call.args.value);
    const set = after.host.vms.at(vm).balloon.target;
    return set === asked ? null : `the target of VM ${vm} is ${set}, but ${asked} was asked for`;
  },
});

const endsBalloon = (kind: MemoryChange['call']['kind']): boolean =>
  kind === 'memory.unload-driver' ||
  kind === 'memory.freeze-driver' ||
  kind === 'memory.reset-vm' ||
  kind === 'memory.destroy-vm' ||
  kind === 'memory.oom-kill';
/** Commands that may lead the balloon away from its target. */
const leadsAway = (kind: MemoryChange['call']['kind']): boolean =>
  kind === 'memory.set-balloon-target' ||
  kind === 'memory.request-balloon' ||
  kind === 'memory.out-of-memory' ||
  endsBalloon(kind);

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
