/** How far the scanner has come since the last change, and which pages it knows by then. */
import type { State } from './state.ts';

/** Scans after which every page was visited since a change: the one under way, and one whole. */
export const SCANS_TO_VISIT = 2;
/** Scans after which young equal pages are merged (DED-L1: three, after the one under way). */
export const SCANS_TO_MERGE = 5;

/** Whether so many scans ended between the last change and the last reading. */
export function scansSince({ changedAt, last }: State, scans: number): boolean {
  return changedAt !== undefined && last !== undefined && last.full_scans >= changedAt + scans;
}

/** Bounds of the number of pages that the scanner knows, after so many more visits. */
export function itemBounds(state: State, visits: number): { low: number; high: number } {
  const { room, items, leaving } = state;
  const high = Math.min(room.pages + leaving, items.high + visits + state.visits);
  // Pages merged with the zero page are forgotten by the scanner.
  const zeros = state.useZero ? room.zeros : 0;
  const all = scansSince(state, SCANS_TO_VISIT) ? room.pages - zeros : 0;
  return { low: Math.max(0, Math.min(high, Math.max(all, items.low - zeros))), high };
}
