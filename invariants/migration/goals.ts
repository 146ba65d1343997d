/** What random runs must come to see of migrations: every phase, every event, every refusal. */
import type { Sometimes } from '../../machine/index.ts';
import { type CheckedMigration, migrationCommands } from '../../model/index.ts';
import { goalsOf } from '../goals.ts';
import { kinds, property } from './reading.ts';

const { states, events, refusals } = goalsOf(property);

const phases = states(
  'migration',
  'a migration is',
  {
    'start-sent': kinds('migration.send-start'),
    acknowledged: kinds('migration.receive-reply'),
    serving: kinds('migration.receive-reply'),
    paused: kinds('failure.lose-connection'),
    recovering: kinds('postcopy.recover'),
  },
  (m, phase) => m.cluster.migrations.some((each) => each.phase === phase),
);

const told = events({
  round: kinds('migration.harvest', 'migration.final-harvest'),
  runs: kinds('migration.receive'),
});

const resent = property.sometimes({
  id: 'GOAL-page-resent',
  name: 'a page is sent again that the target has already',
  commands: kinds('migration.copy'),
  reached: ({ before, call }) =>
    'page' in call.args && before.cluster.migrations.at(call.args.vm).received.at(call.args.page),
});

export const migrationGoals: readonly Sometimes<CheckedMigration>[] = [
  ...phases,
  ...told,
  resent,
  ...refusals(migrationCommands, (kind) => kind.replace('.', '-')),
];
