/** Mistakes about lag and virtual time in EEVDF. 5.6. */
import { add, rational, subtract } from '../../machine/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { changeScheduler } from './seams.ts';

/** Where each is looked for at random, and searched for. */
const where = { randomScope: 'cpu-fuzz-one', scope: 'cpu-eevdf' };

const endlessSlice: VmmFault = {
  id: 'cpu/C15',
  seam: 'policy',
  story: 'A thread that wakes is placed as if its slice had no end: nobody is eligible any more.',
  origin: 'Linux EEVDF, delayed dequeue of groups with a slice of U64_MAX',
  ...where,
  killedBy: ['EV-I3'],
  apply: (machine) =>
    changeScheduler(machine, 'eevdf', (original) => ({
      onWake(own, m, t, cause, size) {
        original.onWake(own, m, t, cause, size);
        own.runtime[t] = add(own.runtime.at(t), rational(4));
      },
    })),
};

const reweightChangesLag: VmmFault = {
  id: 'cpu/C16',
  seam: 'policy',
  story: 'A change of weight leaves the run time as it is, and with it changes what is owed.',
  origin: 'Linux commits eab03c23c2a1, afae8002b4fd and 6d71a9c61604',
  randomScope: 'cpu-fuzz-one',
  scope: 'cpu-eevdf-weights',
  killedBy: ['EV-I1', 'EV-I2'],
  apply: (machine) => changeScheduler(machine, 'eevdf', () => ({ onWeight() {} })),
};

const lagIsForgotten: VmmFault = {
  id: 'cpu/C17a',
  seam: 'policy',
  story:
    'A thread that goes to sleep leaves its lag behind: by sleeping it is rid of what it owes.',
  origin: 'rationale of Linux commit 86bfbb7ce4f6',
  ...where,
  killedBy: ['EV-4'],
  apply: (machine) =>
    changeScheduler(machine, 'eevdf', (original) => ({
      onBlock(own, m, t, size) {
        original.onBlock(own, m, t, size);
        own.lag[t] = rational(0);
      },
    })),
};

const lagIsNotInflated: VmmFault = {
  id: 'cpu/C17b',
  seam: 'policy',
  story:
    'A thread that wakes is placed by its lag as it was, though joining moves the virtual time.',
  origin: 'rationale of Linux commit 86bfbb7ce4f6',
  ...where,
  killedBy: ['EV-I1'],
  apply: (machine) =>
    changeScheduler(machine, 'eevdf', (original) => ({
      onWake(own, m, t, cause, size) {
        const placed = subtract(own.virtualTime, own.lag.at(t));
        original.onWake(own, m, t, cause, size);
        own.runtime[t] = placed;
      },
    })),
};

export const eevdfFaults: readonly VmmFault[] = [
  endlessSlice,
  reweightChangesLag,
  lagIsForgotten,
  lagIsNotInflated,
];
