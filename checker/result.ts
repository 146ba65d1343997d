/** What a search is asked and what it tells, whatever order it takes states in. */
import {
  type Call,
  type Change,
  isConjecture,
  isLiveness,
  type Machine,
  type Packed,
  type Property,
  type Scope,
  type Tallies,
  type View,
  type Violation,
} from '../machine/index.ts';
import type { Duty } from './liveness/duty.ts';
import { replayLasso } from './liveness/lasso.ts';
import type { SearchProgress } from './pieces.ts';
import { violationsAfter } from './traces.ts';

export interface SearchOptions<S> {
  /**
   * Invariants, transition properties, conjectures, bounded promises and goals. Two-run properties and those of
   * whole runs are left out: they have no tally.
   */
  readonly properties?: readonly Property<never>[];
  /** Ends the search at the first state that satisfies this. */
  readonly goal?: (state: View<S>) => boolean;
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

/** What a search is of. */
export interface Subject<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  /** Those that a search can ask. */
  readonly properties: readonly Property[];
  readonly mayHappen: (call: Call) => boolean;
}

/** The properties that a search can ask. */
export function asked<S>({ properties = [] }: SearchOptions<S>): readonly Property[] {
  // Which model the properties are of does not matter to what asks them.
  return (properties as readonly Property[]).filter(
    (property) => property.kind !== 'two-run' && !isLiveness(property),
  );
}

export function subjectOf<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SearchOptions<S>,
): Subject<S> {
  const { commands, calls } = options;
  return {
    machine,
    scope,
    properties: asked(options),
    mayHappen: (call) => commands?.includes(call.kind) !== false && calls?.(call) !== false,
  };
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
  /** For each goal that was reached and each conjecture that was broken, by its id: a trace to it. */
  readonly witnesses: ReadonlyMap<string, readonly Call[]>;
  /** Bytes that were kept for the states. */
  readonly bytes: number;
}
/** A search that says now and then how far it is, and ends early when it is told to: `next(true)`. */
export type InPieces<R extends SearchResult = SearchResult> = Generator<
  SearchProgress,
  R,
  boolean | undefined
>;

export function toEnd<R>(search: Generator<SearchProgress, R, boolean | undefined>): R {
  for (;;) {
    const next = search.next();
    if (next.done) return next.value;
  }
}

/**
 * `holds`: every reachable state was seen and nothing is wrong, nor is the goal reached.
 * `violated`, `reached`: with a trace to it. `inconclusive`: a limit cut. Where states are searched
 * nearest first, no shorter trace leads there, nor to a goal.
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

/** A combination of options that would miss violations. */
export class Unsound extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'Unsound';
  }
}

/** A property that tells when it is a goal and is reached, or a conjecture and is broken. */
export function witnessed(property: Property, tell: (call: Call) => void): Property {
  if (isConjecture(property)) {
    return {
      ...property,
      violation(change: Change) {
        const message = property.violation(change);
        if (message !== null) tell(change.call);
        return message;
      },
    };
  }
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

/** What a search ended at, and the calls to there. */
export interface Ended {
  readonly how: 'reached' | 'violated' | 'deadlock';
  readonly trace: readonly Call[];
}

/** The result of a search that ended at something; what it claims is replayed on the plain host. */
export function resultOfTrace<S>(
  counts: SearchCounts,
  subject: Subject<S>,
  { how, trace }: Ended,
): SearchResult {
  switch (how) {
    case 'reached':
      return { ...counts, verdict: 'reached', trace };
    case 'deadlock':
      replayLasso({ ...subject, fairness: [], duty: toGoOn }, { stem: trace, loop: [] });
      return { ...counts, verdict: 'violated', trace, violations: [deadlock] };
    case 'violated': {
      const { machine, scope, properties } = subject;
      const violations = violationsAfter(machine, scope, properties, trace);
      return { ...counts, verdict: 'violated', trace, violations };
    }
  }
}

/** What a deadlock leaves undone: it begins with the run, and no state is one where it is done. */
const toGoOn: Duty = { begins: (_, isFirst) => isFirst, done: () => false };

const deadlock: Violation = {
  property: 'deadlock',
  name: 'every state has a step',
  message: 'no call may happen',
};

/** What became of the calls of each command, from what became of each call. */
export function commandCounts<S>(
  { kinds }: Packed<S>,
  taken: Int32Array,
  fresh: Int32Array,
): SearchCounts['commands'] {
  const sum = (counts: Int32Array, from: number, to: number): number =>
    counts.subarray(from, to).reduce((total, each) => total + each, 0);
  return new Map(
    kinds.map(({ kind, first, end }) => [
      kind,
      { taken: sum(taken, first, end), fresh: sum(fresh, first, end) },
    ]),
  );
}
