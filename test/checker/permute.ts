/** Permutations of plain states, all of them: slow, and written apart from what they test. */
import {
  type Index,
  type RecordShape,
  type RefShape,
  resolve,
  type Sizes,
  type StateShape,
} from '../../machine/index.ts';

/** The new id of each member of each copy; sets that are not in it keep their ids. */
export type Permutation = ReadonlyMap<string, readonly (readonly number[])[]>;

/** A member of an index set: its own id last, before it the one that it is within, and so on. */
type Ids = readonly number[];

/** Every permutation of the given sets, each copy by itself. */
export function* permutations(
  sets: readonly { readonly name: string; readonly size: number; readonly copies: number }[],
): Iterable<Permutation> {
  const [first, ...rest] = sets;
  if (first === undefined) {
    yield new Map();
    return;
  }
  for (const others of permutations(rest)) {
    for (const copies of tuples(orders(first.size), first.copies)) {
      yield new Map([...others, [first.name, copies]]);
    }
  }
}

function orders(size: number): number[][] {
  if (size === 0) return [[]];
  return orders(size - 1).flatMap((order) =>
    Array.from({ length: size }, (_, at) => order.toSpliced(at, 0, size - 1)),
  );
}
function tuples<X>(values: readonly X[], length: number): X[][] {
  if (length === 0) return [[]];
  return tuples(values, length - 1).flatMap((tuple) => values.map((value) => [...tuple, value]));
}

/** A fresh state in which every member has its new id. */
export function permute(
  shape: RecordShape,
  sizes: Sizes,
  state: unknown,
  permutation: Permutation,
): unknown {
  /** Where a place lies: the elements around it, and the fields beside it. */
  interface Around {
    readonly elements: readonly { readonly index: Index; readonly ids: Ids }[];
    readonly shapes: Readonly<Record<string, StateShape>>;
    readonly values: Readonly<Record<string, unknown>>;
    /** The record around a variant, and the field of it that the variant is. */
    readonly outer?: { readonly around: Around; readonly name: string };
  }
  const ordinalOf = (index: Index, ids: Ids): number => {
    const within = index.within === undefined ? 0 : ordinalOf(index.within, ids.slice(0, -1));
    return within * resolve(index.name, sizes) + (ids.at(-1) as number);
  };
  const renamed = (index: Index, ids: Ids): number => {
    const copy = index.within === undefined ? 0 : ordinalOf(index.within, ids.slice(0, -1));
    const id = ids.at(-1) as number;
    return permutation.get(index.name)?.[copy]?.[id] ?? id;
  };
  /** The ids of the owner of a reference that is the field `name`; undefined where none is told. */
  const ownerOf = (index: Index, name: string, around: Around): Ids | undefined => {
    const { within } = index;
    if (within === undefined) return [];
    const owners = Object.entries(around.shapes).flatMap(([field, of], at) =>
      of.form === 'ref' && (of as RefShape).index.name === within.name ? [{ field, at }] : [],
    );
    const here = Object.keys(around.shapes).indexOf(name);
    const owner = owners.findLast(({ at }) => at < here) ?? owners.find(({ at }) => at > here);
    if (owner !== undefined) {
      const ids = ownerOf(within, owner.field, around);
      return ids && [...ids, around.values[owner.field] as number];
    }
    if (around.outer !== undefined) return ownerOf(index, around.outer.name, around.outer.around);
    return around.elements.findLast((each) => each.index.name === within.name)?.ids;
  };
  const change = (of: StateShape, value: unknown, name: string, around: Around): unknown => {
    switch (of.form) {
      case 'ref': {
        const owner = ownerOf(of.index, name, around);
        return owner === undefined ? value : renamed(of.index, [...owner, value as number]);
      }
      case 'option':
        return value === null ? null : change(of.of, value, name, around);
      case 'variant': {
        const values = value as Readonly<Record<string, unknown>>;
        const shapes = of.cases[values.kind as string] ?? {};
        const inner: Around = {
          elements: around.elements,
          shapes,
          values,
          outer: { around, name },
        };
        const fields = Object.entries(shapes).map(([field, each]) => [
          field,
          change(each, values[field], field, inner),
        ]);
        return { kind: values.kind, ...Object.fromEntries(fields) };
      }
      case 'record': {
        const values = value as Readonly<Record<string, unknown>>;
        const inner: Around = { elements: around.elements, shapes: of.fields, values };
        return Object.fromEntries(
          Object.entries(of.fields).map(([field, each]) => [
            field,
            change(each, values[field], field, inner),
          ]),
        );
      }
      case 'list':
        return (value as readonly unknown[]).map((each) => change(of.of, each, name, around));
      case 'array': {
        const items = value as readonly unknown[];
        const owner = around.elements.findLast(
          (each) => each.index.name === of.index.within?.name,
        )?.ids;
        const moved: unknown[] = items.slice();
        for (const [id, item] of items.entries()) {
          const ids = [...(owner ?? []), id];
          const elements = [...around.elements, { index: of.index, ids }];
          const to =
            of.index.within !== undefined && owner === undefined ? id : renamed(of.index, ids);
          moved[to] = change(of.of, item, '', { elements, shapes: {}, values: {} });
        }
        return moved;
      }
      default:
        return value;
    }
  };
  return change(shape, state, '', { elements: [], shapes: {}, values: {} });
}
