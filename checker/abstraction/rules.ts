/**
 * Rules on projected states. What a rule reads of the state is noted, so that it need not run again
 * where it would read the same: each question and each effect keeps a tree of the values that it
 * read, with what came of them. A hidden value may be anything: the rule runs once for each of its
 * values, and all that may come of it is kept.
 */
import type { Context } from '../../machine/index.ts';
import { type Anatomy, Unsupported } from './projection.ts';
import type { World } from './world.ts';

/** A field must be visible for the search to go on. */
export class Needed extends Error {
  readonly fields: readonly string[];
  constructor(fields: readonly string[]) {
    super(`needed: ${fields.join(', ')}`);
    this.fields = fields;
  }
}

/** Events are shown, like a field, where a property asks for them. */
export const eventsField = 'the events';

/** Something that a step may do. */
export interface Outcome {
  /** The visible values that change, and their numbers after it. */
  readonly ids: readonly number[];
  readonly numbers: readonly number[];
  /** History that it adds, and events that it tells, where a property asks for them. */
  readonly history: readonly (readonly [id: number, value: unknown])[];
  readonly events: readonly unknown[];
}

/** A hidden value that a run was given. */
export interface Chosen {
  readonly id: number;
  readonly value: unknown;
}

interface Branch<R> {
  /** The value that is read next, or -1 where the result is known. */
  id: number;
  kids: (Branch<R> | undefined)[];
  result: R | undefined;
}
const newBranch = <R>(): Branch<R> => ({ id: -1, kids: [], result: undefined });

/** What is known of one question, or of one effect; it stays true while no field that it touched is shown. */
export interface Memory<R> {
  readonly root: Branch<R>;
  readonly touched: Set<string>;
}
export const newMemory = <R>(): Memory<R> => ({ root: newBranch(), touched: new Set() });

/** Runs of an effect, of one that has changed nothing visible yet, and of a question. */
const effectRunsMax = 400;
const idleRunsMax = 20_000;
const questionRunsMax = 64;

export class Rules {
  readonly world: World;
  /** Times that a rule was run: what the rest costs hardly counts. */
  runs = 0;
  private readonly anatomy: Anatomy;
  private readonly context: Context;
  private readonly visible: ReadonlySet<string>;
  private readonly interned: Map<string, Outcome>;
  private events: unknown[] = [];
  /** The values that were read since the tree was left, in order. */
  private path: number[] = [];
  private readonly inPath: Int32Array;
  private stamp = 0;
  /** Choices among hidden values: those to repeat, and how many each has. */
  private script: number[] = [];
  private limits: number[] = [];
  private chosenIds: number[] = [];
  private next = 0;
  private readonly given = new Map<number, unknown>();

  /** `interned`: equal outcomes are one object. */
  constructor(
    world: World,
    anatomy: Anatomy,
    context: Omit<Context, 'emit'>,
    interned: Map<string, Outcome>,
    visible: ReadonlySet<string>,
  ) {
    this.visible = visible;
    this.interned = interned;
    this.world = world;
    this.anatomy = anatomy;
    this.inPath = new Int32Array(anatomy.locations.length);
    this.context = { ...context, emit: (event) => this.events.push(event) };
    world.onRead = (id) => {
      if (this.inPath[id] === this.stamp) return;
      this.inPath[id] = this.stamp;
      this.path.push(id);
    };
    world.onHidden = (id) => this.choose(id);
  }

  /** Whether a question refuses whatever the hidden values are. */
  refuses(memory: Memory<boolean>, ask: (context: Context) => boolean): boolean {
    return this.recalled(memory, () => {
      let runs = 0;
      return !this.some(() => ++runs > questionRunsMax || !this.attempt(() => ask(this.context)));
    });
  }

  /** Everything that an effect may do; nothing where it does not change what is visible. */
  outcomes(
    memory: Memory<readonly Outcome[]>,
    run: (context: Context) => void,
    isAsked: boolean,
  ): readonly Outcome[] {
    return this.recalled(memory, () => {
      const found = new Map<string, Outcome>();
      let runs = 0;
      let idle = true;
      this.some(() => {
        runs++;
        if (runs > (idle ? idleRunsMax : effectRunsMax)) {
          throw new Needed(this.costliest());
        }
        const outcome = this.outcome(run, isAsked);
        if (outcome === undefined) return false;
        const { ids, history, events } = outcome;
        if (ids.length + history.length + events.length > 0) idle = false;
        const text = JSON.stringify(outcome);
        const same = this.interned.get(text) ?? outcome;
        this.interned.set(text, same);
        found.set(text, same);
        return false;
      });
      return [...found.values()];
    });
  }

  /** The hidden values with which an effect does something: for each way, those it was given. */
  waysTo(
    run: (context: Context) => void,
    isAsked: boolean,
    wanted: Outcome,
  ): readonly (readonly Chosen[])[] {
    const text = JSON.stringify(wanted);
    const ways: Chosen[][] = [];
    this.begin();
    this.some(() => {
      if (JSON.stringify(this.outcome(run, isAsked)) !== text) return false;
      ways.push([...this.given].map(([id, value]) => ({ id, value })));
      return false;
    });
    return ways;
  }

  /** Hidden fields that were read or written. */
  private touched = new Set<string>();

  /**
   * A rule that throws was given hidden values that do not go together, so that they must be shown;
   * or, where there were none, it is one that the views do not serve.
   */
  private attempt<R>(run: () => R): R {
    try {
      return run();
    } catch (error) {
      if (error instanceof Needed || error instanceof Unsupported) throw error;
      if (this.given.size > 0) throw new Needed(this.costliest());
      throw new Unsupported(String(error));
    }
  }

  private begin(): void {
    this.stamp++;
    this.path = [];
  }

  /** What came of it when the same was read before; otherwise runs it and keeps what comes of it. */
  private recalled<R>(memory: Memory<R>, find: () => R): R {
    const { world } = this;
    let at = memory.root;
    while (at.id >= 0) {
      const number = world.number(at.id);
      const kid = at.kids[number] ?? newBranch<R>();
      at.kids[number] = kid;
      at = kid;
    }
    if (at.result !== undefined) return at.result;
    // What was read on the way here is read again, and skipped.
    this.begin();
    this.touched = memory.touched;
    const result = find();
    let to = memory.root;
    for (const id of this.path) {
      if (to.id < 0) to.id = id;
      const number = world.number(id);
      const kid = to.kids[number] ?? newBranch<R>();
      to.kids[number] = kid;
      to = kid;
    }
    to.result = result;
    return result;
  }

  /** Runs it with every choice of hidden values, until it returns true. */
  private some(run: () => boolean): boolean {
    this.script = [];
    this.limits = [];
    this.chosenIds = [];
    for (;;) {
      this.next = 0;
      this.given.clear();
      this.world.clear();
      this.events = [];
      this.runs++;
      if (run()) return true;
      const { script, limits } = this;
      while (script.length > 0 && (script.at(-1) as number) + 1 >= (limits.at(-1) as number)) {
        script.pop();
        limits.pop();
        this.chosenIds.pop();
      }
      if (script.length === 0) return false;
      script[script.length - 1] = (script.at(-1) as number) + 1;
    }
  }

  private choose(id: number): unknown {
    if (this.given.has(id)) return this.given.get(id);
    const { values } = this.anatomy.locations[id] as Anatomy['locations'][number];
    if (this.next === this.script.length) {
      this.script.push(0);
      this.limits.push(values.length);
      this.chosenIds.push(id);
    }
    const value = values[this.script[this.next++] as number];
    this.given.set(id, value);
    this.touched.add(this.anatomy.locations[id]?.field ?? '');
    return value;
  }

  /** Fields of which many values are read, one after the other; or else the one of most values. */
  private costliest(): readonly string[] {
    const costs = new Map<string, { reads: number; cost: number }>();
    this.chosenIds.forEach((id, i) => {
      const { field, shape } = this.anatomy.locations[id] as Anatomy['locations'][number];
      const known = costs.get(field) ?? { reads: 0, cost: 0 };
      const cost = Math.log(this.limits[i] as number) * (shape.form === 'int' ? 1.01 : 1);
      costs.set(field, { reads: known.reads + 1, cost: known.cost + cost });
    });
    const sorted = [...costs].sort(([, a], [, b]) => b.cost - a.cost);
    const often = sorted.filter(([, { reads }]) => reads > 3).map(([field]) => field);
    return often.length > 0 ? often : sorted.slice(0, 1).map(([field]) => field);
  }

  /** What one run does; undefined where it changes nothing, or leaves the bounds, as no trace does. */
  private outcome(run: (context: Context) => void, isAsked: boolean): Outcome | undefined {
    const { world, anatomy, visible } = this;
    this.attempt(() => run(this.context));
    const ids: number[] = [];
    const numbers: number[] = [];
    const history: (readonly [number, unknown])[] = [];
    for (const id of world.writes.slice().sort((a, b) => a - b)) {
      const location = anatomy.locations[id] as Anatomy['locations'][number];
      const value = world.get(id);
      if (location.history && isAsked && visible.has(location.field)) history.push([id, value]);
      if (!world.isVisible(id)) {
        this.touched.add(location.field);
        continue;
      }
      const number = numberOf(location, value);
      // It leaves the bounds of the scope: the machine itself throws there.
      if (number < 0) return undefined;
      if (number === world.number(id)) {
        world.onRead?.(id);
        continue;
      }
      world.onRead?.(id);
      ids.push(id);
      numbers.push(number);
    }
    if (ids.length === 0 && !isAsked) return undefined;
    if (isAsked) this.touched.add(eventsField);
    return {
      ids,
      numbers,
      history,
      events: isAsked && visible.has(eventsField) ? this.events : [],
    };
  }
}

/** The number of a value, or -1 where its shape has no such value in the scope. */
function numberOf({ numbers, values }: Anatomy['locations'][number], value: unknown): number {
  const number = numbers.number(value);
  return number in values && same(values[number], value) ? number : -1;
}

function same(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || a === null) return a === b;
  const [left, right] = [a, b] as Readonly<Record<string, unknown>>[];
  return Object.keys(a).every((name) => left?.[name] === right?.[name]);
}
