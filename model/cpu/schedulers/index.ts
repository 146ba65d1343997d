/** Every scheduler, by name. */
import { roundRobin } from './round-robin.ts';

export const schedulers = {
  'round-robin': roundRobin,
};
export type SchedulerName = keyof typeof schedulers;
