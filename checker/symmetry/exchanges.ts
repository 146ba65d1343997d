/** States with two neighbouring members of an index set exchanged: all permutations are made of these. */
import type { Layout, Machine, Scope } from '../../machine/index.ts';
import { programOf } from './source.ts';
import { membersOf, structureOf } from './structure.ts';

/** Writes a packed state with two members exchanged; the words it returns are its own. */
export type Exchange = (state: Int32Array) => Int32Array;

export interface Exchanges {
  readonly neighbours: readonly Exchange[];
  /** Gives the members these ids, set by set and copy by copy, by exchanges of neighbours alone. */
  rename(state: Int32Array, ids: Int32Array): Int32Array;
}

/** The exchanges of the index sets of some names. */
export function exchangesOf<S>(
  machine: Machine<S>,
  scope: Scope,
  layout: Layout,
  names: readonly string[],
): Exchanges {
  const all = structureOf(machine, scope, layout, new Map());
  const others = all.sets.filter(({ name }) => !names.includes(name));
  const refused = new Map(others.map(({ name }) => [name, 'is not exchanged']));
  const { sets, cells } = structureOf(machine, scope, layout, refused);
  const { count, copy } = membersOf(sets, scope.sizes);
  const own = copy.map((first, member) => member - first);
  const ids = own.slice();
  const words = Math.ceil(layout.bytes / 4);
  const input = new Int32Array(words);
  const output = new Int32Array(words);
  const program = programOf(cells, {
    W: new Uint8Array(input.buffer),
    O: new Uint8Array(output.buffer),
    B: new Int32Array(count),
    D: ids,
    L: new Int32Array(0),
  });
  const exchange =
    (one: number, other: number): Exchange =>
    (state) => {
      ids.set(own);
      ids[one] = own[other] as number;
      ids[other] = own[one] as number;
      input.set(state);
      program.move();
      return output;
    };
  const neighbours = [...own.keys()].map((member) => exchange(Math.max(member - 1, 0), member));
  const wanted = new Int32Array(count);
  return {
    neighbours: neighbours.filter((_, member) => (own[member] as number) > 0),
    rename(state, to) {
      wanted.set(to);
      let renamed = state;
      // The members that are within others come after those, which take them along.
      for (let first = count - 1; first >= 0; first--) {
        if (own[first] !== 0) continue;
        for (let last = first + 1; own[last] !== 0 && last < count; last++) {
          for (let at = last; at > first; at--) {
            const [before, here] = [wanted[at - 1] as number, wanted[at] as number];
            if (before < here) break;
            wanted[at - 1] = here;
            wanted[at] = before;
            renamed = (neighbours[at] as Exchange)(renamed);
          }
        }
      }
      return renamed;
    },
  };
}
