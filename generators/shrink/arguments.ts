/** What the arguments of commands are to the shrinker: ids of entities, and values of a cost. */
import {
  type ArgumentShape,
  type Call,
  resolve,
  type Sizes,
  type Slot,
} from '../../machine/index.ts';

/** An argument that holds ids of an index set. */
export interface ArgumentRole {
  readonly name: string;
  readonly index: string;
  /** How many ids the index set has in the scope. */
  readonly size: number;
  /** The argument that says which owner's ids they are, where each owner has its own. */
  readonly owner: string | undefined;
  readonly choice: boolean;
}

export function rolesOf(slots: readonly Slot[], sizes: Sizes): readonly ArgumentRole[] {
  return slots.flatMap(({ name, shape }) => {
    const index = indexOf(shape);
    if (index === undefined) return [];
    const owner = slots.find(
      ({ shape: other }) => other.form === 'ref' && other.index.name === index.within?.name,
    );
    const choice = shape.choice === true;
    const size = resolve(index.name, sizes);
    return [{ name, index: index.name, size, owner: owner?.name, choice }];
  });
}

function indexOf(shape: ArgumentShape) {
  if (shape.form === 'ref' || shape.form === 'subset') return shape.index;
  return shape.form === 'option' && shape.of.form === 'ref' ? shape.of.index : undefined;
}

/** The ids that a call has in an argument. */
export function idsOf({ name }: ArgumentRole, { args }: Call): readonly number[] {
  const value = args[name];
  if (typeof value === 'number') return [value];
  return Array.isArray(value) ? value.filter((id) => typeof id === 'number') : [];
}

/** The arguments with each id of one of them changed; the same object where nothing changes. */
export function withIds(
  { name }: ArgumentRole,
  args: Call['args'],
  change: (id: number) => number,
): Call['args'] {
  const value = args[name];
  if (typeof value === 'number') {
    const id = change(value);
    return id === value ? args : { ...args, [name]: id };
  }
  if (!Array.isArray(value)) return args;
  const ids = value.map((id) => change(id));
  if (ids.every((id, i) => id === value[i])) return args;
  return { ...args, [name]: [...new Set(ids)].sort((a, b) => a - b) };
}

/** How far a value is from the simplest of its shape, which costs 0. */
export function costOf(shape: ArgumentShape, value: unknown): number {
  if (Array.isArray(value)) return value.reduce((cost, id) => cost + 1 + id, 0);
  switch (shape.form) {
    case 'bool':
      return value === true ? 1 : 0;
    case 'enum':
      return Math.max(0, shape.values.indexOf(String(value)));
    case 'option':
      return value === null ? 0 : 1 + costOf(shape.of, value);
    case 'int':
      return typeof value === 'number' ? value - shape.min : 0;
    default:
      return typeof value === 'number' ? value : 0;
  }
}
