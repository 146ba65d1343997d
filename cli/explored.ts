/** Scopes that `verify` explores whole. */
import {
  breadthFirstInPieces,
  type LivenessResult,
  livenessInPieces,
  type SearchResult,
} from '../checker/index.ts';
import { askedIn } from '../generators/index.ts';
import { isLiveness } from '../machine/index.ts';
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
}

/** Visits every state and asks what a search can ask; inconclusive where it is stopped. */
export async function explored(
  { machine, scope, properties }: ScopedSubject,
  pace: Pace,
): Promise<Explored> {
  const states = await found(breadthFirstInPieces(machine, scope, { properties }), pace);
  const ofRuns = properties.filter(isLiveness).filter((each) => askedIn(each, scope));
  if (states.verdict !== 'holds' || ofRuns.length === 0) return { states, runs: undefined };
  return { states, runs: await found(livenessInPieces(machine, scope, ofRuns), pace) };
}

async function found<R>(search: Parameters<typeof toItsEnd<R>>[0], pace: Pace): Promise<R> {
  const run = await toItsEnd(search, pace);
  if (!run.ended) throw new Error('a rule of the package did not end');
  return run.found;
}
