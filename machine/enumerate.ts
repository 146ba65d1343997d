/**
 * Every call of a command that a state allows. Arguments are bound one after the other and each
 * guard is asked as soon as the last argument that it looks at is bound, so that one refusal drops
 * every completion of what is bound so far.
 */
import type { Call } from './command.ts';
import type { CompiledCommand, CompiledGuard, Engine } from './engine.ts';
import { resolve, type Sizes } from './scope.ts';
import type { ArgumentShape } from './shape.ts';

/** One argument of a command: its values in a scope, and the guards that it completes. */
export interface Slot {
  readonly name: string;
  readonly shape: ArgumentShape;
  readonly values: readonly unknown[];
  readonly guards: readonly CompiledGuard[];
}
/** A command prepared for enumeration in a scope. */
export interface Plan {
  readonly command: CompiledCommand;
  /** Guards that look at no argument. */
  readonly first: readonly CompiledGuard[];
  readonly slots: readonly Slot[];
  /** How many arguments the lens looks at: guards can be asked only from here on. */
  readonly depth: number;
}

/** All values of an argument shape in a scope, in a fixed order. */
export function valuesOf(shape: ArgumentShape, sizes: Sizes): readonly unknown[] {
  switch (shape.form) {
    case 'bool':
      return [false, true];
    case 'int':
      return range(shape.min, resolve(shape.max, sizes));
    case 'enum':
      return shape.values;
    case 'ref':
      return range(0, resolve(shape.index.name, sizes) - 1);
    case 'option':
      return [null, ...valuesOf(shape.of, sizes)];
    case 'subset':
      return subsets(resolve(shape.index.name, sizes), shape.min, resolve(shape.max, sizes));
  }
}

function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
}

/** Ascending subsets of 0..size-1 with min..max members, smaller ones first. */
function subsets(size: number, min: number, max: number): number[][] {
  const found: number[][] = [];
  const extend = (chosen: readonly number[], next: number, left: number): void => {
    if (left === 0) {
      found.push([...chosen]);
      return;
    }
    for (let id = next; id <= size - left; id++) extend([...chosen, id], id + 1, left - 1);
  };
  for (let count = min; count <= Math.min(max, size); count++) extend([], 0, count);
  return found;
}

/** Prepares the enumeration of every command of an engine. */
export function plans(engine: Engine): readonly Plan[] {
  return engine.kinds.map((kind) => plan(engine.command(kind), engine.context.size));
}

function plan(command: CompiledCommand, sizes: Sizes): Plan {
  const shapes = Object.entries(command.declared.args);
  // The lens may look at any argument that a lift added; those come first in the declaration.
  const depth = command.declared.lifted ?? 0;
  const position = new Map(shapes.map(([name], i) => [name, i]));
  const completes = (guard: CompiledGuard): number =>
    Math.max(depth - 1, ...guard.looksAt.map((name) => position.get(name) ?? -1));
  return {
    command,
    depth,
    first: command.guards.filter((guard) => completes(guard) < 0),
    slots: shapes.map(([name, shape], i) => ({
      name,
      shape,
      values: valuesOf(shape, sizes),
      guards: command.guards.filter((guard) => completes(guard) === i),
    })),
  };
}

/** Visits every allowed call of a plan; stops when `visit` returns true and then returns true. */
export function enumerate(
  engine: Engine,
  { command, first, slots, depth }: Plan,
  state: unknown,
  visit: (call: Call) => boolean | undefined,
): boolean {
  const { context } = engine;
  const args: Record<string, unknown> = {};
  for (const slot of slots) args[slot.name] = slot.values[0];
  const { lens } = command;
  let part = lens === undefined ? state : depth === 0 ? lens(state, args) : undefined;
  const refuses = (guards: readonly CompiledGuard[]): boolean => {
    for (const guard of guards) if (guard.refuse(part, args, context)) return true;
    return false;
  };
  const bind = (i: number): boolean => {
    const slot = slots[i];
    if (slot === undefined) return visit({ kind: command.kind, args: { ...args } }) === true;
    for (const value of slot.values) {
      args[slot.name] = value;
      if (lens !== undefined && i === depth - 1) part = lens(state, args);
      if (refuses(slot.guards)) continue;
      if (bind(i + 1)) return true;
    }
    return false;
  };
  return refuses(first) ? false : bind(0);
}

/** Every call that the state allows, in the order of the declarations. */
export function enabled(engine: Engine, all: readonly Plan[], state: unknown): Call[] {
  const found: Call[] = [];
  for (const each of all) {
    enumerate(engine, each, state, (call) => {
      found.push(call);
      return undefined;
    });
  }
  return found;
}
