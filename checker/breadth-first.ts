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
  isLiveness,
  type Machine,
  type Property,
  type Scope,
  type Tallies,
  type View,
  type Violation,
} from '../machine/index.ts';
import { Explorer, type Mode, Thrown } from './explorer.ts';
import type { Duty } from './liveness/duty.ts';
import { replayLasso } from './liveness/lasso.ts';
import type { Symmetry } from './symmetry.ts';
import { type Found, traceTo, violationsAfter } from './traces.ts';

export interface BreadthFirstOptions<S> {
  /**
   * Invariants, transition properties, bounded promises and goals. Two-run properties and those of
   * whole runs are left out: they have no tally.
   */
  readonly properties?: readonly Property<never>[];
  /** Ends the search at the nearest state that satisfies this. */
  readonly goal?: (state: View<S>) => boolean;
  /** `exact` keeps the states and compares them; `fingerprint` keeps 64 bits of each. */
  readonly mode?: Mode;
  /**
   * Keeps one state of each class of states that differ in names alone; what `selfTest` trusts. Only
   * for invariants and goals; traces are of the machine itself all the same.
   */
  readonly symmetry?: Symmetry;
  /**
   * Leaves out steps that commute with steps taken before: fewer are generated, the same states are
   * found. Only for invariants and a goal; other properties see steps.
   */
  readonly sleepSets?: boolean;
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
  /** For each goal that was reached, by the id of its property: a trace that no shorter one replaces. */
  readonly witnesses: ReadonlyMap<string, readonly Call[]>;
  /** Bytes that were kept for the states. */
  readonly bytes: number;
}
/** How far a search is. */
export type SearchProgress = Pick<SearchCounts, 'distinct' | 'generated' | 'depth' | 'bytes'>;
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

/** A rule or a property that threw, or left the bounds of the scope, during a search. */
export class RuleThrew extends Error {
  /** The calls to the state and the one at which it threw; empty for the initial state. */
  readonly trace: readonly Call[];
  /** What the search knew by then. */
  readonly counts: SearchCounts;
  constructor(cause: unknown, trace: readonly Call[], counts: SearchCounts) {
    super(cause instanceof Error ? cause.message : String(cause), { cause });
    this.name = 'RuleThrew';
    this.trace = trace;
    this.counts = counts;
  }
}

/** Throws `RuleThrew`. */
export function breadthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): SearchResult {
  const search = breadthFirstInPieces(machine, scope, options);
  for (;;) {
    const next = search.next();
    if (next.done) return next.value;
  }
}

/** States whose steps are taken between two looks at the progress. */
const statesInPiece = 8;

/**
 * The same search, which says now and then how far it is and lets other work run. It ends early,
 * and is inconclusive, when it is told to stop: `next(true)`. Throws `RuleThrew`.
 */
export function* breadthFirstInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): Generator<SearchProgress, SearchResult, boolean | undefined> {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  // Which model the properties are of does not matter to what asks them.
  const properties = ((options.properties ?? []) as readonly Property[]).filter(
    (property) => property.kind !== 'two-run' && !isLiveness(property),
  );
  refuseUnsound(options, properties);
  const found = new Map<string, Found>();
  const initial = initialState(machine, scope.sizes);
  const explorer: Explorer<S> = new Explorer(machine, scope, {
    properties: properties.map((each) =>
      witnessed(each, (call) =>
        found.set(each.id, { row: explorer.expanded, call, after: explorer.form() }),
      ),
    ),
    goal: options.goal as ((state: never) => boolean) | undefined,
    mode: options.mode ?? 'exact',
    commands: options.commands,
    calls: options.calls,
    deadlocks: options.deadlocks ?? false,
    symmetry: options.symmetry,
    sleepSets: options.sleepSets ?? false,
  });
  const levels: number[] = [];
  let stopped = false;
  try {
    explorer.begin(initial);
    for (let size = 1; size > 0 && explorer.ending === undefined; size = yield* expandLevel()) {
      levels.push(size);
      stopped ||= levels.length > maxDepth || explorer.distinct > maxStates;
      if (stopped) break;
    }
  } catch (error) {
    if (!(error instanceof Thrown)) throw error;
    const thrown = { row: error.parent, call: error.call, after: undefined };
    const trace = traceTo(explorer, initial, thrown);
    throw new RuleThrew(error.cause, trace, countsOf(explorer, initial, levels, found));
  }

  /** Expands a level; returns how many states it finds. */
  function* expandLevel(): Generator<SearchProgress, number, boolean | undefined> {
    const size = levels.at(-1) as number;
    const before = explorer.distinct;
    explorer.nextLevel();
    for (let rank = 0; rank < size && explorer.ending === undefined; rank++) {
      explorer.expand(rank);
      if (explorer.distinct > maxStates) break;
      if (rank % statesInPiece !== statesInPiece - 1) continue;
      const { distinct, generated, bytes } = explorer;
      stopped = (yield { distinct, generated, depth: levels.length - 1, bytes }) === true;
      if (stopped) break;
    }
    explorer.flush();
    return explorer.distinct - before - explorer.cut;
  }
  const verdict = stopped ? 'inconclusive' : 'holds';
  const { commands, calls } = options;
  return resultOf(explorer, {
    machine,
    scope,
    mayHappen: (call) => commands?.includes(call.kind) !== false && calls?.(call) !== false,
    properties,
    initial,
    levels,
    found,
    verdict,
  });
}

/** A property that tells when it is a goal and is reached. */
function witnessed(property: Property, tell: (call: Call) => void): Property {
  if (property.kind !== 'sometimes' || !('reached' in property)) return property;
  return {
    ...property,
    reached(change) {
      const reached = property.reached(change);
      if (reached) tell(change.call);
      return reached;
    },
  };
}

/** A combination of options that would miss violations. */
export class Unsound extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unsound';
  }
}

function refuseUnsound<S>(
  { symmetry, sleepSets = false, deadlocks = false }: BreadthFirstOptions<S>,
  properties: readonly Property[],
): void {
  if (symmetry !== undefined && sleepSets) {
    throw new Unsound(
      'sleep sets name the calls that sleep, and symmetry renames them: leave one of the two out',
    );
  }
  if (sleepSets && deadlocks) {
    throw new Unsound(
      'sleep sets leave out steps, so a state without steps need not be a deadlock',
    );
  }
  if (sleepSets) {
    refuse(
      properties.filter(({ kind }) => kind !== 'invariant'),
      'sleep sets leave out steps, and %s must see every step: leave one of the two out',
    );
  }
  if (symmetry !== undefined) {
    refuse(
      properties.filter(({ kind }) => kind !== 'invariant' && kind !== 'sometimes'),
      'symmetry was tested for invariants, not for what %s sees of a run: leave one of the two out',
    );
  }
}

function refuse(properties: readonly Property[], message: string): void {
  if (properties.length === 0) return;
  const named = properties.slice(0, 5).map(({ id }) => id);
  if (properties.length > named.length) named.push('...');
  throw new Unsound(message.replace('%s', named.join(', ')));
}

interface Finished<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly mayHappen: (call: Call) => boolean;
  readonly properties: readonly Property[];
  readonly initial: S;
  readonly levels: readonly number[];
  readonly found: ReadonlyMap<string, Found>;
  readonly verdict: 'holds' | 'inconclusive';
}

function countsOf<S>(
  explorer: Explorer<S>,
  initial: S,
  levels: readonly number[],
  found: ReadonlyMap<string, Found>,
): SearchCounts {
  const distinct = explorer.distinct - explorer.cut;
  const known = levels.reduce((sum, each) => sum + each, 0);
  const all = distinct > known ? [...levels, distinct - known] : levels;
  const witnesses = [...found].map(([id, step]) => [id, traceTo(explorer, initial, step)] as const);
  return {
    distinct,
    generated: explorer.generated,
    depth: all.length - 1,
    levels: all,
    commands: commandCounts(explorer),
    tallies: explorer.asked.tallies,
    witnesses: new Map(witnesses),
    bytes: explorer.bytes,
  };
}

function resultOf<S>(explorer: Explorer<S>, finished: Finished<S>): SearchResult {
  const { ending } = explorer;
  const { machine, scope, properties, initial, levels, found, verdict } = finished;
  const counts = countsOf(explorer, initial, levels, found);
  if (ending === undefined) return { ...counts, verdict };
  const trace = traceTo(explorer, initial, {
    row: explorer.rowOf(ending.parent),
    call: ending.call < 0 ? undefined : explorer.callOf(ending.call),
    after: ending.after,
  });
  if (ending.reached) return { ...counts, verdict: 'reached', trace };
  if (ending.parent < 0 || ending.call >= 0) {
    const violations = violationsAfter(machine, scope, properties, trace);
    return { ...counts, verdict: 'violated', trace, violations };
  }
  replayLasso({ ...finished, fairness: [], duty: toGoOn }, { stem: trace, loop: [] });
  return { ...counts, verdict: 'violated', trace, violations: [deadlock] };
}

/** What a deadlock leaves undone: it begins with the run, and no state is one where it is done. */
const toGoOn: Duty = { begins: (_, isFirst) => isFirst, done: () => false };

const deadlock: Violation = {
  property: 'deadlock',
  name: 'every state has a step',
  message: 'no call may happen',
};

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
