/**
 * How properties read memory. What they need is worked out here from the tables themselves and not
 * by the model's own helpers: a fault in one of those must not hide from a property.
 */
import { type Change, propertiesOf, remembered, type View } from '../../machine/index.ts';
import type { CheckedMemory, Memory, MemoryCall, MemorySizes } from '../../model/index.ts';

export const property = propertiesOf<CheckedMemory>();

export type Reading = View<Memory>;
export type HostReading = Reading['host'];
type ElementOf<T> = T extends { at(id: never): infer X } ? X : never;
export type FrameReading = ElementOf<HostReading['frames']>;
export type VmReading = ElementOf<HostReading['vms']>;
export type PageReading = ElementOf<VmReading['pages']>;
export type GuestReading = ElementOf<Reading['guests']>;
export type Place = PageReading['at'];
/** A set of ids, of whatever index. */
export interface Flags {
  readonly length: number;
  readonly [id: number]: boolean;
  at(id: number): boolean;
}
export type MemoryChange = Change<CheckedMemory>;
type Kind = MemoryCall['kind'];

/** Names of commands that must exist. */
export const kinds = <K extends Kind>(...names: readonly K[]): readonly K[] => names;

export const pageName = (vm: number, page: number): string => `page ${page} of VM ${vm}`;

/** What a read of a page would find now: its frame's bytes, its slot's, or zeros. */
export function contentAt({ host }: Reading, at: Place): number {
  switch (at.kind) {
    case 'mapped':
      return host.frames.at(at.frame).content;
    case 'swapped':
      return host.slots.at(at.slot).content;
    case 'zero':
      return host.zero.content;
    default:
      return 0;
  }
}

/** The page has a frame to itself. */
export function isPrivate(host: HostReading, at: Place): boolean {
  return at.kind === 'mapped' && host.frames.at(at.frame).use.kind === 'private';
}

/** The page shares a frame, be it the zero frame. */
export function isShared(host: HostReading, at: Place): boolean {
  return (
    at.kind === 'zero' || (at.kind === 'mapped' && host.frames.at(at.frame).use.kind === 'shared')
  );
}

/** Pages that map a frame, counted in the tables of the VMs. */
export function mappingsOf({ vms }: HostReading, frame: number): number {
  let count = 0;
  for (let v = 0; v < vms.length; v++) {
    const { pages } = vms.at(v);
    for (let p = 0; p < pages.length; p++) {
      const { at } = pages.at(p);
      if (at.kind === 'mapped' && at.frame === frame) count++;
    }
  }
  return count;
}

/** Free frames, counted in the table of frames. */
export function freeFramesOf({ frames }: HostReading): number {
  let count = 0;
  for (let f = 0; f < frames.length; f++) if (frames.at(f).use.kind === 'free') count++;
  return count;
}

/** Swap slots in use by a VM, counted in the table of slots. */
export function slotsOf({ slots }: HostReading, vm: number): number {
  let count = 0;
  for (let s = 0; s < slots.length; s++) {
    const { use } = slots.at(s);
    if (use.kind === 'used' && use.vm === vm) count++;
  }
  return count;
}

/** Pages of a VM with memory behind them: the zero frame counts, the hypervisor's own do not. */
export function consumedBy({ pages }: VmReading): number {
  let count = 0;
  for (let p = 0; p < pages.length; p++) {
    const { kind } = pages.at(p).at;
    if (kind === 'mapped' || kind === 'zero') count++;
  }
  return count;
}

/** The host may take nothing away: that is forbidden, or pages are missing which are to come. */
export function isInhibited({ balloon, pages }: VmReading): boolean {
  if (balloon.inhibited) return true;
  for (let p = 0; p < pages.length; p++) if (pages.at(p).at.kind === 'missing') return true;
  return false;
}

/** Pages in the balloon, counted by what the guest uses each page for. */
export function balloonOf({ use }: GuestReading): number {
  let count = 0;
  for (let p = 0; p < use.length; p++) if (use.at(p) === 'ballooned') count++;
  return count;
}

export function count(flags: Flags): number {
  let set = 0;
  for (let i = 0; i < flags.length; i++) if (flags.at(i)) set++;
  return set;
}

export function any(flags: Flags): boolean {
  for (let i = 0; i < flags.length; i++) if (flags.at(i)) return true;
  return false;
}

/** Whole guest pages that the driver should hold for the VM's target. */
export function wantedBy({ balloon }: VmReading, size: MemorySizes): number {
  return Math.ceil(balloon.target / size.units);
}

/** How many pages the balloon is away from what it should hold. */
export function distance(m: Reading, vm: number, size: MemorySizes): number {
  return Math.abs(wantedBy(m.host.vms.at(vm), size) - balloonOf(m.guests.at(vm)));
}

/** Pages of one VM that the VMM backs by one huge page lie between these two. */
export const hostPageStart = (machine: VmReading, page: number, size: MemorySizes): number =>
  machine.huge ? page - (page % size.hostPage) : page;
export const hostPageEnd = (machine: VmReading, page: number, size: MemorySizes): number =>
  machine.huge ? Math.min(page - (page % size.hostPage) + size.hostPage, machine.size) : page + 1;

/** The event of a type, or undefined. */
export function eventOf(
  change: MemoryChange,
  type: string,
): MemoryChange['events'][number] | undefined {
  for (const event of change.events) if (event.type === type) return event;
  return undefined;
}

/** What a command is about: the VM and the page that it names, and the page that it wrote, or -1. */
interface Subject {
  readonly vm: number;
  readonly page: number;
  readonly written: number;
}
const subjectOf = remembered((change: MemoryChange): Subject => {
  const { before, call } = change;
  const vm = 'vm' in call.args ? call.args.vm : -1;
  let page = -1;
  if ('page' in call.args) page = call.args.page;
  else if ('virtual' in call.args) {
    const entry = before.guests.at(call.args.vm).table.at(call.args.virtual);
    if (entry.kind === 'present') page = entry.page;
  }
  // Where the guest wants it, whatever the VMM takes that to be.
  if (call.kind === 'record.write') page = before.guests.at(vm).record ?? -1;
  return { vm, page, written: isWrite(change) ? page : -1 };
});

/** An accepted command wrote a page: seen by what it is and tells, not by its effect. */
function isWrite(change: MemoryChange): boolean {
  switch (change.call.kind) {
    case 'memory.write':
      return eventOf(change, 'written') !== undefined;
    case 'memory.dma':
      return eventOf(change, 'iommu-fault') === undefined;
    case 'memory.host-write':
    case 'memory.overwrite':
    case 'record.write':
      return true;
    default:
      return false;
  }
}

/** The VM that a command names, or -1. */
export const vmOf = (change: MemoryChange): number => subjectOf(change).vm;
/** The guest page that a command is about, directly or through the guest's table, or -1. */
export const pageOf = (change: MemoryChange): number => subjectOf(change).page;
/** The page of that VM that an accepted command wrote, or -1. */
export const writtenPage = (change: MemoryChange): number => subjectOf(change).written;
