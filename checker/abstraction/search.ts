/** Breadth-first search over the states of a projection. */
import {
  type Call,
  initialState,
  type Machine,
  type Property,
  type Scope,
} from '../../machine/index.ts';
import { type Exchange, exchangesOf } from '../symmetry/exchanges.ts';
import { symmetryAmong } from '../symmetry.ts';
import { Interchange } from './interchange.ts';
import { Judge } from './judge.ts';
import { type Anatomy, offsetsOf, projected, type Tree } from './projection.ts';
import { type Outcome, Rules } from './rules.ts';
import { Memories, Steps } from './steps.ts';
import { World } from './world.ts';

/** A step of a projected trace: from a state, by a call, in one of the ways that it may go. */
export interface ProjectedStep {
  readonly from: Uint8Array;
  readonly call: Call;
  readonly outcome: Outcome;
  readonly to: Uint8Array;
}

export interface Work {
  /** States that a projection may have. */
  readonly states: number;
  /** Rules that may still run, and steps that may still be taken. */
  left: number;
}

/** Of so many states one is tried with two members exchanged. */
const checkedEvery = 16;

/** The members of a set were trusted to be alike, and are not. */
export class Asymmetric extends Error {
  readonly set: string;
  constructor(set: string) {
    super(`members of ${set} are not alike`);
    this.set = set;
  }
}

export type Found = 'nothing' | 'spent' | readonly ProjectedStep[];

export class Projection {
  readonly rules: Rules;
  readonly steps: Steps;
  readonly world: World;
  private readonly anatomy: Anatomy;
  private readonly judge: Judge;
  private readonly initial: Uint8Array;
  private readonly canonical: (state: Uint8Array) => Uint8Array;
  private readonly exchanges: readonly { readonly name: string; readonly exchange: Exchange }[];

  constructor(
    machine: Machine,
    scope: Scope,
    anatomy: Anatomy,
    properties: readonly Property[],
    visible: ReadonlySet<string>,
    symmetric: readonly string[],
    memories: Memories = new Memories(),
  ) {
    this.anatomy = anatomy;
    const offsets = offsetsOf(machine.shape, scope.sizes, anatomy, visible);
    const context = { size: scope.sizes, operation: machine.operations };
    this.world = new World(anatomy, offsets, () => undefined);
    this.rules = new Rules(this.world, anatomy, context, memories.outcomes, visible);
    this.judge = new Judge(anatomy, offsets, scope.sizes, properties, visible);
    const { world } = this;
    const outer = symmetric.filter((name) => !isWithin(machine.shape, name));
    const interchange = new Interchange(machine.shape, scope, anatomy, world, outer);
    this.steps = new Steps(machine, scope, this.rules, interchange, this.judge.looksAt, memories);
    const { layout } = offsets;
    const shape = projected(machine.shape, visible);
    const symmetry = symmetryAmong({ ...machine, shape }, scope, layout, symmetric);
    this.exchanges = symmetric.flatMap((name) =>
      exchangesOf({ ...machine, shape }, scope, layout, [name]).neighbours.map((exchange) => {
        return { name, exchange };
      }),
    );
    const words = Math.ceil(layout.bytes / 4);
    const input = new Int32Array(words);
    this.canonical = (state) => {
      const output = new Int32Array(words);
      new Uint8Array(input.buffer).set(state);
      symmetry.canonical(input, 0, output, 0);
      return new Uint8Array(output.buffer, 0, layout.bytes);
    };
    this.initial = this.projectionOf(initialState(machine, scope.sizes));
  }

  /** The bytes of what is visible of a state. */
  projectionOf(state: unknown): Uint8Array {
    const bytes = new Uint8Array(this.world.bytes.length);
    const visit = (tree: Tree, value: unknown): void => {
      if (tree.form === 'value') {
        if (!this.world.isVisible(tree.id)) return;
        this.world.put(bytes, tree.id, this.numberOf(tree.id, value));
      } else if (tree.form === 'closed') {
        return;
      } else if (tree.form === 'record') {
        const record = value as Readonly<Record<string, unknown>>;
        for (const [name, each] of Object.entries(tree.fields)) visit(each, record[name]);
      } else {
        tree.items.forEach((each, i) => {
          visit(each, (value as readonly unknown[])[i]);
        });
      }
    };
    visit(this.anatomy.root, state);
    return bytes;
  }
  private numberOf(id: number, value: unknown): number {
    return this.anatomy.locations[id]?.numbers.number(value) ?? 0;
  }

  /** Looks for a violation in traces of at most so many commands. Throws `Needed`. */
  search(length: number, work: Work): Found {
    const first = this.canonical(this.initial);
    if (this.judge.violates(this.initial)) return [];
    const states: Uint8Array[] = [first];
    const parents: number[] = [-1];
    const known = new Set([textOf(first)]);
    const since = this.done;
    const spend = (): boolean => {
      work.left -= this.done - this.counted;
      this.counted = this.done;
      return work.left < 0;
    };
    this.counted = since;
    for (let begin = 0, depth = 0; depth < length; depth++) {
      const end = states.length;
      const last = depth + 1 === length;
      for (let i = begin; i < end; i++) {
        let violated = false;
        let spent = false;
        if (i % checkedEvery === 0) this.checkExchange(states[i] as Uint8Array, i / checkedEvery);
        this.expand(states[i] as Uint8Array, last, (to) => {
          if (to === undefined) {
            violated = true;
            return true;
          }
          const form = this.canonical(to);
          const key = textOf(form);
          if (known.has(key)) return false;
          known.add(key);
          states.push(form);
          parents.push(i);
          spent = states.length > work.states;
          return spent;
        });
        if (violated) return this.traceTo(states, parents, i);
        if (spend() || spent) return this.ended(states.length, 'spent');
      }
      begin = end;
    }
    return this.ended(states.length, 'nothing');
  }
  /** States that the last search kept. */
  states = 0;
  private taken = 0;
  private counted = 0;
  private get done(): number {
    return this.rules.runs + this.taken;
  }
  private ended<R>(states: number, result: R): R {
    this.states = states;
    return result;
  }

  /** Takes the steps of a state; `found` is told states, and undefined at a violation. */
  private expand(
    from: Uint8Array,
    last: boolean,
    found: (to: Uint8Array | undefined) => boolean,
  ): void {
    const { judge, world } = this;
    const reads = judge.readsOf(from);
    const seen = new Set<Outcome>();
    world.bytes = from;
    this.steps.each(({ kind, args }, outcome) => {
      this.taken++;
      const isAsked = judge.looksAt(kind);
      if (!isAsked && seen.has(outcome)) return false;
      const touches = outcome.ids.some((id) => reads.has(id));
      if (!isAsked && last && !touches) return false;
      const to = this.after(from, outcome);
      if (isAsked && judge.stepViolates(from, kind, args, outcome, to)) return found(undefined);
      if (outcome.ids.length === 0 || (last && !touches) || seen.has(outcome)) return false;
      seen.add(outcome);
      // Where nothing changed that the invariants read, they say what they said.
      if (touches && judge.violates(to)) return found(undefined);
      return last ? false : found(to);
    });
  }

  /**
   * A state with two members exchanged must lead where the state leads, but for names. The symmetry
   * was tested on the machine; here it is tried on the states that it is used for. Throws `Asymmetric`.
   */
  private checkExchange(state: Uint8Array, turn: number): void {
    if (this.exchanges.length === 0) return;
    const { name, exchange } = this.exchanges[
      turn % this.exchanges.length
    ] as (typeof this.exchanges)[number];
    const words = new Int32Array(Math.ceil(state.length / 4));
    new Uint8Array(words.buffer).set(state);
    const other = new Uint8Array(exchange(words).slice().buffer, 0, state.length);
    const [here, there] = [state, other].map((from) => {
      const found = new Set<string>();
      this.expand(from, false, (to) => {
        found.add(to === undefined ? 'violated' : textOf(this.canonical(to)));
        return to === undefined;
      });
      return found;
    }) as [Set<string>, Set<string>];
    if (here.has('violated') && there.has('violated')) return;
    if (here.size === there.size && [...here].every((key) => there.has(key))) return;
    throw new Asymmetric(name);
  }

  private after(from: Uint8Array, { ids, numbers }: Outcome): Uint8Array {
    const to = from.slice();
    ids.forEach((id, i) => {
      this.world.put(to, id, numbers[i] as number);
    });
    return to;
  }

  /** The steps to a state that was found and the violation after it, all from the initial state. */
  private traceTo(
    states: readonly Uint8Array[],
    parents: readonly number[],
    end: number,
  ): readonly ProjectedStep[] {
    const forms: Uint8Array[] = [];
    for (let at = end; at > 0; at = parents[at] as number) forms.push(states[at] as Uint8Array);
    let from = this.initial;
    const trace: ProjectedStep[] = [];
    const take = (test: (step: ProjectedStep) => boolean): void => {
      this.world.bytes = from;
      const taken = this.steps.each((call, outcome) => {
        const step = { from, call, outcome, to: this.after(from, outcome) };
        if (!test(step)) return false;
        trace.push(step);
        return true;
      });
      if (!taken) throw new Error('a projected state has no step like the one that was found');
      from = (trace.at(-1) as ProjectedStep).to;
    };
    for (const form of forms.reverse()) {
      const wanted = textOf(form);
      take(({ to }) => textOf(this.canonical(to)) === wanted);
    }
    take(({ from: before, call: { kind, args }, outcome, to }) => {
      const { judge } = this;
      if (judge.looksAt(kind) && judge.stepViolates(before, kind, args, outcome, to)) return true;
      return judge.violates(to);
    });
    return trace;
  }
}

export function textOf(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

function isWithin(shape: Machine['shape'], name: string): boolean {
  let found = false;
  const visit = (of: unknown): void => {
    if (typeof of !== 'object' || of === null) return;
    const {
      form,
      index,
      fields,
      of: inner,
    } = of as {
      form?: string;
      index?: { name: string; within?: unknown };
      fields?: Record<string, unknown>;
      of?: unknown;
    };
    if (form === 'array' && index?.name === name && index.within !== undefined) found = true;
    if (fields !== undefined) Object.values(fields).forEach(visit);
    visit(inner);
  };
  visit(shape);
  return found;
}
