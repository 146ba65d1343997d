/**
 * The last pass of the shrinker: the checker is asked for the shortest trace that violates the same,
 * and says what it could not finish.
 */
import { type BreadthFirstOptions, breadthFirst, shorterThan } from '../../checker/index.ts';
import {
  type Call,
  isTwoRun,
  type Machine,
  type Property,
  pairOf,
  type Scope,
  type TwoRun,
} from '../../machine/index.ts';
import type { Trace } from '../trace.ts';

export interface Optimum {
  /** The shortest trace known. */
  readonly trace: Trace;
  /** No trace with fewer commands violates one of the properties. */
  readonly proved: boolean;
  /** States that were searched to prove it. */
  readonly states: number;
}

export interface OptimumOptions<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  /** A trace counts when it violates one of these. */
  readonly properties: readonly Property<never>[];
  /** A trace that does. */
  readonly trace: Trace;
  /** How many states each search may keep. */
  readonly states: number;
}

/** Rules run and steps taken by the proof, for each state that may be kept. */
const workPerState = 50;

/**
 * Looks for a shorter trace: among all calls, which may prove that there is none; where that is too
 * much, among calls of the kinds and with the values that the trace has, which proves nothing; and in
 * projections of the machine, which prove it where one that is small enough has no shorter trace.
 */
export function optimum<S>(options: OptimumOptions<S>): Optimum {
  const { machine, scope, trace, properties, states } = options;
  // A search cannot stop inside a state with thousands of successors.
  if (states === 0) return { trace, proved: false, states: 0 };
  const ofPairs = properties.filter(isTwoRun);
  if (ofPairs.length > 0) return shortestOfPair(options, ofPairs);
  const all = shorter(options, {});
  if (all.verdict === 'none') return { trace, proved: true, states: all.states };
  if (all.verdict === 'found') return { trace: all.trace, proved: true, states: all.states };
  const near = alike(options);
  const work = states * workPerState;
  try {
    const proof = shorterThan(machine, scope, properties, { length: near.length, states, work });
    const { verdict, states: searched } = proof;
    return { trace: proof.trace ?? near, proved: verdict !== 'unknown', states: searched };
  } catch {
    // A faulty rule threw on the machine itself.
    return { trace: near, proved: false, states: 0 };
  }
}

/** A pair of runs is searched like one; pairs of several properties are different machines. */
function shortestOfPair<S>(options: OptimumOptions<S>, ofPairs: readonly TwoRun<never>[]): Optimum {
  const { machine, scope, properties, trace } = options;
  const [only] = ofPairs;
  if (only === undefined || properties.length > 1) return { trace, proved: false, states: 0 };
  const pair = pairOf(machine, scope, only);
  const all = shorter({ ...options, machine: pair.machine, properties: [pair.property] }, {});
  return {
    trace: all.verdict === 'found' ? all.trace : trace,
    proved: all.verdict !== 'unknown',
    states: all.states,
  };
}

/** A shorter trace of calls like those of the trace; the trace itself where there is none. */
export function alike<S>(options: OptimumOptions<S>): Trace {
  const some = shorter(options, limitsOf(options.trace));
  return some.verdict === 'found' ? some.trace : options.trace;
}

type Limits = Pick<BreadthFirstOptions<never>, 'commands' | 'calls'>;

/** Calls whose kind, and the value of whose every argument, occur in a trace. */
function limitsOf(trace: Trace): Limits {
  const values = new Map<string, Set<string>>();
  for (const { args } of trace) {
    for (const [name, value] of Object.entries(args)) {
      const known = values.get(name) ?? new Set();
      values.set(name, known.add(String(value)));
    }
  }
  return {
    commands: [...new Set(trace.map(({ kind }) => kind))],
    calls: ({ args }) =>
      Object.entries(args).every(([name, value]) => values.get(name)?.has(String(value)) === true),
  };
}

type Searched =
  | { readonly verdict: 'none' | 'unknown'; readonly states: number }
  | { readonly verdict: 'found'; readonly trace: readonly Call[]; readonly states: number };

function shorter<S>(
  { machine, scope, properties, trace, states }: OptimumOptions<S>,
  limits: Limits,
): Searched {
  const maxDepth = trace.length - 1;
  if (maxDepth < 0) return { verdict: 'none', states: 0 };
  try {
    const options = { ...limits, properties, maxStates: states, maxDepth };
    const result = breadthFirst(machine, scope, options);
    const { distinct } = result;
    if (result.verdict === 'violated') {
      return { verdict: 'found', trace: result.trace, states: distinct };
    }
    return { verdict: distinct > states ? 'unknown' : 'none', states: distinct };
  } catch {
    // A faulty rule may throw, or leave the bounds of the scope: then nothing is known.
    return { verdict: 'unknown', states: 0 };
  }
}
