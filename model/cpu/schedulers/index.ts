/** Every scheduler, by name. */
import { credit } from './credit.ts';
import { credit2 } from './credit2.ts';
import { eevdf } from './eevdf.ts';
import { roundRobin } from './round-robin.ts';
import { stride } from './stride.ts';

export const schedulers = {
  'round-robin': roundRobin,
  stride,
  credit,
  eevdf,
  credit2,
};
export type SchedulerName = keyof typeof schedulers;
