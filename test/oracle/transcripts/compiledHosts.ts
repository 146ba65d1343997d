/** In-place hosts of the memory model, compiled once for each machine and scope. */
import { type InPlace, inPlace, type Machine, type Scope } from '../../../machine/index.ts';
import type { Vmm } from '../../../model/index.ts';

const compiled = new WeakMap<Machine<Vmm>, Map<string, InPlace<Vmm>>>();

export function compiledHost(machine: Machine<Vmm>, scope: Scope): InPlace<Vmm> {
  const known = compiled.get(machine) ?? new Map<string, InPlace<Vmm>>();
  compiled.set(machine, known);
  const key = JSON.stringify(scope);
  const host = known.get(key) ?? inPlace(machine, scope);
  known.set(key, host);
  return host;
}
