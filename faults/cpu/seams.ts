/** Where faults enter the CPU rules: the helpers of machine/fault.ts, with types. */
import { changeOperation } from '../../machine/index.ts';
import type { CpuOperations, SchedulerName, schedulers } from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Schedulers = typeof schedulers;

/** The machine with some methods of one scheduler replaced; the change is given the original. */
export function changeScheduler<N extends SchedulerName>(
  machine: VmmMachine,
  name: N,
  change: (original: Schedulers[N]) => Partial<Schedulers[N]>,
): VmmMachine {
  return changeOperation(machine, 'schedulers', (all: CpuOperations['schedulers']) => ({
    ...all,
    [name]: { ...all[name], ...change(all[name]) },
  }));
}
