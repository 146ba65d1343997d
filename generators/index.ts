/** Random traces of a machine, as fast-check arbitraries. */
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
