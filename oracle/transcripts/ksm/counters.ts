/**
 * Judging one reading of the KSM counters. Each counter is true at the instant it is read, and the
 * scanner may run between two readings, so bounds across counters are widened by what was scanned
 * since the reading before (decision 23 of the design); bounds on one counter are not.
 */
import { outside } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import { after } from './after.ts';
import { apply } from './commands.ts';
import { itemBounds, SCANS_TO_MERGE, SCANS_TO_VISIT, scansSince } from './scans.ts';
import type { Counters, State } from './state.ts';

/** One reading of all counters. */
export interface Reading {
  readonly counters: Counters;
  readonly place: Place;
  /** The script did something since the reading before: only then can `run` have been written. */
  readonly acted: boolean;
  /** The log says that `run` is 0 and was at the reading before. */
  readonly stopped: boolean;
}

/** Scans that may end while the ten counters are read, on a loaded host. */
const SCANS_WHILE_READING = 8;

type Bound = readonly [field: keyof Counters, low: number, high: number, because?: Place];

/** The state after the reading, or why it is impossible. */
export function observe(before: State, reading: Reading): State | Contradiction {
  const { counters, place, acted } = reading;
  const { last } = before;
  const falls = acted && last !== undefined && counters.full_scans < last.full_scans;
  const untold = falls && !before.restarted;
  const state = untold ? apply(before, { kind: 'unmerge-all' }) : caughtUp(before);
  const visits = last === undefined ? Number.POSITIVE_INFINITY : visited(counters, last);
  const reset = falls || before.restarted;
  const all = [...scanBounds(before, counters, reset), ...bounds(state, reading, visits)];
  for (const bound of all) {
    const [field, low, high, because = last?.place] = bound;
    const found = outside(field, counters[field], { low, high }, { because });
    if (found !== undefined) return found;
  }
  return sumWrong(state, reading, visits) ?? after(state, counters, place, visits);
}

/** Once the scanner came by every page, no counter lags. */
function caughtUp(state: State): State {
  return scansSince(state, SCANS_TO_VISIT) ? { ...state, stale: 0, leaving: 0 } : state;
}

function visited(now: Counters, then: Counters): number {
  return now.pages_scanned + now.pages_skipped - then.pages_scanned - then.pages_skipped;
}

/** Totals never fall; `full_scans` falls only by `run=2`, and counts scans of every page. */
function scanBounds(state: State, now: Counters, reset: boolean): Bound[] {
  const { last, room, steady, leaving } = state;
  const open = Number.POSITIVE_INFINITY;
  if (last === undefined) return [];
  const pages = Math.max(steady, room.pages) + leaving;
  const scans = now.full_scans - last.full_scans + SCANS_WHILE_READING;
  const most = reset || pages === 0 ? open : pages * scans;
  const skipped = now.pages_skipped - last.pages_skipped;
  const pace: Bound[] = [
    ['pages_skipped', last.pages_skipped, last.pages_skipped + most],
    ['pages_scanned', last.pages_scanned, last.pages_scanned + Math.max(0, most - skipped)],
  ];
  const unseen = state.useZero || last.ksm_zero_pages > 0 ? room.zeros : 0;
  const least = Math.min(steady, room.pages) - unseen;
  if (least <= 0) return pace;
  // Part of the last reading's visits came after its `full_scans` was read.
  const ended = Math.floor((visited(now, last) + state.visits) / least) + 2;
  if (!reset) return [...pace, ['full_scans', last.full_scans, last.full_scans + ended]];
  return now.full_scans <= ended ? pace : [...pace, ['full_scans', last.full_scans, open]];
}

function bounds(state: State, { counters, stopped }: Reading, visits: number): Bound[] {
  const { low, room, last, stale } = state;
  const floor = convergedFloor(state);
  const zeroHigh = state.useZero || (last?.ksm_zero_pages ?? 0) > 0 ? room.zeros : 0;
  const grown = visits + state.visits;
  // With every page merged the frames are all there, and are counted after the mappings are read.
  const full = state.fresh && room.certain && counters.pages_sharing === room.sharing;
  const zerosBegun = state.items.high === 0 ? 0 : (last?.ksm_zero_pages ?? 0);
  const list: Bound[] = [
    ...(counters.full_scans === 0 ? nothingYet() : []),
    ['pages_shared', Math.max(low.shared, floor.shared), sharedHigh(state, grown)],
    ['pages_sharing', Math.max(low.sharing, floor.sharing), room.sharing + stale],
    ['ksm_zero_pages', Math.max(low.zeros, floor.zeros), Math.min(zeroHigh, zerosBegun + grown)],
    ['stable_node_chains', full ? room.chains : floor.chains, room.chainsEver],
    ['stable_node_dups', full ? room.dups : floor.dups, room.dupsEver],
    ...ratios(state, counters, visits),
  ];
  if (last !== undefined && stopped) list.push(...unchanged(last));
  return list;
}

/** The first scan only learns what the pages hold (DED-T6): nothing is merged before its end. */
function nothingYet(): Bound[] {
  const none = [
    'pages_shared',
    'pages_sharing',
    'pages_unshared',
    'ksm_zero_pages',
    'stable_node_chains',
    'stable_node_dups',
  ] as const;
  return none.map((field) => [field, 0, 0]);
}

/** A frame is begun only when those before it are full, so each content has at most so many. */
function sharedHigh({ room, items, last }: State, visits: number): number {
  const begun = items.high === 0 ? 0 : (last?.pages_shared ?? 0);
  return Math.min(room.sharedEver, begun + visits);
}

/** Frames have two mappings at least while none was left, and at most the limit (DED-I1). */
function ratios(state: State, now: Counters, visits: number): Bound[] {
  const { fresh, room, low } = state;
  const open = Number.POSITIVE_INFINITY;
  const extra = Math.max(1, room.widest - 1);
  if (!fresh) return chainBounds(state, now);
  return [
    ['pages_shared', Math.ceil(low.sharing / extra), now.pages_sharing],
    ['pages_sharing', 0, extra * (now.pages_shared + visits)],
    ...chainBounds(state, now),
    ['stable_node_dups', 2 * now.stable_node_chains, open],
  ];
}

/** While no frame went, no chain of frames got shorter. */
function chainBounds({ framesLost, last, room, items }: State, now: Counters): Bound[] {
  if (framesLost || last === undefined || items.high === 0) return [];
  const open = Number.POSITIVE_INFINITY;
  return [
    ['stable_node_chains', Math.min(last.stable_node_chains, room.chainsEver), open],
    ['stable_node_dups', Math.min(last.stable_node_dups, room.dupsEver), open],
    ['stable_node_dups', 2 * now.stable_node_chains, open],
  ];
}

function unchanged(last: Counters): Bound[] {
  const still = [
    'pages_shared',
    'pages_sharing',
    'pages_unshared',
    'pages_volatile',
    'full_scans',
    'stable_node_chains',
    'stable_node_dups',
    'pages_skipped',
    'pages_scanned',
  ] as const;
  return still.map((field) => [field, last[field], last[field]]);
}

/** Where every equal page had its visits, all of them are merged (DED-L1). */
function convergedFloor(state: State): {
  shared: number;
  sharing: number;
  zeros: number;
  chains: number;
  dups: number;
} {
  const { room, fresh, young } = state;
  const none = { shared: 0, sharing: 0, zeros: 0, chains: 0, dups: 0 };
  if (!scansSince(state, SCANS_TO_MERGE) || !fresh || !young || !room.certain) return none;
  // Zero pages merged before `use_zero_pages` was set stay as they are: either way is possible.
  if (state.useZero && state.zeroShared) return none;
  const zeros = state.useZero ? room.zeros : 0;
  const { shared, sharing, chains, dups } = room;
  return { shared, sharing, zeros, chains, dups };
}

/** Shared, sharing, unshared and volatile pages are all the pages the scanner knows (DED-I4). */
function sumWrong(state: State, reading: Reading, visits: number): Contradiction | undefined {
  const { counters: now } = reading;
  const because = state.last?.place;
  const items = itemBounds(state, visits);
  const kept = state.stale === 0 ? now.pages_shared + now.pages_sharing : merges(state);
  for (const field of ['pages_unshared', 'pages_volatile'] as const) {
    const most = { low: 0, high: items.high - kept };
    const found = outside(field, now[field], most, { because });
    if (found !== undefined) return found;
  }
  const rest = now.pages_unshared + now.pages_volatile;
  const known = rest + now.pages_shared + now.pages_sharing;
  const low = Math.max(0, items.low - visits);
  const high = items.high + (items.high === 0 ? 0 : visits);
  const what = 'pages_shared + pages_sharing + pages_unshared + pages_volatile';
  return outside('pages_unshared', known, { low, high }, { what, because });
}

function merges({ low }: State): number {
  return low.shared + low.sharing;
}
