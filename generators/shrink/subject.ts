/**
 * What is shrunk: a trace, with what the model says of each of its commands. Every smaller candidate
 * is repaired on the model before anybody runs it.
 */
import {
  type Call,
  enumerate,
  type InPlace,
  inPlace,
  type Machine,
  type Plan,
  plans,
  type Scope,
  type Slot,
} from '../../machine/index.ts';
import { type ArgumentRole, costOf, idsOf, rolesOf, withIds } from './arguments.ts';

/** Commands, and for each whether the model accepts it where it stands. */
export interface Subject {
  readonly calls: readonly Call[];
  readonly accepted: readonly boolean[];
}

/** What the shrinker knows of one kind of command. */
export interface KindFacts {
  readonly plan: Plan;
  readonly slots: ReadonlyMap<string, Slot>;
  readonly roles: readonly ArgumentRole[];
}

/** The model that candidates are repaired on. */
export class Surgeon<S> {
  readonly host: InPlace<S>;
  readonly plans: readonly Plan[];
  private readonly kinds: ReadonlyMap<string, KindFacts>;

  constructor(machine: Machine<S>, scope: Scope) {
    this.host = inPlace(machine, scope);
    this.plans = plans(this.host.engine);
    this.kinds = new Map(this.plans.map((plan) => [plan.command.kind, factsOf(plan, scope)]));
  }

  /** Throws on a kind that the scope does not have. */
  facts(kind: string): KindFacts {
    const facts = this.kinds.get(kind);
    if (facts === undefined) throw new Error(`there is no command '${kind}' to shrink`);
    return facts;
  }

  /** The trace as it is, with what the model says of it. */
  examine(calls: readonly Call[]): Subject {
    const state = this.host.initial();
    const accepted = calls.map((call) => {
      try {
        return this.host.step(state, call).ok;
      } catch {
        // A faulty rule, after the failure that is looked for or as that failure.
        return true;
      }
    });
    return { calls, accepted };
  }

  /** The state after the first `length` commands. */
  stateAfter(calls: readonly Call[], length: number): S {
    const state = this.host.initial();
    for (let i = 0; i < length; i++) this.host.step(state, calls[i] as Call);
    return state;
  }

  /**
   * Re-runs a candidate. A command that was accepted and no longer would be is given new values where
   * the host chooses (the first legal ones), and falls out where none helps. A command that was
   * refused stays as it is: the refusal may be the point of the trace.
   */
  repair({ calls, accepted }: Subject): Subject {
    const state = this.host.initial();
    const kept: Call[] = [];
    const verdicts: boolean[] = [];
    const renamed = new Map<string, number>();
    for (let i = 0; i < calls.length; i++) {
      const call = calls[i] as Call;
      try {
        const { ok } = this.host.step(state, call);
        const fitting = ok || accepted[i] === false ? call : this.fit(state, call, renamed);
        if (fitting === undefined) continue;
        if (fitting !== call) this.host.step(state, fitting);
        kept.push(fitting);
        verdicts.push(ok || fitting !== call);
      } catch {
        // What follows the throw is never run by a test, so it is no part of the trace.
        kept.push(call);
        verdicts.push(true);
        break;
      }
    }
    return { calls: kept, accepted: verdicts };
  }

  /** The call with ids renamed as before, or with other choices of the host, that is legal. */
  private fit(state: S, call: Call, renamed: Map<string, number>): Call | undefined {
    const { plan, roles } = this.facts(call.kind);
    const again = rename(call, roles, renamed);
    if (again !== call && this.host.engine.refusal(state, again) === undefined) return again;
    if (!roles.some(({ choice }) => choice)) return undefined;
    let found: Call | undefined;
    const slots = plan.slots.map((slot) => {
      if (slot.shape.choice !== true) return { ...slot, values: [call.args[slot.name]] };
      return { ...slot, values: [again.args[slot.name], ...slot.values] };
    });
    enumerate(this.host.engine, { ...plan, slots }, state, (legal) => {
      found = legal;
      return true;
    });
    if (found !== undefined) remember(call, found, roles, renamed);
    return found;
  }

  /** Whether `a` is simpler than `b`: shorter, of fewer entities, of lower values, or in order. */
  simpler(a: readonly Call[], b: readonly Call[]): boolean {
    if (a.length !== b.length) return a.length < b.length;
    const entities = this.entities(a).size - this.entities(b).size;
    if (entities !== 0) return entities < 0;
    const [left, right] = [a.map((call) => this.rank(call)), b.map((call) => this.rank(call))];
    const total = sum(left.flatMap(costs)) - sum(right.flatMap(costs));
    return total === 0 ? precedes(left.flat(), right.flat()) : total < 0;
  }

  /** Whether `a` comes before `b` in the order of the declarations, then of lower values. */
  inOrder(a: Call, b: Call): boolean {
    return precedes(this.rank(a), this.rank(b));
  }

  /** How many commands mention each entity, in the order of first mention. */
  entities(calls: readonly Call[]): ReadonlyMap<string, number> {
    const found = new Map<string, number>();
    for (const call of calls) {
      for (const entity of this.mentioned(call)) found.set(entity, (found.get(entity) ?? 0) + 1);
    }
    return found;
  }

  /** The entities that a call mentions, as `index/owner/id`. */
  mentioned(call: Call): readonly string[] {
    return this.facts(call.kind).roles.flatMap((role) =>
      idsOf(role, call).map((id) => `${entityClass(role, call)}/${id}`),
    );
  }

  /** The place of the kind in the machine, then what each argument costs. */
  private rank(call: Call): readonly number[] {
    const { plan } = this.facts(call.kind);
    return [
      this.plans.indexOf(plan),
      ...plan.slots.map(({ name, shape }) => costOf(shape, call.args[name])),
    ];
  }
}

const costs = ([_kind, ...args]: readonly number[]): readonly number[] => args;

function precedes(a: readonly number[], b: readonly number[]): boolean {
  const at = a.findIndex((each, i) => each !== b[i]);
  return at >= 0 && (a[at] as number) < (b[at] as number);
}

function factsOf(plan: Plan, { sizes }: Scope): KindFacts {
  return {
    plan,
    slots: new Map(plan.slots.map((slot) => [slot.name, slot])),
    roles: rolesOf(plan.slots, sizes),
  };
}

/** The index set of an argument's ids, with the owner where each owner has its own. */
export function entityClass({ index, owner }: ArgumentRole, call: Call): string {
  return owner === undefined ? `${index}/` : `${index}/${String(call.args[owner])}`;
}

function rename(
  call: Call,
  roles: readonly ArgumentRole[],
  renamed: ReadonlyMap<string, number>,
): Call {
  if (renamed.size === 0) return call;
  let args = call.args;
  for (const role of roles) {
    const of = entityClass(role, call);
    args = withIds(role, args, (id) => renamed.get(`${of}/${id}`) ?? id);
  }
  return args === call.args ? call : { kind: call.kind, args };
}

/** The choices that were made anew, so that later commands can follow them. */
function remember(
  before: Call,
  after: Call,
  roles: readonly ArgumentRole[],
  renamed: Map<string, number>,
): void {
  for (const role of roles) {
    const old = idsOf(role, before);
    const now = idsOf(role, after);
    const of = entityClass(role, before);
    old.forEach((id, i) => {
      const to = now[i];
      if (to !== undefined && to !== id) renamed.set(`${of}/${id}`, to);
    });
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
