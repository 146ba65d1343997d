/** Random traces of a machine, as fast-check arbitraries, and what is done with them. */
export { type Detection, type DetectOptions, detect, scopeNamed, scopeOf } from './detect.ts';
export type { Example, Violated } from './export/example.ts';
export { type ItfState, type ItfTrace, type ItfValue, itfTrace } from './export/itf.ts';
export { mermaidDiagram, mermaidText } from './export/mermaid.ts';
export { type TestSource, vitestTest } from './export/vitest.ts';
export { askedIn, type Judge, judge } from './judge.ts';
export {
  type Budget,
  type BudgetOptions,
  BudgetSpent,
  budget,
  type Spending,
} from './plugins/budget.ts';
export {
  type CorpusOptions,
  corpus,
  StaleCorpus,
  type StaleEntry,
  type Store,
  type StoredText,
} from './plugins/corpus.ts';
export { fileStore } from './plugins/file-store.ts';
export type { TraceAt } from './plugins/trace-of.ts';
export {
  type KindCount,
  lengthStep,
  type TraceStatistics,
  type TraceStats,
  traceStats,
} from './plugins/trace-stats.ts';
export { type Optimum, type OptimumOptions, optimum } from './shrink/optimum.ts';
export { type ShrinkOptions, type Shrunk, shrink } from './shrink/shrink.ts';
export {
  commandsMax,
  type Failure,
  type Run,
  type Runner,
  run,
  runner,
  settleSteps,
  type Trace,
  type TraceOutcome,
} from './trace.ts';
export {
  type ReadTrace,
  type ReadTraceOptions,
  readTrace,
  type TraceDetails,
  type TraceFile,
  traceFile,
  traceFormat,
  traceTextMax,
  traceVersion,
  writeTrace,
} from './trace-file.ts';
export { dispensableKindsOf, fuzzScope, type TracesOptions, traces } from './traces.ts';
