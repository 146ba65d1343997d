/** Where faults enter the memory rules of the VMM: the helpers of machine/fault.ts, with types. */
import {
  type ArgumentsOf,
  type Context,
  changeCommand,
  changeOperation,
  type Fault,
} from '../../machine/index.ts';
import type {
  Memory,
  MemoryModel,
  MemoryOperations,
  MemoryView,
  memoryCommands,
  recordCommands,
  vmmMachine,
} from '../../model/index.ts';

export type VmmMachine = typeof vmmMachine;
export type VmmFault = Fault<VmmMachine>;

type Commands = typeof memoryCommands & typeof recordCommands;
export type Kind = keyof Commands;
export type C = Context<MemoryModel>;
export type Operations = MemoryOperations;
type Of<K extends Kind> = ArgumentsOf<Commands[K]['args']>;
type Effect<K extends Kind> = (m: Memory, a: Of<K>, c: C) => void;
type Refuse<K extends Kind> = (m: MemoryView, a: Of<K>, c: C) => boolean;

/** The machine with another effect of one command; the change is given the original. */
export function changeEffect<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  change: (original: Effect<K>) => Effect<K>,
): VmmMachine {
  return changeCommand(machine, kind, (command) => ({
    ...command,
    effect: change(command.effect as Effect<K>),
  }));
}

/** The machine with another question in one guard. Throws when there is no such guard. */
export function changeGuard<K extends Kind>(
  machine: VmmMachine,
  kind: K,
  code: string,
  change: (original: Refuse<K>) => Refuse<K>,
): VmmMachine {
  return changeCommand(machine, kind, (command) => {
    if (command.requires.every(([each]) => each !== code)) {
      throw new Error(`command '${kind}' has no guard '${code}' to change`);
    }
    const requires = command.requires.map((guard) => {
      const [each, looksAt, refuse] = guard;
      return each === code ? ([each, looksAt, change(refuse as Refuse<K>)] as const) : guard;
    });
    return { ...command, requires };
  });
}

/** The machine with one inner operation replaced wherever it is called. */
export function changeEverywhere<N extends keyof Operations>(
  machine: VmmMachine,
  name: N,
  change: (original: Operations[N]) => Operations[N],
): VmmMachine {
  return changeOperation(machine, name, change);
}

/** The machine in which the effect of one command runs with one inner operation replaced. */
export function changeWithin<K extends Kind, N extends keyof Operations>(
  machine: VmmMachine,
  kind: K,
  name: N,
  change: (original: Operations[N]) => Operations[N],
): VmmMachine {
  return changeEffect(machine, kind, (effect) => (m, a, c) => {
    effect(m, a, replacing(c, name, change(c.operation[name])));
  });
}

/** A context in which one inner operation is another. */
export function replacing<N extends keyof Operations>(c: C, name: N, by: Operations[N]): C {
  return { ...c, operation: { ...c.operation, [name]: by } };
}

/** Runs a rule that cannot see what a field says: the field reads `as` meanwhile. */
export function unseen<T, F extends keyof T>(place: T, field: F, as: T[F], run: () => void): void {
  const hidden = place[field];
  place[field] = as;
  run();
  place[field] = hidden;
}

/** Runs a rule that cannot see which pages of a VM a device holds. */
export function unseenPins(m: Memory, vm: number, run: () => void): void {
  const { pages } = m.host.vms.at(vm);
  const pins = pages.map((entry) => entry.pins);
  for (const entry of pages) entry.pins = 0;
  run();
  pages.forEach((entry, p) => {
    entry.pins = pins[p] ?? 0;
  });
}

/** Takes a page of the hypervisor's own for one of the guest's: its frame gets another owner. */
export function takeForOrdinary(
  m: Memory,
  a: { readonly vm: number; readonly page: number },
): void {
  const machine = m.host.vms.at(a.vm);
  const entry = machine.pages.at(a.page);
  if (entry.at.kind !== 'special') return;
  const { frame } = entry.at;
  m.host.frames.at(frame).use = { kind: 'private', vm: a.vm, page: a.page };
  entry.at = { kind: 'mapped', frame };
  machine.consumed++;
}
