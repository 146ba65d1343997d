/** What must be true of live migration: every property of the migration chapter. */
import type { Property } from '../machine/index.ts';
import type { CheckedMigration } from '../model/index.ts';
import { channelProperties } from './migration/channels.ts';
import { clockProperties } from './migration/clocks.ts';
import { copyingProperties } from './migration/copying.ts';
import { effectProperties } from './migration/effects.ts';
import { startsEqual } from './migration/equivalence.ts';
import { failingProperties } from './migration/failing.ts';
import { featureProperties } from './migration/features.ts';
import { migrationGoals } from './migration/goals.ts';
import { handoverProperties } from './migration/handover.ts';
import { hintingProperties } from './migration/hinting.ts';
import { lockProperties } from './migration/locks.ts';
import { managementProperties } from './migration/management.ts';
import { placeProperties } from './migration/places.ts';
import { policyProperties } from './migration/policies.ts';
import { postcopyProperties } from './migration/postcopy.ts';
import { queueProperties } from './migration/queue.ts';
import { runStateProperties } from './migration/run-state.ts';
import { runProperties } from './migration/runs.ts';
import { statusProperties } from './migration/status.ts';
import { stepProperties } from './migration/steps.ts';
import { vcpuProperties } from './migration/vcpus.ts';

export const migrationProperties: readonly Property<CheckedMigration>[] = [
  ...placeProperties,
  ...copyingProperties,
  startsEqual,
  ...handoverProperties,
  ...failingProperties,
  ...vcpuProperties,
  ...runStateProperties,
  ...lockProperties,
  ...queueProperties,
  ...clockProperties,
  ...featureProperties,
  ...policyProperties,
  ...postcopyProperties,
  ...statusProperties,
  ...managementProperties,
  ...stepProperties,
  ...channelProperties,
  ...effectProperties,
  ...hintingProperties,
  ...runProperties,
  ...migrationGoals,
];
