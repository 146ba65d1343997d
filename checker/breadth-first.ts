/**
 * Breadth-first search: every state that a machine can reach in a scope, nearest first, so that a
 * trace to a violation is as short as can be.
 *
 * States are found level by level. Within a level they are expanded in the order in which they were
 * found, and calls are tried in the order of the declarations; a search that ends at a violation
 * ends when the state before it has taken all its steps. So the counts and the trace depend on the
 * machine and the scope alone.
 */
import { initialState, type Machine, type Property, type Scope } from '../machine/index.ts';
import { type Ending, Explorer, type Mode, Thrown } from './explorer.ts';
import {
  commandCounts,
  type InPieces,
  RuleThrew,
  resultOfTrace,
  type SearchCounts,
  type SearchOptions,
  type SearchProgress,
  type SearchResult,
  type Subject,
  statesInPiece,
  subjectOf,
  toEnd,
  Unsound,
  witnessed,
} from './result.ts';
import type { Symmetry } from './symmetry.ts';
import { type Found, traceTo } from './traces.ts';

export interface BreadthFirstOptions<S> extends SearchOptions<S> {
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
}

/** Throws `RuleThrew`. */
export function breadthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): SearchResult {
  return toEnd(breadthFirstInPieces(machine, scope, options));
}

/**
 * The same search, which says now and then how far it is and lets other work run. It ends early,
 * and is inconclusive, when it is told to stop: `next(true)`. Throws `RuleThrew`.
 */
export function* breadthFirstInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): InPieces {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const subject = subjectOf(machine, scope, options);
  refuseUnsound(options, subject.properties);
  const found = new Map<string, Found>();
  const initial = initialState(machine, scope.sizes);
  const explorer: Explorer<S> = new Explorer(machine, scope, {
    properties: subject.properties.map((each) =>
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
  return resultOf(explorer, { ...subject, initial, levels, found, verdict });
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

interface Finished<S> extends Subject<S> {
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
    commands: commandCounts(explorer.host, explorer.taken, explorer.fresh),
    tallies: explorer.asked.tallies,
    witnesses: new Map(witnesses),
    bytes: explorer.bytes,
  };
}

function resultOf<S>(explorer: Explorer<S>, finished: Finished<S>): SearchResult {
  const { ending } = explorer;
  const { initial, levels, found, verdict } = finished;
  const counts = countsOf(explorer, initial, levels, found);
  if (ending === undefined) return { ...counts, verdict };
  const trace = traceTo(explorer, initial, {
    row: explorer.rowOf(ending.parent),
    call: ending.call < 0 ? undefined : explorer.callOf(ending.call),
    after: ending.after,
  });
  return resultOfTrace(counts, finished, { how: howItEnds(ending), trace });
}

function howItEnds({ parent, call, reached }: Ending): 'reached' | 'violated' | 'deadlock' {
  if (reached) return 'reached';
  return parent >= 0 && call < 0 ? 'deadlock' : 'violated';
}
