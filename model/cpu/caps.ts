/** Caps: what a VM may use in a period at most (5.7), and threads that a scheduler holds. */

import type { C, Cpu, VmId } from './model.ts';
import { schedulerOf } from './policy.ts';
import { isAwake, isOverCap } from './queue.ts';
import type { ThreadId } from './scheduler.ts';
import { release, takeOff } from './threads.ts';

/**
 * Threads of a VM stop competing where a cap says so, and compete again where it does not. They keep
 * their order: who ran leaves first and comes back last, or a VM that uses up its cap in one turn
 * would run the same vCPU in every period.
 */
export function applyCap(m: Cpu, vm: VmId, c: C): void {
  const over = isOverCap(m, vm);
  const mayNot = (t: ThreadId): boolean => over || m.threads.at(t).held;
  for (let t = 0; t < m.threads.length; t++) {
    // Schedulers that park threads know of no promises.
    if (m.threads.at(t).vm === vm && m.threads.at(t).held) m.watch.owed[t] = 0;
  }
  const its = m.threads.map((_, t) => t).filter((t) => m.threads.at(t).vm === vm);
  if (its.some((t) => isAwake(m, t) && mayNot(t))) {
    for (const t of lastToRun(m, vm, c)) {
      if (mayNot(t)) c.operation.leave(m, t, { kind: 'throttled' }, c);
    }
  }
  for (const t of [...m.throttled]) {
    if (m.threads.at(t).vm === vm && !mayNot(t)) release(m, t, 'refill', c);
  }
}

/** vCPUs of a VM that are awake: those that run, then those that wait, the next to run last. */
function lastToRun(m: Cpu, vm: VmId, c: C): readonly ThreadId[] {
  const its = [...schedulerOf(m, c).order()];
  for (let t = 0; t < m.threads.length; t++) {
    if (m.threads.at(t).state.kind === 'running') its.push(t);
  }
  return its.reverse().filter((t) => m.threads.at(t).vm === vm);
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
