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
  type Index,
  type RecordShape,
  resolve,
  type Sizes,
  type StateShape,
} from '../../machine/index.ts';

export interface Anonymous<S> {
  /** Renames a state where it is. */
  rename(state: S): void;
  /** Whether an argument names ids that are renamed. */
  names(shape: ArgumentShape): boolean;
  /** The ids of an index set that a choice may tell apart: of equal unused ones, the first. */
  distinct(state: S, index: string): readonly number[];
}

/** Throws on a name that no array of the state has, or whose ids have an order or an owner. */
export function anonymous<S>(
  shape: RecordShape<S>,
  sizes: Sizes,
  names: readonly string[],
): Anonymous<S> {
  const sets = new Map(names.map((name) => [name, indexNamed(shape, name)]));
  for (const [name, index] of sets) {
    if (index === undefined) throw new Error(`no array of the state is over '${name}'`);
    if (index.ordered || index.within !== undefined) {
      throw new Error(`ids of '${name}' cannot be anonymous: they are ordered, or have an owner`);
    }
  }
  const names_ = new Set(names);
  const numbering = (state: S): Numbering => {
    const found = new Numbering(names_, sizes);
    visit(shape, state, found);
    found.drain();
    return found;
  };
  return {
    rename(state) {
      const found = numbering(state);
      found.complete();
      renameIn(shape, state, found);
    },
    names: (argument) => names_.has(indexOf(argument)?.name ?? ''),
    distinct: (state, index) => numbering(state).distinct(index),
  };
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

/** The rows that arrays over one index set have for its ids. */
interface Rows {
  readonly of: StateShape;
  readonly elements: readonly unknown[];
}

/** New numbers for the ids of some index sets, as they are come upon. */
class Numbering {
  private readonly sets: ReadonlyMap<string, { readonly newOf: number[]; readonly rows: Rows[] }>;
  private readonly queue: (readonly [name: string, id: number])[] = [];
  private readonly next = new Map<string, number>();

  constructor(names: ReadonlySet<string>, sizes: Sizes) {
    this.sets = new Map(
      [...names].map((name) => {
        const newOf: number[] = new Array(resolve(name, sizes)).fill(-1);
        return [name, { newOf, rows: [] }];
      }),
    );
  }

  has(name: string): boolean {
    return this.sets.has(name);
  }
  /** An array over one of the sets: what its rows mention is of interest once they have a place. */
  addRows(name: string, of: StateShape, elements: readonly unknown[]): void {
    this.sets.get(name)?.rows.push({ of, elements });
  }
  meet(name: string, id: number): void {
    const newOf = this.sets.get(name)?.newOf;
    if (newOf === undefined || newOf[id] !== -1) return;
    const next = this.next.get(name) ?? 0;
    newOf[id] = next;
    this.next.set(name, next + 1);
    this.queue.push([name, id]);
  }
  /** Follows the rows of ids that have a number to what they mention. */
  drain(): void {
    for (let at = this.queue.shift(); at !== undefined; at = this.queue.shift()) {
      const [name, id] = at;
      // Rows that are found on the way are those of arrays within rows: none of the language.
      for (const { of, elements } of this.sets.get(name)?.rows ?? []) {
        visit(of, elements[id], this);
      }
    }
  }
  /** Numbers for what nothing mentions, in the order of what the rows hold. */
  complete(): void {
    for (const [name, { newOf }] of this.sets) {
      const left = newOf.flatMap((to, id) =>
        to === -1 ? [{ id, text: this.text(name, id) }] : [],
      );
      left.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : a.id - b.id));
      for (const { id } of left) {
        this.meet(name, id);
        this.drain();
      }
    }
  }
  newOf(name: string): readonly number[] | undefined {
    return this.sets.get(name)?.newOf;
  }
  distinct(name: string): readonly number[] {
    const seen = new Set<string>();
    const ids: number[] = [];
    this.newOf(name)?.forEach((to, id) => {
      const text = to === -1 ? this.text(name, id) : String(to);
      if (!seen.has(text)) ids.push(id);
      seen.add(text);
    });
    return ids;
  }
  private text(name: string, id: number): string {
    return JSON.stringify(this.sets.get(name)?.rows.map(({ elements }) => elements[id]));
  }
}

/** Meets every id in the order of the shape; arrays over a renamed set are put aside. */
function visit(shape: StateShape, value: unknown, found: Numbering): void {
  switch (shape.form) {
    case 'ref':
      if (found.has(shape.index.name)) found.meet(shape.index.name, value as number);
      return;
    case 'option':
      if (value !== null) visit(shape.of, value, found);
      return;
    case 'variant': {
      const fields = value as Readonly<Record<string, unknown>>;
      for (const [name, of] of Object.entries(shape.cases[String(fields.kind)] ?? {})) {
        visit(of, fields[name], found);
      }
      return;
    }
    case 'record':
      for (const [name, of] of Object.entries(shape.fields)) {
        visit(of, (value as Readonly<Record<string, unknown>>)[name], found);
      }
      return;
    case 'list':
    case 'array': {
      const elements = value as readonly unknown[];
      if (shape.form === 'array' && found.has(shape.index.name)) {
        found.addRows(shape.index.name, shape.of, elements);
      } else if (shape.of.form !== 'bool') {
        for (const element of elements) visit(shape.of, element, found);
      }
      return;
    }
  }
}

/** The value with its ids renamed; places are changed inside. */
function renameIn(shape: StateShape, value: unknown, found: Numbering): unknown {
  switch (shape.form) {
    case 'ref':
      return found.newOf(shape.index.name)?.[value as number] ?? value;
    case 'option':
      return value === null ? null : renameIn(shape.of, value, found);
    case 'variant': {
      const from = value as Readonly<Record<string, unknown>>;
      const fields = Object.entries(shape.cases[String(from.kind)] ?? {});
      const renamed = fields.map(([name, of]) => [name, renameIn(of, from[name], found)] as const);
      if (renamed.every(([name, to]) => to === from[name])) return value;
      return { ...from, ...Object.fromEntries(renamed) };
    }
    case 'record': {
      const place = value as Record<string, unknown>;
      for (const [name, of] of Object.entries(shape.fields)) {
        const renamed = renameIn(of, place[name], found);
        if (renamed !== place[name]) place[name] = renamed;
      }
      return place;
    }
    case 'list':
    case 'array': {
      const elements = value as unknown[];
      if (shape.of.form !== 'bool') {
        for (let i = 0; i < elements.length; i++) {
          elements[i] = renameIn(shape.of, elements[i], found);
        }
      }
      const newOf = shape.form === 'array' ? found.newOf(shape.index.name) : undefined;
      if (newOf !== undefined) {
        const old = elements.slice();
        newOf.forEach((to, id) => {
          elements[to] = old[id];
        });
      }
      return elements;
    }
    default:
      return value;
  }
}
