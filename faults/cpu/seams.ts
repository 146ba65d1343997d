/** Where faults enter the CPU rules. */
import { seamsOf } from '../../machine/index.ts';
import type { CpuModel, cpuCommands, SchedulerName, schedulers } from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Schedulers = typeof schedulers;

export const cpu = seamsOf<VmmMachine, CpuModel, typeof cpuCommands>();

/** The machine with some methods of one scheduler replaced; the change is given the original. */
export function changeScheduler<N extends SchedulerName>(
  machine: VmmMachine,
  name: N,
  change: (original: Schedulers[N]) => Partial<Schedulers[N]>,
): VmmMachine {
  return cpu.changeOperation(machine, 'schedulers', (all) => ({
    ...all,
    [name]: { ...all[name], ...change(all[name]) },
  }));
}
