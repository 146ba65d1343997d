/** What a possible reading tells: new lower bounds, and which pages are merged for sure. */
import type { Place } from '../verdict.ts';
import { frames } from './capacity.ts';
import { contentKey, sizeClasses } from './population.ts';
import { itemBounds } from './scans.ts';
import type { Counters, State } from './state.ts';

/** The state after a reading that was found possible; `visits` pages were scanned before it. */
export function after(state: State, now: Counters, place: Place, visits: number): State {
  const dropped = Math.max(0, (state.last?.pages_sharing ?? 0) - now.pages_sharing);
  const stale = Math.max(0, state.stale - dropped);
  const items = itemBounds(state, visits);
  const torn = Number.isFinite(visits) ? visits : sum(now);
  const seen = sum(now) - torn - state.leaving;
  const since = state.processes.flatMap((each) => (each.mergeable ? [each.since ?? -1] : []));
  const begun = Math.min(...since.map((scan) => (scan < 0 && now.full_scans <= 1 ? 0 : scan)));
  const changed = state.changedAt === undefined;
  const next: State = {
    ...state,
    low: {
      shared: stale === 0 ? now.pages_shared : Math.min(state.low.shared, now.pages_shared),
      sharing: Math.max(0, now.pages_sharing - stale),
      zeros: now.ksm_zero_pages,
    },
    stale,
    items: { low: Math.max(items.low, seen, 0), high: items.high },
    changedAt: state.changedAt ?? now.full_scans,
    young: changed ? begun >= 0 && now.full_scans - begun <= 1 : state.young,
    restarted: false,
    visits,
    steady: state.room.pages,
    last: { ...now, place },
  };
  return saturated(next) ? surelyMerged(next) : next;
}

function sum(now: Counters): number {
  return now.pages_shared + now.pages_sharing + now.pages_unshared + now.pages_volatile;
}

/** As much sharing as there is room for: then each content is merged as far as it can be. */
function saturated({ low, room, stale, last }: State): boolean {
  const full = room.certain && stale === 0 && room.sharing > 0;
  return full && low.sharing === room.sharing && last !== undefined;
}

function surelyMerged(state: State): State {
  // With a page left over in some content, which one it is cannot be told.
  const classes = sizeClasses(state.processes);
  const leftOver = classes.some(({ size }) => frames(size, state.limit) * state.limit < size);
  if (leftOver) return state;
  // Once pages left their contents, some of the others may be single.
  const asBegun = state.processes.every((each) => each.written.size + each.rewritten === 0);
  const processes = state.processes.map((process) => ({
    ...process,
    sure: process.mergeable && state.fresh && asBegun ? state.former.length : process.sure,
    written: new Map(
      [...process.written].map(([page, { key, sure }]) => [
        page,
        { key, sure: sure || holders(state, key) >= 2 },
      ]),
    ),
  }));
  return { ...state, processes };
}

/** How many pages hold the content now, as far as single written pages and common ones tell. */
function holders({ processes }: State, key: string): number {
  const [kind, index] = key.split(' ');
  let count = 0;
  for (const process of processes) {
    if (!process.mergeable) continue;
    const at = kind === 'common' ? Number(index?.split('=')[0]) : -1;
    if (at >= 0 && at < process.layout.common && contentKey(process, at) === key) count += 1;
  }
  return count;
}
