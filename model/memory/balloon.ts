/**
 * The balloon: a driver in the guest allocates pages and tells the host, which takes the memory
 * behind them. Chapter 3.0.
 *
 * Targets and the published size count balloon units inside the balloon, not the size of the VM.
 * Nothing here makes a guest obey: between a target and an effect lie a driver, a message and an
 * acknowledgement, each a command of its own.
 */
import { bool, type Context, int, subset } from '../../machine/index.ts';
import { driverAbsent } from './driver.ts';
import {
  command,
  guard,
  guestOf,
  hostPageOf,
  hostVm,
  type MemoryModel,
  noSuchVm,
  ofVm,
  type PageId,
  type VmId,
  viewGuest,
  viewVm,
  vmStalled,
  vmStopped,
} from './model.ts';
import { type Memory, type MemorySizes, type MemoryView, page } from './state.ts';

type C = Context<MemoryModel>;
export const ofBatch = { ...ofVm, pages: subset(page, 'batch') };

/** Pages that the driver should hold: the target rounded up to whole guest pages. BAL-L1. */
export function wantedPages(target: number, size: MemorySizes): number {
  return Math.ceil(target / size.units);
}

/** A message that names pages has not been answered. */
export const isUnderWay = (pages: { some(test: (is: boolean) => boolean): boolean }): boolean =>
  pages.some((is) => is);
/** The driver waits for the host before it sends the next message. */
const driverBusy = guard('driver-busy', ofVm, (m, a) => {
  const { inflating, deflating } = viewGuest(m, a.vm);
  return isUnderWay(inflating) || isUnderWay(deflating);
});
export const notFreeInGuest = guard('not-free-in-guest', ofBatch, (m, a) =>
  a.pages.some((p) => viewGuest(m, a.vm).use.at(p) !== 'free'),
);
const notBallooned = guard('not-ballooned', ofBatch, (m, a) =>
  a.pages.some((p) => viewGuest(m, a.vm).use.at(p) !== 'ballooned'),
);

/** Sets how much the balloon should hold; what follows is the driver's affair. BAL-T1. */
export const setBalloonTarget = command({
  actor: 'host',
  summary: 'Sets the balloon target in units, leaving the guest its floor (BAL-T1, BAL-I3).',
  args: { ...ofVm, target: int((z: MemorySizes) => z.page * z.units) },
  requires: [
    noSuchVm,
    vmStopped,
    [
      'above-maximum',
      ['vm', 'target'],
      (m, a, c) => a.target > (viewVm(m, a.vm).size - c.size.floor) * c.size.units,
    ],
  ],
  effect(m, a) {
    hostVm(m, a.vm).balloon.target = a.target;
  },
});

/** QEMU's `balloon`: the wanted size of the guest, clamped to its memory; 0 is ignored. 3.3. */
export const requestBalloon = command({
  actor: 'host',
  summary: 'Asks for a guest size in units, clamped to the VM’s memory; 0 is ignored (3.3, EX-8).',
  args: { ...ofVm, value: int((z: MemorySizes) => (z.page + 1) * z.units) },
  requires: [noSuchVm, vmStopped],
  effect(m, a, c) {
    const machine = hostVm(m, a.vm);
    const memory = machine.size * c.size.units;
    if (a.value > 0) machine.balloon.target = memory - Math.min(a.value, memory);
  },
});

/** The driver allocates free pages for the balloon and tells the host. */
export const inflateBalloon = command({
  actor: 'guest',
  summary: 'The driver puts free guest pages into the balloon (BAL-T2, BAL-T3, BAL-T4).',
  args: ofBatch,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    driverAbsent,
    driverBusy,
    [
      'target-reached',
      ['vm', 'pages'],
      (m, a, c) =>
        viewGuest(m, a.vm).balloonPages + a.pages.length >
        wantedPages(viewVm(m, a.vm).balloon.target, c.size),
    ],
    notFreeInGuest,
    [
      'below-floor',
      ['vm', 'pages'],
      (m, a, c) =>
        viewGuest(m, a.vm).balloonPages + a.pages.length > viewVm(m, a.vm).size - c.size.floor,
    ],
  ],
  effect(m, a) {
    const guest = guestOf(m, a.vm);
    for (const p of a.pages) {
      guest.use[p] = 'ballooned';
      guest.inflating[p] = true;
      guest.unspecified[p] = true;
    }
    guest.balloonPages += a.pages.length;
    if (!hostVm(m, a.vm).balloon.deflateOnOom) guest.managed -= a.pages.length;
  },
});

/** The host takes the memory behind the pages it was told, host page by host page. BAL-T5. */
export const acknowledgeInflate = command({
  actor: 'host',
  summary:
    'The host takes back the memory of told pages, unless that is inhibited (BAL-T5, BAL-I1).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['nothing-to-acknowledge', ['vm'], (m, a) => !isUnderWay(viewGuest(m, a.vm).inflating)],
  ],
  effect(m, a, c) {
    const guest = guestOf(m, a.vm);
    const { balloon } = hostVm(m, a.vm);
    for (let p = 0; p < guest.inflating.length; p++) {
      if (!guest.inflating.at(p)) continue;
      guest.inflating[p] = false;
      balloon.told[p] = true;
      takeHostPage(m, { vm: a.vm, page: p }, c);
    }
    c.operation.publishActual(m, a.vm, guest.balloonPages * c.size.units);
  },
});

/**
 * Nothing of the VM's memory may be taken away: a device relies on all of it, or pages are missing, and
 * one that is taken back could not be told from one that is to come. MIG 4.F.
 */
export function isInhibited(m: MemoryView, id: VmId): boolean {
  const { balloon, pages } = viewVm(m, id);
  return balloon.inhibited || pages.some(({ at }) => at.kind === 'missing');
}

/** A host page is discarded only when all of it is in the balloon and nothing relies on it. */
function takeHostPage(m: Memory, a: { vm: VmId; page: PageId }, c: C): void {
  const { balloon, pages } = hostVm(m, a.vm);
  if (isInhibited(m, a.vm)) return;
  const { first, end } = hostPageOf(m, a, c.size);
  for (let p = first; p < end; p++) {
    if (!balloon.told.at(p) || pages.at(p).pins > 0) return;
  }
  for (let p = first; p < end; p++) {
    if (pages.at(p).at.kind !== 'ballooned') c.operation.discard(m, a.vm, p, 'ballooned', c);
  }
}

/** The driver takes pages out of the balloon; with `mustTell` they are usable only once told. */
export const deflateBalloon = command({
  actor: 'guest',
  summary: 'The driver takes pages out of the balloon and tells the host (BAL-T2, BAL-T4).',
  args: ofBatch,
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    driverAbsent,
    driverBusy,
    notBallooned,
    [
      'target-reached',
      ['vm', 'pages'],
      (m, a, c) =>
        viewGuest(m, a.vm).balloonPages - a.pages.length <
        wantedPages(viewVm(m, a.vm).balloon.target, c.size),
    ],
  ],
  effect(m, a, c) {
    takeOut(m, a.vm, a.pages, c);
  },
});

function takeOut(m: Memory, id: VmId, pages: readonly PageId[], c: C): void {
  const guest = guestOf(m, id);
  const { mustTell, deflateOnOom } = hostVm(m, id).balloon;
  for (const p of pages) {
    guest.deflating[p] = true;
    guest.use[p] = mustTell ? 'deflating' : 'free';
  }
  guest.balloonPages -= pages.length;
  if (!deflateOnOom) guest.managed += pages.length;
  c.operation.publishActual(m, id, guest.balloonPages * c.size.units);
}

/** The host notes which pages left the balloon; their memory comes back only when touched. */
export const acknowledgeDeflate = command({
  actor: 'host',
  summary: 'The host notes pages that left the balloon; a touch brings memory back (BAL-T6).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['nothing-to-acknowledge', ['vm'], (m, a) => !isUnderWay(viewGuest(m, a.vm).deflating)],
  ],
  effect(m, a, c) {
    const guest = guestOf(m, a.vm);
    const { balloon, pages } = hostVm(m, a.vm);
    for (let p = 0; p < guest.deflating.length; p++) {
      if (!guest.deflating.at(p)) continue;
      guest.deflating[p] = false;
      balloon.told[p] = false;
      const { first, end } = hostPageOf(m, { vm: a.vm, page: p }, c.size);
      for (let q = first; q < end; q++) {
        if (pages.at(q).at.kind === 'ballooned') {
          pages.at(q).at = { kind: 'unbacked' };
          c.operation.logWrite(m, a.vm, q);
        }
        balloon.reclaimed[q] = false;
      }
      if (guest.use.at(p) === 'deflating') guest.use[p] = 'free';
    }
  },
});

/** An assigned device or an incoming post-copy forbids to take memory away. 3.0 AckInflate. */
export const setInhibit = command({
  actor: 'host',
  summary: 'Forbids or allows the host to take ballooned memory (BAL-T5).',
  args: { ...ofVm, inhibited: bool },
  requires: [
    noSuchVm,
    vmStopped,
    ['no-change', ['vm', 'inhibited'], (m, a) => viewVm(m, a.vm).balloon.inhibited === a.inhibited],
  ],
  effect(m, a) {
    hostVm(m, a.vm).balloon.inhibited = a.inhibited;
  },
});

/** Pages that the balloon could give: in it, and known to the host. */
const canGive = (m: MemoryView, id: VmId): boolean => {
  const { balloon } = viewVm(m, id);
  const guest = viewGuest(m, id);
  return balloon.driver === 'ready' && balloon.deflateOnOom && guest.balloonPages > 0;
};

/** A guest out of memory takes pages out of the balloon, if that was negotiated. BAL-T7. */
export const outOfMemory = command({
  actor: 'guest',
  summary: 'A guest without free pages deflates, or kills a process of its own (BAL-T7, BAL-I8).',
  args: { ...ofVm, pages: subset(page, 'oomBatch', 0) },
  requires: [
    noSuchVm,
    vmStopped,
    vmStalled,
    ['guest-has-memory', ['vm'], (m, a) => viewGuest(m, a.vm).use.some((use) => use === 'free')],
    driverBusy,
    ['not-ballooned', ['vm', 'pages'], notBallooned[2]],
    ['balloon-gives', ['vm', 'pages'], (m, a) => canGive(m, a.vm) !== a.pages.length > 0],
  ],
  effect(m, a, c) {
    if (a.pages.length === 0) {
      c.emit({ type: 'guest-oom-kill', vm: a.vm });
      return;
    }
    takeOut(m, a.vm, a.pages, c);
    c.emit({ type: 'balloon-gave', vm: a.vm, pages: a.pages.length });
  },
});
