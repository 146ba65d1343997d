/** A short fair loop in a fair component. */
import type { Conditions } from './conditions.ts';
import type { Graph } from './graph.ts';

/**
 * Edges that lead from a state round to itself and leave no condition put off. Time and again the
 * nearest step is taken that satisfies one that is; a shortest way leads back; and detours that
 * turned out to be needless are left out. That is short, if not always shortest: to find the
 * shortest is as hard as to plan a round trip.
 */
export function fairLoop(
  graph: Graph,
  conditions: Conditions,
  labels: Int32Array,
  start: number,
): readonly number[] {
  const loop: number[] = [];
  const debts = new Debts(graph, conditions);
  let at = start;
  debts.visit(start);
  for (;;) {
    const satisfies = debts.any()
      ? (edge: number) => debts.isPaidBy(edge)
      : (edge: number) => graph.target(edge) === start;
    for (const edge of shortestPath(graph, conditions, labels, at, satisfies)) {
      loop.push(edge);
      at = graph.target(edge);
      debts.take(edge);
      debts.visit(at);
    }
    if (at === start && !debts.any()) return withoutDetours(graph, conditions, loop);
  }
}

/** A fair loop without the parts that lead back to where they begin and that fairness can spare. */
function withoutDetours(
  graph: Graph,
  conditions: Conditions,
  loop: readonly number[],
): readonly number[] {
  const states = loop.map((edge) => graph.source(edge));
  states.push(states[0] as number);
  for (let from = 0; from < loop.length; from++) {
    for (let to = loop.length; to > from; to--) {
      if (states[to] !== states[from] || to - from === loop.length) continue;
      const shorter = [...loop.slice(0, from), ...loop.slice(to)];
      if (isFair(graph, conditions, shorter)) return withoutDetours(graph, conditions, shorter);
    }
  }
  return loop;
}

function isFair(graph: Graph, conditions: Conditions, loop: readonly number[]): boolean {
  const debts = new Debts(graph, conditions);
  for (const edge of loop) {
    debts.take(edge);
    debts.visit(graph.target(edge));
  }
  return !debts.any();
}

/** What a loop owes to fairness, from the states it visits and the edges it takes. */
class Debts {
  private readonly graph: Graph;
  private readonly conditions: Conditions;
  private readonly taken = new Set<number>();
  /** Conditions that were possible in a state visited, and that were not. */
  private readonly possible = new Set<number>();
  private readonly impossible = new Set<number>();

  constructor(graph: Graph, conditions: Conditions) {
    this.graph = graph;
    this.conditions = conditions;
  }

  visit(state: number): void {
    const here = this.possibleIn(state);
    for (let each = 0; each < this.conditions.count; each++) {
      (here.has(each) ? this.possible : this.impossible).add(each);
    }
  }
  take(edge: number): void {
    for (const each of this.satisfiedBy(edge)) this.taken.add(each);
  }
  any(): boolean {
    return this.conditions.strengths.some((_, each) => this.owes(each));
  }
  /** Whether an edge, or the state it leads to, makes it owe one less. */
  isPaidBy(edge: number): boolean {
    if (this.satisfiedBy(edge).some((each) => this.owes(each))) return true;
    const after = this.possibleIn(this.graph.target(edge));
    return this.conditions.strengths.some(
      (strength, each) => strength === 'weak' && this.owes(each) && !after.has(each),
    );
  }

  private owes(each: number): boolean {
    if (this.taken.has(each)) return false;
    return this.conditions.strengths[each] === 'strong'
      ? this.possible.has(each)
      : !this.impossible.has(each);
  }
  private satisfiedBy(edge: number): readonly number[] {
    return this.conditions.of(this.graph.call(edge));
  }
  private possibleIn(state: number): ReadonlySet<number> {
    const found = new Set<number>();
    const end = this.graph.firstEdge(state + 1);
    for (let edge = this.graph.firstEdge(state); edge < end; edge++) {
      for (const each of this.satisfiedBy(edge)) found.add(each);
    }
    return found;
  }
}

/** A shortest path inside a component whose last edge, and no other, is the one looked for. */
function shortestPath(
  graph: Graph,
  conditions: Conditions,
  labels: Int32Array,
  from: number,
  isLast: (edge: number) => boolean,
): readonly number[] {
  const foundBy = new Map<number, number>([[from, -1]]);
  // A map gives its keys in the order in which they are added, those added meanwhile too.
  for (const state of foundBy.keys()) {
    const end = graph.firstEdge(state + 1);
    for (let edge = graph.firstEdge(state); edge < end; edge++) {
      const target = graph.target(edge);
      if (labels[target] !== labels[from] || !conditions.mayGoOn(graph.call(edge))) continue;
      if (isLast(edge)) return [...pathTo(state), edge];
      if (!foundBy.has(target)) foundBy.set(target, edge);
    }
  }
  throw new Error('a fair component has no fair loop');

  function pathTo(state: number): readonly number[] {
    const path: number[] = [];
    let at = state;
    for (let edge = foundBy.get(at) ?? -1; edge >= 0; edge = foundBy.get(at) ?? -1) {
      path.push(edge);
      at = graph.source(edge);
    }
    return path.reverse();
  }
}
