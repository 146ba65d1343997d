/** A counterexample to a liveness property, and its replay. */
import {
  type Call,
  enabled,
  encoder,
  type Fairness,
  inPlace,
  type Machine,
  plans,
  type Scope,
} from '../../machine/index.ts';
import type { Duty } from './duty.ts';

/** A run that never ends: the stem, then the loop again and again. Or one that ends after the stem. */
export interface Lasso {
  readonly stem: readonly Call[];
  /** Empty where the stem leads to a state without steps. */
  readonly loop: readonly Call[];
}

export interface Replayed<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  /** Whether a call may happen where the state allows it. */
  readonly mayHappen: (call: Call) => boolean;
  readonly fairness: readonly Fairness[];
  readonly ceasing?: readonly string[] | undefined;
  readonly duty: Duty;
}

/**
 * Replays a lasso on the plain host and throws where it is no counterexample: nothing is shown that
 * holds on the packed host alone, or that only the search believes to be fair.
 */
export function replayLasso<S>(of: Replayed<S>, lasso: Lasso): void {
  const problem = lassoProblem(of, lasso);
  if (problem !== undefined) throw new Error(`the counterexample does not replay: ${problem}`);
}

/** Why a lasso is no counterexample; undefined where it is one. Throws what a rule throws. */
export function lassoProblem<S>(of: Replayed<S>, { stem, loop }: Lasso): string | undefined {
  const { machine, scope, mayHappen, fairness, ceasing = [], duty } = of;
  const host = inPlace(machine, scope);
  const all = plans(host.engine);
  const keys = encoder(machine.shape, scope.sizes);
  const state = host.initial();
  const possible = (): readonly Call[] => enabled(host.engine, all, state).filter(mayHappen);
  let owes = !duty.done(state) && duty.begins(state, true);
  /** Takes a call; why it cannot be taken. */
  const take = (call: Call): string | undefined => {
    if (!mayHappen(call)) return `'${call.kind}' may not happen`;
    const step = host.step(state, call);
    owes = !duty.done(state) && (owes || duty.begins(state, false));
    return step.ok ? undefined : `'${call.kind}' is refused`;
  };
  for (const call of stem) {
    const problem = take(call);
    if (problem !== undefined) return problem;
  }
  if (!owes) return 'nothing is to be done after the stem';
  if (loop.length === 0) {
    return possible().length > 0 ? 'the run does not end after the stem' : undefined;
  }
  const key = keys.encode(state);
  const choices: (readonly Call[])[] = [];
  for (const call of loop) {
    choices.push(possible());
    const problem = take(call);
    if (problem !== undefined) return problem;
    if (!owes) return 'it is done in the loop';
    if (ceasing.includes(call.kind)) return `'${call.kind}' is to cease, and does not`;
  }
  if (keys.encode(state) !== key) return 'the loop does not lead back';
  const isNotFair = fairness.some((each) => !isFair(each, loop, choices));
  return isNotFair ? 'the loop is not fair' : undefined;
}

/** Whether a loop is fair; `choices` are the calls that were possible before each of its calls. */
function isFair(
  { commands, strength, each = [] }: Fairness,
  loop: readonly Call[],
  choices: readonly (readonly Call[])[],
): boolean {
  const groups = (calls: readonly Call[]): Set<string> =>
    new Set(
      calls
        .filter(({ kind }) => commands.includes(kind))
        .map(({ args }) => JSON.stringify(each.map((name) => args[name]))),
    );
  const taken = groups(loop);
  const possible = choices.map(groups);
  const putOff = [...groups(choices.flat())].filter((group) => !taken.has(group));
  return putOff.every((group) => strength === 'weak' && possible.some((some) => !some.has(group)));
}
