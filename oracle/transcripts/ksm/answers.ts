/**
 * Judging what a test process answers about its own pages. Merging is invisible to reads
 * (DED-T1), a write is seen by its writer only (DED-T4), and a frame holds one content (DED-T3).
 */
import type { Contradiction, Place } from '../verdict.ts';
import { frames } from './capacity.ts';
import { apply, processOf } from './commands.ts';
import { contentKey, type Process, pageCount, wordKey, zeroPages } from './population.ts';
import { SCANS_TO_VISIT, scansSince } from './scans.ts';
import { type Known, mergeablePages, merged, type State } from './state.ts';

/** Sizes that the profit formula of `ksm_stat` uses on 64-bit Linux, in bytes. */
const PAGE_BYTES = 4096;
const ITEM_BYTES = 64;

/** An answer of a test process. Pages are indices in its memory. */
export type Answer =
  | { readonly kind: 'read'; readonly page: number; readonly word: string }
  | { readonly kind: 'frame'; readonly page: number; readonly frame: string }
  | {
      readonly kind: 'write';
      readonly page: number;
      readonly word: string;
      readonly framesDiffer: boolean;
    }
  | {
      readonly kind: 'stat';
      readonly items: number;
      readonly zeros: number;
      readonly merging: number;
      readonly profit: number;
      /** `ksm_merge_any` and `ksm_mergeable`, `yes` or `no`, where the kernel prints them. */
      readonly any: string | undefined;
      readonly mergeable: string | undefined;
    };

/** The state after the answer (and after the write it reports), or why it is impossible. */
export function answered(
  state: State,
  name: string,
  answer: Answer,
  place: Place,
): State | Contradiction {
  const process = processOf(state, name);
  if (process === undefined) {
    const allowed = 'no answer: the process is gone';
    return { field: 'proc', observed: name, allowed, difference: 'one answer too many' };
  }
  switch (answer.kind) {
    case 'read':
      return read(state, process, answer.page, answer.word, place);
    case 'frame':
      return frame(state, process, answer.page, answer.frame, place);
    case 'write':
      return written(state, process, answer);
    case 'stat':
      return stat(state, process, answer) ?? state;
  }
}

/** A content has one first word, whoever reads it. */
function read(
  state: State,
  process: Process,
  page: number,
  word: string,
  place: Place,
): State | Contradiction {
  const key = wordKey(process, contentKey(process, page), page);
  const told = key.split('=')[1];
  const known: Known | undefined =
    told === undefined ? state.words.get(key) : { value: told, place: { line: 0, event: 0 } };
  if (known === undefined) {
    return { ...state, words: new Map(state.words).set(key, { value: word, place }) };
  }
  if (known.value === word) return state;
  return contradiction('out.value', word, known.value, 'another word', known.place);
}

/**
 * Merged pages of one content lie in one frame; different contents never do. Only of a merged page
 * is it known that it stays where it is: a private one may be merged, and its frame be used again.
 */
function frame(
  state: State,
  process: Process,
  page: number,
  number: string,
  place: Place,
): State | Contradiction {
  const key = contentKey(process, page);
  const other = state.frames.get(`frame ${number}`);
  if (other !== undefined && other.value !== key && stillThere(state, other)) {
    const allowed = `another frame than that of ${other.value}`;
    return contradiction('out.pfn', number, allowed, `it holds ${key}`, other.place);
  }
  if (merged(state, process, page) !== true) return state;
  const holder = { name: process.name, page };
  const next = new Map(state.frames).set(`frame ${number}`, { value: key, place, holder });
  if (!oneFrame(state, key)) return { ...state, frames: next };
  const known = state.frames.get(`content ${key}`);
  if (known === undefined || known.value === number) {
    return { ...state, frames: next.set(`content ${key}`, { value: number, place }) };
  }
  return contradiction('out.pfn', number, known.value, 'another frame', known.place);
}

function stillThere(state: State, { holder, value }: Known): boolean {
  const process = holder === undefined ? undefined : processOf(state, holder.name);
  if (process === undefined || holder === undefined) return false;
  const same = contentKey(process, holder.page) === value;
  return same && merged(state, process, holder.page) === true;
}

/** Whether all pages of a content fit one frame and only one was ever needed. */
function oneFrame(state: State, key: string): boolean {
  if (key === 'zero') return state.useZero && !state.zeroShared;
  if (!key.startsWith('common') || key.includes('=')) return false;
  return state.fresh || frames(state.former.length, state.limit) <= 1;
}

/** A write to a merged page gives the writer a frame of its own; to a private page, nothing new. */
function written(
  state: State,
  process: Process,
  { page, word, framesDiffer }: Extract<Answer, { kind: 'write' }>,
): State | Contradiction {
  const was = merged(state, process, page);
  if (was !== undefined && was !== framesDiffer) {
    const kind = was ? 'the page was merged' : 'the page was private';
    return contradiction('out.framesDiffer', `${framesDiffer}`, `${was}`, kind, state.last?.place);
  }
  return apply(state, { kind: 'write', name: process.name, page, word });
}

function stat(
  state: State,
  process: Process,
  { items, zeros, merging, profit, any, mergeable }: Extract<Answer, { kind: 'stat' }>,
): Contradiction | undefined {
  // Merging was asked for with madvise only, never for the whole process.
  if (any === 'yes') return contradiction('out.ksm_stat.ksm_merge_any', any, 'no', 'yes or no');
  const advised = process.mergeable ? 'yes' : 'no';
  if (mergeable !== undefined && mergeable !== advised) {
    return contradiction('out.ksm_stat.ksm_mergeable', mergeable, advised, 'yes or no');
  }
  const pages = mergeablePages(process);
  const own = { all: pageCount(process.layout), zeros: zeroPages([process]) };
  const zeroHigh = state.useZero || state.low.zeros > 0 ? own.zeros : 0;
  const allZeros = state.low.zeros > 0 && state.low.zeros === state.room.zeros;
  const visited = scansSince(state, SCANS_TO_VISIT) && state.leaving === 0;
  const part = mergedPages(state, process);
  const itemsHigh = pages === 0 ? own.all : pages;
  const checks: readonly (readonly [string, number, number, number])[] = [
    ['out.ksm_stat.ksm_rmap_items', items, visited ? pages - zeroHigh : 0, itemsHigh],
    ['out.ksm_stat.ksm_zero_pages', zeros, allZeros ? own.zeros : 0, zeroHigh],
    ['out.ksm_stat.ksm_merging_pages', merging, part.low, part.high + state.stale],
  ];
  for (const [field, value, low, high] of checks) {
    if (value >= low && value <= high) continue;
    const allowed = low === high ? `${low}` : `${low} to ${high}`;
    const far = value < low ? `${low - value} too few` : `${value - high} too many`;
    return contradiction(field, `${value}`, allowed, far, state.last?.place);
  }
  // The kernel prints the four one after another; two pages may be scanned meanwhile.
  const still = part.low === part.high && state.stale === 0 && visited;
  const slack = still ? 0 : 2 * (PAGE_BYTES + ITEM_BYTES);
  const expected = (merging + zeros) * PAGE_BYTES - items * ITEM_BYTES;
  if (Math.abs(profit - expected) <= slack) return undefined;
  const far = `${Math.abs(profit - expected)} bytes`;
  return contradiction('out.ksm_stat.ksm_process_profit', `${profit}`, `${expected}`, far);
}

/** Bounds of how many pages of the process are merged, without items that lag. */
function mergedPages(state: State, process: Process): { low: number; high: number } {
  let low = 0;
  let high = 0;
  for (let page = 0; page < mergeablePages(process); page += 1) {
    const zero = contentKey(process, page) === 'zero' && state.useZero && !state.zeroShared;
    if (zero) continue;
    const was = merged(state, process, page);
    if (was === true) low += 1;
    if (was !== false) high += 1;
  }
  return { low, high };
}

function contradiction(
  field: string,
  observed: string,
  allowed: string,
  difference: string,
  because?: Place,
): Contradiction {
  const blame = because === undefined || because.line === 0 ? {} : { because };
  return { field, observed, allowed, difference, ...blame };
}
