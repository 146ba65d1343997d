/** The model as a reference: can a system have behaved as its log says? */

export * from './mutation/index.ts';
export * from './offline/index.ts';
export * from './protocol/index.ts';
export * from './reference/index.ts';
export {
  describeFields,
  type Field,
  type FieldClass,
  type Impossible,
  isSystemName,
  lines,
  type Place,
  type Problem,
  type System,
  type SystemName,
  systems,
  type Validation,
  type Violation,
  validate,
} from './transcripts/index.ts';
