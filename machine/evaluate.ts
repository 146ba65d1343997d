/**
 * Asks properties and keeps count: invariants of a state, transition properties of a change, and
 * bounded promises along a run. What is asked when is up to a monitor or a search.
 */
import type { Machine } from './machine.ts';
import { type Promises, promises } from './promises.ts';
import type { Change, Invariant, Property, Sometimes, Transition, Within } from './property.ts';
import type { Sizes } from './scope.ts';
import { type Counted, type Tallies, type Tally, type Violation, violation } from './tally.ts';

export interface Evaluation {
  readonly tallies: Tallies;
  /** Asks every invariant. */
  state(state: unknown, found: Violation[]): void;
  /** Asks every transition property that looks at the command, and the goals not yet reached. */
  change(change: Change, found: Violation[]): void;
  /** The promises that a run has open. */
  readonly promises: Promises;
}

/** Throws when two properties have one id. Two-run properties are not asked here. */
export function evaluation(
  machine: Machine,
  size: Sizes,
  properties: readonly Property[],
): Evaluation {
  const tallies = new Map<string, Tally>();
  const counted = properties.map((property): Counted => {
    if (tallies.has(property.id)) throw new Error(`two properties have the id '${property.id}'`);
    const tally: Tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };
    tallies.set(property.id, tally);
    return { property, tally };
  });
  const invariants = counted.filter(isInvariant);
  const goals = counted.filter(isSometimes);
  const byKind = transitionsByKind(machine, counted.filter(isTransition));
  return {
    tallies,
    state(state, found) {
      for (const { property, tally } of invariants) {
        tally.evaluations++;
        if (property.when?.(state as never, size) === false) continue;
        tally.couldFail++;
        const message = property.violation(state as never, size);
        if (message !== null) found.push(violation({ property, tally }, message));
      }
    },
    change(change, found) {
      const asked = byKind.get(change.call.kind);
      for (const { property, tally } of asked?.looking ?? []) {
        tally.evaluations++;
        if (property.when?.(change) === false) continue;
        tally.couldFail++;
        const message = property.violation(change);
        if (message !== null) found.push(violation({ property, tally }, message));
      }
      for (const { tally } of asked?.others ?? []) tally.skipped++;
      for (const { property, tally } of goals) {
        // A goal is asked until it was reached once.
        if (tally.couldFail > 0) continue;
        tally.evaluations++;
        if (property.reached(change)) tally.couldFail++;
      }
    },
    promises: promises(counted.filter(isWithin), size),
  };
}

const isInvariant = (c: Counted): c is Counted<Invariant> => c.property.kind === 'invariant';
const isTransition = (c: Counted): c is Counted<Transition> => c.property.kind === 'transition';
const isSometimes = (c: Counted): c is Counted<Sometimes> => c.property.kind === 'sometimes';
const isWithin = (c: Counted): c is Counted<Within> => c.property.kind === 'within';

interface ByKind {
  readonly looking: readonly Counted<Transition>[];
  readonly others: readonly Counted<Transition>[];
}

function transitionsByKind(
  machine: Machine,
  transitions: readonly Counted<Transition>[],
): ReadonlyMap<string, ByKind> {
  const looksAt = (kind: string, { property }: Counted<Transition>): boolean =>
    property.commands === undefined || property.commands.includes(kind);
  return new Map(
    Object.keys(machine.commands).map((kind) => [
      kind,
      {
        looking: transitions.filter((each) => looksAt(kind, each)),
        others: transitions.filter((each) => !looksAt(kind, each)),
      },
    ]),
  );
}
