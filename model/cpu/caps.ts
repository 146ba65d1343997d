/** Caps: what a VM may use in a period at most (5.7). */
import type { C, Cpu, VmId } from './model.ts';
import type { Cause, ThreadId } from './scheduler.ts';

/** A VM has used up what its cap allows in this period. */
function isOverCap(m: Cpu, vm: VmId): boolean {
  const { cap, used } = m.vms.at(vm);
  return cap > 0 && used >= cap;
}

/** A thread may compete again: unless its VM is over its cap, it does. */
export function release(m: Cpu, t: ThreadId, cause: Cause, c: C): void {
  const { vm } = m.threads.at(t);
  if (vm !== null && isOverCap(m, vm)) m.threads.at(t).state = { kind: 'throttled' };
  else c.operation.join(m, t, cause, c);
}

/** Threads of a VM stop competing where its cap says so, and compete again where it does not. */
export function applyCap(m: Cpu, vm: VmId, c: C): void {
  const over = isOverCap(m, vm);
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state } = m.threads.at(t);
    if (of !== vm) continue;
    const { kind } = state;
    if (over && (kind === 'running' || kind === 'ready')) {
      c.operation.leave(m, t, { kind: 'throttled' }, c);
    } else if (!over && kind === 'throttled') c.operation.join(m, t, 'refill', c);
  }
}
