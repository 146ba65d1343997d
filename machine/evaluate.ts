/**
 * Asks properties and keeps count: invariants of a state, transition properties of a change, and
 * bounded promises along a run. What is asked when is up to a monitor or a search.
 */
import type { Machine } from './machine.ts';
import { type Promises, promises } from './promises.ts';
import type {
  Change,
  Invariant,
  Property,
  Reached,
  Reads,
  Refused,
  Transition,
  Within,
} from './property.ts';
import type { Sizes } from './scope.ts';
import { type Counted, type Tallies, type Tally, type Violation, violation } from './tally.ts';

export interface Evaluation {
  readonly tallies: Tallies;
  /**
   * Asks every invariant; after a `change` from a state where all were asked, those that it affects.
   */
  state(state: unknown, found: Violation[], change?: Change): void;
  /** Asks every transition property that looks at the command, and the goals not yet reached. */
  change(change: Change, found: Violation[]): void;
  /** Notes that a command was refused. */
  refused(command: string, code: string): void;
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
  const refusals = refusalsByCode(counted.filter(isRefused));
  const byKind = propertiesByKind(machine, counted);
  const isUnread = unread();
  return {
    tallies,
    state(state, found, change) {
      for (const { property, tally } of invariants) {
        if (change !== undefined && isUnread(property.reads, change)) {
          tally.skipped++;
          continue;
        }
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
        if (isUnread(property.reads, change)) {
          tally.skipped++;
          continue;
        }
        tally.evaluations++;
        if (property.when?.(change) === false) continue;
        tally.couldFail++;
        const message = property.violation(change);
        if (message !== null) found.push(violation({ property, tally }, message));
      }
      for (const { tally } of asked?.others ?? []) tally.skipped++;
      const pending = asked?.pending ?? [];
      for (let i = pending.length - 1; i >= 0; i--) {
        const { property, tally } = pending[i] as Counted<Reached>;
        // A goal is asked until it was reached once, by whichever command.
        if (tally.couldFail === 0) {
          tally.evaluations++;
          if (!property.reached(change)) continue;
          tally.couldFail++;
        }
        pending.splice(i, 1);
      }
    },
    refused(command, code) {
      const tally = refusals.get(`${command} ${code}`);
      if (tally === undefined || tally.couldFail > 0) return;
      tally.evaluations++;
      tally.couldFail++;
    },
    promises: promises(counted.filter(isWithin), size),
  };
}

/** Whether a change left alone all that a property reads; compared once for each change. */
function unread(): (reads: Reads | undefined, change: Change) => boolean {
  let last: Change | undefined;
  let by: Reads['changed'] | undefined;
  let parts = 0;
  return (reads, change) => {
    if (reads === undefined) return false;
    if (change !== last || reads.changed !== by) {
      parts = reads.changed(change);
      last = change;
      by = reads.changed;
    }
    return (parts & reads.parts) === 0;
  };
}

const isInvariant = (c: Counted): c is Counted<Invariant> => c.property.kind === 'invariant';
const isTransition = (c: Counted): c is Counted<Transition> => c.property.kind === 'transition';
const isReached = (c: Counted): c is Counted<Reached> =>
  c.property.kind === 'sometimes' && 'reached' in c.property;
const isRefused = (c: Counted): c is Counted<Refused> =>
  c.property.kind === 'sometimes' && 'refused' in c.property;
const isWithin = (c: Counted): c is Counted<Within> => c.property.kind === 'within';

function refusalsByCode(goals: readonly Counted<Refused>[]): ReadonlyMap<string, Tally> {
  return new Map(
    goals.map(({ property, tally }) => {
      const { command, code } = property.refused;
      return [`${command} ${code}`, tally];
    }),
  );
}

interface ByKind {
  readonly looking: readonly Counted<Transition>[];
  readonly others: readonly Counted<Transition>[];
  /** Goals that are not reached yet. */
  readonly pending: Counted<Reached>[];
}

function propertiesByKind(
  machine: Machine,
  counted: readonly Counted[],
): ReadonlyMap<string, ByKind> {
  const transitions = counted.filter(isTransition);
  const goals = counted.filter(isReached);
  const looksAt = (kind: string, { property }: Counted<Transition | Reached>): boolean =>
    property.commands === undefined || property.commands.includes(kind);
  return new Map(
    Object.keys(machine.commands).map((kind) => [
      kind,
      {
        looking: transitions.filter((each) => looksAt(kind, each)),
        others: transitions.filter((each) => !looksAt(kind, each)),
        pending: goals.filter((each) => looksAt(kind, each)),
      },
    ]),
  );
}
