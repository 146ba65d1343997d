/**
 * The strict host: runs a machine on views that refuse whatever not every host supports, and says
 * which command did it and where. Slow; for tests of models.
 *
 * What it refuses, beside values that their shape does not allow (`OutOfBounds` for a number outside
 * its bounds, `BrokenRule` for the rest):
 * - writing in `requires` or in a lens; a fresh object of a lens is no place to write to either;
 * - reading ghosts in `requires`; reading history, except to count it up (`d.swaps++`);
 * - replacing a record or an array, or an element of an array of records: they are changed inside;
 * - assigning a part of the state, an argument, or an object that was assigned before; changing an
 *   object after it was assigned;
 * - spreading, listing, deleting, `JSON.stringify` of the state; what a table has no operation for;
 * - keeping a view after the rule that got it, also in an event; an effect that returns a promise.
 */
import type { Call, Context } from './command.ts';
import { type CompiledCommand, type CompiledGuard, engine, rejectionOf } from './engine.ts';
import { BrokenRule } from './errors.ts';
import { type AnyEvent, initialState, type Machine, type Step } from './machine.ts';
import type { Scope, Sizes } from './scope.ts';
import type { StateShape } from './shape.ts';
import { Session, throwProblem } from './strict-view.ts';

export interface Strict<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  initial(): S;
  /** A new state, or on rejection the one that was given, which is never changed. */
  step(state: S, call: Call): Step<S>;
}

/** Throws `BrokenRule` and `OutOfBounds` from `initial` and `step`. */
export function strict<S>(machine: Machine<S>, scope: Scope): Strict<S> {
  const core = engine(machine as Machine, scope);
  // Objects that a rule assigned once, in any step: assigned again they are shared.
  const assigned = new WeakSet<object>();
  const { sizes } = scope;
  const session = (state: unknown, kind: string): Session =>
    new Session({ shape: machine.shape, sizes, command: kind, assigned }, state);
  return {
    machine,
    scope,
    initial: () => checkedInitial(machine, sizes),
    step(state, call) {
      const command = core.command(call.kind);
      const asking = session(clone(state), call.kind);
      const guard = refusal(asking, command, call, core.context);
      if (guard !== undefined)
        return { ok: false, state, rejection: rejectionOf(guard, call.args) };
      const next = clone(state) as S;
      const changing = session(next, call.kind);
      const events = run(changing, command, call, core.context);
      throwProblem(machine.shape, sizes, next, '', call.kind);
      return { ok: true, state: next, events };
    },
  };
}

function refusal(
  session: Session,
  { guards, lens }: CompiledCommand,
  call: Call,
  { size, operation }: Context,
): CompiledGuard | undefined {
  const args = session.readOnly(call.args, 'args');
  const emit = (): never => session.fail('requires', 'emits an event: only an effect does');
  const context = { size: session.readOnly(size, 'size'), operation, emit };
  const part = partOf(session, lens, args);
  session.phase = 'requires';
  const found = guards.find((guard) => {
    const refuse: unknown = guard.refuse(part, args, context);
    if (typeof refuse === 'boolean') return refuse;
    return session.fail(`requires '${guard.code}'`, 'answers neither true nor false');
  });
  session.end();
  return found;
}

function run(
  session: Session,
  { effect, lens }: CompiledCommand,
  call: Call,
  { size, operation }: Context,
): readonly AnyEvent[] {
  const events: AnyEvent[] = [];
  const args = session.readOnly(call.args, 'args');
  const emit = (event: unknown): void => {
    session.checkOutside(event, 'event');
    events.push(event as AnyEvent);
  };
  const part = partOf(session, lens, args);
  session.phase = 'effect';
  const context = { size: session.readOnly(size, 'size'), operation, emit };
  const result: unknown = effect(part, args, context);
  if (result instanceof Promise)
    session.fail('effect', 'returns a promise: effects are synchronous');
  session.end();
  return events;
}

function partOf(session: Session, lens: CompiledCommand['lens'], args: unknown): unknown {
  session.phase = 'lens';
  return lens === undefined
    ? session.whole
    : session.composed(lens(session.whole, args), 'the lens');
}

/** A copy that shares nothing, so that every object has one path. */
function clone(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(clone);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, field]) => [name, clone(field)]));
}

/** The initial state, made twice: a place that occurs twice would be changed twice. */
function checkedInitial<S>(machine: Machine<S>, sizes: Sizes): S {
  const state = initialState(machine, sizes);
  throwProblem(machine.shape, sizes, state, '', 'initial');
  const seen = new Map<unknown, string>();
  const visit = (shape: StateShape, value: unknown, path: string): void => {
    if (shape.form !== 'record' && shape.form !== 'array' && shape.form !== 'list') return;
    const other = seen.get(value);
    if (other !== undefined) {
      throw new BrokenRule(
        path || 'the whole',
        `is the object at ${other}: make it anew`,
        'initial',
      );
    }
    seen.set(value, path || 'the whole');
    if (shape.form === 'record') {
      for (const [name, field] of Object.entries(shape.fields)) {
        visit(field, (value as Record<string, unknown>)[name], path ? `${path}.${name}` : name);
      }
    } else {
      const items = value as readonly unknown[];
      for (const [i, item] of items.entries()) visit(shape.of, item, `${path}[${i}]`);
    }
  };
  visit(machine.shape, state, '');
  visit(machine.shape, initialState(machine, sizes), '');
  return state;
}
