/**
 * A projection of a machine: some fields of its state are kept and the others are hidden. A field is
 * a value of the shape wherever it occurs: `hosts.memory.vms.pages.at` stands for the place of every
 * page of every VM.
 */
import type { Layout, RecordShape, Sizes, StateShape, ValueShape } from '../../machine/index.ts';
import { resolve } from '../../machine/index.ts';
import { layoutOf } from '../../machine/packed/layout.ts';
import { type Numbering, numbering } from '../../machine/packed/numbering.ts';

/** One value of the state. */
export interface Location {
  readonly id: number;
  readonly path: string;
  readonly field: string;
  readonly shape: ValueShape;
  readonly history: boolean;
  readonly numbers: Numbering;
  /** The values by their numbers, as rules see them. */
  readonly values: readonly unknown[];
}
/** The places of the state, down to the ids of their values. */
export type Tree =
  | { readonly form: 'value'; readonly id: number }
  /** A list: whoever looks at it cannot be projected. */
  | { readonly form: 'closed'; readonly path: string }
  | { readonly form: 'record'; readonly fields: Readonly<Record<string, Tree>> }
  | { readonly form: 'array'; readonly items: readonly Tree[]; readonly ofValues: boolean };

export interface Anatomy {
  readonly locations: readonly Location[];
  readonly root: Tree;
  readonly fields: readonly string[];
}

/** A state that the abstraction cannot be made of. */
export class Unsupported extends Error {}

/** Fields of more values than these are counted by nobody. */
const valuesMax = 4096;

/** The values of a state. Throws `Unsupported` where they are too many to try. */
export function anatomyOf(shape: RecordShape, sizes: Sizes): Anatomy {
  const locations: Location[] = [];
  const fields = new Set<string>();
  const known = new Map<ValueShape, { numbers: Numbering; values: readonly unknown[] }>();
  const valuesOf = (of: ValueShape, isHistory: boolean) => {
    const found = known.get(of);
    if (found !== undefined) return found;
    const numbers = numbering(of, sizes);
    if (!isHistory && numbers.count > valuesMax) throw new Unsupported(`${numbers.count} values`);
    const count = isHistory ? 1 : numbers.count;
    const values = Array.from({ length: count }, (_, n) => Object.freeze(numbers.value(n)));
    const made = { numbers, values };
    known.set(of, made);
    return made;
  };
  const visit = (of: StateShape, path: string, field: string, isHistory: boolean): Tree => {
    const history = isHistory || of.marker === 'history';
    if (of.form === 'list') return { form: 'closed', path };
    if (of.form === 'record') {
      const inner = Object.entries(of.fields).map(([name, each]) => {
        const at = path === '' ? name : `${path}.${name}`;
        return [name, visit(each, at, field === '' ? name : `${field}.${name}`, history)];
      });
      return { form: 'record', fields: Object.fromEntries(inner) };
    }
    if (of.form === 'array') {
      const size = resolve(of.index.name, sizes);
      const items = Array.from({ length: size }, (_, i) =>
        visit(of.of, `${path}[${i}]`, field, history),
      );
      const ofValues = of.of.form !== 'record' && of.of.form !== 'array';
      return { form: 'array', items, ofValues };
    }
    const id = locations.length;
    fields.add(field);
    locations.push({ id, path, field, shape: of, history, ...valuesOf(of, history) });
    return { form: 'value', id };
  };
  const root = visit(shape, '', '', false);
  return { locations, root, fields: [...fields] };
}

/** The shape with every field hidden but the visible ones: what is hidden has no bytes. */
export function projected<S>(shape: RecordShape<S>, visible: ReadonlySet<string>): RecordShape<S> {
  const visit = (of: StateShape, field: string): StateShape => {
    if (of.form === 'record') {
      const inner = Object.entries(of.fields).map(([name, each]) => [
        name,
        visit(each, field === '' ? name : `${field}.${name}`),
      ]);
      return { ...of, fields: Object.fromEntries(inner) };
    }
    if (of.form === 'array') return { ...of, of: visit(of.of, field) };
    return visible.has(field) ? of : { ...of, marker: 'history' };
  };
  return visit(shape, '') as RecordShape<S>;
}

/** Where the visible values lie: for each location its first byte and how many, or -1. */
export interface Offsets {
  readonly layout: Layout;
  readonly offset: Int32Array;
  readonly width: Int32Array;
}

export function offsetsOf(
  shape: RecordShape,
  sizes: Sizes,
  { locations }: Anatomy,
  visible: ReadonlySet<string>,
): Offsets {
  const layout = layoutOf(projected(shape, visible), sizes);
  const byPath = new Map(layout.values.map((node) => [node.path, node]));
  return {
    layout,
    offset: Int32Array.from(locations, ({ path }) => byPath.get(path)?.offset ?? -1),
    width: Int32Array.from(locations, ({ path }) => byPath.get(path)?.width ?? 0),
  };
}
