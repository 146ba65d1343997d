/** A machine: a shape, an initial state, and the commands that change it. */
import type { CommandTable } from './command.ts';
import type { Scope, Sizes } from './scope.ts';
import type { RecordShape } from './shape.ts';

export interface Machine<S = unknown, T extends CommandTable = CommandTable> {
  readonly name: string;
  /** Rises when a trace of an older version may mean something else. */
  readonly version: number;
  readonly shape: RecordShape<S>;
  readonly commands: T;
  /** The inner operations that the rules call; a fault may replace one. */
  readonly operations: Readonly<Record<string, unknown>>;
  readonly initial: (sizes: never) => S;
  /** The named bounded configurations. */
  readonly scopes: Readonly<Record<string, Scope>>;
}

/** Why a command was refused, with the arguments that the refusal looked at. */
export interface Rejection {
  readonly code: string;
  readonly [argument: string]: unknown;
}

/** The result of a step: on rejection the state is the one that was given. */
export type Step<S> =
  | { readonly ok: true; readonly state: S; readonly events: readonly AnyEvent[] }
  | { readonly ok: false; readonly state: S; readonly rejection: Rejection };
export interface AnyEvent {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** The initial state of a machine in a scope. */
export function initialState<S>(machine: Machine<S>, sizes: Sizes): S {
  return machine.initial(sizes as never);
}
