/**
 * vCPUs leave a host and come to another: what a migration carries of each is what its guest could
 * see. How it was scheduled stays behind (MIG 4.C.2: not compared).
 */
import { bool, enumOf, type Infer, variant } from '../../machine/index.ts';

import type { C, Cpu, CpuView } from './model.ts';
import { schedulerOf } from './policy.ts';
import type { ThreadId } from './scheduler.ts';
import { release } from './threads.ts';

/** A vCPU that is nowhere: whether it had halted, and whether a wake is yet to be seen. */
export const SavedVcpu = variant({
  none: {},
  saved: { was: enumOf('ready', 'halted'), wake: bool },
});
export type SavedVcpu = Infer<typeof SavedVcpu>;

/** What there is to save of a vCPU that is plugged in. */
export function vcpuState(m: CpuView, t: ThreadId): SavedVcpu {
  const { vm, state, wakePending } = m.threads.at(t);
  if (vm === null || state.kind === 'offline') return { kind: 'none' };
  const on = state.kind === 'paused' ? state.was : state.kind === 'blocked' ? state.on : 'ready';
  return { kind: 'saved', was: on === 'halt' ? 'halted' : 'ready', wake: wakePending };
}

/** The vCPU of a VM that leaves is no longer this host's. */
export function unplugVcpu(m: Cpu, t: ThreadId, c: C): void {
  const vcpu = m.threads.at(t);
  vcpu.wakePending = false;
  vcpu.promised = 0;
  c.operation.leave(m, t, { kind: 'offline' }, c);
  schedulerOf(m, c).onHotplug(t);
  c.operation.disown(m, t);
}

/** A vCPU goes on as it was saved. */
export function plugVcpu(m: Cpu, t: ThreadId, saved: SavedVcpu, c: C): void {
  if (saved.kind === 'none') return;
  release(m, t, 'hotplug', c);
  if (saved.was === 'halted') c.operation.leave(m, t, { kind: 'blocked', on: 'halt' }, c);
  m.threads.at(t).wakePending = saved.wake;
}
