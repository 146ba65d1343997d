/** Where faults enter the memory rules of the VMM, and what several of them do there. */
import { type Fault, seamsOf } from '../../machine/index.ts';
import type {
  Memory,
  MemoryModel,
  memoryCommands,
  recordCommands,
  vmmMachine,
} from '../../model/index.ts';

export type VmmMachine = typeof vmmMachine;
export type VmmFault = Fault<VmmMachine>;

type Commands = typeof memoryCommands & typeof recordCommands;
export type Kind = keyof Commands;

export const memory = seamsOf<VmmMachine, MemoryModel, Commands>();

/** Runs a rule that cannot see what a field says: the field reads `as` meanwhile. */
export function unseen<T, F extends keyof T>(place: T, field: F, as: T[F], run: () => void): void {
  const hidden = place[field];
  place[field] = as;
  run();
  place[field] = hidden;
}

/** Runs a rule that leaves a field alone, which it ought to have changed. */
export function unchanged<T, F extends keyof T>(place: T, field: F, run: () => void): void {
  const kept = place[field];
  run();
  place[field] = kept;
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
