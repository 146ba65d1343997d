/** What every format of a counterexample is made from. */
import { type Call, inPlace, type Machine, type Scope } from '../../machine/index.ts';
import type { Trace } from '../trace.ts';

/** A counterexample: a trace of a machine in a scope, and what it violates at its end. */
export interface Example<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly trace: Trace;
  readonly violation?: Violated | undefined;
  /** It is of a whole run: of one that repeats its calls after so many, or of one that ends. */
  readonly run?: { readonly loop: number | undefined } | undefined;
}
export interface Violated {
  /** The id of the property. */
  readonly property: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
}

/** One call of a trace: what it leads to, or why it was refused. */
export interface ReplayedCall<S> {
  readonly call: Call;
  readonly state: S;
  /** The code of the rejection. */
  readonly refused?: string;
}

export interface Replayed<S> {
  readonly initial: S;
  readonly calls: readonly ReplayedCall<S>[];
}

/** Runs a trace and keeps every state. */
export function replayed<S>({ machine, scope, trace }: Example<S>): Replayed<S> {
  const host = inPlace(machine, scope);
  const state = host.initial();
  const copy = (): S => host.copier.copy(state);
  const initial = copy();
  const calls = trace.map((call): ReplayedCall<S> => {
    const step = host.step(state, call);
    if (step.ok) return { call, state: copy() };
    return { call, state: copy(), refused: step.rejection.code };
  });
  return { initial, calls };
}

/** What a trace is of and what it violates, in one line. */
export function titleOf<S>({ machine, scope, violation }: Example<S>): string {
  const what = violation === undefined ? '' : `: ${violation.property}, ${violation.message}`;
  return `${machine.name} in scope ${scope.name}${what}`;
}
