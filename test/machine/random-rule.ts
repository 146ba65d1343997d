/**
 * Guards and effects made of a few numbers. Every effect stays in bounds, since what leaves them is
 * an error on some hosts and nothing on others.
 */
import {
  type AnyGuard,
  type Index,
  type ListShape,
  resolve,
  type Sizes,
  type StateShape,
} from '../../machine/index.ts';
import { valueAt } from './random-value.ts';

/** Numbers that choose a place, another one, a value, and what to do. */
export interface Rule {
  readonly place: number;
  readonly other: number;
  readonly seed: number;
  readonly action: number;
}
/** A place that rules read or write: fields by name, elements by the argument that names the index. */
export interface Place {
  readonly steps: readonly (string | Index)[];
  readonly shape: StateShape;
  readonly marker: StateShape['marker'];
}

/** Every value, list and table inside a shape; and every array of records, to be walked over. */
export function placesOf(
  shape: StateShape,
  steps: Place['steps'] = [],
  outer?: Place['marker'],
): readonly Place[] {
  const marker = shape.marker === 'history' ? 'history' : (outer ?? shape.marker);
  if (shape.form === 'record') {
    return Object.entries(shape.fields).flatMap(([name, field]) =>
      placesOf(field, [...steps, name], marker),
    );
  }
  if (shape.form !== 'array') return [{ steps, shape, marker }];
  return [{ steps, shape, marker }, ...placesOf(shape.of, [...steps, shape.index], marker)];
}

export function indexesOf({ steps, shape }: Place): readonly Index[] {
  const own = shape.form === 'array' ? [shape.index] : [];
  return [...steps.filter((step) => typeof step !== 'string'), ...own];
}

// Rules reach places by name, so nothing is known of their types: one type stands for all of them.
type Node = Record<string, unknown> & unknown[] & { at(id: number): Node };
type Args = Readonly<Record<string, number>>;
interface Context {
  readonly size: Sizes;
  emit(event: { readonly type: string; readonly value: unknown }): void;
}

function reach(state: Node, steps: Place['steps'], args: Args): Node {
  return steps.reduce<Node>(
    (at, step) => (typeof step === 'string' ? at[step] : at.at(args[step.name] ?? 0)) as Node,
    state,
  );
}

/** A number that depends on all of a value, read as rules read it. */
function digest(shape: StateShape, value: Node): number {
  switch (shape.form) {
    case 'bool':
    case 'int':
    case 'ref':
      return Number(value);
    case 'enum':
      return shape.values.indexOf(String(value));
    case 'option':
      return value === null ? 1 : digest(shape.of, value) + 2;
    case 'variant':
      return Object.entries(shape.cases[String(value.kind)] ?? {}).reduce(
        (sum, [name, of]) => sum + digest(of, value[name] as Node),
        String(value.kind).length + String(value.kind).charCodeAt(4),
      );
    case 'rational':
      return Number(value.n) * 3 + Number(value.d);
    case 'record':
      return Object.entries(shape.fields).reduce(
        (sum, [name, of]) =>
          of.marker === undefined ? sum + digest(of, value[name] as Node) : sum,
        0,
      );
    case 'list':
    case 'array':
      return value.reduce<number>(
        (sum, item, i) => sum + digest(shape.of, item as Node) * (i + 1),
        value.length,
      );
  }
}

/** Refuses about one time in three, depending on the place and on `n`. */
export function guardOf(code: string, place: Place, { seed }: Rule): AnyGuard {
  const looksAt = [...new Set(indexesOf(place).map(({ name }) => name)), 'n'];
  const refuse = (state: Node, args: Args): boolean => {
    const sum = digest(place.shape, reach(state, place.steps, args));
    return (Math.abs(sum) + seed + (args.n ?? 0)) % 3 === 0;
  };
  return [code, looksAt, refuse as AnyGuard[2]];
}

type Pick = (rule: Rule, which: 'place' | 'other') => Place;

export function effectOf(rules: readonly Rule[], pick: Pick): (...all: never[]) => void {
  const effect = (draft: Node, args: Args, context: Context): void => {
    for (const rule of rules)
      apply(draft, pick(rule, 'place'), pick(rule, 'other'), rule, args, context);
  };
  return effect as (...all: never[]) => void;
}

function apply(
  draft: Node,
  place: Place,
  other: Place,
  { seed, action }: Rule,
  args: Args,
  context: Context,
): void {
  const { shape } = place;
  const holder = reach(draft, place.steps.slice(0, -1), args);
  const last = place.steps.at(-1) ?? '';
  const key = typeof last === 'string' ? last : (args[last.name] ?? 0);
  if (place.marker === 'history') {
    if (shape.form === 'int') (holder[key as number] as number)++;
    return;
  }
  // What one place is set to depends on another, so that a stale read shows.
  const read =
    other.marker === 'history' ? 0 : digest(other.shape, reach(draft, other.steps, args));
  const chosen = seed + (args.n ?? 0) + Math.abs(read);
  const fresh = (): unknown => valueAt(shape, context.size, chosen);
  if (action === 0) context.emit({ type: 'read', value: read });
  if (shape.form === 'list') applyToList(holder, key, shape, action, chosen, context.size);
  else if (shape.form === 'array')
    applyToArray(holder[key as number] as Node, place, action, chosen, context.size);
  else if (shape.form === 'int' && action % 3 === 0) {
    const at = key as number;
    if ((holder[at] as number) < resolve(shape.max, context.size)) (holder[at] as number)++;
    else holder[at] = shape.min;
  } else if (shape.form === 'variant' && action % 3 === 0) {
    // A value that was read before it is replaced still reads as it was.
    const old = holder[key as number] as Node;
    holder[key as number] = fresh();
    context.emit({ type: 'was', value: digest(shape, old) });
  } else holder[key as number] = fresh();
}

function applyToList(
  holder: Node,
  key: string | number,
  shape: ListShape,
  action: number,
  chosen: number,
  sizes: Sizes,
): void {
  const queue = holder[key as number] as unknown[];
  const bound = resolve(shape.bound, sizes);
  const item = valueAt(shape.of, sizes, chosen);
  const full = queue.length >= bound;
  switch (action % 7) {
    case 0:
    case 1:
      if (!full) queue.push(item);
      break;
    case 2:
      queue.shift();
      break;
    case 3:
      queue.splice(chosen % (queue.length + 1), 1);
      break;
    case 4:
      if (!full) queue.unshift(item);
      break;
    case 5:
      if (queue.length > 0) queue[chosen % queue.length] = item;
      break;
    default:
      // A list in a field may be replaced by a fresh one; one in an array is changed inside.
      if (typeof key === 'string') holder[key] = queue.filter((_, i) => i % 2 === chosen % 2);
      else queue.splice(0, queue.length, item);
  }
}

function applyToArray(
  items: Node,
  { shape, marker }: Place,
  action: number,
  chosen: number,
  sizes: Sizes,
): void {
  if (shape.form !== 'array') return;
  const { of } = shape;
  if (of.form === 'record') {
    const fields = Object.entries(of.fields).filter(
      ([, field]) =>
        !['record', 'array', 'list'].includes(field.form) && field.marker !== 'history',
    );
    for (const item of items) {
      for (const [name, field] of fields) {
        if (action % 2 === 0) (item as Node)[name] = valueAt(field, sizes, chosen);
      }
    }
    return;
  }
  if (of.form === 'list' || of.form === 'array' || marker === 'history') return;
  for (let i = 0; i < items.length; i++) {
    if ((i + action) % 2 === 0) items[i] = valueAt(of, sizes, chosen + i);
  }
}
