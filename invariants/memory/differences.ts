/**
 * What a command may touch. The state is cut into parts, each a bit; `differs` names the first part
 * that changed without leave. Comparing field by field costs no allocation.
 */
import type {
  Flags,
  GuestReading,
  HostReading,
  PageReading,
  Place,
  Reading,
  VmReading,
} from './reading.ts';
import { pageName } from './reading.ts';

/** Parts of the state. Those from `at` to `checksum` exist once a page, up to `ghosts` once a VM. */
export const part = {
  at: 1 << 0,
  writable: 1 << 1,
  accessed: 1 << 2,
  dirty: 1 << 3,
  logged: 1 << 4,
  pins: 1 << 5,
  writeback: 1 << 6,
  swapCopy: 1 << 7,
  checksum: 1 << 8,
  config: 1 << 9,
  stalled: 1 << 10,
  counts: 1 << 11,
  activity: 1 << 12,
  target: 1 << 13,
  actual: 1 << 14,
  driver: 1 << 15,
  inhibited: 1 << 16,
  told: 1 << 17,
  statistics: 1 << 18,
  history: 1 << 19,
  table: 1 << 20,
  use: 1 << 21,
  disk: 1 << 22,
  messages: 1 << 23,
  ghosts: 1 << 24,
  frames: 1 << 25,
  zero: 1 << 26,
  slots: 1 << 27,
  shares: 1 << 28,
  scanner: 1 << 29,
} as const;

const pageParts =
  part.at |
  part.writable |
  part.accessed |
  part.dirty |
  part.logged |
  part.pins |
  part.writeback |
  part.swapCopy |
  part.checksum;

/** Everything that belongs to guests. */
export const guestParts = part.table | part.use | part.disk | part.messages | part.ghosts;
export const everything = (1 << 30) - 1;

/**
 * The first part that changed without leave, as a sentence, or null. `mine` may change on the host,
 * in `vm` (any VM when -1) and in its `page` (any page when -1); `others` in every other page and VM.
 */
export function differs(
  before: Reading,
  after: Reading,
  vm: number,
  page: number,
  mine: number,
  others: number,
): string | null {
  const host = hostDiffers(before.host, after.host, mine);
  if (host !== null) return `${host} changed`;
  for (let v = 0; v < after.host.vms.length; v++) {
    const allowed = vm === -1 || v === vm ? mine : others;
    const from = before.host.vms.at(v);
    const to = after.host.vms.at(v);
    const found =
      vmDiffers(from, to, allowed) ??
      guestDiffers(before.guests.at(v), after.guests.at(v), allowed);
    if (found !== null) return `${found} of VM ${v} changed`;
    for (let p = 0; p < to.pages.length; p++) {
      const inPage = page === -1 || p === page ? allowed : others;
      if ((inPage & pageParts) === pageParts) continue;
      const field = pageDiffers(from.pages.at(p), to.pages.at(p), inPage);
      if (field !== null) return `${field} of ${pageName(v, p)} changed`;
    }
  }
  return null;
}

function pageDiffers(a: PageReading, b: PageReading, allowed: number): string | null {
  if ((allowed & part.at) === 0 && !samePlace(a.at, b.at)) return 'the place';
  if (a.writable !== b.writable && (allowed & part.writable) === 0) return 'the write permission';
  if (a.accessed !== b.accessed && (allowed & part.accessed) === 0) return 'the accessed bit';
  if (a.dirty !== b.dirty && (allowed & part.dirty) === 0) return 'the dirty bit';
  if (a.logged !== b.logged && (allowed & part.logged) === 0) return 'the entry in the dirty log';
  if ((a.pins !== b.pins || a.pinned !== b.pinned) && (allowed & part.pins) === 0) return 'the pin';
  if (a.writeback !== b.writeback && (allowed & part.writeback) === 0) return 'the write-out';
  if (a.swapCopy !== b.swapCopy && (allowed & part.swapCopy) === 0) return 'the swap copy';
  if (a.checksum !== b.checksum && (allowed & part.checksum) === 0) return 'the checksum';
  return null;
}

function vmDiffers(a: VmReading, b: VmReading, allowed: number): string | null {
  if ((allowed & part.config) === 0 && !sameConfiguration(a, b)) return 'the configuration';
  if (a.stalled !== b.stalled && (allowed & part.stalled) === 0) return 'the page waited for';
  if ((allowed & part.counts) === 0 && (a.consumed !== b.consumed || a.slotsUsed !== b.slotsUsed))
    return 'a stored count';
  if (
    (allowed & part.activity) === 0 &&
    (a.active !== b.active || !sameFlags(a.sampled, b.sampled))
  )
    return 'the activity estimate';
  if (
    (allowed & part.history) === 0 &&
    (a.swapOuts !== b.swapOuts || a.swapIns !== b.swapIns || a.doublePagings !== b.doublePagings)
  )
    return 'a total';
  return deviceDiffers(a.balloon, b.balloon, allowed);
}

function sameConfiguration(a: VmReading, b: VmReading): boolean {
  return (
    a.state === b.state &&
    a.size === b.size &&
    a.reservation === b.reservation &&
    a.limit === b.limit &&
    a.shares === b.shares &&
    a.mode === b.mode &&
    a.huge === b.huge &&
    a.mergeable === b.mergeable &&
    a.salt === b.salt &&
    a.logging === b.logging
  );
}

type Device = VmReading['balloon'];

function deviceDiffers(a: Device, b: Device, allowed: number): string | null {
  if (a.target !== b.target && (allowed & part.target) === 0) return 'the balloon target';
  if (a.actual !== b.actual && (allowed & part.actual) === 0) return 'the published balloon size';
  if ((allowed & part.driver) === 0 && (a.driver !== b.driver || !sameFeatures(a, b)))
    return 'the balloon driver';
  if (a.inhibited !== b.inhibited && (allowed & part.inhibited) === 0) return 'the inhibition';
  if (
    (allowed & part.told) === 0 &&
    !(sameFlags(a.told, b.told) && sameFlags(a.reclaimed, b.reclaimed))
  )
    return 'what the host knows of the balloon';
  if (
    (allowed & part.statistics) === 0 &&
    (a.statistics !== b.statistics || a.reportedFree !== b.reportedFree)
  )
    return 'the statistics';
  return null;
}

/** What a driver negotiates when it is loaded. */
export function sameFeatures(a: Device, b: Device): boolean {
  return (
    a.mustTell === b.mustTell &&
    a.deflateOnOom === b.deflateOnOom &&
    a.reporting === b.reporting &&
    a.poison === b.poison &&
    a.poisonValue === b.poisonValue
  );
}

function guestDiffers(a: GuestReading, b: GuestReading, allowed: number): string | null {
  if ((allowed & part.table) === 0 && !sameTable(a.table, b.table)) return 'the guest’s table';
  if ((allowed & part.use) === 0 && !sameUses(a.use, b.use)) return 'the use of a guest page';
  if ((allowed & part.disk) === 0 && !sameDisk(a.disk, b.disk)) return 'the guest’s disk';
  if (
    (allowed & part.messages) === 0 &&
    !(
      a.balloonPages === b.balloonPages &&
      a.managed === b.managed &&
      sameFlags(a.inflating, b.inflating) &&
      sameFlags(a.deflating, b.deflating) &&
      sameFlags(a.reporting, b.reporting)
    )
  )
    return 'the driver’s account of the balloon';
  if (
    (allowed & part.ghosts) === 0 &&
    !(
      sameContents(a.expected, b.expected) &&
      sameFlags(a.unspecified, b.unspecified) &&
      sameFlags(a.written, b.written) &&
      sameContents(a.harvested, b.harvested)
    )
  )
    return 'what the guest wrote';
  return null;
}

function hostDiffers(a: HostReading, b: HostReading, allowed: number): string | null {
  if ((allowed & part.frames) === 0) {
    if (a.freeFrames !== b.freeFrames) return 'the count of free frames';
    for (let f = 0; f < b.frames.length; f++) {
      if (!sameFrame(a.frames.at(f), b.frames.at(f))) return `frame ${f}`;
    }
  }
  if (
    (allowed & part.zero) === 0 &&
    (a.zero.content !== b.zero.content || a.zero.references !== b.zero.references)
  )
    return 'the zero frame';
  if ((allowed & part.slots) === 0) {
    if (a.freeSlots !== b.freeSlots) return 'the count of free slots';
    for (let s = 0; s < b.slots.length; s++) {
      if (!sameSlot(a.slots.at(s), b.slots.at(s))) return `slot ${s}`;
    }
  }
  if (
    (allowed & part.shares) === 0 &&
    (a.sharing.shared !== b.sharing.shared || a.sharing.sharing !== b.sharing.sharing)
  )
    return 'a counter of page sharing';
  if ((allowed & part.scanner) === 0 && !sameScanner(a.sharing, b.sharing)) return 'the scanner';
  return null;
}

type Frame = ReturnType<HostReading['frames']['at']>;

export function sameUse(a: Frame['use'], b: Frame['use']): boolean {
  switch (a.kind) {
    case 'private':
      return b.kind === 'private' && a.vm === b.vm && a.page === b.page;
    case 'free':
      return b.kind === 'free' && a.scrubbed === b.scrubbed;
    case 'shared':
      return b.kind === 'shared' && a.salt === b.salt;
    case 'overhead':
      return b.kind === 'overhead' && a.vm === b.vm;
    case 'hypervisor':
      return b.kind === 'hypervisor';
  }
}

function sameFrame(a: Frame, b: Frame): boolean {
  if (a.content !== b.content || a.references !== b.references) return false;
  if (!sameUse(a.use, b.use)) return false;
  for (let v = 0; v < a.sharers.length; v++) {
    if (!sameFlags(a.sharers.at(v), b.sharers.at(v))) return false;
  }
  return true;
}

type SwapSlot = ReturnType<HostReading['slots']['at']>;

function sameSlot(a: SwapSlot, b: SwapSlot): boolean {
  return a.content === b.content && sameHolder(a.use, b.use);
}

export function sameHolder(a: SwapSlot['use'], b: SwapSlot['use']): boolean {
  if (a.kind === 'free' || b.kind === 'free') return a.kind === b.kind;
  return a.vm === b.vm && a.page === b.page;
}

type Scanner = HostReading['sharing'];
type Mention = Scanner['cursor'];

function sameMention(a: Mention, b: Mention): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.vm === b.vm && a.page === b.page;
}

function sameScanner(a: Scanner, b: Scanner): boolean {
  if (a.run !== b.run || a.fullScans !== b.fullScans || !sameMention(a.cursor, b.cursor))
    return false;
  for (let s = 0; s < a.unstable.length; s++) {
    const from = a.unstable.at(s);
    const to = b.unstable.at(s);
    for (let c = 0; c < from.length; c++) if (!sameMention(from.at(c), to.at(c))) return false;
  }
  return true;
}

export function samePlace(a: Place, b: Place): boolean {
  if (a.kind === 'swapped') return b.kind === 'swapped' && a.slot === b.slot;
  if (a.kind === 'mapped') return b.kind === 'mapped' && a.frame === b.frame;
  if (a.kind === 'special') return b.kind === 'special' && a.frame === b.frame;
  return a.kind === b.kind;
}

function sameFlags(a: Flags, b: Flags): boolean {
  for (let i = 0; i < a.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}

function sameContents(a: GuestReading['expected'], b: GuestReading['expected']): boolean {
  for (let i = 0; i < a.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}

function sameUses(a: GuestReading['use'], b: GuestReading['use']): boolean {
  for (let i = 0; i < a.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}

function sameDisk(a: GuestReading['disk'], b: GuestReading['disk']): boolean {
  for (let i = 0; i < a.length; i++) if (a.at(i) !== b.at(i)) return false;
  return true;
}

type Entry = ReturnType<GuestReading['table']['at']>;

export function sameEntry(a: Entry, b: Entry): boolean {
  if (a.kind === 'present')
    return b.kind === 'present' && a.page === b.page && a.writable === b.writable;
  if (a.kind === 'paged') return b.kind === 'paged' && a.block === b.block;
  return b.kind === 'absent';
}

function sameTable(a: GuestReading['table'], b: GuestReading['table']): boolean {
  for (let i = 0; i < a.length; i++) if (!sameEntry(a.at(i), b.at(i))) return false;
  return true;
}
