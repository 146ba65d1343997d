/**
 * The model itself as a system under test, choosing for itself where the specification leaves it a
 * choice: the true behaviour that the oracle must accept, and of which mutants must not pass.
 */
import {
  type Call,
  enumerate,
  inPlace,
  type Machine,
  type Plan,
  plans,
  type Scope,
  type Slot,
} from '../../machine/index.ts';
import type { Adapter } from '../reference/lockstep.ts';
import type { Answer } from '../reference/reply.ts';

export interface Truth<S> extends Adapter {
  step(command: Call): Answer;
  /** The state that it is in. */
  observe(): S;
}

/** `below(n)` draws a number from 0 to n - 1: it decides every choice. */
export function truth<S>(
  machine: Machine<S>,
  scope: Scope,
  below: (n: number) => number,
): Truth<S> {
  const host = inPlace(machine, scope);
  const kinds = new Map(plans(host.engine).map((plan) => [plan.command.kind, plan]));
  let state = host.initial();
  return {
    reset() {
      state = host.initial();
    },
    step(command) {
      const plan = kinds.get(command.kind);
      const choices = plan?.slots.filter(({ shape }) => shape.choice === true) ?? [];
      const call =
        plan === undefined || choices.length === 0
          ? command
          : chosen(legalCalls(plan, command), command, below);
      const outcome = host.step(state, call);
      if (!outcome.ok) return { ok: false, rejection: outcome.rejection };
      return { ok: true, events: outcome.events, choices: namedIn(call, choices) };
    },
    observe: () => state,
  };

  /** Every call of a state that differs from a command in what the host chooses. */
  function legalCalls(plan: Plan, { args }: Call): readonly Call[] {
    const slots = plan.slots.map((slot): Slot => {
      return slot.shape.choice === true ? slot : { ...slot, values: [args[slot.name]] };
    });
    const found: Call[] = [];
    enumerate(host.engine, { ...plan, slots }, state, (call) => {
      found.push(call);
      return undefined;
    });
    return found;
  }
}

function chosen(legal: readonly Call[], command: Call, below: (n: number) => number): Call {
  return legal.length === 0 ? command : (legal[below(legal.length)] as Call);
}

function namedIn({ args }: Call, choices: readonly Slot[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(choices.map(({ name }) => [name, args[name]]));
}
