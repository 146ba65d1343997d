/**
 * The lazy tree of simpler traces. The first candidate that fails becomes the subject, and the search
 * goes on where that candidate was proposed; a subject none of whose candidates fails is the result.
 */

import { passes } from './passes.ts';
import type { Cursor } from './proposal.ts';
import type { Subject, Surgeon } from './subject.ts';

/** Where in the order of passes a search stands. */
export interface Place {
  readonly pass: number;
  readonly from: Cursor | undefined;
}
export const beginning: Place = { pass: 0, from: undefined };

export interface Candidate {
  readonly subject: Subject;
  readonly place: Place;
}

/** Longer traces hardly come twice, and their texts take room. */
const rememberedMax = 60;

/**
 * Candidates simpler than `subject`, all repaired: from `place` on, through every pass once around
 * and back to the pass that it began with. None that is in `tried`; adds those it yields.
 */
export function* candidates(
  subject: Subject,
  surgeon: Surgeon<unknown>,
  place: Place,
  tried: Set<string>,
): Generator<Candidate, void, undefined> {
  isNew(subject, tried);
  const rounds = place.from === undefined ? passes.length : passes.length + 1;
  for (let round = 0; round < rounds; round++) {
    const number = (place.pass + round) % passes.length;
    const pass = passes[number];
    if (pass === undefined) continue;
    for (const proposal of pass(subject, surgeon, round === 0 ? place.from : undefined)) {
      const repaired = surgeon.repair(proposal);
      if (!surgeon.simpler(repaired.calls, subject.calls)) continue;
      if (!isNew(repaired, tried)) continue;
      yield { subject: repaired, place: { pass: number, from: proposal.next } };
    }
  }
}

function isNew({ calls }: Subject, tried: Set<string>): boolean {
  if (calls.length > rememberedMax) return true;
  const text = JSON.stringify(calls);
  if (tried.has(text)) return false;
  tried.add(text);
  return true;
}
