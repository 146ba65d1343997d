/** Random traces of a machine, as fast-check arbitraries, and what is done with them. */
export { type DetectOptions, type Detection, detect } from './detect.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './shrink/shrink.ts';
export {
  type Failure,
  type Run,
  type Runner,
  run,
  runner,
  settleSteps,
  type Trace,
  type TraceOutcome,
} from './trace.ts';
export { fuzzScope, type TracesOptions, traces } from './traces.ts';
