/** The steps of projected states: arguments are bound one after the other, as on the other hosts. */

import type { CompiledCommand } from '../../machine/engine.ts';
import {
  type Call,
  type Context,
  type Engine,
  engine,
  type Machine,
  type Plan,
  plans,
  type Scope,
} from '../../machine/index.ts';
import type { Interchange } from './interchange.ts';
import { type Memory, newMemory, type Outcome, type Rules } from './rules.ts';

type Args = Record<string, unknown>;
type Ask = (state: unknown, args: unknown, context: unknown) => boolean;

interface Question {
  readonly refuse: Ask;
  /** Positions of the arguments that it may look at. */
  readonly seen: readonly number[];
  readonly known: Map<number, Memory<boolean>>;
}
interface Prepared {
  readonly plan: Plan;
  readonly first: readonly Question[];
  readonly questions: readonly (readonly Question[])[];
  readonly effects: Map<number, Memory<readonly Outcome[]>>;
  readonly parts: Map<number, unknown>;
  readonly isAsked: boolean;
}

/** What is known of the rules of a machine, from one projection to the next. */
export class Memories {
  /** Equal outcomes are one object. */
  readonly outcomes: Map<string, Outcome> = new Map();
  private readonly questions = new Map<unknown, Map<string, Map<number, Memory<boolean>>>>();
  private readonly effects = new Map<string, Map<number, Memory<readonly Outcome[]>>>();

  question(refuse: unknown, domain: string): Map<number, Memory<boolean>> {
    const byDomain = this.questions.get(refuse) ?? new Map();
    this.questions.set(refuse, byDomain);
    const known = byDomain.get(domain) ?? new Map();
    byDomain.set(domain, known);
    return known;
  }
  effect(kind: string): Map<number, Memory<readonly Outcome[]>> {
    const known = this.effects.get(kind) ?? new Map();
    this.effects.set(kind, known);
    return known;
  }
  /** Forgets what touched a field that is shown from now on. */
  show(fields: readonly string[]): void {
    const forget = (known: Map<number, Memory<unknown>>): void => {
      for (const [key, { touched }] of known) {
        if (fields.some((field) => touched.has(field))) known.delete(key);
      }
    };
    for (const byDomain of this.questions.values()) {
      for (const known of byDomain.values()) forget(known as Map<number, Memory<unknown>>);
    }
    for (const known of this.effects.values()) forget(known as Map<number, Memory<unknown>>);
  }
}

export type Visit = (call: Call, outcome: Outcome) => boolean;

export class Steps {
  readonly engine: Engine;
  private readonly rules: Rules;
  private readonly all: readonly Prepared[];
  private readonly interchange: Interchange;

  /** `isAsked`: the commands of whose steps a property asks. */
  constructor(
    machine: Machine,
    scope: Scope,
    rules: Rules,
    interchange: Interchange,
    isAsked: (kind: string) => boolean,
    memories: Memories,
  ) {
    this.engine = engine(machine, scope);
    this.rules = rules;
    this.interchange = interchange;
    this.all = plans(this.engine).map((plan) => {
      const { slots, depth } = plan;
      const question = ({ refuse, looksAt }: Plan['first'][number]): Question => {
        const seen = slots.flatMap(({ name }, i) => {
          return i < depth || looksAt.includes(name) ? [i] : [];
        });
        // Commands share guards, and what is known of them.
        const domain = seen.map((i) => {
          const { name, values } = slots[i] as Plan['slots'][number];
          return `${name} ${values.length} ${JSON.stringify(values[0])}`;
        });
        return { refuse, seen, known: memories.question(refuse, domain.join()) };
      };
      return {
        plan,
        first: plan.first.map(question),
        questions: slots.map(({ guards }) => guards.map(question)),
        effects: memories.effect(plan.command.kind),
        parts: new Map(),
        isAsked: isAsked(plan.command.kind),
      };
    });
  }

  /** Every step that the state of the world may allow, until `visit` returns true. */
  each(visit: Visit): boolean {
    this.interchange.look();
    return this.all.some((prepared) => this.eachOf(prepared, visit));
  }

  private eachOf(prepared: Prepared, visit: Visit): boolean {
    const { plan, first, questions } = prepared;
    const { slots, depth, command } = plan;
    const args: Args = {};
    const places: number[] = [];
    const world = this.rules.world.view;
    let part: unknown = command.lens === undefined ? world : undefined;
    const refused = (asked: readonly Question[]): boolean => {
      return asked.some(({ refuse, seen, known }) => {
        const key = this.keyOf(plan, places, seen);
        let memory = known.get(key);
        if (memory === undefined) {
          memory = newMemory();
          known.set(key, memory);
        }
        return this.rules.refuses(memory, (context) => refuse(part, args, context));
      });
    };
    const bind = (i: number): boolean => {
      const slot = slots[i];
      if (slot === undefined) return this.take(prepared, part, args, places, visit);
      for (let v = 0; v < slot.values.length; v++) {
        const value = slot.values[v];
        args[slot.name] = value;
        places[i] = v;
        if (!this.interchange.allows(slots, args, i)) continue;
        if (command.lens !== undefined && i === depth - 1)
          part = this.partOf(prepared, args, places);
        if (refused(questions[i] as readonly Question[])) continue;
        if (bind(i + 1)) return true;
      }
      return false;
    };
    return refused(first) ? false : bind(0);
  }

  private take(
    { plan, effects, isAsked }: Prepared,
    part: unknown,
    args: Args,
    places: readonly number[],
    visit: Visit,
  ): boolean {
    const key = this.keyOf(plan, places, [...plan.slots.keys()]);
    let memory = effects.get(key);
    if (memory === undefined) {
      memory = newMemory();
      effects.set(key, memory);
    }
    const { kind, effect } = plan.command;
    const run = (context: Context): void => effect(part, args, context);
    const outcomes = this.rules.outcomes(memory, run, isAsked);
    if (outcomes.length === 0) return false;
    const call = { kind, args: { ...args } };
    return outcomes.some((outcome) => visit(call, outcome));
  }

  private partOf({ plan, parts }: Prepared, args: Args, places: readonly number[]): unknown {
    const key = this.keyOf(plan, places, [...Array(plan.depth).keys()]);
    let part = parts.get(key);
    if (part === undefined) {
      part = plan.command.lens?.(this.rules.world.view, { ...args });
      parts.set(key, part);
    }
    return part;
  }

  private keyOf({ slots }: Plan, places: readonly number[], seen: readonly number[]): number {
    let key = 0;
    for (const i of seen) key = key * (slots[i]?.values.length ?? 1) + (places[i] as number);
    return key;
  }

  /** The rules of a command on a world's view, for a call. */
  rulesOf(
    kind: string,
    view: unknown,
    args: Args,
  ): {
    readonly guards: CompiledCommand['guards'];
    readonly effect: (context: Context) => void;
    readonly part: unknown;
    readonly isAsked: boolean;
  } {
    const { guards, effect, lens } = this.engine.command(kind);
    const part = lens === undefined ? view : lens(view, args);
    const asked = this.all.find(({ plan }) => plan.command.kind === kind)?.isAsked ?? false;
    return { guards, effect: (c: Context): void => effect(part, args, c), part, isAsked: asked };
  }
}
