/** The in-place host: a plain mutable state. Generation, shrinking and validation run here. */
import type { Call } from './command.ts';
import { type Copier, copier } from './copy.ts';
import { type Engine, engine } from './engine.ts';
import { initialState, type Machine, type Step } from './machine.ts';
import type { Scope } from './scope.ts';

export interface InPlace<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly engine: Engine;
  initial(): S;
  /** Changes `state` itself; a rejected call leaves it as it was. */
  step(state: S, call: Call): Step<S>;
  readonly copier: Copier<S>;
}

export function inPlace<S>(machine: Machine<S>, scope: Scope): InPlace<S> {
  const core = engine(machine as Machine, scope);
  return {
    machine,
    scope,
    engine: core,
    initial: () => initialState(machine, scope.sizes),
    step: (state, call) => core.step(state, call),
    copier: copier(machine.shape),
  };
}
