/** What is permuted in a machine: the sets, the cells of a state, and what is left as it is. */
import { type Layout, type Machine, resolve, type Scope, type Sizes } from '../../machine/index.ts';
import { type Cells, cellsOf } from './cells.ts';
import type { Members } from './labelling.ts';
import { copiesOf, indexesOf, ownerAmong, type PermutedSet, permutedSets } from './sets.ts';
import { code } from './source.ts';

export interface Structure {
  readonly sets: readonly PermutedSet[];
  readonly cells: Cells;
  /** The index sets that are not permuted, with the reason. */
  readonly left: ReadonlyMap<string, string>;
}

/** `refused`: index sets that are known not to be symmetric, with the reason. */
export function structureOf<S>(
  machine: Machine<S>,
  { sizes, commands }: Scope,
  layout: Layout,
  refused: ReadonlyMap<string, string>,
): Structure {
  const indexes = indexesOf(machine.shape);
  const left = new Map(refused);
  for (const [name, { ordered }] of indexes) {
    if (ordered) left.set(name, 'is ordered');
    else if (resolve(name, sizes) < 2) left.set(name, 'has no two members');
  }
  for (const [kind, { args }] of Object.entries(machine.commands)) {
    if (commands?.includes(kind) === false) continue;
    for (const [name, shape] of Object.entries(args)) {
      const of = shape.form === 'option' ? shape.of : shape;
      if (of.form !== 'ref' && of.form !== 'subset') continue;
      const { within } = of.index;
      if (within === undefined || totalOf(within.name, indexes, sizes) < 2) continue;
      if (ownerAmong(args, name, within) === undefined) {
        left.set(of.index.name, `${name} of ${kind} does not say of which ${within.name}`);
      }
    }
  }
  for (;;) {
    const permuted = [...indexes.values()].filter(({ name }) => !left.has(name));
    const sets = permutedSets(permuted, sizes);
    const cells = cellsOf(layout, sizes, sets);
    const unclear = [...cells.unclear].filter(([name]) => !left.has(name));
    if (unclear.length === 0) return { sets, cells, left };
    for (const [name, reason] of unclear) left.set(name, reason);
  }
}

function totalOf(name: string, indexes: ReturnType<typeof indexesOf>, sizes: Sizes): number {
  const index = indexes.get(name);
  return index === undefined ? 1 : resolve(name, sizes) * copiesOf(index, sizes);
}

export function membersOf(sets: readonly PermutedSet[], sizes: Sizes): Members {
  const all = sets.flatMap((set) =>
    Array.from({ length: set.size * set.copies }, (_, ordinal) => {
      const copy = Math.floor(ordinal / set.size);
      const { parent, fixed } = parentOf(set, copy, sets, sizes);
      const seed = code(`${set.name} ${fixed.join()}`);
      return { set: set.first, copy: set.first + copy * set.size, size: set.size, parent, seed };
    }),
  );
  const column = (name: keyof (typeof all)[number]): Int32Array =>
    Int32Array.from(all, (member) => member[name]);
  return {
    count: all.length,
    set: column('set'),
    copy: column('copy'),
    size: column('size'),
    parent: column('parent'),
    seed: column('seed'),
  };
}

/** The nearest permuted member that a copy belongs to, or -1; and the ids on the way to it. */
function parentOf(
  { index }: PermutedSet,
  copy: number,
  sets: readonly PermutedSet[],
  sizes: Sizes,
): { readonly parent: number; readonly fixed: readonly number[] } {
  const fixed: number[] = [];
  let ordinal = copy;
  for (let { within } = index; within !== undefined; { within } = within) {
    const { name } = within;
    const set = sets.find((each) => each.name === name);
    if (set !== undefined) return { parent: set.first + ordinal, fixed };
    const size = resolve(name, sizes);
    fixed.push(ordinal % size);
    ordinal = Math.floor(ordinal / size);
  }
  return { parent: -1, fixed };
}
