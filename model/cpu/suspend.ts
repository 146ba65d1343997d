/**
 * vCPUs leave a host and come to another: what a migration carries of each is what its guest could
 * see. How it was scheduled stays behind (MIG 4.C.2: not compared).
 */
import { bool, enumOf, type Infer, int, variant } from '../../machine/index.ts';

import type { C, Cpu, CpuView } from './model.ts';
import { schedulerOf } from './policy.ts';
import type { ThreadId } from './scheduler.ts';
import { release } from './threads.ts';

/**
 * A vCPU that is nowhere: whether it had halted or is off, whether a wake is yet to be seen, and whether
 * it holds the lock of its guest (1) or waits for it (2 if it is the next, and so on).
 */
export const SavedVcpu = variant({
  none: {},
  saved: { was: enumOf('ready', 'halted', 'off'), wake: bool, turn: int('vcpus') },
});
export type SavedVcpu = Infer<typeof SavedVcpu>;

/** What there is to save of a vCPU that is plugged in. */
export function vcpuState(m: CpuView, t: ThreadId): SavedVcpu {
  const { vm, state, wakePending } = m.threads.at(t);
  if (vm === null || state.kind === 'offline') return { kind: 'none' };
  const on = state.kind === 'paused' ? state.was : state.kind === 'blocked' ? state.on : 'ready';
  const was = on === 'halt' ? 'halted' : on === 'off' ? 'off' : 'ready';
  return { kind: 'saved', was, wake: wakePending, turn: turnOf(m, vm, t) };
}

/** Who has the lock of a guest, and then who waits for it, in their order. */
function turnOf(m: CpuView, vm: number, t: ThreadId): number {
  const { holder, waiting } = m.vms.at(vm).lock;
  return holder === t ? 1 : waiting.indexOf(t) === -1 ? 0 : waiting.indexOf(t) + 2;
}

/** The lock lies in the memory of a guest that is gone, or begins again. */
export function forgetLock(m: Cpu, vm: number): void {
  const { lock } = m.vms.at(vm);
  lock.holder = null;
  lock.waiting.splice(0, lock.waiting.length);
}

/** A vCPU has the turn at the lock of its guest that it was saved with; those before it have theirs. */
export function takeTurn(m: Cpu, vm: number, t: ThreadId, turn: number): void {
  const { lock } = m.vms.at(vm);
  if (turn === 1) lock.holder = t;
  else if (turn > 1) lock.waiting.push(t);
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

/** A vCPU goes on as it was saved, or is what it was once its VM is paused no more. */
export function plugVcpu(m: Cpu, t: ThreadId, saved: SavedVcpu, paused: boolean, c: C): void {
  if (saved.kind === 'none') return;
  release(m, t, 'hotplug', c);
  const was = saved.was === 'halted' ? 'halt' : saved.was;
  if (paused) c.operation.leave(m, t, { kind: 'paused', was }, c);
  else if (was !== 'ready') c.operation.leave(m, t, { kind: 'blocked', on: was }, c);
  m.threads.at(t).wakePending = saved.wake;
}

/** A vCPU of the VM is on a CPU. */
export const hasTurn = (m: CpuView, vm: number): boolean =>
  m.threads.some((each) => each.vm === vm && each.state.kind === 'running');
/** The guest has shut down: there is nothing for its vCPUs to do until they are reset. */
export const isOff = (m: CpuView, vm: number): boolean =>
  m.threads.some(
    ({ vm: of, state }) => of === vm && state.kind === 'blocked' && state.on === 'off',
  );

export function switchOff(m: Cpu, vm: number, c: C): void {
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state } = m.threads.at(t);
    if (of !== vm || state.kind === 'offline') continue;
    c.operation.leave(m, t, { kind: 'blocked', on: 'off' }, c);
  }
}

/** What was to wake them before is forgotten, and the lock is nobody’s. */
export function resetVcpus(m: Cpu, vm: number, c: C): void {
  forgetLock(m, vm);
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state } = m.threads.at(t);
    if (of !== vm || state.kind === 'offline') continue;
    m.threads.at(t).wakePending = false;
    release(m, t, 'resume', c);
  }
}
