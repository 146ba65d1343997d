/**
 * Liveness: whether every fair run comes to what a property asks for.
 *
 * A run violates it when from some time on something is to be done and never is. In a graph with
 * finitely many states there is then one that ends in a state without steps, or one that goes round
 * a fair component; so the states in which something is to be done are searched for such. The whole
 * graph is kept for that, which takes eight bytes a step besides the states.
 */
import type {
  Call,
  Liveness,
  Machine,
  Scope,
  Tallies,
  Tally,
  Violation,
} from '../machine/index.ts';
import { fairComponents } from './liveness/components.ts';
import { Conditions } from './liveness/conditions.ts';
import { type Duty, dutyOf } from './liveness/duty.ts';
import { Graph } from './liveness/graph.ts';
import { type Lasso, lassoProblem, replayLasso } from './liveness/lasso.ts';
import { fairLoop } from './liveness/loop.ts';
import { type Pending, pendingStates } from './liveness/pending.ts';
import type { SearchProgress } from './pieces.ts';
import { toEnd, Unsound } from './result.ts';

export type { Lasso } from './liveness/lasso.ts';

export interface LivenessOptions {
  /** How many states may be kept. */
  readonly maxStates?: number;
  /** The command kinds that may happen; those of the scope when absent. */
  readonly commands?: readonly string[];
  /** The calls that may happen, of those that the state allows. */
  readonly calls?: (call: Call) => boolean;
  /** Reductions that a search for bad states may use; refused here, with the reason. */
  readonly symmetry?: unknown;
  readonly sleepSets?: unknown;
}

export interface LivenessViolation extends Violation {
  readonly lasso: Lasso;
}
export interface LivenessResult {
  /**
   * `holds`: of the whole graph. `violated`: some property, each of `violations` another one.
   * `inconclusive`: the graph has more states than may be kept, and nothing is known.
   */
  readonly verdict: 'holds' | 'violated' | 'inconclusive';
  readonly violations: readonly LivenessViolation[];
  /** States and steps of the graph. */
  readonly distinct: number;
  readonly generated: number;
  /** By property: states asked, and states that begin what is to be done. */
  readonly tallies: Tallies;
  /** Bytes that were kept for the graph. */
  readonly bytes: number;
}

/** Throws `Unsound` where a reduction is asked for, and `RuleThrew`. */
export function liveness<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Liveness<never>[],
  options: LivenessOptions = {},
): LivenessResult {
  return toEnd(livenessInPieces(machine, scope, properties, options));
}

/**
 * The same, which says now and then how far it is and lets other work run. It ends early, and is
 * inconclusive, when it is told to stop: `next(true)`.
 */
export function* livenessInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Liveness<never>[],
  options: LivenessOptions = {},
): Generator<SearchProgress, LivenessResult, boolean | undefined> {
  refuseReductions(options);
  const { maxStates = Number.POSITIVE_INFINITY, commands, calls } = options;
  const tallies = new Map<string, Tally>();
  const graph = new Graph(machine, scope, { maxStates, commands, calls });
  yield* graph.explore();
  let stopped = false;
  const mayHappen = (call: Call): boolean =>
    commands?.includes(call.kind) !== false && calls?.(call) !== false;
  const violations: LivenessViolation[] = [];
  for (const property of properties as readonly Liveness[]) {
    const { id, name } = property;
    if (tallies.has(id)) throw new Error(`two properties have the id '${id}'`);
    const tally: Tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };
    tallies.set(id, tally);
    if (!graph.complete || stopped) continue;
    const found = violationOf(graph, property, tally);
    stopped = (yield graph.progress) === true;
    if (found === undefined) continue;
    const { duty, lasso, message } = found;
    const { fairness, ceasing } = property;
    replayLasso({ machine, scope, mayHappen, fairness, ceasing, duty }, lasso);
    violations.push({ property: id, name, message, lasso });
  }
  const passed = graph.complete && !stopped ? 'holds' : 'inconclusive';
  return {
    verdict: violations.length > 0 ? 'violated' : passed,
    violations,
    distinct: graph.states,
    generated: graph.steps,
    tallies,
    bytes: graph.bytes,
  };
}

/** Throws `Unsound`, with the reason. */
export function refuseReductions({ symmetry, sleepSets }: LivenessOptions): void {
  if (symmetry) {
    throw new Unsound(
      'symmetry joins states that a fair run tells apart, as it does who is served: liveness needs them all',
    );
  }
  if (sleepSets) {
    throw new Unsound(
      'sleep sets leave out steps, and whether a run is fair depends on every step: liveness needs them all',
    );
  }
}

/**
 * How a run, such as one read from a file, violates a property of whole runs; undefined where it
 * does not. Throws what a rule or the property throws.
 */
export function violationAlong<S>(
  machine: Machine<S>,
  scope: Scope,
  asked: Liveness<never>,
  lasso: Lasso,
): Violation | undefined {
  const property = asked as Liveness;
  const { id, name, fairness, ceasing } = property;
  const instances = property.instances?.(scope.sizes);
  for (let instance = 0; instance < (instances ?? 1); instance++) {
    const duty = dutyOf(property, instance, scope.sizes);
    const run = { machine, scope, mayHappen: () => true, fairness, ceasing, duty };
    if (lassoProblem(run, lasso) !== undefined) continue;
    return { property: id, name, message: story(lasso, instances && instance) };
  }
  return undefined;
}

interface Found {
  readonly duty: Duty;
  readonly lasso: Lasso;
  readonly message: string;
}

/** How the first instance that is violated is; counts what was asked. */
function violationOf(graph: Graph, property: Liveness, tally: Tally): Found | undefined {
  const conditions = new Conditions(graph.host, property);
  const { sizes } = graph.host.scope;
  const instances = property.instances?.(sizes);
  for (let instance = 0; instance < (instances ?? 1); instance++) {
    const duty = dutyOf(property, instance, sizes);
    const lasso = lassoOf(graph, conditions, pendingStates(graph, duty, tally));
    if (lasso === undefined) continue;
    tally.violations++;
    return { duty, lasso, message: story(lasso, instances && instance) };
  }
  return undefined;
}

/** The run that is wrong after the fewest steps, if there is one. */
function lassoOf(graph: Graph, conditions: Conditions, pending: Pending): Lasso | undefined {
  const { states } = pending;
  const labels = fairComponents(graph, conditions, states);
  const isLast = (state: number): boolean => graph.firstEdge(state) === graph.firstEdge(state + 1);
  const entry = states.find((state) => labels[state] !== 0 || isLast(state));
  if (entry === undefined) return undefined;
  const calls = (edges: readonly number[]): readonly Call[] =>
    edges.map((edge) => graph.callOf(graph.call(edge)));
  return {
    stem: calls(pending.pathTo(entry)),
    loop: isLast(entry) ? [] : calls(fairLoop(graph, conditions, labels, entry)),
  };
}

function story({ stem, loop }: Lasso, instance: number | undefined): string {
  const which = instance === undefined ? 'it' : `instance ${instance}`;
  const after = `after ${stem.length} ${stem.length === 1 ? 'step' : 'steps'}`;
  if (loop.length === 0) return `the run ends ${after} and ${which} is not done`;
  const kinds = [...new Set(loop.map(({ kind }) => kind))].join(', ');
  return `the run goes on for ever ${after} with ${kinds} and ${which} is not done`;
}
