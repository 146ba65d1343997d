/** The model as the reference that systems are held against. */

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
export {
  type Compare,
  type Counts,
  type Judgement,
  type KindCounts,
  type Oracle,
  type OracleOptions,
  oracle,
} from './oracle.ts';
export type { Disagreement, Reply, ReportedEvent, StepOutcome, Told } from './reply.ts';
