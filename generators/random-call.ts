/**
 * Draws calls from the state that a trace is in. A legal call is found by randomised backtracking:
 * arguments are bound one after the other, each guard is asked as soon as its last argument is
 * bound, and values are tried in a random order without repetition. So every legal call can be
 * drawn, and a small domain is searched completely.
 */
import type * as fc from 'fast-check';
import type { ArgumentShape, Call, Engine, Plan } from '../machine/index.ts';
import { plans } from '../machine/index.ts';

/** A search gives up after this many questions to guards: one step must not cost a search. */
const questionsMax = 300;
/** How many ids of each index set count as recently used. */
const recentMax = 4;
/** How often, of `chances`, a recently used id is tried before all others. */
const recentChance = 2;
const chances = 4;

type Guards = Plan['first'];

/** The ids of one index set that the last commands used, in a ring. */
interface Recent {
  readonly ids: number[];
  next: number;
}

interface PreparedSlot {
  readonly name: string;
  readonly values: readonly unknown[];
  readonly guards: Guards;
  /** A permutation of the places in `values`; where a draw stops, the next one goes on. */
  readonly order: number[];
  /** The trace that the permutation belongs to: what one trace draws must not depend on another. */
  trace: number;
  readonly recent: Recent | undefined;
  /** The place in `values` of id 0. */
  readonly firstId: number;
}

interface PreparedPlan extends Omit<Plan, 'slots'> {
  readonly slots: readonly PreparedSlot[];
  readonly args: Record<string, unknown>;
}

/** Draws calls of the kinds of an engine, which are named by their place in `engine.kinds`. */
export class RandomCalls {
  readonly engine: Engine;
  private readonly plans: readonly PreparedPlan[];
  private readonly kinds: ReadonlyMap<string, PreparedPlan>;
  private readonly recents = new Map<string, Recent>();
  private trace = 0;

  // What the draw in progress is about.
  private random: fc.Random;
  private plan: PreparedPlan;
  private state: unknown;
  private part: unknown;
  private questions = 0;

  constructor(engine: Engine, random: fc.Random) {
    this.engine = engine;
    this.plans = plans(engine).map((plan) => this.prepare(plan));
    this.kinds = new Map(this.plans.map((plan) => [plan.command.kind, plan]));
    const first = this.plans[0];
    if (first === undefined) throw new Error('a machine without commands has no traces');
    this.random = random;
    this.plan = first;
  }

  /** Begins a trace: from here on only `random` decides. */
  begin(random: fc.Random): void {
    this.random = random;
    this.trace++;
    for (const recent of this.recents.values()) {
      recent.ids.length = 0;
      recent.next = 0;
    }
  }

  /** A call that the state allows, or undefined where there is none, or the search gave up. */
  legal(kind: number, state: unknown): Call | undefined {
    const plan = this.planAt(kind);
    this.plan = plan;
    this.state = state;
    const { lens } = plan.command;
    this.part = lens === undefined ? state : plan.depth === 0 ? lens(state, {}) : undefined;
    this.questions = 0;
    if (this.refuses(plan.first) || !this.bind(0)) return undefined;
    return { kind: plan.command.kind, args: { ...plan.args } };
  }

  /** A call with any arguments of the scope. */
  arbitrary(kind: number): Call {
    const { command, slots, args } = this.planAt(kind);
    for (const { name, values } of slots) args[name] = this.oneOf(values);
    return { kind: command.kind, args: { ...args } };
  }

  /** The call with one argument drawn anew, which may or may not be refused. */
  mutated(call: Call): Call {
    const slots = this.kinds.get(call.kind)?.slots ?? [];
    if (slots.length === 0) return call;
    const slot = this.oneOf(slots);
    return { kind: call.kind, args: { ...call.args, [slot.name]: this.oneOf(slot.values) } };
  }

  /** Remembers the ids that a command used. */
  used(call: Call): void {
    for (const { name, recent } of this.kinds.get(call.kind)?.slots ?? []) {
      const id = call.args[name];
      if (recent === undefined || typeof id !== 'number') continue;
      if (recent.ids.includes(id)) continue;
      recent.ids[recent.next] = id;
      recent.next = (recent.next + 1) % recentMax;
    }
  }

  private planAt(kind: number): PreparedPlan {
    const plan = this.plans[kind];
    if (plan === undefined) throw new RangeError(`there is no kind ${kind}`);
    return plan;
  }

  private oneOf<T>(values: readonly T[]): T {
    return values[this.random.nextInt(0, values.length - 1)] as T;
  }

  /** Binds the arguments from `i` on; true when all are bound and no guard refuses. */
  private bind(i: number): boolean {
    const slot = this.plan.slots[i];
    if (slot === undefined) return true;
    const { order } = slot;
    if (slot.trace !== this.trace) {
      for (let at = 0; at < order.length; at++) order[at] = at;
      slot.trace = this.trace;
    }
    const preferred = slot.recent === undefined ? -1 : this.recentPlace(slot, slot.recent);
    if (preferred >= 0 && this.bindTo(slot, i, preferred)) return true;
    for (let last = order.length - 1; last >= 0; last--) {
      if (this.questions > questionsMax) return false;
      const at = last === 0 ? 0 : this.random.nextInt(0, last);
      const place = order[at] as number;
      order[at] = order[last] as number;
      order[last] = place;
      if (place !== preferred && this.bindTo(slot, i, place)) return true;
    }
    return false;
  }

  private bindTo(slot: PreparedSlot, i: number, place: number): boolean {
    const { plan } = this;
    plan.args[slot.name] = slot.values[place];
    const { lens } = plan.command;
    if (lens !== undefined && i === plan.depth - 1) this.part = lens(this.state, plan.args);
    return !this.refuses(slot.guards) && this.bind(i + 1);
  }

  private refuses(guards: Guards): boolean {
    const { context } = this.engine;
    const { args } = this.plan;
    this.questions += guards.length;
    for (const guard of guards) if (guard.refuse(this.part, args, context)) return true;
    return false;
  }

  /** The place of a recently used id in the values of a slot; -1 for none this time. */
  private recentPlace(slot: PreparedSlot, { ids }: Recent): number {
    if (ids.length === 0 || this.random.nextInt(0, chances - 1) >= recentChance) return -1;
    const id = ids.length === 1 ? ids[0] : ids[this.random.nextInt(0, ids.length - 1)];
    return slot.firstId + (id as number);
  }

  private prepare(plan: Plan): PreparedPlan {
    const args: Record<string, unknown> = {};
    const slots = plan.slots.map(({ name, shape, values, guards }): PreparedSlot => {
      args[name] = values[0];
      const index = indexOf(shape);
      return {
        name,
        values,
        guards,
        order: values.map((_, at) => at),
        trace: this.trace,
        recent: index === undefined ? undefined : this.recentOf(index),
        firstId: shape.form === 'option' ? 1 : 0,
      };
    });
    return { command: plan.command, first: plan.first, depth: plan.depth, slots, args };
  }

  private recentOf(index: string): Recent {
    const known = this.recents.get(index);
    if (known !== undefined) return known;
    const recent: Recent = { ids: [], next: 0 };
    this.recents.set(index, recent);
    return recent;
  }
}

/** The index set whose ids an argument takes, one at a time. */
function indexOf(shape: ArgumentShape): string | undefined {
  if (shape.form === 'ref') return shape.index.name;
  return shape.form === 'option' ? indexOf(shape.of) : undefined;
}
