/**
 * Properties of two runs: the same calls, but for a secret that differs; what an observer sees must
 * be the same, call by call.
 *
 * The second run takes the choices of the first (frames, slots, victims) where it can. Where the
 * secret made one impossible it takes the first that is possible, as a host would: what the observer
 * is not told must not depend on names. A call that the first run refused is not made in the second.
 */
import type { Call } from './command.ts';
import { enumerate, type Plan, plans } from './enumerate.ts';
import { type InPlace, inPlace } from './in-place.ts';
import type { Machine } from './machine.ts';
import type { Outcome, TwoRun } from './property.ts';
import type { Scope } from './scope.ts';

/** The first call at which an observer can tell the two runs apart. */
export interface Leak {
  /** 1 is the first call. */
  readonly step: number;
  /** What the observer sees, as text. */
  readonly here: string;
  readonly there: string;
}
export interface TwoRunResult {
  readonly leak: Leak | null;
  /** Whether the secret differed at all: without that nothing could have leaked. */
  readonly varied: boolean;
}

/** Prepares a property for many traces of a machine in a scope. */
export function twoRun<S>(
  machine: Machine<S>,
  scope: Scope,
  property: TwoRun<never>,
): (calls: readonly Call[]) => TwoRunResult {
  const host = inPlace(machine, scope);
  const byKind = new Map(plans(host.engine).map((plan) => [plan.command.kind, plan]));
  // Which model the property is of does not matter to what asks it.
  const { vary, observe } = property as unknown as TwoRun;
  return (calls) => {
    const [one, other] = [host.initial(), host.initial()];
    let varied = false;
    for (const [i, call] of calls.entries()) {
      const secret = vary(call, scope.sizes);
      varied ||= secret !== call;
      const outcome = outcomeOf(host, one, call);
      const there = outcome.ok ? again(host, byKind.get(secret.kind), other, secret) : outcome;
      const seen = [observe(call, outcome), observe(secret, there)].map((x) => JSON.stringify(x));
      const [here = '', elsewhere = ''] = seen;
      if (here !== elsewhere) return { leak: { step: i + 1, here, there: elsewhere }, varied };
    }
    return { leak: null, varied };
  };
}

function outcomeOf<S>(host: InPlace<S>, state: S, call: Call): Outcome {
  const result = host.step(state, call);
  return result.ok
    ? { ok: true, events: result.events }
    : { ok: false, code: result.rejection.code };
}

/** The call with its own choices, or else with the first that the state allows. */
function again<S>(host: InPlace<S>, plan: Plan | undefined, state: S, call: Call): Outcome {
  const first = outcomeOf(host, state, call);
  if (first.ok || plan === undefined) return first;
  const fixed = plan.slots.map((slot) =>
    slot.shape.choice === true ? slot : { ...slot, values: [call.args[slot.name]] },
  );
  let chosen: Call | undefined;
  enumerate(host.engine, { ...plan, slots: fixed }, state, (possible) => {
    chosen = possible;
    return true;
  });
  return chosen === undefined ? first : outcomeOf(host, state, chosen);
}
