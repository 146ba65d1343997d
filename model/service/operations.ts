/** The inner operations of guest systems, as the machine carries them. */
import { account, advanceClock, lateness, setClock } from './clock.ts';
import type { ServiceOperations } from './model.ts';
import { flush } from './quiesce.ts';
import { countDown, noteStop } from './tick.ts';

export const serviceOperations: ServiceOperations = {
  advanceClock,
  account,
  noteStop,
  countDown,
  lateness,
  setClock,
  flush,
};
