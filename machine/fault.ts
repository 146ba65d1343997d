/**
 * Faults: seeded bugs, each a function from a machine to a machine with one declared seam. A faulted
 * machine is an ordinary machine, so every tool runs on it.
 */
import type { AnyCommand, AnyGuard } from './command.ts';
import type { Machine } from './machine.ts';

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
