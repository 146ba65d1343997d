/** The inner operations of the CPU rules, as the machine carries them. */
import { applyCap } from './caps.ts';
import { align, costop } from './coscheduling.ts';
import { assign, disown, goOn, rebalance } from './dedication.ts';
import { fillWithGangs, startGangs } from './gangs.ts';
import { handOn } from './locks.ts';
import type { CpuOperations } from './model.ts';
import { pickPromised } from './promises.ts';
import { schedulers } from './schedulers/index.ts';
import { join, leave, preempt, run } from './threads.ts';
import { stages } from './tick.ts';

export const cpuOperations: CpuOperations = {
  ...stages,
  pickPromised,
  applyCap,
  align,
  costop,
  startGangs,
  fillWithGangs,
  goOn,
  assign,
  disown,
  rebalance,
  handOn,
  run,
  preempt,
  join,
  leave,
  schedulers,
};
