/**
 * Iterative deepening: depth-first searches with the bounds 1, 2, 3 and so on, until one finds
 * something or meets no bound. What the bound before did not show takes as many steps as the bound
 * allows, so the trace is as short as can be.
 */
import type { Call, Machine, Scope } from '../machine/index.ts';
import { depthFirstInPieces } from './depth-first.ts';
import { type InPieces, type SearchOptions, type SearchResult, toEnd } from './result.ts';

/** Counts are those of the last round; a trace to a goal is of the first round that reached it. */
export type IterativeDeepeningResult = SearchResult & {
  /** How many searches there were; the bound of the last is that number. */
  readonly rounds: number;
};

/** Throws `RuleThrew`. */
export function iterativeDeepening<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SearchOptions<S> = {},
): IterativeDeepeningResult {
  return toEnd(iterativeDeepeningInPieces(machine, scope, options));
}

/** Throws `RuleThrew`. */
export function* iterativeDeepeningInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SearchOptions<S> = {},
): InPieces<IterativeDeepeningResult> {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const witnesses = new Map<string, readonly Call[]>();
  let isStopped = false;
  for (let rounds = 1; ; rounds++) {
    const bound = Math.min(rounds, maxDepth);
    const round = depthFirstInPieces(machine, scope, { ...options, maxDepth: bound });
    let next = round.next();
    while (!next.done) {
      isStopped = (yield next.value) === true;
      next = round.next(isStopped);
    }
    const result = next.value;
    for (const [id, trace] of result.witnesses) {
      if (!witnesses.has(id)) witnesses.set(id, trace);
    }
    const isLast = isStopped || bound === maxDepth || result.distinct > maxStates;
    if (isLast || result.verdict !== 'inconclusive') return { ...result, witnesses, rounds };
  }
}
