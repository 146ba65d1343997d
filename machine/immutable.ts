/** The immutable host: frozen states that share what did not change. The public API. */
import { freeze, produce } from 'immer';
import type { Call } from './command.ts';
import { engine, rejectionOf } from './engine.ts';
import { type AnyEvent, initialState, type Machine, type Step } from './machine.ts';
import type { Scope } from './scope.ts';
import type { View } from './shape.ts';

export interface Immutable<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  initial(): View<S>;
  /** A new state, or on rejection the very same reference. Never changes what it was given. */
  step(state: View<S>, call: Call): Step<View<S>>;
}

export function immutable<S>(machine: Machine<S>, scope: Scope): Immutable<S> {
  const core = engine(machine as Machine, scope);
  return {
    machine,
    scope,
    initial: () => freeze(initialState(machine, scope.sizes), true) as View<S>,
    step(state, call) {
      const guard = core.refusal(state, call);
      if (guard !== undefined)
        return { ok: false, state, rejection: rejectionOf(guard, call.args) };
      let events: readonly AnyEvent[] = [];
      const next = produce(state, (draft) => {
        events = core.run(draft, call);
      });
      return { ok: true, state: next, events };
    },
  };
}
