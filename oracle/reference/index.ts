/** The model as the reference that systems are held against. */

export type { Counts, KindCounts } from './counts.ts';
export type { Allowed, Finding, Reason } from './finding.ts';
export { Malformed } from './form.ts';
export { type Handles, handles } from './handles.ts';
export {
  type Adapter,
  type AsyncAdapter,
  Disagreed,
  type Followed,
  lockstep,
  lockstepAsync,
} from './lockstep.ts';
export type { Compare, OracleOptions } from './options.ts';
export { type Judgement, type Oracle, oracle } from './oracle.ts';
export type { Disagreement, Reply, ReportedEvent, StepOutcome, Told } from './reply.ts';
