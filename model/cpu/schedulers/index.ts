/** Every scheduler, by name. */
import { roundRobin } from './round-robin.ts';
import { stride } from './stride.ts';

export const schedulers = {
  'round-robin': roundRobin,
  stride,
};
export type SchedulerName = keyof typeof schedulers;
