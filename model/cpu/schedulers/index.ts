/** Every scheduler, by name. */
import { credit } from './credit.ts';
import { roundRobin } from './round-robin.ts';
import { stride } from './stride.ts';

export const schedulers = {
  'round-robin': roundRobin,
  stride,
  credit,
};
export type SchedulerName = keyof typeof schedulers;
