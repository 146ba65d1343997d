/**
 * Commands: what may happen to a state, and when it is refused.
 *
 * A command is declared once. `requires` lists the reasons to refuse it, in the documented order of
 * precedence; each names the arguments that it looks at, so that an enumeration can drop a whole
 * family of arguments as soon as the ones that matter are bound. `effect` only assigns: it never
 * refuses and never throws.
 */
import type { Sizes } from './scope.ts';
import type { ArgumentShape, Infer, View } from './shape.ts';

/** Who can cause a command: an administrator, a guest, a background task, the environment. */
export type Actor = 'host' | 'guest' | 'daemon' | 'hardware';

/** Plain data that a command reports to the outside besides its change of state. */
export interface Event {
  readonly type: string;
}

/** What the rules of one machine share. */
export interface Model {
  readonly state: unknown;
  readonly sizes: Sizes;
  /** Named inner operations that several rules call, through the machine, so that a fault can replace one. */
  readonly operations: unknown;
  readonly event: Event;
  /** The calls of its commands, where properties are to see them by name. */
  readonly call?: Call;
}

/** What a rule may use besides the state and its arguments. */
export interface Context<M extends Model = Model> {
  readonly size: M['sizes'];
  readonly operation: M['operations'];
  emit(event: M['event']): void;
}

type Arguments = Readonly<Record<string, ArgumentShape>>;
export type ArgumentsOf<A> = { readonly [K in keyof A]: Infer<A[K]> };

/** A reason to refuse: its code, the arguments it looks at, and the question (true: refuse). */
export type Guard<R extends string, S, A, M extends Model> = readonly [
  code: R,
  looksAt: readonly (keyof A & string)[],
  refuse: (state: S, args: A, context: Context<M>) => boolean,
];

export interface Command<
  M extends Model = Model,
  A extends Arguments = Arguments,
  R extends string = string,
> {
  readonly actor: Actor;
  /** One sentence that says what it does, with the specification's ids. Shown in the reference. */
  readonly summary: string;
  readonly args: A;
  readonly requires: readonly Guard<R, View<M['state']>, ArgumentsOf<A>, M>[];
  effect(draft: M['state'], args: ArgumentsOf<A>, context: Context<M>): void;
}

/** A command of any machine, as the tools see it. */
export interface AnyCommand {
  readonly actor: Actor;
  readonly summary: string;
  readonly args: Arguments;
  readonly requires: readonly AnyGuard[];
  readonly effect: (draft: never, args: never, context: never) => void;
  /** The part of the state that the rules see, when they do not see all of it. */
  readonly lens?: (state: never, args: never) => unknown;
  /** How many arguments a lift put before the command's own; the lens looks only at those. */
  readonly lifted?: number;
}
export type AnyGuard = readonly [
  code: string,
  looksAt: readonly string[],
  refuse: (state: never, args: never, context: never) => boolean,
];
export type CommandTable = Readonly<Record<string, AnyCommand>>;

/** A command as data: a line of a trace, a file, a test or a log. */
export interface Call<K extends string = string, A = Readonly<Record<string, unknown>>> {
  readonly kind: K;
  readonly args: A;
}
/** The calls of a table of commands, as a union over `kind`. */
export type CallOf<T extends CommandTable> = {
  [K in keyof T & string]: Call<K, ArgumentsOf<T[K]['args']>>;
}[keyof T & string];
/** The rejection codes of a command. */
export type RejectionOf<C extends AnyCommand> = C['requires'][number][0];

/** Declares commands of one model: `const command = commandsOf<Memory>()`. */
export function commandsOf<M extends Model>() {
  return <const A extends Arguments, const R extends string>(
    command: Command<M, A, R>,
  ): Command<M, A, R> => command;
}

/** Declares a reason to refuse that several commands share. */
export function guardsOf<M extends Model>() {
  return <const A extends Arguments, const R extends string>(
    code: R,
    looksAt: A,
    refuse: (state: View<M['state']>, args: ArgumentsOf<A>, context: Context<M>) => boolean,
  ): Guard<R, View<M['state']>, ArgumentsOf<A>, M> => [code, Object.keys(looksAt), refuse];
}

/** One more reason to refuse some commands of a table, after their own: what these see, it must. */
export function requireAlso<T extends CommandTable>(
  table: T,
  which: (kind: string, command: AnyCommand) => boolean,
  guard: AnyGuard,
): T {
  const more = Object.entries(table).map(([kind, command]) => {
    const requires = which(kind, command) ? [...command.requires, guard] : command.requires;
    return [kind, { ...command, requires }] as const;
  });
  return Object.fromEntries(more) as unknown as T;
}

/**
 * Lets the rules of a part run on the whole: every command gains the arguments `more`, and its
 * rules see `lens(state, args)`. The lens composes places of the state; it copies nothing.
 */
export function lift<T extends CommandTable, const A extends Arguments, S, P>(
  table: T,
  more: A,
  lens: (state: S, args: ArgumentsOf<A>) => P,
): LiftedTable<T, A> {
  const lifted: Record<string, AnyCommand> = {};
  for (const [kind, command] of Object.entries(table)) {
    lifted[kind] = {
      ...command,
      args: { ...more, ...command.args },
      lens,
      lifted: Object.keys(more).length,
    };
  }
  return lifted as LiftedTable<T, A>;
}
export type LiftedTable<T extends CommandTable, A> = {
  readonly [K in keyof T]: Omit<T[K], 'args'> & { readonly args: A & T[K]['args'] };
};
