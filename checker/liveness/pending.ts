/**
 * The states in which a run can still have its duty to do: from one that begins it, through states
 * in which it is not done.
 */
import type { Tally } from '../../machine/index.ts';
import type { Duty } from './duty.ts';
import type { Graph } from './graph.ts';

export interface Pending {
  /** The states; those first in which the shortest runs have the duty to do. */
  readonly states: Int32Array;
  /** The edges of a shortest run that has it to do in one of them. */
  pathTo(state: number): readonly number[];
}

/** Of a state, in place of the edge from the one before. */
const notPending = -2;
const begins = -1;

export function pendingStates(graph: Graph, duty: Duty, tally: Tally): Pending {
  const answers = ask(graph, duty, tally);
  const from = new Int32Array(graph.states).fill(notPending);
  const states = new Int32Array(graph.states);
  let count = 0;
  const add = (state: number, edge: number): void => {
    if (from[state] !== notPending || answers[state] === done) return;
    from[state] = edge;
    states[count++] = state;
  };
  const { levels } = graph;
  let next = 0;
  for (let steps = 0; steps < levels.length || next < count; steps++) {
    // To the states one step further come those that begin it after as many steps.
    const end = levels[steps + 1] ?? graph.states;
    for (let state = levels[steps] ?? end; state < end; state++) {
      if (answers[state] === beginning) add(state, begins);
    }
    for (const known = count; next < known; next++) {
      const state = states[next] as number;
      const after = graph.firstEdge(state + 1);
      for (let edge = graph.firstEdge(state); edge < after; edge++) add(graph.target(edge), edge);
    }
  }
  return {
    states: states.slice(0, count),
    pathTo(state) {
      const path: number[] = [];
      let at = state;
      for (let edge = from[at] as number; edge !== begins; edge = from[at] as number) {
        path.push(edge);
        at = graph.source(edge);
      }
      return [...graph.pathTo(at), ...path.reverse()];
    },
  };
}

/** What is said of a state; 0 where neither is. */
const beginning = 1;
const done = 2;

/** Asks about every state. Throws `RuleThrew`. */
function ask(graph: Graph, duty: Duty, tally: Tally): Uint8Array {
  const answers = new Uint8Array(graph.states);
  for (let state = 0; state < graph.states; state++) {
    const view = graph.view(state);
    tally.evaluations++;
    try {
      if (duty.done(view)) answers[state] = done;
      else if (duty.begins(view, state === 0)) {
        answers[state] = beginning;
        tally.couldFail++;
      }
    } catch (cause) {
      throw graph.thrown(cause, state);
    }
  }
  return answers;
}
