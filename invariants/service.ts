/** What must be true of guest systems: their clocks and their integration service. */
import type { Property } from '../machine/index.ts';
import type { CheckedServices } from '../model/index.ts';
import { accountingProperties } from './service/accounting.ts';
import { changeProperties } from './service/changes.ts';
import { clockProperties } from './service/clocks.ts';
import { serviceGoals } from './service/goals.ts';
import { heartbeatProperties } from './service/heartbeat.ts';
import { powerProperties } from './service/power.ts';
import { quiesceProperties } from './service/quiesce.ts';

export const serviceProperties: readonly Property<CheckedServices>[] = [
  ...clockProperties,
  ...accountingProperties,
  ...changeProperties,
  ...heartbeatProperties,
  ...quiesceProperties,
  ...powerProperties,
  ...serviceGoals,
];
