/** Free page reporting: the guest names pages that it does not use, and the host may take them. 3.3. */
import { isInhibited, isUnderWay, notFreeInGuest, ofBatch } from './balloon.ts';
import { driverAbsent } from './driver.ts';
import {
  command,
  contentOf,
  guestOf,
  hostVm,
  noSuchVm,
  ofVm,
  type PageId,
  type VmId,
  viewGuest,
  viewPage,
  viewVm,
  vmStalled,
  vmStopped,
} from './model.ts';
import type { MemoryView } from './state.ts';

/** The guest reports free pages; it keeps them aside until the host has answered. 3.3. */
export const reportFreePages = command({
  actor: 'guest',
  summary: 'The guest reports free pages and keeps them aside until answered (3.3, KVM-T1).',
  args: ofBatch,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    driverAbsent,
    ['not-negotiated', ['vm'], (m, a) => !viewVm(m, a.vm).balloon.reporting],
    ['driver-busy', ['vm'], (m, a) => isUnderWay(viewGuest(m, a.vm).reporting)],
    notFreeInGuest,
    [
      // A guest that poisons free pages has done so before it reports them.
      'not-poisoned',
      ['vm', 'pages'],
      (m, a) => {
        const { poison, poisonValue } = viewVm(m, a.vm).balloon;
        return poison && a.pages.some((p) => !holds(m, { vm: a.vm, page: p }, poisonValue));
      },
    ],
  ],
  effect(m, a) {
    const guest = guestOf(m, a.vm);
    for (const p of a.pages) {
      guest.use[p] = 'isolated';
      guest.reporting[p] = true;
      if (!hostVm(m, a.vm).balloon.poison) guest.unspecified[p] = true;
    }
  },
});

const holds = (m: MemoryView, a: { vm: VmId; page: PageId }, value: number): boolean =>
  viewPage(m, a).at.kind !== 'ballooned' && contentOf(m, a) === value;

/** The host may take reported pages, unless their poison would be lost. KVM-T2. */
export const acknowledgeReport = command({
  actor: 'host',
  summary: 'The host takes reported pages, unless poison or a device forbids it (KVM-T1, KVM-T2).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['nothing-to-acknowledge', ['vm'], (m, a) => !isUnderWay(viewGuest(m, a.vm).reporting)],
  ],
  effect(m, a, c) {
    const guest = guestOf(m, a.vm);
    for (let p = 0; p < guest.reporting.length; p++) {
      if (!guest.reporting.at(p)) continue;
      guest.reporting[p] = false;
      guest.use[p] = 'free';
      if (mayTakeReported(m, { vm: a.vm, page: p })) c.operation.discard(m, a.vm, p, 'reported', c);
    }
  },
});

function mayTakeReported(m: MemoryView, a: { vm: VmId; page: PageId }): boolean {
  const { huge, balloon } = viewVm(m, a.vm);
  const { at, pins } = viewPage(m, a);
  // One guest page of a huge host page cannot be taken alone.
  if (huge || isInhibited(m, a.vm) || balloon.poisonValue !== 0) return false;
  return pins === 0 && at.kind !== 'ballooned' && at.kind !== 'reported';
}
