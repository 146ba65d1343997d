/** What differs between two states of one shape, place by place. */
import { isEqual, printRational, type Rational } from './rational.ts';
import {
  keysOf,
  type RecordShape,
  type StateShape,
  type VariantShape,
  type View,
} from './shape.ts';

export interface Difference {
  /** The place: `guests[1].pages[0].at`. */
  readonly path: string;
  /** The values there, in the words of the shape: `unmapped`, `mapped(frame 2)`, `[1, 3]`, `none`. */
  readonly before: string;
  readonly after: string;
  /** The place is under this marker, so the change is one of bookkeeping. */
  readonly marker?: 'ghost' | 'history';
}

/** The changes from `before` to `after`, in the order of the shape. Both must be of the shape. */
export function difference(
  shape: StateShape,
  before: unknown,
  after: unknown,
): readonly Difference[] {
  const found: Difference[] = [];
  compare(shape, before, after, '', undefined, found);
  return found;
}

/** One line for each change: `guests[1].pages[0].at: unmapped -> mapped(frame 2)`. */
export function printDifference(differences: readonly Difference[]): string {
  return differences
    .map(({ path, before, after, marker }) => {
      const note = marker === undefined ? '' : ` (${marker})`;
      return `${path}: ${before} -> ${after}${note}`;
    })
    .join('\n');
}

/** Whether two values of one shape differ anywhere. */
function differs(shape: StateShape, a: unknown, b: unknown): boolean {
  // Versions and states of the immutable host share what did not change.
  if (Object.is(a, b)) return false;
  switch (shape.form) {
    case 'record':
      return fieldsDiffer(shape.fields, a, b);
    case 'variant': {
      const kind = String(fieldOf(a, 'kind'));
      return kind !== fieldOf(b, 'kind') || fieldsDiffer(shape.cases[kind] ?? {}, a, b);
    }
    case 'array':
    case 'list': {
      const [from, to] = [[...(a as Iterable<unknown>)], [...(b as Iterable<unknown>)]];
      return from.length !== to.length || from.some((item, i) => differs(shape.of, item, to[i]));
    }
    case 'rational':
      return !isEqual(a as Rational, b as Rational);
    default:
      return true;
  }
}

/** The fields of a record in which two of its values differ. */
export function changedFields<T extends object>(
  shape: RecordShape<T>,
  a: View<T>,
  b: View<T>,
): readonly (keyof T & string)[] {
  if (Object.is(a, b)) return [];
  return keysOf(shape.fields as { readonly [K in keyof T]: StateShape }).filter((name) =>
    differs(shape.fields[name] as StateShape, fieldOf(a, name), fieldOf(b, name)),
  );
}

/** The members of a table, a field of two values of a record, that are not alike in both. */
export function changedMembers<T extends object>(
  shape: RecordShape<T>,
  field: keyof T & string,
  a: View<T>,
  b: View<T>,
): readonly number[] {
  const table = shape.fields[field];
  if (table?.form !== 'array') return [];
  const [from, to] = [a, b].map((each) => [...(fieldOf(each, field) as Iterable<unknown>)]);
  return (from ?? []).flatMap((item, i) => (differs(table.of, item, to?.[i]) ? [i] : []));
}

function fieldsDiffer(
  fields: Readonly<Record<string, StateShape>>,
  a: unknown,
  b: unknown,
): boolean {
  for (const name in fields) {
    const field = fields[name];
    if (field !== undefined && differs(field, fieldOf(a, name), fieldOf(b, name))) return true;
  }
  return false;
}

function compare(
  shape: StateShape,
  before: unknown,
  after: unknown,
  path: string,
  outer: Difference['marker'],
  found: Difference[],
): void {
  // States of the immutable host share what did not change.
  if (Object.is(before, after)) return;
  // History inside a ghost is history: not even the key of a state has it.
  const marker = shape.marker === 'history' ? 'history' : (outer ?? shape.marker);
  if (shape.form === 'record') {
    for (const [name, field] of Object.entries(shape.fields)) {
      const inner = path === '' ? name : `${path}.${name}`;
      compare(field, fieldOf(before, name), fieldOf(after, name), inner, marker, found);
    }
  } else if (shape.form === 'array') {
    const [from, to] = [before as readonly unknown[], after as readonly unknown[]];
    for (let i = 0; i < from.length; i++) {
      compare(shape.of, from[i], to[i], `${path}[${i}]`, marker, found);
    }
  } else {
    const [from, to] = [printValue(shape, before), printValue(shape, after)];
    if (from === to) return;
    found.push({ path, before: from, after: to, ...(marker === undefined ? {} : { marker }) });
  }
}

function fieldOf(value: unknown, name: string): unknown {
  return (value as Readonly<Record<string, unknown>>)[name];
}

/** A value in the words of its shape, on one line; a record or an array as `{..}` or `[..]`. */
export function printValue(shape: StateShape, value: unknown): string {
  switch (shape.form) {
    case 'option':
      return value === null ? 'none' : printValue(shape.of, value);
    case 'variant':
      return printVariant(shape, value);
    case 'rational':
      return printRational(value as Rational);
    case 'list':
    case 'array': {
      const items = [...(value as Iterable<unknown>)];
      return `[${items.map((item) => printValue(shape.of, item)).join(', ')}]`;
    }
    case 'record': {
      const fields = Object.entries(shape.fields).map(
        ([name, field]) => `${name} ${printValue(field, fieldOf(value, name))}`,
      );
      return `{${fields.join(', ')}}`;
    }
    default:
      return String(value);
  }
}

function printVariant(shape: VariantShape, value: unknown): string {
  const kind = String(fieldOf(value, 'kind'));
  const fields = Object.entries(shape.cases[kind] ?? {});
  if (fields.length === 0) return kind;
  const inside = fields.map(([name, of]) => `${name} ${printValue(of, fieldOf(value, name))}`);
  return `${kind}(${inside.join(', ')})`;
}
