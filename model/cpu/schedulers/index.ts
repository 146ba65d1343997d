/** Every scheduler, by name. */
import { credit } from './credit.ts';
import { eevdf } from './eevdf.ts';
import { roundRobin } from './round-robin.ts';
import { stride } from './stride.ts';

export const schedulers = {
  'round-robin': roundRobin,
  stride,
  credit,
  eevdf,
};
export type SchedulerName = keyof typeof schedulers;
