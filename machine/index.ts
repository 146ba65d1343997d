/** The modelling language: shapes, commands, machines, properties, faults, and the hosts. */
export { type Problem, problems, problemsMax, problemsOfCall } from './check.ts';
export * from './command.ts';
export { type Copier, copier } from './copy.ts';
export {
  changedFields,
  changedMembers,
  type Difference,
  difference,
  printDifference,
  printValue,
} from './difference.ts';
export { type Encoder, type EncoderOptions, encoder } from './encode.ts';
export { type Engine, engine, rejectionOf, UnknownCommand } from './engine.ts';
export { enabled, enumerate, type Plan, plans, type Slot, valuesOf } from './enumerate.ts';
export { BrokenRule, OutOfBounds } from './errors.ts';
export { type Evaluation, evaluation } from './evaluate.ts';
export * from './fault.ts';
export { modelHash } from './hash.ts';
export { type Immutable, immutable } from './immutable.ts';
export { type InPlace, inPlace } from './in-place.ts';
export { liftProperty, type Places } from './lift.ts';
export * from './machine.ts';
export { type Monitor, monitor } from './monitor.ts';
export type { Layout } from './packed/layout.ts';
export { type Packed, type PackedOptions, packed } from './packed/packed.ts';
export type { Promises } from './promises.ts';
export * from './property.ts';
export * from './rational.ts';
export { type JsonSchema, schemaOfCalls, schemaOfState } from './schema.ts';
export { names, resolve, type Scope, type Sizes } from './scope.ts';
export * from './shape.ts';
export { type Strict, strict } from './strict.ts';
export { initialsOf, table } from './tables.ts';
export type { Tallies, Tally, Violation } from './tally.ts';
export { type Leak, leakText, type Pair, pairOf, type TwoRunResult, twoRun } from './two-run.ts';
export { type Versions, versions } from './versions.ts';
export { type Watched, watched } from './watched.ts';
