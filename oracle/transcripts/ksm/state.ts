/**
 * The counting abstraction of same-page merging (specification chapter 4): how many pages could be
 * merged, how many surely are, and how many counters may still lag behind a change. One value is
 * one hypothesis about which processes live; {@link Belief} holds those that fit the log so far.
 */

import type { Place } from '../verdict.ts';
import { type Capacity, capacity, framesKept } from './capacity.ts';
import {
  contentKey,
  isCertain,
  originalKey,
  type Process,
  pageCount,
  redonePages,
  sizeClasses,
  zeroPages,
} from './population.ts';

/** The counters of `/sys/kernel/mm/ksm`, read one after another and not at one instant. */
export interface Counters {
  readonly pages_shared: number;
  readonly pages_sharing: number;
  readonly pages_unshared: number;
  readonly pages_volatile: number;
  readonly full_scans: number;
  readonly ksm_zero_pages: number;
  readonly stable_node_chains: number;
  readonly stable_node_dups: number;
  readonly pages_skipped: number;
  readonly pages_scanned: number;
}

/** What the log told of a word or a frame, and where. */
export interface Known {
  readonly value: string;
  readonly place: Place;
  /** The page that was looked at, for a frame. */
  readonly holder?: { readonly name: string; readonly page: number };
}

/** One hypothesis. Numbers are pages. */
export interface State {
  readonly processes: readonly Process[];
  /** Every process since the last unmerge of everything, as it began: frames outlive contents. */
  readonly former: readonly Process[];
  /** How many pages ever got each written content since then. */
  readonly everWritten: ReadonlyMap<string, number>;
  /** A page left a content of a mass rewrite since then: others may keep its frame alone. */
  readonly redoneLeft: boolean;
  readonly limit: number;
  readonly useZero: boolean;
  /** Zero pages may be in shared frames: `use_zero_pages` was off at some time. */
  readonly zeroShared: boolean;
  readonly room: Room;
  /** At least so much is merged now. */
  readonly low: { readonly shared: number; readonly sharing: number; readonly zeros: number };
  /** Items of changed pages that the scanner has perhaps not dropped yet. */
  readonly stale: number;
  /** Items of pages that no longer take part, not dropped yet either. */
  readonly leaving: number;
  /** Bounds of the number of pages the scanner knows (rmap items). */
  readonly items: { readonly low: number; readonly high: number };
  /** An upper bound of `full_scans` at the last change; undefined until it is observed. */
  readonly changedAt: number | undefined;
  /** No page left a content since the last unmerge of everything: frames have no holes. */
  readonly fresh: boolean;
  /** A shared frame may have lost its last mapping since then. */
  readonly framesLost: boolean;
  /** Everything was unmerged since the last reading, so that `full_scans` began anew. */
  readonly restarted: boolean;
  /** All pages entered within one scan of each other, so that none is skipped as old. */
  readonly young: boolean;
  /** Pages visited between the last two readings: some of them while the last one was taken. */
  readonly visits: number;
  /** Pages that every scan visited since the last observation. */
  readonly steady: number;
  readonly last: (Counters & { readonly place: Place }) | undefined;
  readonly words: ReadonlyMap<string, Known>;
  readonly frames: ReadonlyMap<string, Known>;
}

/** What a population leaves room for. */
export interface Room extends Capacity {
  readonly pages: number;
  readonly zeros: number;
  /** Frames that may exist, counting those whose other mappings are gone. */
  readonly sharedEver: number;
  readonly chainsEver: number;
  readonly dupsEver: number;
}

const NO_ROOM: Room = {
  shared: 0,
  sharing: 0,
  chains: 0,
  dups: 0,
  widest: 0,
  certain: true,
  pages: 0,
  zeros: 0,
  sharedEver: 0,
  chainsEver: 0,
  dupsEver: 0,
};

/** No process, nothing merged, the kernel's documented defaults (limit 256, zero pages off). */
export function initial(): State {
  return {
    processes: [],
    former: [],
    everWritten: new Map(),
    redoneLeft: false,
    limit: 256,
    useZero: false,
    zeroShared: true,
    room: NO_ROOM,
    low: { shared: 0, sharing: 0, zeros: 0 },
    stale: 0,
    leaving: 0,
    items: { low: 0, high: Number.POSITIVE_INFINITY },
    changedAt: 0,
    fresh: true,
    framesLost: false,
    restarted: false,
    young: true,
    visits: 0,
    steady: 0,
    last: undefined,
    words: new Map([['zero', { value: '0'.repeat(16), place: { line: 0, event: 0 } }]]),
    frames: new Map(),
  };
}

/** Recomputes the room after the population or a setting changed. */
export function withRoom(state: State): State {
  const { processes, limit, zeroShared } = state;
  const now = sizeClasses(processes);
  const original = sizeClasses(state.former);
  const kept = state.redoneLeft ? redonePages(processes) : 0;
  const redone = state.redoneLeft ? [] : now.filter((group) => !group.certain);
  const written = [...state.everWritten].map(([key, size]) => ({
    size,
    count: 1,
    certain: isCertain(key),
    zero: false,
  }));
  const ever = capacity([...original, ...redone, ...written], limit, zeroShared);
  const room: Room = {
    ...capacity(now, limit, zeroShared),
    pages: processes.reduce((sum, each) => sum + mergeablePages(each), 0),
    zeros: zeroPages(processes),
    sharedEver: ever.shared + kept,
    chainsEver: ever.chains + Math.floor(kept / 2),
    dupsEver: ever.dups + kept,
  };
  return { ...state, room };
}

/** Pages of a process that may be merged. */
export function mergeablePages(process: Process): number {
  return process.mergeable ? pageCount(process.layout) : 0;
}

/**
 * Frames that exist at least, if everything was merged before: those of contents that two pages
 * ever had and that some merged page still has.
 */
export function keptFrames(state: State): number {
  const sharers = state.processes.filter((process) => process.mergeable);
  const commons = Math.max(0, ...sharers.map(({ layout }) => layout.common));
  // Contents that only came together with a later process were not.
  const then = state.former.slice(0, Math.min(...sharers.map(({ sure }) => sure)));
  const left = new Map<number, number>();
  for (let index = 0; index < commons; index += 1) {
    if (then.filter(({ layout }) => layout.common > index).length < 2) continue;
    const size = sharers.filter((each) => each.layout.common > index && kept(each, index)).length;
    left.set(size, (left.get(size) ?? 0) + 1);
  }
  const groups = [...left].map(([size, count]) => ({ size, count }));
  // A page that came back to its content is not merged yet; then nothing is promised.
  const restored = sharers.some((each) =>
    [...each.written].some(([page, { key }]) => key === originalKey(each.layout, page)),
  );
  const zeros = restored || !state.zeroShared ? 0 : zeroPages(sharers);
  return framesKept(zeros >= 2 ? [...groups, { size: zeros, count: 1 }] : groups, state.limit);
}

function kept(process: Process, page: number): boolean {
  const written = process.written.get(page);
  if (written === undefined) return page >= process.rewritten;
  return written.sure && written.key === originalKey(process.layout, page);
}

/** Whether the page is merged for sure (`true`), private for sure (`false`), or not known. */
export function merged(state: State, process: Process, page: number): boolean | undefined {
  if (!process.mergeable) return false;
  const key = contentKey(process, page);
  const original = originalKey(process.layout, page);
  if (key === 'zero' && state.useZero && !state.zeroShared) {
    return state.low.zeros > 0 && state.low.zeros === state.room.zeros ? true : undefined;
  }
  const written = process.written.get(page);
  if (!canMerge(state, process, page)) return false;
  if (written !== undefined) return written.sure ? true : undefined;
  // Whether unique pages of equal seeds are equal is not said.
  if (page < process.rewritten || original.startsWith('unique')) return undefined;
  // A process that came later may have brought the first equal page.
  const then = { ...state, former: state.former.slice(0, process.sure) };
  return key === original && canMerge(then, process, page) ? true : undefined;
}

/** Whether any other page ever had the content of this one since the last unmerge of all. */
function canMerge(state: State, process: Process, page: number): boolean {
  const key = contentKey(process, page);
  if (key !== originalKey(process.layout, page)) {
    // Of a mass rewrite the log does not tell the contents.
    return key.endsWith('~') || (state.everWritten.get(key) ?? 0) >= 2;
  }
  const kind = key.split(' ', 1)[0];
  const { former } = state;
  if (kind === 'common') return former.filter(({ layout }) => layout.common > page).length >= 2;
  if (kind === 'zero') return former.reduce((sum, { layout }) => sum + layout.zero, 0) >= 2;
  if (kind === 'identical') {
    return former.reduce((sum, { layout }) => sum + layout.identical, 0) >= 2;
  }
  return former.filter(({ layout }) => layout.seed === process.layout.seed).length >= 2;
}
