/**
 * Properties of two runs, asked of every two runs there are: a pair of runs is a machine, whose
 * states are searched like those of any other.
 */
import { type Machine, pairOf, type Scope, type TwoRun } from '../machine/index.ts';
import { breadthFirstInPieces } from './breadth-first.ts';
import type { InPieces, SearchOptions } from './result.ts';

/** The trace is of the first run; the counts are of pairs of states. Throws `RuleThrew`. */
export function pairsInPieces<S>(
  machine: Machine<S>,
  scope: Scope,
  property: TwoRun<never>,
  { maxStates }: Pick<SearchOptions<S>, 'maxStates'> = {},
): InPieces {
  const pair = pairOf(machine, scope, property);
  return breadthFirstInPieces(pair.machine, scope, {
    properties: [pair.property],
    ...(maxStates === undefined ? {} : { maxStates }),
  });
}
