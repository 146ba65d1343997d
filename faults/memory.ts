/** Every fault of memory, in the order of the specification, and those that wait. */
import { balloonFaults } from './memory/balloon.ts';
import { frameFaults } from './memory/frames.ts';
import { pagingFaults } from './memory/paging.ts';
import type { VmmFault } from './memory/seams.ts';
import { sharingFaults } from './memory/sharing.ts';

export const memoryFaults: readonly VmmFault[] = [
  ...frameFaults,
  ...pagingFaults,
  ...balloonFaults,
  ...sharingFaults,
];

/** A fault of the specification that this model cannot show yet, and why. */
export interface DeferredFault {
  readonly id: string;
  readonly reason: string;
}

export const deferredMemoryFaults: readonly DeferredFault[] = [
  { id: 'memory/M1', reason: 'translation caches are not modelled: no frame waits for a flush' },
  { id: 'memory/M9', reason: 'memory cannot be hot-added yet' },
  { id: 'memory/B10', reason: 'a VM cannot be saved and restored yet: no buffer can get lost' },
  { id: 'memory/B14', reason: 'populate-on-demand is not modelled: a pinned page has a frame' },
  { id: 'memory/B15', reason: 'Hyper-V’s demand report belongs to the policies over the balloon' },
  { id: 'memory/B16', reason: 'smart paging belongs to the policies over the balloon' },
];
