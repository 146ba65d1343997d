/** Where faults enter the migration rules. */
import { seamsOf } from '../../machine/index.ts';
import type { MigrationModel, migrationCommands, World } from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Phase = World['cluster']['migrations'][number]['phase'];

export const migration = seamsOf<VmmMachine, MigrationModel, typeof migrationCommands>();

/** The machine in which a command may come in other phases of a migration than its own. */
export function inPhases(
  machine: VmmMachine,
  kind: 'migration.abort' | 'migration.clean-up',
  ...phases: readonly Phase[]
): VmmMachine {
  return migration.changeGuard(
    machine,
    kind,
    'wrong-phase',
    () => (m, a) => !phases.includes(m.cluster.migrations.at(a.vm).phase),
  );
}
