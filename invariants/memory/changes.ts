/**
 * What a command changed. Both states are compared once for each command, field by field, and every
 * property of the command looks at the result first. Nothing of the model is used for it, so that no
 * fault can hide a change. Where both states have the very same object, nothing in it changed.
 */
import { type Reads, remembered } from '../../machine/index.ts';
import type { CheckedMemory } from '../../model/index.ts';
import {
  everything,
  frameChanges,
  guestChanges,
  hostChanges,
  nameOf,
  pageChanges,
  slotChanges,
  vmChanges,
} from './parts.ts';
import { type MemoryChange, pageName } from './reading.ts';

/** Members of an index set that changed, and the parts of each that did. */
export interface Members {
  readonly ids: readonly number[];
  readonly parts: readonly number[];
}

/** The parts that changed: anywhere, on the host, of each VM, and of frames, slots and pages. */
export interface Changes {
  readonly any: number;
  readonly host: number;
  readonly vms: readonly number[];
  readonly frames: Members;
  readonly slots: Members;
  /** Numbered through: the pages of the first VM, then those of the next. */
  readonly pages: Members;
}

export const changesOf = remembered(({ before, after }: MemoryChange): Changes => {
  const [from, to] = [before.host, after.host];
  let host = from === to ? 0 : hostChanges(from, to);
  if (from.frames !== to.frames) host |= collect(0, from.frames, to.frames, frameChanges);
  const frames = collected();
  if (from.slots !== to.slots) host |= collect(0, from.slots, to.slots, slotChanges);
  const slots = collected();
  const vms: number[] = zeros(to.vms.length);
  let any = host;
  for (let v = 0; v < to.vms.length; v++) {
    const [a, b] = [from.vms.at(v), to.vms.at(v)];
    const [old, now] = [before.guests.at(v), after.guests.at(v)];
    let inVm = a === b ? 0 : vmChanges(a, b);
    if (old !== now) inVm |= guestChanges(old, now);
    vms[v] = inVm;
    any |= inVm;
    if (a === b || a.pages === b.pages) continue;
    any |= collect(v * b.pages.length, a.pages, b.pages, pageChanges);
  }
  return { any, host, vms, frames, slots, pages: collected() };
});

/** Filled by `collect`: arrays that grow take several times the room of such as are cut to measure. */
const ids: number[] = [];
const parts: number[] = [];
let count = 0;
const nothing: Members = { ids: [], parts: [] };

function collected(): Members {
  if (count === 0) return nothing;
  const found = { ids: ids.slice(0, count), parts: parts.slice(0, count) };
  count = 0;
  return found;
}

export function zeros(length: number): number[] {
  const all = new Array<number>(length);
  for (let i = 0; i < length; i++) all[i] = 0;
  return all;
}

interface Rows<X> {
  readonly length: number;
  at(id: number): X;
}

/** Collects what changed of some rows; returns all parts that did. */
function collect<X>(
  first: number,
  before: Rows<X>,
  after: Rows<X>,
  changes: (a: X, b: X) => number,
): number {
  let any = 0;
  for (let i = 0; i < after.length; i++) {
    const a = before.at(i);
    const b = after.at(i);
    if (a === b) continue;
    const changed = changes(a, b);
    if (changed === 0) continue;
    ids[count] = first + i;
    parts[count++] = changed;
    any |= changed;
  }
  return any;
}

const changed = (change: MemoryChange): number => changesOf(change).any;

/** For a property: it holds where none of these parts changed. */
export const reads = (parts: number): Reads<CheckedMemory> => ({ parts, changed });

/** Whether any of these parts changed anywhere. */
export const touches = (change: MemoryChange, parts: number): boolean =>
  (changesOf(change).any & parts) !== 0;

/** What may change: on the host and in what a command names, and in other VMs and pages. */
interface Leave {
  readonly mine: number;
  readonly others: number;
}

/**
 * The first part that changed without leave, as a sentence, or null. The command names a VM (any VM
 * when -1) and a page of it (all its pages when -1).
 */
export function trespass(
  change: MemoryChange,
  vm: number,
  page: number,
  { mine, others }: Leave,
): string | null {
  const { any, host, vms, pages } = changesOf(change);
  if ((any & ~(mine & others)) === 0) return null;
  const onHost = host & ~mine;
  if (onHost !== 0) return `${nameOf(onHost)} of the host changed`;
  let next = 0;
  for (let v = 0; v < vms.length; v++) {
    const allowed = vm === -1 || v === vm ? mine : others;
    const inVm = (vms[v] ?? 0) & ~allowed;
    if (inVm !== 0) return `${nameOf(inVm)} of VM ${v} changed`;
    for (; next < pages.ids.length; next++) {
      const p = (pages.ids[next] ?? 0) - v * change.size.page;
      if (p >= change.size.page) break;
      const leave = page === -1 || p === page ? allowed : others;
      const inPage = (pages.parts[next] ?? 0) & ~leave;
      if (inPage !== 0) return `${nameOf(inPage)} of ${pageName(v, p)} changed`;
    }
  }
  return null;
}

/** Leave to change everything but these parts. */
export const allBut = (parts: number): Leave => ({
  mine: everything & ~parts,
  others: everything & ~parts,
});
