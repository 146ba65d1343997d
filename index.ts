/**
 * hypercheck: an executable specification of a virtual machine monitor, and the tools that live on
 * it. Everything commonly needed; the folders behind it are `hypercheck/machine` and so on.
 */
export * from './checker/index.ts';
export * from './faults/index.ts';
export * from './generators/index.ts';
export * from './invariants/index.ts';
export * from './machine/index.ts';
export * from './model/index.ts';
export {
  describeFields,
  type Field,
  type FieldClass,
  type Impossible,
  isSystemName,
  lines,
  type Place,
  type System,
  type SystemName,
  systems,
  type Validation,
  type Violation,
  validate,
} from './oracle/index.ts';
export * from './oracle/mutation/index.ts';
export * from './oracle/offline/index.ts';
export * from './oracle/protocol/index.ts';
export * from './oracle/reference/index.ts';
