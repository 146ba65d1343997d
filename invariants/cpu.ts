/** What must be true of CPUs: every property of the CPU chapter. */
import type { Property } from '../machine/index.ts';
import type { CheckedCpu } from '../model/index.ts';
import { capacityProperties } from './cpu/capacity.ts';
import { coschedulingProperties } from './cpu/coscheduling.ts';
import { creditProperties } from './cpu/credit.ts';
import { credit2Properties } from './cpu/credit2.ts';
import { dedicationProperties } from './cpu/dedication.ts';
import * as edges from './cpu/edges.ts';
import { eevdfProperties } from './cpu/eevdf.ts';
import { cpuGoals } from './cpu/goals.ts';
import { hotplugProperties } from './cpu/hotplug.ts';
import { lockProperties } from './cpu/locks.ts';
import { roundRobinProperties } from './cpu/round-robin.ts';
import * as settings from './cpu/settings.ts';
import { stealProperties } from './cpu/steal.ts';
import { strideProperties } from './cpu/stride.ts';
import { threadInvariants } from './cpu/threads.ts';
import * as ticks from './cpu/ticks.ts';

/** Whatever the scheduler. 5.1. */
const structure: readonly Property<CheckedCpu>[] = [
  ...threadInvariants,
  ticks.everyTickIsCharged,
  ticks.noCpuIdlesBesideWork,
  ticks.threadsRunWhereTheyMay,
  ticks.useIsCounted,
  edges.statesChangeByTheBook,
  edges.noWakeIsLost,
  edges.readyThreadsRun,
  edges.readyThreadsRunByShares,
  edges.wakesAreDelivered,
  edges.throttlingEnds,
  settings.settingsAreAsAsked,
];

export const cpuProperties: readonly Property<CheckedCpu>[] = [
  ...structure,
  ...capacityProperties,
  ...stealProperties,
  ...hotplugProperties,
  ...dedicationProperties,
  ...coschedulingProperties,
  ...lockProperties,
  ...roundRobinProperties,
  ...strideProperties,
  ...creditProperties,
  ...eevdfProperties,
  ...credit2Properties,
  ...cpuGoals,
];
