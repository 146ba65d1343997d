/**
 * Holds a reduced search against the whole: the states are found again without the reduction, and
 * without the engine that reduces. With sleep sets every state must have been found, at its least
 * depth; with symmetry one state of each class. What a class is, is found by exchanging members one
 * pair at a time. A canonical form is believed only where such exchanges lead to it: states that no
 * run comes to may lie between two that are equal but for names.
 */
import { initialState, type Layout, type Machine, packed, type Scope } from '../machine/index.ts';
import type { BreadthFirstOptions } from './breadth-first/options.ts';
import { breadthFirst } from './breadth-first.ts';
import type { SearchResult } from './result.ts';
import { exchangesOf } from './symmetry/exchanges.ts';
import type { Symmetry } from './symmetry.ts';

export interface ReductionCheck {
  /** `unknown`: there were more states than may be kept. */
  readonly agrees: 'yes' | 'no' | 'unknown';
  /** One sentence for everything in which the two searches differ. */
  readonly differences: readonly string[];
  /** What there is without the reduction; as far as it was searched. */
  readonly distinct: number;
}

/**
 * Compares the result of a search with `symmetry` or `sleepSets` with a search that has neither and
 * may keep `maxStates`. A search that was cut, by a bound of its own or by a rule that threw, cannot
 * be compared.
 */
export function verifyReduction<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S>,
  reduced: SearchResult,
  maxStates: number,
): ReductionCheck {
  const { symmetry, sleepSets: _, mode: __, ...rest } = options;
  const plain = breadthFirst(machine, scope, { ...rest, maxStates });
  const { distinct } = plain;
  if (plain.verdict === 'inconclusive' || reduced.verdict === 'inconclusive') {
    return { agrees: 'unknown', differences: [], distinct };
  }
  const differences: string[] = [];
  const differ = (what: string, whole: unknown, part: unknown): void => {
    if (whole !== part) differences.push(`${what} is ${part} with the reduction, ${whole} without`);
  };
  differ('the verdict', plain.verdict, reduced.verdict);
  if ('trace' in plain && 'trace' in reduced) {
    differ('the length of the shortest trace', plain.trace.length, reduced.trace.length);
  }
  if (plain.verdict === 'holds') {
    const levels = classesByDepth(machine, scope, rest, symmetry);
    differ('the depth', levels.length - 1, reduced.depth);
    levels.forEach((size, depth) => {
      differ(`the number of states at depth ${depth}`, size, reduced.levels[depth] ?? 0);
    });
  }
  return { agrees: differences.length === 0 ? 'yes' : 'no', differences, distinct };
}

/** At each depth, how many classes of states that exchanges of members take to one another. */
function classesByDepth<S>(
  machine: Machine<S>,
  scope: Scope,
  { commands, calls }: Pick<BreadthFirstOptions<S>, 'commands' | 'calls'>,
  symmetry: Symmetry | undefined,
): readonly number[] {
  const host = packed(machine, scope, commands === undefined ? {} : { commands });
  const skip = calls && ((number: number) => !calls(host.call(number)));
  host.write(initialState(machine, scope.sizes));
  const numbers = new Map<string, number>();
  const states: Int32Array[] = [];
  const depths: number[] = [];
  const find = (words: Int32Array, depth: number): void => {
    const key = textOf(words);
    if (numbers.has(key)) return;
    numbers.set(key, states.length);
    states.push(words.slice());
    depths.push(depth);
  };
  find(host.words, 0);
  for (let i = 0; i < states.length; i++) {
    host.load(states[i] as Int32Array, 0);
    host.steps(() => {
      find(host.words, (depths[i] as number) + 1);
      return false;
    }, skip);
  }
  const classes = new Classes(states.length);
  if (symmetry !== undefined)
    joinImages(machine, scope, host.layout, symmetry, { states, numbers, classes });
  const levels: number[] = [];
  for (const [i, depth] of depths.entries()) {
    // The first state of a class is one of its nearest.
    if (classes.firstOf(i) === i) levels[depth] = (levels[depth] ?? 0) + 1;
  }
  return levels;
}

interface Found {
  readonly states: readonly Int32Array[];
  readonly numbers: ReadonlyMap<string, number>;
  readonly classes: Classes;
}

/** Joins the states that are images of one another. */
function joinImages<S>(
  machine: Machine<S>,
  scope: Scope,
  layout: Layout,
  symmetry: Symmetry,
  { states, numbers, classes }: Found,
): void {
  const names = symmetry.sets.map(({ name }) => name);
  const { neighbours, rename } = exchangesOf(machine, scope, layout, names);
  const forms = new Map<string, number>();
  for (const [i, state] of states.entries()) {
    for (const exchange of neighbours) {
      const image = numbers.get(textOf(exchange(state)));
      if (image !== undefined) classes.join(i, image);
    }
    const form = state.slice();
    symmetry.canonical(state, 0, form, 0);
    const text = textOf(form);
    // Then the counts will differ.
    if (textOf(rename(state, symmetry.ids)) !== text) continue;
    const other = forms.get(text);
    if (other === undefined) forms.set(text, i);
    else classes.join(i, other);
  }
}

const textOf = (words: Int32Array): string =>
  String.fromCharCode(...new Uint16Array(words.buffer, words.byteOffset, 2 * words.length));

/** Union-find, where a class goes by its least member. */
class Classes {
  private readonly parents: Int32Array;
  constructor(count: number) {
    this.parents = Int32Array.from({ length: count }, (_, i) => i);
  }
  firstOf(i: number): number {
    let at = i;
    while (this.parents[at] !== at) at = this.parents[at] as number;
    this.parents[i] = at;
    return at;
  }
  join(a: number, b: number): void {
    const [one, other] = [this.firstOf(a), this.firstOf(b)];
    this.parents[Math.max(one, other)] = Math.min(one, other);
  }
}
