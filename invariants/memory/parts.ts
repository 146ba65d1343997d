/** The state in parts, each a bit, and which of them differ between two states. */
import type {
  FrameReading,
  GuestReading,
  HostReading,
  PageReading,
  Place,
  VmReading,
} from './reading.ts';

/** Parts of a page, of a VM and its guest, and of the host. */
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
  /** Whether the VM exists, how large it is, how it is backed. */
  life: 1 << 9,
  settings: 1 << 10,
  logging: 1 << 11,
  stalled: 1 << 12,
  counts: 1 << 13,
  /** The activity estimate, and totals. */
  reports: 1 << 14,
  target: 1 << 15,
  actual: 1 << 16,
  driver: 1 << 17,
  told: 1 << 18,
  statistics: 1 << 19,
  table: 1 << 20,
  use: 1 << 21,
  disk: 1 << 22,
  /** The driver's own account of the balloon, its messages, and where the guest's record is. */
  messages: 1 << 23,
  ghosts: 1 << 24,
  /** Who uses each frame, how often, and how many are free. */
  frames: 1 << 25,
  contents: 1 << 26,
  slots: 1 << 27,
  slotContents: 1 << 28,
  /** The zero frame and the counters of sharing. */
  shares: 1 << 29,
  scanner: 1 << 30,
} as const;
export const everything = 0x7fff_ffff;
/** Everything that belongs to guests. */
export const guestParts = part.table | part.use | part.disk | part.messages | part.ghosts;
/** What decides, besides its place, what a page holds. */
export const bytes = part.contents | part.slotContents | part.shares;

/** The name of the first part in a mask. */
export function nameOf(mask: number): string {
  return Object.entries(part).find(([, bit]) => (mask & bit) !== 0)?.[0] ?? 'nothing';
}

export function pageChanges(a: PageReading, b: PageReading): number {
  let found = samePlace(a.at, b.at) ? 0 : part.at;
  if (a.writable !== b.writable) found |= part.writable;
  if (a.accessed !== b.accessed) found |= part.accessed;
  if (a.dirty !== b.dirty) found |= part.dirty;
  if (a.logged !== b.logged) found |= part.logged;
  if (a.pins !== b.pins || a.pinned !== b.pinned) found |= part.pins;
  if (a.writeback !== b.writeback) found |= part.writeback;
  if (a.swapCopy !== b.swapCopy) found |= part.swapCopy;
  if (a.checksum !== b.checksum) found |= part.checksum;
  return found;
}

export function vmChanges(a: VmReading, b: VmReading): number {
  let found = a.balloon === b.balloon ? 0 : deviceChanges(a.balloon, b.balloon);
  if (a.state !== b.state || a.size !== b.size || a.mode !== b.mode || a.huge !== b.huge) {
    found |= part.life;
  }
  if (
    a.reservation !== b.reservation ||
    a.limit !== b.limit ||
    a.shares !== b.shares ||
    a.mergeable !== b.mergeable ||
    a.salt !== b.salt ||
    a.record !== b.record ||
    a.balloon.inhibited !== b.balloon.inhibited
  ) {
    found |= part.settings;
  }
  if (a.logging !== b.logging) found |= part.logging;
  if (a.stalled !== b.stalled) found |= part.stalled;
  if (a.consumed !== b.consumed || a.slotsUsed !== b.slotsUsed) found |= part.counts;
  if (
    a.active !== b.active ||
    a.swapOuts !== b.swapOuts ||
    a.swapIns !== b.swapIns ||
    a.doublePagings !== b.doublePagings ||
    !sameItems(a.sampled, b.sampled)
  ) {
    found |= part.reports;
  }
  return found;
}

type Device = VmReading['balloon'];

function deviceChanges(a: Device, b: Device): number {
  let found = a.target === b.target ? 0 : part.target;
  if (a.actual !== b.actual) found |= part.actual;
  if (a.driver !== b.driver || !sameFeatures(a, b)) found |= part.driver;
  if (!sameItems(a.told, b.told) || !sameItems(a.reclaimed, b.reclaimed)) found |= part.told;
  if (a.statistics !== b.statistics || a.reportedFree !== b.reportedFree) found |= part.statistics;
  return found;
}

type Features = Pick<Device, 'mustTell' | 'deflateOnOom' | 'reporting' | 'poison' | 'poisonValue'>;

/** What a driver negotiates when it is loaded. */
export function sameFeatures(a: Features, b: Features): boolean {
  return (
    a.mustTell === b.mustTell &&
    a.deflateOnOom === b.deflateOnOom &&
    a.reporting === b.reporting &&
    a.poison === b.poison &&
    a.poisonValue === b.poisonValue
  );
}

export function guestChanges(a: GuestReading, b: GuestReading): number {
  let found = sameTable(a.table, b.table) ? 0 : part.table;
  if (!sameItems(a.disk, b.disk)) found |= part.disk;
  if (!sameItems(a.use, b.use)) found |= part.use;
  if (
    a.balloonPages !== b.balloonPages ||
    a.managed !== b.managed ||
    a.record !== b.record ||
    !sameItems(a.inflating, b.inflating) ||
    !sameItems(a.deflating, b.deflating) ||
    !sameItems(a.reporting, b.reporting)
  ) {
    found |= part.messages;
  }
  if (
    !sameItems(a.expected, b.expected) ||
    !sameItems(a.unspecified, b.unspecified) ||
    !sameItems(a.harvested, b.harvested) ||
    !sameItems(a.written, b.written)
  ) {
    found |= part.ghosts;
  }
  return found;
}

export function frameChanges(a: FrameReading, b: FrameReading): number {
  return (a.content === b.content ? 0 : part.contents) | (sameFrame(a, b) ? 0 : part.frames);
}

export function slotChanges(a: SlotReading, b: SlotReading): number {
  return (
    (a.content === b.content ? 0 : part.slotContents) | (sameHolder(a.use, b.use) ? 0 : part.slots)
  );
}

/** Of the host, besides its frames, slots and VMs. */
export function hostChanges(a: HostReading, b: HostReading): number {
  let found = a.freeFrames === b.freeFrames ? 0 : part.frames;
  if (a.freeSlots !== b.freeSlots) found |= part.slots;
  if (a.zero.content !== b.zero.content || a.zero.references !== b.zero.references) {
    found |= part.shares;
  }
  return a.sharing === b.sharing ? found : found | sharingChanges(a.sharing, b.sharing);
}

type Scanner = HostReading['sharing'];

function sharingChanges(a: Scanner, b: Scanner): number {
  let found = a.run === b.run ? 0 : part.scanner;
  if (a.shared !== b.shared || a.sharing !== b.sharing) found |= part.shares;
  if (a.fullScans !== b.fullScans || !sameMention(a.cursor, b.cursor)) found |= part.scanner;
  if (a.unstable === b.unstable) return found;
  for (let s = 0; s < a.unstable.length; s++) {
    const from = a.unstable.at(s);
    const to = b.unstable.at(s);
    for (let c = 0; c < from.length; c++) {
      if (!sameMention(from.at(c), to.at(c))) found |= part.scanner;
    }
  }
  return found;
}

export function sameUse(a: FrameReading['use'], b: FrameReading['use']): boolean {
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

function sameFrame(a: FrameReading, b: FrameReading): boolean {
  if (a.references !== b.references || !sameUse(a.use, b.use)) return false;
  if (a.sharers === b.sharers) return true;
  for (let v = 0; v < a.sharers.length; v++) {
    if (!sameItems(a.sharers.at(v), b.sharers.at(v))) return false;
  }
  return true;
}

type SlotReading = ReturnType<HostReading['slots']['at']>;
type Holder = SlotReading['use'];

export function sameHolder(a: Holder, b: Holder): boolean {
  if (a.kind === 'free' || b.kind === 'free') return a.kind === b.kind;
  return a.vm === b.vm && a.page === b.page;
}

type Mention = Scanner['cursor'];

export function sameMention(a: Mention, b: Mention): boolean {
  if (a.kind === 'none' || b.kind === 'none') return a.kind === b.kind;
  return a.vm === b.vm && a.page === b.page;
}

export function samePlace(a: Place, b: Place): boolean {
  if (a === b) return true;
  if (a.kind === 'swapped') return b.kind === 'swapped' && a.slot === b.slot;
  if (a.kind === 'mapped') return b.kind === 'mapped' && a.frame === b.frame;
  if (a.kind === 'special') return b.kind === 'special' && a.frame === b.frame;
  return a.kind === b.kind;
}

type Entry = ReturnType<GuestReading['table']['at']>;

export function sameEntry(a: Entry, b: Entry): boolean {
  if (a.kind === 'present') {
    return b.kind === 'present' && a.page === b.page && a.writable === b.writable;
  }
  if (a.kind === 'paged') return b.kind === 'paged' && a.block === b.block;
  return b.kind === 'absent';
}

/** Of what a VM and its guest keep of each page in tables of their own, one page. */
export function entryChanges(
  page: number,
  from: VmReading,
  to: VmReading,
  old: GuestReading,
  now: GuestReading,
): number {
  let found = old.use[page] === now.use[page] ? 0 : part.use;
  if (
    old.inflating[page] !== now.inflating[page] ||
    old.deflating[page] !== now.deflating[page] ||
    old.reporting[page] !== now.reporting[page]
  ) {
    found |= part.messages;
  }
  if (
    old.expected[page] !== now.expected[page] ||
    old.unspecified[page] !== now.unspecified[page] ||
    old.harvested[page] !== now.harvested[page]
  ) {
    found |= part.ghosts;
  }
  const [was, is] = [from.balloon, to.balloon];
  if (was.told[page] !== is.told[page] || was.reclaimed[page] !== is.reclaimed[page]) {
    found |= part.told;
  }
  return found;
}
/** The parts that are kept page by page in such tables, besides totals. */
export const entries = part.use | part.told | part.messages | part.ghosts;
export function totalChanges(a: GuestReading, b: GuestReading): number {
  let found = sameItems(a.written, b.written) ? 0 : part.ghosts;
  if (a.balloonPages !== b.balloonPages || a.managed !== b.managed) found |= part.messages;
  return found;
}

type Table = GuestReading['table'];

function sameTable(a: Table, b: Table): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (!sameEntry(a.at(i), b.at(i))) return false;
  return true;
}

/** Read by index, which is quicker than `at` where so many are. */
interface Items {
  readonly length: number;
  readonly [id: number]: boolean | number | string | null;
}

function sameItems(a: Items, b: Items): boolean {
  if (a === b) return true;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
