/** Where faults enter the migration rules: the helpers of machine/fault.ts, with types. */
import {
  type ArgumentsOf,
  type Context,
  changeCommand,
  changeOperation,
} from '../../machine/index.ts';
import type {
  MigrationModel,
  MigrationOperations,
  migrationCommands,
  World,
} from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Commands = typeof migrationCommands;
type Kind = keyof Commands;
export type C = Context<MigrationModel>;
type Effect<K extends Kind> = (m: World, a: ArgumentsOf<Commands[K]['args']>, c: C) => void;

/** The machine with another effect of one command; the change is given the original. */
export function changeMigrationEffect<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  change: (original: Effect<K>) => Effect<K>,
): VmmMachine {
  return changeCommand(machine, kind, (command) => ({
    ...command,
    effect: change(command.effect as Effect<K>),
  }));
}

/** The machine with one inner operation of migration replaced; the change is given the original. */
export function changeMigration<N extends keyof MigrationOperations>(
  machine: VmmMachine,
  name: N,
  change: (original: MigrationOperations[N]) => MigrationOperations[N],
): VmmMachine {
  return changeOperation(machine, name, change);
}

/** The machine in which a command may come in other phases of a migration than its own. */
export function inPhases<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  ...phases: readonly World['cluster']['migrations'][number]['phase'][]
): VmmMachine {
  return changeCommand(machine, kind, (command) => {
    const requires = command.requires.map((guard) => {
      const [code, looksAt] = guard;
      if (code !== 'wrong-phase') return guard;
      const refuse = (m: World, a: { readonly vm: number }): boolean =>
        !phases.includes(m.cluster.migrations.at(a.vm).phase);
      return [code, looksAt, refuse] as const;
    });
    return { ...command, requires };
  });
}
