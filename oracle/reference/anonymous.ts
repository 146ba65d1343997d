/**
 * States that differ only in the ids of index sets that a system never names are one state to it.
 * Each such state is renamed into one form: ids are numbered in the order in which the rest of the
 * state mentions them, and those that nothing mentions by what their rows hold.
 *
 * Whatever the numbering, it is a renaming of the whole state, so the renamed state behaves as the
 * first did. Where two equal states are not recognised as equal, both are kept.
 */
import {
  type ArgumentShape,
  type ArrayShape,
  type Index,
  type ListShape,
  type RecordShape,
  resolve,
  type Sizes,
  type StateShape,
  type VariantShape,
} from '../../machine/index.ts';

export interface Anonymous<S> {
  /** Renames a state where it is. */
  rename(state: S): void;
  /** Whether an argument names ids that are renamed. */
  names(shape: ArgumentShape): boolean;
  /** Of the values of an argument, those that a state can tell apart: of unused equal ids, the first. */
  distinct(state: S, shape: ArgumentShape, values: readonly unknown[]): readonly unknown[];
}

/** Throws on a name that no array of the state has, or whose ids have an order or an owner. */
export function anonymous<S>(
  shape: RecordShape<S>,
  sizes: Sizes,
  names: readonly string[],
): Anonymous<S> {
  for (const name of names) {
    const index = indexNamed(shape, name);
    if (index === undefined) throw new Error(`no array of the state is over '${name}'`);
    if (index.ordered || index.within !== undefined) {
      throw new Error(`ids of '${name}' cannot be anonymous: they are ordered, or have an owner`);
    }
  }
  const found = new Numbering(names, sizes);
  const whole = walkerOf(shape, found);
  const number = (state: S): void => {
    found.start();
    whole?.meet(state);
    found.drain();
  };
  return {
    rename(state) {
      number(state);
      found.complete();
      if (!found.same) whole?.rename(state);
    },
    names: (argument) => names.includes(indexOf(argument)?.name ?? ''),
    distinct(state, argument, values) {
      number(state);
      const firsts = found.firstsOf(indexOf(argument)?.name ?? '');
      return values.filter((value) => {
        if (typeof value === 'number') return firsts[value] === -1;
        return !Array.isArray(value) || takesFirsts(value, firsts);
      });
    },
  };
}

/** Of equal ids, a set takes those that come first. `firsts` has for each id the equal one before. */
function takesFirsts(ids: readonly number[], firsts: readonly number[]): boolean {
  return ids.every((id) => firsts[id] === -1 || ids.includes(firsts[id] as number));
}

/** The index set whose ids an argument takes. */
function indexOf(shape: ArgumentShape): Index | undefined {
  if (shape.form === 'ref' || shape.form === 'subset') return shape.index;
  return shape.form === 'option' && shape.of.form === 'ref' ? shape.of.index : undefined;
}

function indexNamed(shape: StateShape, name: string): Index | undefined {
  if (shape.form === 'array') {
    return shape.index.name === name ? shape.index : indexNamed(shape.of, name);
  }
  if (shape.form !== 'record') return undefined;
  for (const field of Object.values(shape.fields)) {
    const found = indexNamed(field, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The numbers that the ids of one index set get. */
interface Numbers {
  readonly newOf: number[];
  next: number;
  /** What the arrays over the set hold, by id. */
  readonly rows: { readonly elements: readonly unknown[]; readonly of: Walker | undefined }[];
}

/** New numbers for the ids of some index sets, in the order in which they are come upon. */
class Numbering {
  private readonly sets: ReadonlyMap<string, Numbers>;
  private readonly queue: { readonly numbers: Numbers; readonly id: number }[] = [];

  constructor(names: readonly string[], sizes: Sizes) {
    this.sets = new Map(
      names.map((name) => {
        const newOf: number[] = new Array(resolve(name, sizes)).fill(-1);
        return [name, { newOf, next: 0, rows: [] }];
      }),
    );
  }

  of(name: string): Numbers | undefined {
    return this.sets.get(name);
  }
  start(): void {
    for (const numbers of this.sets.values()) {
      numbers.newOf.fill(-1);
      numbers.next = 0;
      numbers.rows.length = 0;
    }
  }
  meet(numbers: Numbers, id: number): void {
    if (numbers.newOf[id] !== -1) return;
    numbers.newOf[id] = numbers.next++;
    this.queue.push({ numbers, id });
  }
  /** Follows the rows of ids that have a number to what they mention. */
  drain(): void {
    for (let at = this.queue.pop(); at !== undefined; at = this.queue.pop()) {
      for (const { of, elements } of at.numbers.rows) of?.meet(elements[at.id]);
    }
  }
  /** Numbers for what nothing mentions, in the order of what the rows hold. */
  complete(): void {
    for (const numbers of this.sets.values()) {
      const left: { readonly id: number; readonly text: string }[] = [];
      numbers.newOf.forEach((to, id) => {
        if (to === -1) left.push({ id, text: textOf(numbers, id) });
      });
      left.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id));
      for (const { id } of left) {
        this.meet(numbers, id);
        this.drain();
      }
    }
  }
  /** Whether every id keeps its number. */
  get same(): boolean {
    for (const { newOf } of this.sets.values())
      if (!newOf.every((to, id) => to === id)) return false;
    return true;
  }
  /** For each id that nothing mentions, the one before it whose rows hold the same; else -1. */
  firstsOf(name: string): readonly number[] {
    const numbers = this.sets.get(name);
    if (numbers === undefined) return [];
    const last = new Map<string, number>();
    return numbers.newOf.map((to, id) => {
      if (to !== -1) return -1;
      const text = textOf(numbers, id);
      const before = last.get(text) ?? -1;
      last.set(text, id);
      return before;
    });
  }
}

function textOf({ rows }: Numbers, id: number): string {
  return JSON.stringify(rows.map(({ elements }) => elements[id]));
}

/** Goes through values of one shape; only shapes that mention renamed ids have one. */
interface Walker {
  /** Meets every id in the order of the shape; rows of a renamed set wait until they have a place. */
  meet(value: unknown): void;
  /** The value with its ids renamed; places are changed inside. */
  rename(value: unknown): unknown;
}

function walkerOf(shape: StateShape, found: Numbering): Walker | undefined {
  switch (shape.form) {
    case 'ref': {
      const numbers = found.of(shape.index.name);
      if (numbers === undefined) return undefined;
      return {
        meet: (id) => found.meet(numbers, id as number),
        rename: (id) => numbers.newOf[id as number],
      };
    }
    case 'option': {
      const of = walkerOf(shape.of, found);
      if (of === undefined) return undefined;
      return {
        meet: (value) => (value === null ? undefined : of.meet(value)),
        rename: (value) => (value === null ? null : of.rename(value)),
      };
    }
    case 'variant':
      return variantWalker(shape, found);
    case 'record': {
      const fields = walkersOf(shape.fields, found);
      return fields.length === 0 ? undefined : recordWalker(fields);
    }
    case 'list':
    case 'array':
      return arrayWalker(shape, found);
    default:
      return undefined;
  }
}

type Fields = Record<string, unknown>;
type FieldWalkers = readonly (readonly [name: string, walker: Walker])[];

function walkersOf(fields: Readonly<Record<string, StateShape>>, found: Numbering): FieldWalkers {
  return Object.entries(fields).flatMap(([name, shape]) => {
    const walker = walkerOf(shape, found);
    return walker === undefined ? [] : [[name, walker] as const];
  });
}

function variantWalker({ cases }: VariantShape, found: Numbering): Walker | undefined {
  const walkers = new Map<unknown, FieldWalkers>();
  for (const [kind, fields] of Object.entries(cases)) {
    const of = walkersOf(fields, found);
    if (of.length > 0) walkers.set(kind, of);
  }
  if (walkers.size === 0) return undefined;
  return {
    meet(value) {
      const from = value as Fields;
      for (const [name, of] of walkers.get(from.kind) ?? []) of.meet(from[name]);
    },
    // A variant is a value: another one takes its place.
    rename(value) {
      const from = value as Fields;
      const of = walkers.get(from.kind);
      if (of === undefined) return value;
      return {
        ...from,
        ...Object.fromEntries(of.map(([name, w]) => [name, w.rename(from[name])])),
      };
    },
  };
}

function recordWalker(fields: FieldWalkers): Walker {
  return {
    meet(value) {
      for (const [name, of] of fields) of.meet((value as Fields)[name]);
    },
    rename(value) {
      const place = value as Fields;
      for (const [name, of] of fields) place[name] = of.rename(place[name]);
      return place;
    },
  };
}

function arrayWalker(shape: ArrayShape | ListShape, found: Numbering): Walker | undefined {
  const numbers = shape.form === 'array' ? found.of(shape.index.name) : undefined;
  const of = walkerOf(shape.of, found);
  if (of === undefined && numbers === undefined) return undefined;
  return {
    meet(value) {
      const elements = value as readonly unknown[];
      if (numbers !== undefined) numbers.rows.push({ elements, of });
      else for (const element of elements) of?.meet(element);
    },
    rename(value) {
      const elements = value as unknown[];
      if (of !== undefined) {
        for (let i = 0; i < elements.length; i++) elements[i] = of.rename(elements[i]);
      }
      if (numbers === undefined) return elements;
      const old = elements.slice();
      numbers.newOf.forEach((to, id) => {
        elements[to] = old[id];
      });
      return elements;
    },
  };
}
