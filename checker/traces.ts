/** Traces to what a search found, as calls of the machine itself. */
import {
  type Call,
  inPlace,
  type Machine,
  monitor,
  type Property,
  type Scope,
  type Violation,
} from '../machine/index.ts';
import type { FoundStep } from './breadth-first/ledger.ts';
import type { Explorer } from './explorer.ts';

/** The calls from the initial state of a machine to a state or a step that was found. */
export function traceTo<S>(
  explorer: Explorer<S>,
  initial: S,
  { row, call, after }: FoundStep,
): readonly Call[] {
  const rows: number[] = [];
  for (let at = row; at > 0; at = explorer.parentRow(at)) rows.push(at);
  const numbers = rows.reverse().map((at) => explorer.callTo(at));
  const last = call === undefined ? [] : [call];
  if (explorer.symmetry === undefined) {
    return [...numbers.map((number) => explorer.callOf(number)), ...last];
  }
  // The calls kept are of canonical forms: the machine's own lead to the same forms.
  const { host } = explorer;
  host.write(initial);
  const forms = numbers.map((number) => {
    host.load(explorer.form() as Int32Array, 0);
    host.steps((each) => each === number);
    return explorer.form() as Int32Array;
  });
  host.write(initial);
  const calls = forms.map((form) => stepTo(explorer, form));
  if (call === undefined) return calls;
  if (after !== undefined) return [...calls, stepTo(explorer, after)];
  return [...calls, throwing(explorer)];
}

/** Takes the first step to a state of a canonical form. */
function stepTo<S>(explorer: Explorer<S>, form: Int32Array): Call {
  let taken: number | undefined;
  explorer.host.steps((call) => {
    taken = call;
    return explorer.form()?.every((word, i) => word === form[i]) === true;
  });
  if (taken === undefined) throw new Error('a state of the search has no step like the one kept');
  return explorer.callOf(taken);
}

/** The call at which a rule throws, in the state that the host is in. */
function throwing<S>({ host }: Explorer<S>): Call {
  try {
    host.steps(() => false);
  } catch {
    return host.running();
  }
  throw new Error('a rule threw in a canonical form, and not in a state of that form');
}

/**
 * What is violated after the last call of a trace, found by replaying it on the plain host: no
 * counterexample is shown that holds on the packed host alone.
 */
export function violationsAfter<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property[],
  trace: readonly Call[],
): readonly Violation[] {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, properties);
  const state = host.initial();
  let violations = watch.start(state);
  for (const call of trace) {
    const step = host.step(state, call);
    if (!step.ok) throw new Error(`'${call.kind}' of a trace is refused: ${step.rejection.code}`);
    violations = watch.after(call, step.events);
  }
  if (violations.length === 0) throw new Error('the counterexample does not replay');
  return violations;
}
