/**
 * What a command changed. Both states are compared once for each command, field by field, and every
 * property of the command looks at the result first. Nothing of the model is used for it, so that no
 * fault can hide a change.
 */
import type { Reads } from '../../machine/index.ts';
import type { CheckedMemory } from '../../model/index.ts';
import { everything, guestChanges, hostChanges, nameOf, pageChanges, vmChanges } from './parts.ts';
import { type MemoryChange, pageName } from './reading.ts';

/** The parts that changed: anywhere, on the host, of each VM and of each page. */
interface Changes {
  any: number;
  host: number;
  readonly vms: number[];
  readonly pages: number[];
}

/** Of one command at a time: a change is looked at by all properties before there is another. */
const found: Changes = { any: 0, host: 0, vms: [], pages: [] };
let last: MemoryChange | undefined;

function changesOf(change: MemoryChange): Readonly<Changes> {
  if (change !== last) {
    compare(change);
    last = change;
  }
  return found;
}

function compare({ before, after }: MemoryChange): void {
  found.host = hostChanges(before.host, after.host);
  let any = found.host;
  let next = 0;
  const { vms } = after.host;
  for (let v = 0; v < vms.length; v++) {
    const from = before.host.vms.at(v);
    const to = vms.at(v);
    const inVm = vmChanges(from, to) | guestChanges(before.guests.at(v), after.guests.at(v));
    found.vms[v] = inVm;
    any |= inVm;
    for (let p = 0; p < to.pages.length; p++) {
      const inPage = pageChanges(from.pages.at(p), to.pages.at(p));
      found.pages[next++] = inPage;
      any |= inPage;
    }
  }
  found.any = any;
  // The scope before may have had more VMs and pages.
  if (found.vms.length !== vms.length) found.vms.length = vms.length;
  if (found.pages.length !== next) found.pages.length = next;
}

const changed = (change: MemoryChange): number => changesOf(change).any;

/** For a property: it holds where none of these parts changed. */
export const reads = (parts: number): Reads<CheckedMemory> => ({ parts, changed });

/** Whether any of these parts changed anywhere. */
export const touches = (change: MemoryChange, parts: number): boolean =>
  (changesOf(change).any & parts) !== 0;

/** What may change: on the host and in what a command names, and in other VMs and pages. */
interface Leave {
  readonly mine: number;
  readonly others: number;
}

/**
 * The first part that changed without leave, as a sentence, or null. The command names a VM (any VM
 * when -1) and a page of it (all its pages when -1).
 */
export function trespass(
  change: MemoryChange,
  vm: number,
  page: number,
  { mine, others }: Leave,
): string | null {
  const { any, host, vms, pages } = changesOf(change);
  if ((any & ~(mine & others)) === 0) return null;
  const onHost = host & ~mine;
  if (onHost !== 0) return `${nameOf(onHost)} of the host changed`;
  const perVm = pages.length / vms.length;
  for (let v = 0; v < vms.length; v++) {
    const allowed = vm === -1 || v === vm ? mine : others;
    const inVm = (vms[v] ?? 0) & ~allowed;
    if (inVm !== 0) return `${nameOf(inVm)} of VM ${v} changed`;
    for (let p = 0; p < perVm; p++) {
      const leave = page === -1 || p === page ? allowed : others;
      const inPage = (pages[v * perVm + p] ?? 0) & ~leave;
      if (inPage !== 0) return `${nameOf(inPage)} of ${pageName(v, p)} changed`;
    }
  }
  return null;
}

/** Leave to change everything but these parts. */
export const allBut = (parts: number): Leave => ({
  mine: everything & ~parts,
  others: everything & ~parts,
});
