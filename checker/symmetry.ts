/**
 * Symmetry reduction by declaration: which index sets of a machine may be permuted is read from its
 * shape, and every state has a canonical form, the same for all states that differ in the names of
 * members alone. A search that keeps canonical forms visits one state of each such class.
 *
 * That is sound where the rules, and the properties, do not tell names apart. A shape cannot show it
 * (an id may be compared by order, or kept as a number), so `selfTest` holds permuted states against
 * each other before a set is trusted.
 */
import type { Layout, Machine, Scope } from '../machine/index.ts';
import { labelling } from './symmetry/labelling.ts';
import { type Asymmetry, equivariance, type SelfTestOptions } from './symmetry/self-test.ts';
import { type Environment, linksMost, programOf } from './symmetry/source.ts';
import { membersOf, structureOf } from './symmetry/structure.ts';

export type { Asymmetry };

export interface Symmetry {
  /** The index sets whose members may be exchanged, each of the copies of a set by itself. */
  readonly sets: readonly {
    readonly name: string;
    readonly size: number;
    readonly copies: number;
  }[];
  /** The index sets of the state whose members keep their ids, with the reason. */
  readonly left: ReadonlyMap<string, string>;
  /**
   * Writes the canonical form of the packed words at `at`: equal for two states exactly when a
   * permutation of the sets takes one to the other.
   */
  canonical(from: Int32Array, at: number, into: Int32Array, intoAt: number): void;
  /** The ids that the members, set by set and copy by copy, have in the form written last. */
  readonly ids: Int32Array;
}

export interface SelfTest {
  /** The sets that no sample speaks against. */
  readonly trusted: readonly string[];
  /** For every other set, what exchanging two of its members changed. */
  readonly refused: readonly Asymmetry[];
  /** The symmetry of the trusted sets alone. */
  readonly symmetry: Symmetry;
}

/** The symmetry that the shape of a machine allows. Test it with `selfTest` before it is used. */
export function symmetryOf<S>(machine: Machine<S>, scope: Scope, layout: Layout): Symmetry {
  return without(machine, scope, layout, new Map());
}

/**
 * Takes every step of random reachable states and of the same states with two members of a set
 * exchanged: steps, renamed, and the verdicts of invariants must be the same. `samples` states.
 */
export function selfTest<S>(
  machine: Machine<S>,
  scope: Scope,
  layout: Layout,
  options: SelfTestOptions,
): SelfTest {
  const structure = structureOf(machine, scope, layout, new Map());
  const refused = equivariance(machine, scope, structure, options);
  const names = new Set(refused.map(({ set }) => set));
  return {
    trusted: structure.sets.map(({ name }) => name).filter((name) => !names.has(name)),
    refused,
    symmetry: without(
      machine,
      scope,
      layout,
      new Map(refused.map(({ set, problem }) => [set, problem])),
    ),
  };
}

/** The symmetry of the index sets of some names alone. */
export function symmetryAmong<S>(
  machine: Machine<S>,
  scope: Scope,
  layout: Layout,
  names: readonly string[],
): Symmetry {
  const { sets } = structureOf(machine, scope, layout, new Map());
  const others = sets.filter(({ name }) => !names.includes(name));
  const refused = new Map(others.map(({ name }) => [name, 'is left as it is']));
  return without(machine, scope, layout, refused);
}

function without<S>(
  machine: Machine<S>,
  scope: Scope,
  layout: Layout,
  refused: ReadonlyMap<string, string>,
): Symmetry {
  const { sets, cells, left } = structureOf(machine, scope, layout, refused);
  const members = membersOf(sets, scope.sizes);
  const length = Math.ceil(layout.bytes / 4);
  const input = new Int32Array(length);
  const output = new Int32Array(length);
  const environment: Environment = {
    W: new Uint8Array(input.buffer),
    O: new Uint8Array(output.buffer),
    B: new Int32Array(members.count),
    D: new Int32Array(members.count),
    L: new Int32Array(linksMost(cells)),
  };
  const labels = labelling(members, environment, programOf(cells, environment));
  return {
    sets: sets.map(({ name, size, copies }) => ({ name, size, copies })),
    left,
    ids: environment.D,
    canonical(from, at, into, intoAt) {
      for (let i = 0; i < length; i++) input[i] = from[at + i] as number;
      labels.run();
      for (let i = 0; i < length; i++) into[intoAt + i] = output[i] as number;
    },
  };
}
