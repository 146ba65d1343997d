/**
 * The part that all hosts share: look a command up, ask its guards in order, run its effect.
 * What differs between hosts is only what they hand in as the state.
 */
import type { AnyCommand, Call, Context, Event } from './command.ts';
import type { AnyEvent, Machine, Rejection, Step } from './machine.ts';
import { names, type Scope } from './scope.ts';

type Ask = (state: unknown, args: unknown, context: unknown) => boolean;
type Change = (state: unknown, args: unknown, context: unknown) => void;
type Lens = (state: unknown, args: unknown) => unknown;

export interface CompiledGuard {
  readonly code: string;
  readonly looksAt: readonly string[];
  readonly refuse: Ask;
}
export interface CompiledCommand {
  readonly kind: string;
  readonly declared: AnyCommand;
  readonly guards: readonly CompiledGuard[];
  readonly effect: Change;
  readonly lens: Lens | undefined;
}
export type Arguments = Readonly<Record<string, unknown>>;

/** The commands of a machine in a scope, ready to run on any host. */
export interface Engine {
  readonly kinds: readonly string[];
  /** Throws on a kind that the machine or the scope does not have. */
  command(kind: string): CompiledCommand;
  /** The first guard that refuses, or undefined. */
  refusal(state: unknown, call: Call): CompiledGuard | undefined;
  /** Both in one: asks the guards, and runs the effect on the very state where none refuses. */
  step<S>(state: S, call: Call): Step<S>;
  /** Runs the effect without asking the guards; returns the events. */
  run(state: unknown, call: Call): readonly AnyEvent[];
  readonly context: Context;
}

const noEvents: readonly AnyEvent[] = [];

export function engine(machine: Machine, scope: Scope): Engine {
  const commands = new Map<string, CompiledCommand>();
  for (const [kind, declared] of Object.entries(machine.commands)) {
    if (!names(scope.commands, kind)) continue;
    commands.set(kind, {
      kind,
      declared,
      guards: declared.requires.map(([code, looksAt, refuse]) => ({
        code,
        looksAt,
        refuse: refuse as unknown as Ask,
      })),
      effect: declared.effect as unknown as Change,
      lens: declared.lens as unknown as Lens | undefined,
    });
  }
  let events: AnyEvent[] | undefined;
  const context: Context = {
    size: scope.sizes,
    operation: machine.operations,
    emit: (event: Event) => {
      if (events === undefined) events = [event as AnyEvent];
      else events.push(event as AnyEvent);
    },
  };
  const command = (kind: string): CompiledCommand => {
    const found = commands.get(kind);
    if (found === undefined) throw new UnknownCommand(kind, scope.name);
    return found;
  };
  return {
    kinds: [...commands.keys()],
    command,
    context,
    refusal(state, call) {
      const { guards, lens } = command(call.kind);
      const part = lens === undefined ? state : lens(state, call.args);
      for (const guard of guards) {
        if (guard.refuse(part, call.args, context)) return guard;
      }
      return undefined;
    },
    step(state, { kind, args }) {
      const { guards, effect, lens } = command(kind);
      const part = lens === undefined ? state : lens(state, args);
      for (const guard of guards) {
        if (guard.refuse(part, args, context)) {
          return { ok: false, state, rejection: rejectionOf(guard, args) };
        }
      }
      events = undefined;
      effect(part, args, context);
      return { ok: true, state, events: events ?? noEvents };
    },
    run(state, call) {
      const { effect, lens } = command(call.kind);
      events = undefined;
      effect(lens === undefined ? state : lens(state, call.args), call.args, context);
      return events ?? noEvents;
    },
  };
}

/** The rejection that a guard gives: its code and the arguments that it looked at. */
export function rejectionOf(guard: CompiledGuard, args: Arguments): Rejection {
  const rejection: Record<string, unknown> & { code: string } = { code: guard.code };
  for (const name of guard.looksAt) rejection[name] = args[name];
  return rejection;
}

/** A call whose kind the machine does not have, or the scope does not enable. */
export class UnknownCommand extends Error {
  constructor(kind: string, scope: string) {
    super(`there is no command '${kind}' in scope '${scope}'`);
    this.name = 'UnknownCommand';
  }
}
