/**
 * Checks properties along a run: every invariant after every accepted command, every transition
 * property on the commands that it looks at, every bounded promise while it is open.
 *
 * Transition properties need the state before a command that changed it in place. The monitor keeps
 * a run of its own that lags one command behind: commands are deterministic, so repeating one on the
 * lagging state costs a step where copying the state would cost several.
 */
import type { Call } from './command.ts';
import { copier } from './copy.ts';
import { engine } from './engine.ts';
import { evaluation } from './evaluate.ts';
import { type AnyEvent, initialState, type Machine } from './machine.ts';
import type { Change, Property } from './property.ts';
import type { Scope } from './scope.ts';
import type { Tallies, Violation } from './tally.ts';

export interface Monitor<S> {
  /** Begins a run: checks the invariants of its first state. */
  start(state: S): readonly Violation[];
  /** Checks an accepted command; `state` is the state after it, changed in place or new. */
  after(state: S, call: Call, events: readonly AnyEvent[]): readonly Violation[];
  /** Notes a refused command: a goal may be to see it refused. */
  refused(call: Call, code: string): void;
  readonly tallies: Tallies;
}

const none: readonly Violation[] = [];

export function monitor<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
): Monitor<S> {
  // Which model the properties are of does not matter to what asks them.
  const asked = evaluation(machine as Machine, scope.sizes, properties as readonly Property[]);
  const copies = copier(machine.shape);
  const repeat = engine(machine as Machine, scope);
  // Made like the state that is watched and not copied from it: JavaScript is quicker with objects
  // of one make.
  const previous = initialState(machine, scope.sizes);
  return {
    tallies: asked.tallies,
    refused: ({ kind }, code) => asked.refused(kind, code),
    start(state) {
      copies.copyInto(previous, state);
      asked.promises.clear();
      const found: Violation[] = [];
      asked.state(state, found);
      asked.promises.open(state);
      return found.length === 0 ? none : found;
    },
    after(state, call, events) {
      const found: Violation[] = [];
      // The change is of the state S, which properties of any model leave open.
      const change = {
        before: previous,
        call,
        after: state,
        events,
        size: scope.sizes,
      } as unknown as Change;
      asked.change(change, found);
      asked.state(state, found, change);
      asked.promises.advance(change, found);
      asked.promises.open(state, change);
      repeat.run(previous, call);
      return found.length === 0 ? none : found;
    },
  };
}
