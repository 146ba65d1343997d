/** What a pass of the shrinker is: a lazy list of simpler traces to try. */
import type { Call } from '../../machine/index.ts';
import type { Subject, Surgeon } from './subject.ts';

/** Where a pass goes on after one of its proposals was taken; a pass knows what the numbers mean. */
export type Cursor = readonly number[];

/** A trace to try, not yet repaired. */
export interface Proposal extends Subject {
  readonly next: Cursor;
}

/**
 * Proposes simpler traces. That the generator is resumed means that the last proposal does not fail:
 * a pass may build on that. `from` is the cursor of the proposal that led to this subject, and
 * undefined when the pass begins.
 */
export type Pass = (
  subject: Subject,
  surgeon: Surgeon<unknown>,
  from: Cursor | undefined,
) => Generator<Proposal, void, undefined>;

/** The subject without the commands at the places that `drop` names. */
export function without(
  { calls, accepted }: Subject,
  drop: (place: number) => boolean,
  next: Cursor,
): Proposal {
  return {
    calls: calls.filter((_, place) => !drop(place)),
    accepted: accepted.filter((_, place) => !drop(place)),
    next,
  };
}

/** The subject with every command changed; the same object says that a command stays. */
export function changed(
  { calls, accepted }: Subject,
  change: (call: Call, place: number) => Call,
  next: Cursor,
): Proposal {
  return { calls: calls.map(change), accepted, next };
}
