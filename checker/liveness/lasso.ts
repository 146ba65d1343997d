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
  readonly duty: Duty;
}

/**
 * Replays a lasso on the plain host and throws where it is no counterexample: nothing is shown that
 * holds on the packed host alone, or that only the search believes to be fair.
 */
export function replayLasso<S>(of: Replayed<S>, { stem, loop }: Lasso): void {
  const { machine, scope, mayHappen, fairness, duty } = of;
  const host = inPlace(machine, scope);
  const all = plans(host.engine);
  const keys = encoder(machine.shape, scope.sizes);
  const state = host.initial();
  const possible = (): readonly Call[] => enabled(host.engine, all, state).filter(mayHappen);
  const wrong = (why: string): never => {
    throw new Error(`the counterexample does not replay: ${why}`);
  };
  let owes = !duty.done(state) && duty.begins(state, true);
  const take = (call: Call): void => {
    if (!mayHappen(call)) wrong(`'${call.kind}' may not happen`);
    const step = host.step(state, call);
    if (!step.ok) wrong(`'${call.kind}' is refused`);
    owes = !duty.done(state) && (owes || duty.begins(state, false));
  };
  for (const call of stem) take(call);
  if (!owes) wrong('nothing is to be done after the stem');
  if (loop.length === 0) {
    if (possible().length > 0) wrong('the run does not end after the stem');
    return;
  }
  const key = keys.encode(state);
  const choices: (readonly Call[])[] = [];
  for (const call of loop) {
    choices.push(possible());
    take(call);
    if (!owes) wrong('it is done in the loop');
  }
  if (keys.encode(state) !== key) wrong('the loop does not lead back');
  for (const each of fairness) if (!isFair(each, loop, choices)) wrong('the loop is not fair');
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
