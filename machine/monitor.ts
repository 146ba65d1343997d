/**
 * Checks properties along a run: every invariant after every accepted command, every transition
 * property on the commands that it looks at, every bounded promise while it is open.
 */
import type { Call } from './command.ts';
import { type Copier, copier } from './copy.ts';
import type { AnyEvent, Machine } from './machine.ts';
import type { Change, Invariant, Property, Sometimes, Transition, Within } from './property.ts';
import type { Scope } from './scope.ts';

export interface Violation {
  readonly property: string;
  readonly name: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
}

/** How often a property was evaluated, skipped, and could have failed. */
export interface Tally {
  evaluations: number;
  couldFail: number;
  /** Accepted commands that the property does not look at. */
  skipped: number;
  violations: number;
}

export interface Monitor<S> {
  /** Begins a run: checks the invariants of its first state. */
  start(state: S): readonly Violation[];
  /** Must be called before a command that may change `state` in place. */
  before(state: S): void;
  /** Checks an accepted command; `state` is the state after it. */
  after(state: S, call: Call, events: readonly AnyEvent[]): readonly Violation[];
  readonly tallies: ReadonlyMap<string, Tally>;
}

const none: readonly Violation[] = [];

/** An open promise of a `within` property: how many counted commands it has left. */
interface Promised {
  readonly property: Within;
  readonly tally: Tally;
  /** Per instance: commands left, or -1 where no promise is open. */
  readonly left: number[];
}

export function monitor<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
): Monitor<S> {
  const all = properties as readonly Property[];
  const tallies = new Map<string, Tally>();
  for (const { id } of all) {
    if (tallies.has(id)) throw new Error(`two properties have the id '${id}'`);
    tallies.set(id, { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 });
  }
  const tallyOf = (id: string): Tally => tallies.get(id) as Tally;
  const size = scope.sizes;
  const invariants = all
    .filter((p): p is Invariant => p.kind === 'invariant')
    .map((property) => ({ property, tally: tallyOf(property.id) }));
  const goals = all
    .filter((p): p is Sometimes => p.kind === 'sometimes')
    .map((property) => ({ property, tally: tallyOf(property.id) }));
  const promises = all
    .filter((p): p is Within => p.kind === 'within')
    .map(
      (property): Promised => ({
        property,
        tally: tallyOf(property.id),
        left: Array.from({ length: property.instances(size) }, () => -1),
      }),
    );
  const byKind = transitionsByKind(machine as Machine, all, tallyOf);
  const copies: Copier<S> = copier(machine.shape);
  let previous: S | undefined;

  const report = (tally: Tally, { id, name }: Property, message: string): Violation => {
    tally.violations++;
    return { property: id, name, message };
  };
  const checkInvariants = (state: S, found: Violation[]): void => {
    for (const { property, tally } of invariants) {
      tally.evaluations++;
      if (property.when?.(state as never, size) === false) continue;
      tally.couldFail++;
      const message = property.violation(state as never, size);
      if (message !== null) found.push(report(tally, property, message));
    }
  };
  const openPromises = (state: S): void => {
    for (const { property, left, tally } of promises) {
      for (let i = 0; i < left.length; i++) {
        if (left[i] !== -1 || !property.starts(state as never, i, size)) continue;
        left[i] = property.bound(state as never, i, size);
        tally.couldFail++;
      }
    }
  };
  const checkPromises = (change: Change, found: Violation[]): void => {
    for (const { property, left, tally } of promises) {
      tally.evaluations++;
      for (let i = 0; i < left.length; i++) {
        const remaining = left[i] as number;
        if (remaining === -1) continue;
        if (!property.assuming(change, i) || property.done(change.after as never, i, size)) {
          left[i] = -1;
        } else if (property.counts(change, i)) {
          if (remaining === 0) {
            left[i] = -1;
            found.push(report(tally, property, `the promise for ${i} was not kept in its bound`));
          } else left[i] = remaining - 1;
        }
      }
    }
  };
  return {
    tallies,
    start(state) {
      for (const { left } of promises) left.fill(-1);
      const found: Violation[] = [];
      checkInvariants(state, found);
      openPromises(state);
      return found.length === 0 ? none : found;
    },
    before(state) {
      if (previous === undefined) previous = copies.copy(state);
      else copies.copyInto(previous, state);
    },
    after(state, call, events) {
      const found: Violation[] = [];
      const change = { before: previous, call, after: state, events, size } as unknown as Change;
      for (const { property, tally } of byKind.get(call.kind) ?? []) {
        tally.evaluations++;
        if (property.when?.(change) === false) continue;
        tally.couldFail++;
        const message = property.violation(change);
        if (message !== null) found.push(report(tally, property, message));
      }
      checkInvariants(state, found);
      checkPromises(change, found);
      openPromises(state);
      for (const { property, tally } of goals) {
        // A goal is asked until it was reached once.
        if (tally.couldFail > 0) continue;
        tally.evaluations++;
        if (property.reached(change)) tally.couldFail++;
      }
      return found.length === 0 ? none : found;
    },
  };
}

function transitionsByKind(
  machine: Machine,
  properties: readonly Property[],
  tallyOf: (id: string) => Tally,
): ReadonlyMap<string, readonly { property: Transition; tally: Tally }[]> {
  const byKind = new Map<string, { property: Transition; tally: Tally }[]>();
  for (const kind of Object.keys(machine.commands)) {
    byKind.set(
      kind,
      properties
        .filter((p): p is Transition => p.kind === 'transition')
        .filter((p) => p.commands === undefined || p.commands.includes(kind))
        .map((property) => ({ property, tally: tallyOf(property.id) })),
    );
  }
  return byKind;
}
