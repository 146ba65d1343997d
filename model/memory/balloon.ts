/**
 * The balloon: a driver in the guest allocates pages and tells the host, which takes the memory
 * behind them. Chapter 3.0, and the mechanism of 3.3.
 *
 * Targets and the published size count balloon units inside the balloon, not the size of the VM.
 * Nothing here makes a guest obey: between a target and an effect lie a driver, a message and an
 * acknowledgement, each a command of its own.
 */
import { bool, type Context, int, ref, subset } from '../../machine/index.ts';
import {
  command,
  contentOf,
  guard,
  guestOf,
  hostPageOf,
  hostVm,
  type MemoryModel,
  noSuchVm,
  ofVm,
  type PageId,
  pageOf,
  type VmId,
  viewGuest,
  viewPage,
  viewVm,
  vmStalled,
} from './model.ts';
import { content, type Memory, type MemorySizes, type MemoryView, page } from './state.ts';

type C = Context<MemoryModel>;
const ofBatch = { ...ofVm, pages: subset(page, 'batch') };

/** Pages that the driver should hold: the target rounded up to whole guest pages. BAL-L1. */
export function wantedPages(target: number, size: MemorySizes): number {
  return Math.ceil(target / size.units);
}

const driverAbsent = guard(
  'driver-absent',
  ofVm,
  (m, a) => viewVm(m, a.vm).balloon.driver !== 'ready',
);
const isUnderWay = (pages: { some(test: (is: boolean) => boolean): boolean }): boolean =>
  pages.some((is) => is);
/** The driver waits for the host before it sends the next message. */
const driverBusy = guard('driver-busy', ofVm, (m, a) => {
  const { inflating, deflating } = viewGuest(m, a.vm);
  return isUnderWay(inflating) || isUnderWay(deflating);
});
const notFreeInGuest = guard('not-free-in-guest', ofBatch, (m, a) =>
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
  requires: [noSuchVm],
  effect(m, a, c) {
    const machine = hostVm(m, a.vm);
    const memory = machine.size * c.size.units;
    if (a.value > 0) machine.balloon.target = memory - Math.min(a.value, memory);
  },
});

/** The guest loads the driver, which negotiates features and starts with an empty balloon. */
export const loadDriver = command({
  actor: 'guest',
  summary: 'The guest loads the balloon driver and negotiates its features (3.0, KVM-I1).',
  args: {
    ...ofVm,
    mustTell: bool,
    deflateOnOom: bool,
    reporting: bool,
    poison: bool,
    poisonValue: ref(content),
  },
  requires: [
    noSuchVm,
    vmStalled,
    ['driver-present', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver !== 'absent'],
    // Where touching a ballooned page is an error, the guest must not use one before it is back.
    [
      'must-tell-host',
      ['vm', 'mustTell'],
      (m, a) => viewVm(m, a.vm).mode === 'fault' && !a.mustTell,
    ],
    ['not-negotiated', ['poison', 'poisonValue'], (_m, a) => !a.poison && a.poisonValue !== 0],
  ],
  effect(m, a, c) {
    const { balloon } = hostVm(m, a.vm);
    balloon.driver = 'ready';
    balloon.mustTell = a.mustTell;
    balloon.deflateOnOom = a.deflateOnOom;
    balloon.reporting = a.reporting;
    balloon.poison = a.poison;
    balloon.poisonValue = a.poisonValue;
    balloon.statistics = 'host';
    c.operation.publishActual(m, a.vm, 0);
  },
});

/** Gives every page of the balloon back, as unloading, freezing and a reset do. */
export function emptyBalloon(m: Memory, id: VmId): void {
  const machine = hostVm(m, id);
  const guest = guestOf(m, id);
  for (let p = 0; p < machine.size; p++) {
    const use = guest.use.at(p);
    if (use === 'ballooned' || use === 'deflating' || use === 'isolated') guest.use[p] = 'free';
    if (machine.pages.at(p).at.kind === 'ballooned') {
      machine.pages.at(p).at = { kind: 'unbacked' };
    }
    machine.balloon.told[p] = false;
    machine.balloon.reclaimed[p] = false;
    guest.inflating[p] = false;
    guest.deflating[p] = false;
    guest.reporting[p] = false;
  }
  guest.balloonPages = 0;
  guest.managed = machine.size;
}

function retire(m: Memory, id: VmId, as: 'absent' | 'frozen', c: C): void {
  emptyBalloon(m, id);
  const { balloon } = hostVm(m, id);
  balloon.driver = as;
  balloon.statistics = 'none';
  // The target stays: a driver that comes back inflates again.
  c.operation.publishActual(m, id, 0);
}

export const unloadDriver = command({
  actor: 'guest',
  summary: 'The guest unloads the driver, which deflates everything; the target stays (BAL-I5).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStalled,
    ['driver-absent', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver === 'absent'],
  ],
  effect(m, a, c) {
    retire(m, a.vm, 'absent', c);
  },
});

export const freezeDriver = command({
  actor: 'guest',
  summary: 'The guest is about to be suspended: the driver deflates everything (BAL-I5).',
  args: ofVm,
  requires: [noSuchVm, vmStalled, driverAbsent],
  effect(m, a, c) {
    retire(m, a.vm, 'frozen', c);
  },
});

export const restoreDriver = command({
  actor: 'guest',
  summary: 'The guest is resumed: the driver starts again with an empty balloon (BAL-I5).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStalled,
    ['not-frozen', ['vm'], (m, a) => viewVm(m, a.vm).balloon.driver !== 'frozen'],
  ],
  effect(m, a) {
    const { balloon } = hostVm(m, a.vm);
    balloon.driver = 'ready';
    balloon.statistics = 'host';
  },
});

/** The driver allocates free pages for the balloon and tells the host. */
export const inflateBalloon = command({
  actor: 'guest',
  summary: 'The driver puts free guest pages into the balloon (BAL-T2, BAL-T3, BAL-T4).',
  args: ofBatch,
  requires: [
    noSuchVm,
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

/** A host page is discarded only when all of it is in the balloon and no device relies on it. */
function takeHostPage(m: Memory, a: { vm: VmId; page: PageId }, c: C): void {
  const { balloon, pages } = hostVm(m, a.vm);
  if (balloon.inhibited) return;
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
        if (pages.at(q).at.kind === 'ballooned') pages.at(q).at = { kind: 'unbacked' };
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

/** The guest reports free pages; it keeps them aside until the host has answered. 3.3. */
export const reportFreePages = command({
  actor: 'guest',
  summary: 'The guest reports free pages and keeps them aside until answered (3.3, KVM-T1).',
  args: ofBatch,
  requires: [
    noSuchVm,
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
  if (huge || balloon.inhibited || balloon.poisonValue !== 0) return false;
  return pins === 0 && at.kind !== 'ballooned' && at.kind !== 'reported';
}

/** The host returns the statistics buffer to ask for fresh numbers. */
export const requestStatistics = command({
  actor: 'host',
  summary: 'The host returns the one statistics buffer to the guest (3.0 ReportStats).',
  args: ofVm,
  requires: [
    noSuchVm,
    ['buffer-outstanding', ['vm'], (m, a) => viewVm(m, a.vm).balloon.statistics !== 'host'],
  ],
  effect(m, a) {
    hostVm(m, a.vm).balloon.statistics = 'guest';
  },
});

/** The guest fills the buffer and sends it. */
export const sendStatistics = command({
  actor: 'guest',
  summary: 'The guest sends its statistics in the buffer it was given (3.0 ReportStats).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStalled,
    ['no-buffer', ['vm'], (m, a) => viewVm(m, a.vm).balloon.statistics !== 'guest'],
  ],
  effect(m, a) {
    const { balloon } = hostVm(m, a.vm);
    balloon.statistics = 'host';
    let free = 0;
    for (const use of guestOf(m, a.vm).use) if (use === 'free') free++;
    balloon.reportedFree = free;
  },
});

/** The guest restarts: its driver is gone, and every page is its own again. 3.0 VmReset. */
export const resetVm = command({
  actor: 'hardware',
  summary:
    'The guest restarts without a word to the host: the balloon ends, the target stays (BAL-I5).',
  args: ofVm,
  requires: [noSuchVm],
  effect(m, a) {
    const machine = hostVm(m, a.vm);
    const guest = guestOf(m, a.vm);
    emptyBalloon(m, a.vm);
    machine.stalled = null;
    machine.balloon.driver = 'absent';
    machine.balloon.statistics = 'none';
    machine.balloon.poison = false;
    machine.balloon.poisonValue = 0;
    for (let p = 0; p < machine.size; p++) {
      const entry = pageOf(m, { vm: a.vm, page: p });
      if (entry.at.kind === 'reported') entry.at = { kind: 'unbacked' };
      entry.pins = 0;
      entry.pinned = null;
      if (guest.use.at(p) === 'used') guest.use[p] = 'free';
    }
    for (let v = 0; v < guest.table.length; v++) guest.table[v] = { kind: 'absent' };
  },
});
