/** The order in which `check` searches. */
import {
  breadthFirstInPieces,
  depthFirstInPieces,
  iterativeDeepeningInPieces,
  randomWalksInPieces,
  type SearchProgress,
  type SearchResult,
  type SelfTest,
} from '../checker/index.ts';
import type { CheckFlags } from './flags.ts';
import type { ScopedSubject } from './subject.ts';

/** Steps of a walk where `--max-depth` does not say. */
const walkLength = 100;

export function searchOf(
  { machine, scope, properties }: ScopedSubject,
  { strategy, mode, sleepSets, maxStates, maxDepth, seed, walks }: CheckFlags,
  symmetry: SelfTest | undefined,
): Generator<SearchProgress, SearchResult, boolean | undefined> {
  const options = { properties, ...(maxStates === undefined ? {} : { maxStates }) };
  const bounded = { ...options, ...(maxDepth === undefined ? {} : { maxDepth }) };
  switch (strategy) {
    case 'breadth-first': {
      const trusted = symmetry === undefined ? {} : { symmetry: symmetry.symmetry };
      return breadthFirstInPieces(machine, scope, { ...bounded, ...trusted, mode, sleepSets });
    }
    case 'depth-first':
      return depthFirstInPieces(machine, scope, bounded);
    case 'iterative-deepening':
      return iterativeDeepeningInPieces(machine, scope, bounded);
    case 'random': {
      const length = maxDepth ?? walkLength;
      return randomWalksInPieces(machine, scope, { ...options, seed, walks, length });
    }
  }
}
