/**
 * Checks properties along a run: every invariant after every accepted command, every transition
 * property on the commands that it looks at, every bounded promise while it is open.
 */
import type { Call } from './command.ts';
import type { AnyEvent, Machine } from './machine.ts';
import type { Property } from './property.ts';
import type { Scope } from './scope.ts';
import type { Tallies, Violation } from './tally.ts';
import { watched } from './watched.ts';

/** Tells at once what each command violates. `watched` is quicker where that may wait. */
export interface Monitor<S> {
  /** Begins a run: checks the invariants of its first state. */
  start(state: S): readonly Violation[];
  /** Checks an accepted command, in the state that the commands since `start` lead to. */
  after(call: Call, events: readonly AnyEvent[]): readonly Violation[];
  /** Notes a refused command: a goal may be to see it refused. */
  refused(call: Call, code: string): void;
  readonly tallies: Tallies;
}

export function monitor<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
): Monitor<S> {
  const run = watched(machine, scope, properties);
  return {
    tallies: run.tallies,
    start: (state) => run.start(state),
    refused: ({ kind }, code) => run.refused(kind, code),
    after(call, events) {
      run.repeat(call, events);
      let found: readonly Violation[] = [];
      run.ask((_, violations) => {
        found = violations;
        return false;
      });
      return found;
    },
  };
}
