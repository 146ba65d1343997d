/** Transition properties of frames: who gets them, who gives them back, and what they hold. */
import { reads, touches } from './changes.ts';
import { part, samePlace, sameUse } from './parts.ts';
import {
  consumedBy,
  contentAt,
  eventOf,
  type FrameReading,
  freeFramesOf,
  isPrivate,
  kinds,
  type MemoryChange,
  pageName,
  property,
  type Reading,
  slotsOf,
  vmOf,
  writtenPage,
} from './reading.ts';

/** The specification's flag `overLimit` would be derived; what matters is who may exceed a limit. */
export const limitsAreExceededBySwapInsOnly = property.transition({
  id: 'MEM-I6',
  name: 'only bringing a swapped page back takes a VM above its limit, and by that page alone',
  reads: reads(part.at),
  violation({ before, after, call }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { limit } = vms.at(v);
      const now = consumedBy(vms.at(v));
      if (now <= limit) continue;
      const was = consumedBy(before.host.vms.at(v));
      if (now <= was) continue;
      const mine =
        call.kind === 'memory.swap-in' ||
        call.kind === 'memory.exchange' ||
        call.kind === 'memory.overwrite';
      if (!mine || call.args.vm !== v || now > was + 1) {
        return `VM ${v} went from ${was} to ${now} pages, above its limit of ${limit}`;
      }
    }
    return null;
  },
});

/** Whether a frame may pass from one use to another in one step. */
function mayBecome(f: number, from: FrameReading, to: FrameReading, after: Reading): boolean {
  const now = to.use;
  switch (from.use.kind) {
    case 'free':
      if (now.kind === 'free') return now.scrubbed || !from.use.scrubbed;
      // What only the VMM sees need not be scrubbed.
      return now.kind === 'overhead' || (now.kind === 'private' && from.use.scrubbed);
    case 'private':
      if (now.kind === 'shared') return to.sharers.at(from.use.vm).at(from.use.page);
      return isUnscrubbed(to);
    case 'shared':
      if (now.kind === 'private') {
        const { at } = after.host.vms.at(now.vm).pages.at(now.page);
        const mapped = at.kind === 'mapped' && at.frame === f;
        return from.references === 1 && mapped && from.sharers.at(now.vm).at(now.page);
      }
      return isUnscrubbed(to);
    case 'overhead':
      return isUnscrubbed(to);
    case 'hypervisor':
      return false;
  }
}

const isUnscrubbed = ({ use }: FrameReading): boolean => use.kind === 'free' && !use.scrubbed;

export const framesAreScrubbedBetweenOwners = property.transition({
  id: 'MEM-T7',
  name: 'a frame is free and scrubbed between two owners, and scrubbing needs its own command',
  reads: reads(part.frames),
  violation({ before, after, call }) {
    const { frames } = after.host;
    for (let f = 0; f < frames.length; f++) {
      const from = before.host.frames.at(f);
      const to = frames.at(f);
      if (sameUse(from.use, to.use)) continue;
      if (!mayBecome(f, from, to, after)) {
        return `frame ${f} went from ${from.use.kind} to ${to.use.kind} without being scrubbed`;
      }
      if (to.use.kind === 'free' && to.use.scrubbed) {
        if (call.kind !== 'memory.scrub' || call.args.frame !== f) {
          return `frame ${f} counts as scrubbed, but nobody scrubbed it`;
        }
      }
    }
    return null;
  },
});

/** Frames that nobody but pages that left their places, or a VM that is gone, had a claim on. */
export function releasedFrames(before: Reading, after: Reading, vm: number): number {
  const { frames } = before.host;
  let released = 0;
  for (let f = 0; f < frames.length; f++) {
    const { use, sharers } = frames.at(f);
    if (use.kind === 'private') {
      if (use.vm === vm && hasLeft(before, after, vm, use.page)) released++;
    } else if (use.kind === 'shared') {
      let all = true;
      for (let v = 0; v < sharers.length; v++) {
        const its = sharers.at(v);
        for (let p = 0; p < its.length; p++) {
          if (its.at(p) && (v !== vm || !hasLeft(before, after, vm, p))) all = false;
        }
      }
      if (all) released++;
    } else if (use.kind === 'overhead' && use.vm === vm) {
      if (after.host.vms.at(vm).state === 'absent') released++;
    }
  }
  return released;
}

/** The page had a place and has another one, or none, now. */
function hasLeft(before: Reading, after: Reading, vm: number, page: number): boolean {
  return !samePlace(
    before.host.vms.at(vm).pages.at(page).at,
    after.host.vms.at(vm).pages.at(page).at,
  );
}

const endings = kinds('memory.destroy-vm', 'memory.oom-kill');

export const endingReturnsEverything = property.transition({
  id: 'MEM-T8',
  name: 'ending a VM frees exactly the frames that were its alone, and all of its slots',
  commands: endings,
  violation(change) {
    const { before, after } = change;
    const vm = vmOf(change);
    if (after.host.vms.at(vm).state !== 'absent') return `VM ${vm} still exists`;
    const due = releasedFrames(before, after, vm);
    const gained = freeFramesOf(after.host) - freeFramesOf(before.host);
    if (gained !== due) return `ending VM ${vm} freed ${gained} frames, not ${due}`;
    const left = slotsOf(after.host, vm);
    if (left > 0) return `VM ${vm} is gone, but ${left} slots are still used for it`;
    const freed = after.host.freeSlots - before.host.freeSlots;
    return freed === slotsOf(before.host, vm) ? null : `ending VM ${vm} freed ${freed} slots`;
  },
});

export const freshMemoryIsZero = property.transition({
  id: 'MEM-T17',
  name: 'a page that gets memory for the first time has the frame chosen for it, full of zeros',
  commands: kinds('memory.populate'),
  violation({ after, call }) {
    const { vm, page, frame } = call.args;
    const { at } = after.host.vms.at(vm).pages.at(page);
    if (at.kind !== 'mapped' || at.frame !== frame || !isPrivate(after.host, at))
      return `${pageName(vm, page)} was populated but is ${at.kind}`;
    const found = contentAt(after, at);
    return found === 0 ? null : `fresh ${pageName(vm, page)} holds ${found}`;
  },
});

export const killsAreTheLastResort = property.transition({
  id: 'MEM-T18',
  name: 'a host kills a VM only if it reserves nothing, a VM waits, and no memory is left',
  commands: kinds('memory.oom-kill'),
  violation({ before: { host }, size }) {
    if (size.reserve === 1) return 'a VM with a reservation was killed';
    const free = freeFramesOf(host);
    if (free > size.emergency) return `a VM was killed while ${free} frames were free`;
    for (let s = 0; s < host.slots.length; s++) {
      if (host.slots.at(s).use.kind === 'free') return `a VM was killed while slot ${s} was free`;
    }
    for (let v = 0; v < host.vms.length; v++) if (host.vms.at(v).stalled !== null) return null;
    return 'a VM was killed, but no VM waited';
  },
});

export const bytesStay = property.transition({
  id: 'MEM-T26',
  name: 'the bytes of a frame change by a write to the page that has it, or as it gets another use',
  reads: reads(part.contents),
  violation(change) {
    const { before, after } = change;
    const { frames } = after.host;
    for (let f = 0; f < frames.length; f++) {
      const from = before.host.frames.at(f);
      const to = frames.at(f);
      if (from.content === to.content || !sameUse(from.use, to.use)) continue;
      const { use } = to;
      const mine = use.kind === 'private' && use.vm === vmOf(change);
      if (mine && use.page === writtenPage(change)) continue;
      return `frame ${f}, which is ${use.kind}, went from ${from.content} to ${to.content}`;
    }
    return null;
  },
});

/** What a command gives back to the host in frames, and null where another property says it. */
function dueFrames(change: MemoryChange): number | null {
  const { call } = change;
  switch (call.kind) {
    case 'memory.create-vm':
      return -call.args.overhead.length;
    case 'memory.populate':
    case 'memory.swap-in':
    case 'memory.overwrite':
      return -1;
    case 'memory.swap-out-end':
      return eventOf(change, 'swap-out-aborted') === undefined ? 1 : 0;
    case 'memory.swap-out-clean':
      return 1;
    case 'memory.destroy-vm':
    case 'memory.oom-kill':
    case 'memory.acknowledge-inflate':
    case 'memory.acknowledge-report':
    case 'memory.scan-page':
    case 'memory.merge-page':
    case 'memory.break-share':
    case 'memory.break-last':
      return null;
    default:
      return 0;
  }
}

/** Cross rule X1, the balance sheet: BAL-T5, DED-T2 and MEM-T8 say the rest. */
export const framesBalance = property.transition({
  id: 'MEM-T19',
  name: 'a command takes and gives back the frames that it is for, and no others',
  violation(change) {
    const due = dueFrames(change);
    if (due === null) return null;
    if (due === 0 && !touches(change, part.frames)) return null;
    const gained = freeFramesOf(change.after.host) - freeFramesOf(change.before.host);
    return gained === due ? null : `${change.call.kind} gave back ${gained} frames, not ${due}`;
  },
});
