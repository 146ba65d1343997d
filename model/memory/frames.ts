/** Giving frames to pages, and scrubbing them between owners. Chapter 1. */
import { choice, ref } from '../../machine/index.ts';
import {
  command,
  frameNotFree,
  frameNotScrubbed,
  guard,
  guestOf,
  hostVm,
  noFreeFrame,
  noSuchVm,
  ofPage,
  ofVm,
  outOfRange,
  pageOf,
  viewGuest,
  viewPage,
  viewVm,
  vmStopped,
} from './model.ts';
import { frame } from './state.ts';

/** The frame that an allocation takes: the host's choice. */
export const allocated = { frame: choice(ref(frame)) };

const frameInUse = guard('frame-in-use', allocated, (m, a) => frameNotFree(m, a.frame));
const frameUnscrubbed = guard('frame-not-scrubbed', allocated, (m, a) =>
  frameNotScrubbed(m, a.frame),
);
/** The guards of an ordinary allocation, in their order of precedence. MEM-I11, MEM-T7. */
export const canAllocate = [
  guard('no-free-frame', {}, (m, _a, c) => noFreeFrame(m, c.size)),
  frameInUse,
  frameUnscrubbed,
] as const;
/** The guards of an allocation that may use the emergency frames. */
export const canUseEmergency = [frameInUse, frameUnscrubbed] as const;

/** Over its limit a VM gets no further memory; only a swap-in may exceed it. MEM-I6. */
const overLimit = guard('over-limit', ofVm, (m, a) => {
  const { consumed, limit } = viewVm(m, a.vm);
  return consumed >= limit;
});

/** A page that has nothing behind it gets a scrubbed frame. */
export const populate = command({
  actor: 'daemon',
  summary: 'An unbacked, reported or refilled page gets a scrubbed frame (MEM-I7, MEM-T7, BAL-T6).',
  args: { ...ofPage, ...allocated },
  requires: [
    noSuchVm,
    vmStopped,
    outOfRange,
    [
      'page-in-use',
      ['vm', 'page'],
      (m, a) => {
        const { kind } = viewPage(m, a).at;
        return kind !== 'unbacked' && kind !== 'reported' && kind !== 'ballooned';
      },
    ],
    [
      // The host gives a page of the balloon back only to a guest that touched it.
      'already-ballooned',
      ['vm', 'page'],
      (m, a) => viewPage(m, a).at.kind === 'ballooned' && viewVm(m, a.vm).stalled !== a.page,
    ],
    overLimit,
    ...canAllocate,
  ],
  effect(m, a, c) {
    const machine = hostVm(m, a.vm);
    const { kind } = pageOf(m, a).at;
    // A copy of the VM does not have what it has given up: from now on it must.
    if (kind !== 'unbacked') c.operation.logWrite(m, a.vm, a.page);
    if (kind === 'ballooned') {
      machine.balloon.reclaimed[a.page] = false;
      if (machine.mode === 'pop') c.emit({ type: 'balloon-popped', vm: a.vm, page: a.page });
    }
    c.operation.allocateFrame(m, a.frame, a.vm, a.page);
    c.operation.mapPrivate(m, a.vm, a.page, a.frame);
  },
});

/** A free frame is cleared before it may have another owner. */
export const scrub = command({
  actor: 'daemon',
  summary: 'A free frame is filled with zeros (MEM-I11).',
  args: allocated,
  requires: [frameInUse, ['already-scrubbed', ['frame'], (m, a) => !frameNotScrubbed(m, a.frame)]],
  effect(m, a) {
    const free = m.host.frames.at(a.frame);
    free.use = { kind: 'free', scrubbed: true };
    free.content = 0;
  },
});

/** The hypervisor puts a page of its own into the guest's memory (shared info, #VE page). */
export const mapSpecial = command({
  actor: 'host',
  summary:
    'A page of the hypervisor’s own appears in guest memory; it is never reclaimed (MEM-I1).',
  args: { ...ofPage, frame: choice(ref(frame)) },
  requires: [
    noSuchVm,
    vmStopped,
    outOfRange,
    ['page-in-use', ['vm', 'page'], (m, a) => viewPage(m, a).at.kind !== 'unbacked'],
    ['not-free-in-guest', ['vm', 'page'], (m, a) => viewGuest(m, a.vm).use.at(a.page) !== 'free'],
    [
      'not-hypervisor-owned',
      ['frame'],
      (m, a) => m.host.frames.at(a.frame).use.kind !== 'hypervisor',
    ],
  ],
  effect(m, a) {
    pageOf(m, a).at = { kind: 'special', frame: a.frame };
    guestOf(m, a.vm).use[a.page] = 'reserved';
  },
});
