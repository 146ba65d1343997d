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
import { names, type Sizes } from './scope.ts';
import {
  anything,
  type Counted,
  readsOf,
  type Tallies,
  type Tally,
  type Violation,
  violation,
} from './tally.ts';

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
  /** Every count, to go back to. */
  counts(): Float64Array;
  /** Goes back to the counts of an evaluation of the same properties, or to a sum of such counts. */
  recount(counts: Float64Array): void;
}

/**
 * Throws when two properties have one id. Two-run properties and those of whole runs are not asked
 * here: their counts stay at nothing.
 */
export function evaluation(
  machine: Machine,
  size: Sizes,
  properties: readonly Property[],
): Evaluation {
  const rounds: Rounds = { states: 0, changes: 0 };
  const tallies = new Map<string, Tally>();
  const counted = properties.map((property): Counted => {
    if (tallies.has(property.id)) throw new Error(`two properties have the id '${property.id}'`);
    const tally = tallyOf(property, rounds);
    tallies.set(property.id, tally);
    return { property, tally };
  });
  const invariants = byReading(counted.filter(isInvariant));
  const refusals = refusalsByCode(counted.filter(isRefused));
  let byKind = propertiesByKind(machine, counted);
  return {
    tallies,
    state(state, found, change) {
      rounds.states++;
      for (const group of invariants) {
        const parts = change === undefined ? anything : group.changed(change);
        for (const each of concerned(group, parts)) {
          const { tally, when } = each;
          tally.evaluations++;
          if (when !== undefined && !when.call(each.property, state as never, size)) continue;
          tally.couldFail++;
          const message = each.violation.call(each.property, state as never, size);
          if (message !== null) found.push(violation(each, message));
        }
      }
    },
    change(change, found) {
      rounds.changes++;
      const asked = byKind.get(change.call.kind);
      if (asked === undefined) return;
      for (const group of asked.looking) {
        for (const each of concerned(group, group.changed(change))) {
          const { tally, when } = each;
          tally.evaluations++;
          if (when !== undefined && !when.call(each.property, change)) continue;
          tally.couldFail++;
          const message = each.violation.call(each.property, change);
          if (message !== null) found.push(violation(each, message));
        }
      }
      const { pending } = asked;
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
    counts() {
      const each = counted.flatMap(({ tally: { evaluations, couldFail, violations } }) => [
        evaluations,
        couldFail,
        violations,
      ]);
      return Float64Array.of(rounds.states, rounds.changes, ...each);
    },
    recount(counts) {
      [rounds.states = 0, rounds.changes = 0] = counts;
      for (const [i, { tally }] of counted.entries()) {
        const [evaluations = 0, couldFail = 0, violations = 0] = counts.subarray(2 + 3 * i);
        Object.assign(tally, { evaluations, couldFail, violations });
      }
      // Goals that were reached since are to be reached again.
      byKind = propertiesByKind(machine, counted);
    },
  };
}

/** How many states and changes there were to ask of. */
interface Rounds {
  states: number;
  changes: number;
}

/** What is skipped is what is left: counting it would cost more than skipping. */
function tallyOf({ kind }: Property, rounds: Rounds): Tally {
  const counts = { evaluations: 0, couldFail: 0, violations: 0 };
  switch (kind) {
    case 'invariant':
      return {
        ...counts,
        get skipped() {
          return rounds.states - this.evaluations;
        },
      };
    case 'transition':
      return {
        ...counts,
        get skipped() {
          return rounds.changes - this.evaluations;
        },
      };
    default:
      return { ...counts, skipped: 0 };
  }
}

/**
 * A property with what it is asked. Properties are objects of many makes, and JavaScript finds a
 * field of such objects slowly; readers are of one make.
 */
interface Reader<P extends Invariant | Transition> extends Counted<P> {
  readonly parts: number;
  readonly when: P['when'] | undefined;
  readonly violation: P['violation'];
}

/** Properties that tell in the same way what changed: it is worked out once for all of them. */
interface Readers<P extends Invariant | Transition> {
  readonly changed: Reads['changed'];
  readonly readers: readonly Reader<P>[];
  /** Those of them that read any of some parts: worked out when first asked for. */
  readonly byParts: Map<number, readonly Reader<P>[]>;
}

/** Most runs change few combinations of parts; those beyond this many are not remembered. */
const combinationsMax = 4096;

/** The properties of a group that read any of the parts that changed. */
function concerned<P extends Invariant | Transition>(
  { readers, byParts }: Readers<P>,
  parts: number,
): readonly Reader<P>[] {
  const known = byParts.get(parts);
  if (known !== undefined) return known;
  const found = readers.filter((each) => parts === anything || (parts & each.parts) !== 0);
  if (byParts.size < combinationsMax) byParts.set(parts, found);
  return found;
}

function byReading<P extends Invariant | Transition>(
  counted: readonly Counted<P>[],
): readonly Readers<P>[] {
  const groups = new Map<Reads['changed'], Reader<P>[]>();
  for (const { property, tally } of counted) {
    const { changed, parts } = readsOf(property);
    const group = groups.get(changed) ?? [];
    const { when, violation } = property;
    group.push({ property, tally, parts, when, violation });
    groups.set(changed, group);
  }
  return [...groups].map(([changed, readers]) => ({ changed, readers, byParts: new Map() }));
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
  readonly looking: readonly Readers<Transition>[];
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
    names(property.commands, kind);
  return new Map(
    Object.keys(machine.commands).map((kind) => [
      kind,
      {
        looking: byReading(transitions.filter((each) => looksAt(kind, each))),
        pending: goals.filter((each) => looksAt(kind, each)),
      },
    ]),
  );
}
