/** Where faults enter the rules of guest systems: the helpers of machine/fault.ts, with types. */
import {
  type ArgumentsOf,
  type Context,
  changeCommand,
  changeOperation,
} from '../../machine/index.ts';
import type {
  ServiceModel,
  ServiceOperations,
  Services,
  serviceCommands,
} from '../../model/index.ts';
import type { VmmMachine } from '../memory/seams.ts';

type Commands = typeof serviceCommands;
type Kind = keyof Commands;
type C = Context<ServiceModel>;
type Effect<K extends Kind> = (m: Services, a: ArgumentsOf<Commands[K]['args']>, c: C) => void;

/** The machine with one inner operation of guest systems replaced. */
export function changeServiceOperation<N extends keyof ServiceOperations>(
  machine: VmmMachine,
  name: N,
  change: (original: ServiceOperations[N]) => ServiceOperations[N],
): VmmMachine {
  return changeOperation(machine, name, change);
}

/** The machine with another effect of one command of guest systems. */
export function changeServiceEffect<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  change: (original: Effect<K>) => Effect<K>,
): VmmMachine {
  return changeCommand(machine, kind, (command) => ({
    ...command,
    effect: change(command.effect as Effect<K>),
  }));
}
