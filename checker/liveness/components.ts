/**
 * Fair components: the sets of states between which a fair run can go round for ever.
 *
 * The states that a run visits again and again are strongly connected. So the strongly connected
 * components of the graph are found, and each is asked whether a run that visits all of it and takes
 * all of its edges is fair. Where a weakly fair condition is possible in every state and never
 * taken inside, no part of the component is fair either. Where a strongly fair one is possible in
 * some states and never taken inside, a fair run stays out of those states, so they are removed
 * and what is left is searched again.
 */
import type { Conditions } from './conditions.ts';
import type { Graph } from './graph.ts';

/** A set of states, those with one label. */
interface Part {
  readonly states: Int32Array;
  readonly label: number;
}

/** For each state: a number that all states of its fair component share; 0 where it is in none. */
export function fairComponents(
  graph: Graph,
  conditions: Conditions,
  states: Int32Array,
): Int32Array {
  const labels = new Int32Array(graph.states);
  const find = componentsIn(graph, conditions, labels);
  let last = 0;
  const part = (of: Int32Array): Part => {
    last++;
    for (const state of of) labels[state] = last;
    return { states: of, label: last };
  };
  const work = [part(states)];
  for (let next = work.pop(); next !== undefined; next = work.pop()) {
    find(next, (component) => {
      const found = part(component);
      const left = fairIn(graph, conditions, found, labels);
      if (left === 'all') return;
      for (const state of component) labels[state] = 0;
      if (left.length > 0) work.push(part(left));
    });
  }
  return labels;
}

/** Whether a run round a component is fair; otherwise the states in which a fair one can stay. */
function fairIn(
  graph: Graph,
  conditions: Conditions,
  { states, label }: Part,
  labels: Int32Array,
): 'all' | Int32Array {
  let inside = 0;
  /** By condition: in how many states it is possible, the last of them, and whether it is taken. */
  const possible: number[] = [];
  const latest: number[] = [];
  const taken: boolean[] = [];
  for (const state of states) {
    const end = graph.firstEdge(state + 1);
    for (let edge = graph.firstEdge(state); edge < end; edge++) {
      const stays = labels[graph.target(edge)] === label && conditions.mayGoOn(graph.call(edge));
      if (stays) inside++;
      for (const each of conditions.of(graph.call(edge))) {
        if (stays) taken[each] = true;
        if (latest[each] === state) continue;
        latest[each] = state;
        possible[each] = (possible[each] ?? 0) + 1;
      }
    }
  }
  if (inside === 0) return nothing;
  const putOff = new Set<number>();
  for (let each = 0; each < conditions.count; each++) {
    if (taken[each] === true || possible[each] === undefined) continue;
    if (conditions.strengths[each] === 'strong') putOff.add(each);
    else if (possible[each] === states.length) return nothing;
  }
  if (putOff.size === 0) return 'all';
  return states.filter((state) => {
    const end = graph.firstEdge(state + 1);
    for (let edge = graph.firstEdge(state); edge < end; edge++) {
      if (conditions.of(graph.call(edge)).some((each) => putOff.has(each))) return false;
    }
    return true;
  });
}

const nothing = new Int32Array(0);

/**
 * Tarjan's algorithm, with the recursion in an array: tells the strongly connected components of a
 * part. `told` gets each in an array of its own, and must give its states another label.
 */
function componentsIn(graph: Graph, conditions: Conditions, labels: Int32Array) {
  /** Of a state: when it was visited, from 1 on; the earliest state known to be reached from it. */
  const order = new Int32Array(graph.states);
  const low = new Int32Array(graph.states);
  return ({ states, label }: Part, told: (component: Int32Array) => void): void => {
    /** States visited whose component is not told yet. */
    const open = new Int32Array(states.length);
    /** The path to the state that is visited, and for each state of it the next edge to follow. */
    const path = new Int32Array(states.length);
    const next = new Int32Array(states.length);
    let [opened, depth, visited] = [0, 0, 0];
    const enter = (state: number): void => {
      order[state] = low[state] = ++visited;
      open[opened++] = state;
      path[depth] = state;
      next[depth++] = graph.firstEdge(state);
    };
    for (const state of states) order[state] = 0;
    for (const root of states) {
      if (order[root] !== 0) continue;
      enter(root);
      while (depth > 0) {
        const state = path[depth - 1] as number;
        const end = graph.firstEdge(state + 1);
        let deeper = false;
        for (let edge = next[depth - 1] as number; edge < end && !deeper; edge++) {
          const target = graph.target(edge);
          if (labels[target] !== label || !conditions.mayGoOn(graph.call(edge))) continue;
          deeper = order[target] === 0;
          if (deeper) {
            next[depth - 1] = edge + 1;
            enter(target);
          } else low[state] = Math.min(low[state] as number, order[target] as number);
        }
        if (deeper) continue;
        depth--;
        if (depth > 0) {
          const before = path[depth - 1] as number;
          low[before] = Math.min(low[before] as number, low[state] as number);
        }
        if (low[state] !== order[state]) continue;
        const from = open.lastIndexOf(state, opened - 1);
        const component = open.slice(from, opened);
        opened = from;
        told(component);
      }
    }
  };
}
