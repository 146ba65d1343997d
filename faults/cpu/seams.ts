/** Where faults enter the CPU rules: the helpers of machine/fault.ts, with types. */
import {
  type ArgumentsOf,
  type Context,
  changeCommand,
  changeOperation,
} from '../../machine/index.ts';
import type {
  Cpu,
  CpuModel,
  CpuOperations,
  cpuCommands,
  SchedulerName,
  schedulers,
} from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Schedulers = typeof schedulers;
type Commands = typeof cpuCommands;
type Kind = keyof Commands;
type C = Context<CpuModel>;
type Effect<K extends Kind> = (m: Cpu, a: ArgumentsOf<Commands[K]['args']>, c: C) => void;

/** The machine with some methods of one scheduler replaced; the change is given the original. */
export function changeScheduler<N extends SchedulerName>(
  machine: VmmMachine,
  name: N,
  change: (original: Schedulers[N]) => Partial<Schedulers[N]>,
): VmmMachine {
  return changeCpuOperation(machine, 'schedulers', (all) => ({
    ...all,
    [name]: { ...all[name], ...change(all[name]) },
  }));
}

/** The machine with one inner operation of CPUs replaced; the change is given the original. */
export function changeCpuOperation<N extends keyof CpuOperations>(
  machine: VmmMachine,
  name: N,
  change: (original: CpuOperations[N]) => CpuOperations[N],
): VmmMachine {
  return changeOperation(machine, name, change);
}

/** The machine with another effect of one command of CPUs; the change is given the original. */
export function changeCpuEffect<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  change: (original: Effect<K>) => Effect<K>,
): VmmMachine {
  return changeCommand(machine, kind, (command) => ({
    ...command,
    effect: change(command.effect as Effect<K>),
  }));
}
