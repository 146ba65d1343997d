/**
 * The index sets of a machine that a permutation may act on, and what their ids stand for.
 *
 * An index set within another one has a copy for each member of it (every VM has pages of its own),
 * and each copy is permuted by itself. The members of a set are counted copy by copy: the *ordinal*
 * of page 1 of the VM with ordinal 2 is 2 * size + 1.
 */
import {
  type Index,
  type RefShape,
  resolve,
  type Sizes,
  type StateShape,
} from '../../machine/index.ts';

/** An index set whose members are exchanged, each copy by itself. */
export interface PermutedSet {
  readonly name: string;
  /** Members of one copy. */
  readonly size: number;
  readonly copies: number;
  /** The number of its first member, where the members of all permuted sets are numbered. */
  readonly first: number;
  readonly index: Index;
}

/** Every index set that a shape mentions, those that others are within before them. */
export function indexesOf(shape: StateShape): ReadonlyMap<string, Index> {
  const found = new Map<string, Index>();
  const add = (index: Index): void => {
    if (index.within !== undefined) add(index.within);
    found.set(index.name, index);
  };
  const visit = (of: StateShape): void => {
    // History has no bytes.
    if (of.marker === 'history') return;
    switch (of.form) {
      case 'ref':
        add(of.index);
        return;
      case 'option':
      case 'list':
        visit(of.of);
        return;
      case 'variant':
        for (const fields of Object.values(of.cases)) Object.values(fields).forEach(visit);
        return;
      case 'record':
        Object.values(of.fields).forEach(visit);
        return;
      case 'array':
        add(of.index);
        visit(of.of);
        return;
      default:
        return;
    }
  };
  visit(shape);
  return found;
}

/** How many copies an index set has. */
export function copiesOf({ within }: Index, sizes: Sizes): number {
  return within === undefined ? 1 : copiesOf(within, sizes) * resolve(within.name, sizes);
}

/** Numbers the members of the given index sets, set by set. */
export function permutedSets(indexes: Iterable<Index>, sizes: Sizes): readonly PermutedSet[] {
  let first = 0;
  return Array.from(indexes, (index) => {
    const size = resolve(index.name, sizes);
    const copies = copiesOf(index, sizes);
    const set: PermutedSet = { name: index.name, size, copies, first, index };
    first += size * copies;
    return set;
  });
}

/**
 * The field that says which copy a reference means: of the references to `within` among its
 * siblings the nearest before it, or else the first after it.
 */
export function ownerAmong(
  fields: Readonly<Record<string, { readonly form: string }>>,
  name: string,
  within: Index,
): string | undefined {
  const names = Object.keys(fields).filter((each) => {
    const { form, index } = fields[each] as Partial<RefShape>;
    return each === name || (form === 'ref' && index?.name === within.name);
  });
  const at = names.indexOf(name);
  return names[at - 1] ?? names[at + 1];
}
