/**
 * Asks properties and keeps count: invariants of a state, transition properties of a change, and
 * bounded promises along a run. What is asked when is up to a monitor or a search.
 */

import { Block } from './block.ts';
import type { Machine } from './machine.ts';
import { type Promises, promises } from './promises.ts';
import type {
  Change,
  Conjecture,
  Invariant,
  Property,
  Reached,
  Refused,
  Transition,
  Within,
} from './property.ts';
import {
  Aspects,
  askChange,
  askLocals,
  askState,
  byReading,
  type Reader,
  type Readers,
  readerOf,
} from './readers.ts';
import { names, type Scope } from './scope.ts';
import {
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
  /**
   * Asks every transition property that looks at the command, the goals not yet reached, and the
   * conjectures not yet broken: these are no violations, and only the tally tells.
   */
  change(change: Change, found: Violation[]): void;
  /**
   * Asks of consecutive changes of a run what `change`, `state` and the promises ask of each, but
   * one property after the other: its code is at hand then when it is asked again. Both states of
   * every change must still be there. False, with nothing counted, where a property is violated or
   * throws: then ask of one change after the other.
   */
  block(changes: readonly Change[]): boolean;
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
 * here, nor are those that no command of the scope concerns: their counts stay at nothing.
 */
export function evaluation(
  machine: Machine,
  { sizes: size, commands }: Pick<Scope, 'sizes' | 'commands'>,
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
  const aspects = new Aspects(size);
  const kinds = Object.keys(machine.commands).filter((kind) => names(commands, kind));
  const concerned = counted.filter(({ property }) =>
    kinds.some((kind) => names(property.commands, kind)),
  );
  const invariants = concerned.filter(isInvariant).map((each) => readerOf(each, aspects));
  const transitions = concerned.filter(isTransition).map((each) => readerOf(each, aspects));
  const ofStates = byReading(invariants);
  const goals = concerned.filter(isReached);
  const conjectures = concerned.filter(isConjectured).map((each) => readerOf(each, aspects));
  const kindsAfresh = () => propertiesByKind(kinds, transitions, goals, conjectures);
  let ofKinds = kindsAfresh();
  const refusals = refusalsByCode(counted.filter(isRefused));
  const within = promises(concerned.filter(isWithin), size, aspects);
  const block = new Block(size, kinds, transitions, invariants);

  return {
    tallies,
    state(state, found, change) {
      rounds.states++;
      for (const group of ofStates) {
        for (const each of group.concerned(change && group.aspect.change(change))) {
          each.tally.evaluations++;
          const { aspect } = each;
          const message =
            change !== undefined && each.locals.length > 0
              ? askLocals(each, aspect.change(change), size)
              : askState(each, aspect.state(state), size);
          conclude(each, message, found);
        }
      }
    },
    change(change, found) {
      rounds.changes++;
      const asked = ofKinds.get(change.call.kind);
      if (asked === undefined) return;
      for (const group of asked.looking) {
        for (const each of group.concerned(group.aspect.change(change))) {
          each.tally.evaluations++;
          conclude(each, askChange(each, each.aspect.change(change)), found);
        }
      }
      askGoals(asked.pending, change);
      askConjectures(asked.open, change);
    },
    block(changes) {
      aspects.see(changes);
      let holds = false;
      try {
        holds = block.holds(changes) && within.block(changes.length);
      } catch {
        // Whoever asks of one change after the other meets it again.
      }
      if (!holds) return false;
      block.count();
      rounds.states += changes.length;
      rounds.changes += changes.length;
      for (const change of changes) {
        const asked = ofKinds.get(change.call.kind);
        if (asked === undefined) continue;
        if (asked.pending.length > 0) askGoals(asked.pending, change);
        if (asked.open.length > 0) askConjectures(asked.open, change);
      }
      return true;
    },
    refused(command, code) {
      const tally = refusals.get(`${command} ${code}`);
      if (tally === undefined || tally.couldFail > 0) return;
      tally.evaluations++;
      tally.couldFail++;
    },
    promises: within,
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
      // Goals that were reached since are to be reached again, and conjectures to be broken again.
      ofKinds = kindsAfresh();
    },
  };
}

function conclude(each: Counted, message: string | null | undefined, found: Violation[]): void {
  if (message === undefined) return;
  each.tally.couldFail++;
  if (message !== null) found.push(violation(each, message));
}

/** A goal is asked until it was reached once, by whichever command. */
function askGoals(pending: Counted<Reached>[], change: Change): void {
  for (let i = pending.length - 1; i >= 0; i--) {
    const { property, tally } = pending[i] as Counted<Reached>;
    if (tally.couldFail === 0) {
      tally.evaluations++;
      if (!property.reached(change)) continue;
      tally.couldFail++;
    }
    pending.splice(i, 1);
  }
}

/** A conjecture is asked until it was broken once, by whichever command. */
function askConjectures(open: Reader<Conjecture>[], change: Change): void {
  for (let i = open.length - 1; i >= 0; i--) {
    const reader = open[i] as Reader<Conjecture>;
    const { property, tally, aspect, parts } = reader;
    if (tally.violations === 0) {
      const seen = aspect.change(change);
      if ((readsOf(property).changed(seen) & parts) === 0) continue;
      tally.evaluations++;
      const message = askChange(reader, seen);
      if (message === undefined) continue;
      tally.couldFail++;
      if (message === null) continue;
      tally.violations++;
    }
    open.splice(i, 1);
  }
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
    case 'conjecture':
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

const isInvariant = (c: Counted): c is Counted<Invariant> => c.property.kind === 'invariant';
const isTransition = (c: Counted): c is Counted<Transition> => c.property.kind === 'transition';
const isConjectured = (c: Counted): c is Counted<Conjecture> => c.property.kind === 'conjecture';
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
  /** Conjectures that are not broken yet. */
  readonly open: Reader<Conjecture>[];
}

function propertiesByKind(
  kinds: readonly string[],
  transitions: readonly Reader<Transition>[],
  goals: readonly Counted<Reached>[],
  conjectures: readonly Reader<Conjecture>[],
): ReadonlyMap<string, ByKind> {
  return new Map(
    kinds.map((kind) => [
      kind,
      {
        looking: byReading(transitions.filter(({ property }) => names(property.commands, kind))),
        pending: goals.filter(({ property }) => names(property.commands, kind)),
        open: conjectures.filter(({ property }) => names(property.commands, kind)),
      },
    ]),
  );
}
