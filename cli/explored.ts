/** Scopes that `verify` explores whole. */
import { breadthFirstInPieces, type SearchProgress, type SearchResult } from '../checker/index.ts';
import { scopes, type VmmScope } from '../model/index.ts';
import { pauses } from './io.ts';
import type { Stop } from './stop.ts';
import type { ScopedSubject } from './subject.ts';

/** The scopes of the VMM that have at most so many states, all of which a search can visit. */
export function scopesUpTo(states: number): readonly VmmScope[] {
  return Object.values<VmmScope>(scopes).filter(
    ({ explored }) => explored?.complete === true && explored.distinct <= states,
  );
}

/** Visits every state, and asks what a search can ask; inconclusive where it is stopped. */
export async function explored(
  { machine, scope, properties }: ScopedSubject,
  stop: Stop,
  progress: (at: SearchProgress) => void,
): Promise<SearchResult> {
  const search = breadthFirstInPieces(machine, scope, { properties });
  const pause = pauses();
  for (let next = search.next(); ; next = search.next(stop() !== undefined)) {
    if (next.done) return next.value;
    const pausing = pause();
    if (pausing === undefined) continue;
    progress(next.value);
    await pausing;
  }
}
