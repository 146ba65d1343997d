/** Caps: what a VM may use in a period at most (5.7), and threads that a scheduler holds. */
import type { C, Cpu, VmId } from './model.ts';
import { isAwake } from './queue.ts';
import type { Cause, ThreadId } from './scheduler.ts';
import { takeOff } from './threads.ts';

/** A VM has used up what its cap allows in this period. */
function isOverCap(m: Cpu, vm: VmId): boolean {
  const { cap, used } = m.vms.at(vm);
  return m.countsCaps && cap > 0 && used >= cap;
}

/** A thread may compete again: unless its VM is over its cap, or its scheduler holds it, it does. */
export function release(m: Cpu, t: ThreadId, cause: Cause, c: C): void {
  const thread = m.threads.at(t);
  const { vm, held } = thread;
  if (held || (vm !== null && isOverCap(m, vm))) thread.state = { kind: 'throttled' };
  else c.operation.join(m, t, cause, c);
}

/** Threads of a VM stop competing where a cap says so, and compete again where it does not. */
export function applyCap(m: Cpu, vm: VmId, c: C): void {
  const over = isOverCap(m, vm);
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state, held } = m.threads.at(t);
    if (of !== vm) continue;
    // Schedulers that park threads know of no promises.
    if (held) m.watch.owed[t] = 0;
    if ((over || held) && isAwake(m, t)) c.operation.leave(m, t, { kind: 'throttled' }, c);
    else if (!over && !held && state.kind === 'throttled') c.operation.join(m, t, 'refill', c);
  }
}

/**
 * No more vCPUs run than there are ticks left: those to which most is promised stay, then those that
 * run already. The others wait, in case one of these halts.
 */
export function makeRoom(m: Cpu, vm: VmId, c: C): void {
  const { cap, used } = m.vms.at(vm);
  if (cap === 0 || !m.countsCaps) return;
  const runs = (t: ThreadId): number => (m.threads.at(t).state.kind === 'running' ? 1 : 0);
  const promised = (t: ThreadId): number => m.threads.at(t).promised;
  const its: ThreadId[] = [];
  for (let t = 0; t < m.threads.length; t++) {
    if (m.threads.at(t).vm === vm && isAwake(m, t)) its.push(t);
  }
  its.sort((a, b) => promised(b) - promised(a) || runs(b) - runs(a) || a - b);
  for (const t of its.slice(Math.max(cap - used, 0))) {
    if (runs(t) === 1) takeOff(m, t, c);
  }
}
