/** Exhaustive search over the states of a machine. */

export { CheckpointProblem } from './breadth-first/checkpoint.ts';
export type { Mode } from './breadth-first/form.ts';
export type { BreadthFirstOptions } from './breadth-first/options.ts';
export type { Source } from './breadth-first/threads.ts';
export { breadthFirst, breadthFirstInPieces } from './breadth-first.ts';
export { depthFirst, depthFirstInPieces } from './depth-first.ts';
export {
  type IterativeDeepeningResult,
  iterativeDeepening,
  iterativeDeepeningInPieces,
} from './iterative-deepening.ts';
export {
  type Lasso,
  type LivenessOptions,
  type LivenessResult,
  type LivenessViolation,
  liveness,
  livenessInPieces,
  refuseReductions,
  violationAlong,
} from './liveness.ts';
export { pairsInPieces } from './pairs.ts';
export type { SearchProgress } from './pieces.ts';
export {
  type RandomWalksOptions,
  type RandomWalksResult,
  randomWalks,
  randomWalksInPieces,
} from './random-walk.ts';
export {
  type CommandCounts,
  RuleThrew,
  type SearchCounts,
  type SearchOptions,
  type SearchResult,
  Unsound,
} from './result.ts';
export { type Shorter, type ShorterOptions, shorterThan } from './shortest.ts';
export { type Asymmetry, type SelfTest, type Symmetry, selfTest, symmetryOf } from './symmetry.ts';
export { type ReductionCheck, verifyReduction } from './verify-reduction.ts';
