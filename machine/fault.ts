/**
 * Faults: seeded bugs, each a function from a machine to a machine with one declared seam. A faulted
 * machine is an ordinary machine, so every tool runs on it.
 */
import type {
  AnyCommand,
  AnyGuard,
  ArgumentsOf,
  CommandTable,
  Context,
  Model,
  RejectionOf,
} from './command.ts';
import type { Machine } from './machine.ts';
import type { View } from './shape.ts';

/** Where a fault enters: a guard or effect, an inner operation, a policy, a split, an environment. */
export type Seam = 'command' | 'operation' | 'policy' | 'split' | 'environment';

export interface Fault<X extends Machine = Machine> {
  /** Qualified by family: `memory/S1`. */
  readonly id: string;
  readonly seam: Seam;
  /** One sentence: what goes wrong. */
  readonly story: string;
  /** The real bug behind it: a CVE, a commit, a paper. */
  readonly origin: string;
  /** The scope of random traces in which it is looked for, where the usual one cannot show it. */
  readonly randomScope?: string;
  /** The ids of the properties that must kill it; one of them suffices. */
  readonly killedBy: readonly string[];
  /** A scope of the machine in which an exhaustive search finds it, by one of those properties. */
  readonly scope?: string;
  apply(machine: X): X;
}

/** The machine without one guard of one command. Throws when there is no such guard. */
export function dropGuard<X extends Machine>(machine: X, kind: string, code: string): X {
  return changeCommand(machine, kind, (command) => {
    const requires = command.requires.filter((guard: AnyGuard) => guard[0] !== code);
    if (requires.length === command.requires.length) {
      throw new Error(`command '${kind}' has no guard '${code}' to drop`);
    }
    return { ...command, requires };
  });
}

/** The machine with one command replaced. Throws when there is no such command. */
export function changeCommand<X extends Machine>(
  machine: X,
  kind: string,
  change: (command: AnyCommand) => AnyCommand,
): X {
  const command = machine.commands[kind];
  if (command === undefined) throw new Error(`there is no command '${kind}' to change`);
  return { ...machine, commands: { ...machine.commands, [kind]: change(command) } };
}

/** The machine with one inner operation replaced; the change is given the original. */
export function changeOperation<X extends Machine, F>(
  machine: X,
  name: string,
  change: (original: F) => F,
): X {
  const original = machine.operations[name];
  if (original === undefined) throw new Error(`there is no operation '${name}' to change`);
  return { ...machine, operations: { ...machine.operations, [name]: change(original as F) } };
}

/** The machine with one more command: an environment that the specification does not promise. */
export function addCommand<X extends Machine>(machine: X, kind: string, command: AnyCommand): X {
  if (kind in machine.commands) throw new Error(`there is a command '${kind}' already`);
  return { ...machine, commands: { ...machine.commands, [kind]: command } };
}

/** The rules of one part of a machine, as a fault may change them: each change is given the original. */
export interface Seams<X extends Machine, M extends Model, T extends CommandTable> {
  /** The machine with another effect of one command. */
  changeEffect<K extends keyof T & string>(
    machine: X,
    kind: K,
    change: (original: EffectOf<M, T[K]>) => EffectOf<M, T[K]>,
  ): X;
  /** The machine with another question in one guard. Throws when there is no such guard. */
  changeGuard<K extends keyof T & string>(
    machine: X,
    kind: K,
    code: RejectionOf<T[K]>,
    change: (original: RefuseOf<M, T[K]>) => RefuseOf<M, T[K]>,
  ): X;
  /** The machine with one inner operation replaced wherever it is called. */
  changeOperation<N extends keyof M['operations'] & string>(
    machine: X,
    name: N,
    change: (original: M['operations'][N]) => M['operations'][N],
  ): X;
  /** The machine in which the effect of one command runs with one inner operation replaced. */
  changeWithin<K extends keyof T & string, N extends keyof M['operations'] & string>(
    machine: X,
    kind: K,
    name: N,
    change: (original: M['operations'][N]) => M['operations'][N],
  ): X;
}
type EffectOf<M extends Model, C extends AnyCommand> = (
  draft: M['state'],
  args: ArgumentsOf<C['args']>,
  context: Context<M>,
) => void;
type RefuseOf<M extends Model, C extends AnyCommand> = (
  state: View<M['state']>,
  args: ArgumentsOf<C['args']>,
  context: Context<M>,
) => boolean;

/** The seams of one part, with its types: `const cpu = seamsOf<VmmMachine, CpuModel, Commands>()`. */
export function seamsOf<X extends Machine, M extends Model, T extends CommandTable>(): Seams<
  X,
  M,
  T
> {
  const seams: Seams<X, M, T> = {
    changeEffect: (machine, kind, change) =>
      changeCommand(machine, kind, (command) => ({
        ...command,
        effect: change(command.effect as Parameters<typeof change>[0]),
      })),

    changeGuard: (machine, kind, code, change) =>
      changeCommand(machine, kind, (command) => {
        if (command.requires.every(([each]) => each !== code)) {
          throw new Error(`command '${kind}' has no guard '${code}' to change`);
        }
        const requires = command.requires.map((guard): AnyGuard => {
          const [each, looksAt, refuse] = guard;
          if (each !== code) return guard;
          return [each, looksAt, change(refuse as Parameters<typeof change>[0])];
        });
        return { ...command, requires };
      }),

    changeOperation,

    changeWithin: (machine, kind, name, change) =>
      seams.changeEffect(machine, kind, (effect) => (draft, args, c) => {
        const operations = c.operation as M['operations'] & Record<typeof name, never>;
        effect(draft, args, replacing(c, name, change(operations[name])));
      }),
  };
  return seams;
}

/** A context in which one inner operation is another. */
export function replacing<M extends Model, N extends keyof M['operations']>(
  c: Context<M>,
  name: N,
  by: M['operations'][N],
): Context<M> {
  return { ...c, operation: { ...(c.operation as object), [name]: by } as M['operations'] };
}
