/** The modelling language: shapes, commands, machines, properties, faults, and the hosts. */
export * from './command.ts';
export { type Copier, copier } from './copy.ts';
export { type Engine, engine, rejectionOf, UnknownCommand } from './engine.ts';
export { enabled, enumerate, type Plan, plans, type Slot, valuesOf } from './enumerate.ts';
export * from './fault.ts';
export { type Immutable, immutable } from './immutable.ts';
export { type InPlace, inPlace } from './in-place.ts';
export * from './machine.ts';
export { type Monitor, monitor, type Tally, type Violation } from './monitor.ts';
export * from './property.ts';
export { resolve, type Scope, type Sizes } from './scope.ts';
export * from './shape.ts';
export { table } from './tables.ts';
