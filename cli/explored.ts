/** Scopes that `verify` explores whole. */
import {
  breadthFirstInPieces,
  type LivenessResult,
  livenessInPieces,
  pairsInPieces,
  type SearchResult,
} from '../checker/index.ts';
import { askedIn } from '../generators/index.ts';
import { isLiveness, isTwoRun } from '../machine/index.ts';
import { scopes, type VmmScope } from '../model/index.ts';
import { type Pace, toItsEnd } from './in-pieces.ts';
import type { ScopedSubject } from './subject.ts';

/** The scopes of the VMM that have at most so many states, all of which a search can visit. */
export function scopesUpTo(states: number): readonly VmmScope[] {
  return Object.values<VmmScope>(scopes).filter(
    ({ explored }) => explored?.complete === true && explored.distinct <= states,
  );
}

export interface Explored {
  readonly states: SearchResult;
  /** What every run comes to, where there is something to ask and every state was seen. */
  readonly runs: LivenessResult | undefined;
  /** What comes of every two runs, for each property of two. */
  readonly pairs: readonly SearchResult[];
}

/** Visits every state and asks what a search can ask; inconclusive where it is stopped. */
export async function explored(
  { machine, scope, properties }: ScopedSubject,
  pace: Pace,
): Promise<Explored> {
  const states = await found(breadthFirstInPieces(machine, scope, { properties }), pace);
  const asked = properties.filter((each) => askedIn(each, scope));
  const ofRuns = asked.filter(isLiveness);
  const nothing = { states, runs: undefined, pairs: [] };
  if (states.verdict !== 'holds') return nothing;
  const runs =
    ofRuns.length === 0 ? undefined : await found(livenessInPieces(machine, scope, ofRuns), pace);
  const pairs: SearchResult[] = [];
  for (const property of asked.filter(isTwoRun)) {
    pairs.push(await found(pairsInPieces(machine, scope, property), pace));
  }
  return { states, runs, pairs };
}

async function found<R>(search: Parameters<typeof toItsEnd<R>>[0], pace: Pace): Promise<R> {
  const run = await toItsEnd(search, pace);
  if (!run.ended) throw new Error('a rule of the package did not end');
  return run.found;
}
