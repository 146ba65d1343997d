/**
 * The record of stolen time lies in guest memory (5.8): a guest says in which page, and the VMM writes
 * it there with all that a write of its own owes. What it says is the affair of the CPUs. The page of
 * a paravirtual clock (5.11) is such a record too: for memory one stands for both.
 */
import { ref } from '../../machine/index.ts';
import { storeForGuest } from './access.ts';
import {
  command,
  givenUp,
  guard,
  guestOf,
  hostVm,
  noSuchVm,
  ofPage,
  ofVm,
  privateFrame,
  viewGuest,
  viewVm,
  vmStalled,
  vmStopped,
} from './model.ts';
import { content, type MemoryView } from './state.ts';

const noRecord = guard('no-record', ofVm, (m, a) => viewVm(m, a.vm).record === null);

/** A page beyond its memory is none that it uses. It may move the record, as one does that starts another kernel without a reset. */
export const placeRecord = command({
  actor: 'guest',
  summary: 'The guest says in which of its pages it wants its record of stolen time (5.8).',
  args: ofPage,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['not-used-by-guest', ['vm', 'page'], (m, a) => viewGuest(m, a.vm).use.at(a.page) !== 'used'],
    ['no-change', ['vm', 'page'], (m, a) => viewVm(m, a.vm).record === a.page],
  ],
  effect(m, a) {
    hostVm(m, a.vm).record = a.page;
    guestOf(m, a.vm).record = a.page;
  },
});

export const withdrawRecord = command({
  actor: 'guest',
  summary: 'The guest wants no record of stolen time any more (5.8).',
  args: ofVm,
  requires: [noSuchVm, vmStopped, vmStalled, noRecord],
  effect(m, a) {
    hostVm(m, a.vm).record = null;
    guestOf(m, a.vm).record = null;
  },
});

/** Where the record is, or a page that is as good as none. */
function place(m: MemoryView, vm: number) {
  return { vm, page: viewVm(m, vm).record ?? 0 };
}

/** A record whose page is not there now is written later: the VMM reads no disk for it. */
export const writeRecord = command({
  actor: 'daemon',
  summary: 'The VMM writes the record of stolen time, and the dirty log sees it (5.8, MEM-T2).',
  args: { ...ofVm, content: ref(content) },
  requires: [
    noSuchVm,
    // Who is stopped reads none, and its memory is on its way (MIG-S6).
    vmStopped,
    noRecord,
    ['page-given-up', ['vm'], (m, a) => givenUp(m, place(m, a.vm))],
    ['no-own-frame', ['vm'], (m, a) => privateFrame(m, place(m, a.vm)) === null],
  ],
  effect(m, a, c) {
    storeForGuest(m, { ...place(m, a.vm), content: a.content }, c);
  },
});
