/**
 * Breadth-first search: every state that a machine can reach in a scope, nearest first, so that a
 * trace to a violation is as short as can be.
 *
 * States are found level by level. Within a level they are expanded in the order in which they were
 * found, and calls are tried in the order of the declarations; a search that ends at a violation
 * ends when the state before it has taken all its steps. So the counts and the trace depend on the
 * machine and the scope alone.
 */
import {
  type Call,
  initialState,
  inPlace,
  type Machine,
  monitor,
  type Property,
  type Scope,
  type Tallies,
  type View,
  type Violation,
} from '../machine/index.ts';
import { Explorer, type Mode, Thrown, withTrace } from './explorer.ts';

export interface BreadthFirstOptions<S> {
  /** Invariants, transition properties, bounded promises and goals; two-run properties are left out. */
  readonly properties?: readonly Property<never>[];
  /** Ends the search at the nearest state that satisfies this. */
  readonly goal?: (state: View<S>) => boolean;
  /** `exact` keeps the states and compares them; `fingerprint` keeps 64 bits of each. */
  readonly mode?: Mode;
  /** How many states may be kept. */
  readonly maxStates?: number;
  /** How many commands a trace may have. */
  readonly maxDepth?: number;
  /** The command kinds that may happen; those of the scope when absent. */
  readonly commands?: readonly string[];
  /** The calls that may happen, of those that the state allows. */
  readonly calls?: (call: Call) => boolean;
  /**
   * A state in which no call may happen violates 'deadlock'. That is seen when its steps are taken:
   * where another property is violated one step further, either may be reported.
   */
  readonly deadlocks?: boolean;
}

/** What became of the calls of one command. */
export interface CommandCounts {
  /** Steps taken. */
  readonly taken: number;
  /** Steps that led to a state that was not known. */
  readonly fresh: number;
}
export interface SearchCounts {
  /** States found, the initial one included. */
  readonly distinct: number;
  /** Steps taken, those to a known state included. */
  readonly generated: number;
  /** Steps from the initial state to the furthest state found. */
  readonly depth: number;
  /** States found at each depth. */
  readonly levels: readonly number[];
  /** By command, in the order of the declarations. */
  readonly commands: ReadonlyMap<string, CommandCounts>;
  readonly tallies: Tallies;
  /** Bytes that were kept for the states. */
  readonly bytes: number;
}
/**
 * `holds`: every reachable state was seen and nothing is wrong, nor is the goal reached.
 * `violated`, `reached`: with a trace that no shorter one replaces. `inconclusive`: a limit cut.
 */
export type SearchResult = SearchCounts &
  (
    | { readonly verdict: 'holds' | 'inconclusive' }
    | { readonly verdict: 'reached'; readonly trace: readonly Call[] }
    | {
        readonly verdict: 'violated';
        readonly trace: readonly Call[];
        readonly violations: readonly Violation[];
      }
  );

/**
 * Throws `OutOfBounds` where a command takes a number out of the bounds of the scope: it names the
 * command and carries the trace.
 */
export function breadthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): SearchResult {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  // Which model the properties are of does not matter to what asks them.
  const properties = ((options.properties ?? []) as readonly Property[]).filter(
    ({ kind }) => kind !== 'two-run',
  );
  const explorer = new Explorer(machine, scope, {
    properties,
    goal: options.goal as ((state: never) => boolean) | undefined,
    mode: options.mode ?? 'exact',
    commands: options.commands,
    calls: options.calls,
    deadlocks: options.deadlocks ?? false,
  });
  const levels: number[] = [];
  let verdict: 'holds' | 'inconclusive' = 'holds';
  try {
    explorer.begin(initialState(machine, scope.sizes));
    for (let found = 1; found > 0 && explorer.ending === undefined; found = expandLevel()) {
      levels.push(found);
      if (levels.length > maxDepth || explorer.distinct > maxStates) {
        verdict = 'inconclusive';
        break;
      }
    }
  } catch (error) {
    if (!(error instanceof Thrown)) throw error;
    throw withTrace(error, traceTo(explorer, error.parent));
  }

  /** Expands a level; returns how many states it finds. */
  function expandLevel(): number {
    const size = levels.at(-1) as number;
    const before = explorer.distinct;
    explorer.nextLevel();
    for (let rank = 0; rank < size && explorer.ending === undefined; rank++) {
      explorer.expand(rank);
      if (explorer.distinct > maxStates) break;
    }
    explorer.flush();
    return explorer.distinct - before - explorer.cut;
  }
  return resultOf(explorer, { machine, scope, properties, levels, verdict });
}

interface Finished<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly properties: readonly Property[];
  readonly levels: readonly number[];
  readonly verdict: 'holds' | 'inconclusive';
}

function resultOf<S>(explorer: Explorer<S>, finished: Finished<S>): SearchResult {
  const { ending } = explorer;
  const { machine, scope, properties, levels, verdict } = finished;
  const distinct = explorer.distinct - explorer.cut;
  const known = levels.reduce((sum, each) => sum + each, 0);
  const all = distinct > known ? [...levels, distinct - known] : levels;
  const counts: SearchCounts = {
    distinct,
    generated: explorer.generated,
    depth: all.length - 1,
    levels: all,
    commands: commandCounts(explorer),
    tallies: explorer.asked.tallies,
    bytes: explorer.bytes,
  };
  if (ending === undefined) return { ...counts, verdict };
  const before = traceTo(explorer, explorer.rowOf(ending.parent));
  const trace = ending.call < 0 ? before : [...before, explorer.callOf(ending.call)];
  if (ending.reached) return { ...counts, verdict: 'reached', trace };
  const violations =
    ending.parent >= 0 && ending.call < 0
      ? [deadlock]
      : violationsAfter(machine, scope, properties, trace);
  return { ...counts, verdict: 'violated', trace, violations };
}

const deadlock: Violation = {
  property: 'deadlock',
  name: 'every state has a step',
  message: 'no call may happen',
};

/** The calls from the initial state to a state found, by its row. */
function traceTo<S>(explorer: Explorer<S>, row: number): readonly Call[] {
  const calls: Call[] = [];
  const { links } = explorer;
  for (let at = row; at > 0; at = links.chunk(at)[links.at(at)] as number) {
    calls.push(explorer.callOf(links.chunk(at)[links.at(at) + 1] as number));
  }
  return calls.reverse();
}

/**
 * What is violated after the last call of a trace, found by replaying it on the plain host: no
 * counterexample is shown that holds on the packed host alone.
 */
function violationsAfter<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property[],
  trace: readonly Call[],
): readonly Violation[] {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, properties);
  const state = host.initial();
  let violations = watch.start(state);
  for (const call of trace) {
    const step = host.step(state, call);
    if (!step.ok) throw new Error(`'${call.kind}' of a trace is refused: ${step.rejection.code}`);
    violations = watch.after(state, call, step.events);
  }
  if (violations.length === 0) throw new Error('the counterexample does not replay');
  return violations;
}

function commandCounts<S>({ host, taken, fresh }: Explorer<S>): SearchCounts['commands'] {
  const sum = (counts: Int32Array, from: number, to: number): number =>
    counts.subarray(from, to).reduce((total, each) => total + each, 0);
  return new Map(
    host.kinds.map(({ kind, first, end }) => [
      kind,
      { taken: sum(taken, first, end), fresh: sum(fresh, first, end) },
    ]),
  );
}
