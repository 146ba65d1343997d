/** What a thread does from one moment to the next, and who is told of it. */
import type { C, Cpu } from './model.ts';
import { schedulerOf } from './policy.ts';
import { competes, dequeue, isDedicated, isOverCap, isStrict, isTooFarAhead } from './queue.ts';
import type { Cause, PcpuId, ThreadId } from './scheduler.ts';
import type { ThreadState } from './state.ts';
import { beginWait, disturb, oweNothing } from './watch.ts';

export function run(m: Cpu, t: ThreadId, p: PcpuId, c: C): void {
  dequeue(m, t);
  const thread = m.threads.at(t);
  thread.state = { kind: 'running', on: p };
  thread.published.preempted = false;
  thread.gaveTurn = false;
  endLoan(m, t);
  m.watch.ran[t] = 0;
  m.pcpus.at(p).current = t;
  c.emit({ type: 'scheduled', pcpu: p, thread: t });
}

/** From now on a running thread has its CPU by right: its scheduler shares nothing out to it. */
export function favour(m: Cpu, p: PcpuId, c: C): void {
  const cpu = m.pcpus.at(p);
  if (cpu.current === null || cpu.byRight) return;
  cpu.byRight = true;
  disturb(m, cpu.current);
  schedulerOf(m, c).onBlock(cpu.current);
}

export function preempt(m: Cpu, t: ThreadId, c: C): void {
  if (isStrict(m, m.threads.at(t).vm)) {
    c.operation.leave(m, t, { kind: 'costopped' }, c);
    return;
  }
  const competed = competes(m, t);
  leaveCpu(m, t, c);
  const thread = m.threads.at(t);
  thread.state = { kind: 'ready' };
  thread.published.preempted = true;
  beginWait(m, t);
  const scheduler = schedulerOf(m, c);
  if (competed) scheduler.onPreempt(t);
  else scheduler.onWake(t, 'right');
  thread.yielded = false;
}

/** A thread loses its CPU for another reason than that its turn is over. */
export function takeOff(m: Cpu, t: ThreadId, c: C): void {
  disturb(m, t);
  c.operation.preempt(m, t, c);
}

export function join(m: Cpu, t: ThreadId, cause: Cause, c: C): void {
  disturb(m, t);
  dequeue(m, t);
  const thread = m.threads.at(t);
  thread.state = { kind: 'ready' };
  thread.late = thread.promised > 0;
  beginWait(m, t);
  const scheduler = schedulerOf(m, c);
  if (cause === 'hotplug') {
    scheduler.onHotplug(t);
    // It uses up the cap, which says nothing of it, with siblings that were promised all of that.
    if (thread.vm !== null && m.vms.at(thread.vm).cap > 0) oweNothing(m, thread.vm);
  } else scheduler.onWake(t, cause);
  if (thread.vm !== null) c.operation.align(m, thread.vm, c);
}

/**
 * A thread may compete again, or go on with a CPU of its own, or wait for its gang: unless its VM is over its cap, its scheduler holds it, or it is too far
 * ahead of its siblings, it does.
 */
export function release(m: Cpu, t: ThreadId, cause: Cause, c: C): void {
  const thread = m.threads.at(t);
  if (isDedicated(m, thread.vm)) {
    c.operation.goOn(m, t, c);
    return;
  }
  if (isStrict(m, thread.vm)) {
    disturb(m, t);
    dequeue(m, t);
    thread.state = { kind: 'costopped' };
    return;
  }
  const throttled = thread.held || isOverCap(m, thread.vm);
  if (!throttled && !isTooFarAhead(m, t, c.size)) {
    c.operation.join(m, t, cause, c);
    return;
  }
  dequeue(m, t);
  thread.state = throttled ? { kind: 'throttled' } : { kind: 'costopped' };
  if (throttled) m.throttled.push(t);
  if (thread.vm !== null) c.operation.align(m, thread.vm, c);
}

export function leave(m: Cpu, t: ThreadId, state: ThreadState, c: C): void {
  const competed = competes(m, t);
  disturb(m, t);
  leaveCpu(m, t, c);
  endLoan(m, t);
  dequeue(m, t);
  const thread = m.threads.at(t);
  const wouldGoOn = state.kind === 'throttled' || state.kind === 'costopped';
  if (thread.state.kind === 'running') thread.published.preempted = wouldGoOn;
  thread.state = state;
  // The last to leave is the first to come back, and finds the others as it left them.
  if (state.kind === 'throttled') m.throttled.unshift(t);
  thread.yielded = false;
  thread.late = false;
  thread.gaveTurn = false;
  // A cap is no excuse: it is never below what was promised.
  if (state.kind !== 'throttled') m.watch.owed[t] = 0;
  if (competed) schedulerOf(m, c).onBlock(t);
  if (thread.vm !== null) c.operation.align(m, thread.vm, c);
}

/** Who runs in the turn of this thread has it from now on as its own. */
function endLoan(m: Cpu, t: ThreadId): void {
  for (const cpu of m.pcpus) if (cpu.lentBy === t) cpu.lentBy = null;
}

function leaveCpu(m: Cpu, t: ThreadId, c: C): void {
  const thread = m.threads.at(t);
  const { state } = thread;
  if (state.kind !== 'running') return;
  schedulerOf(m, c).onDeschedule(t);
  thread.spun = 0;
  const cpu = m.pcpus.at(state.on);
  cpu.current = null;
  cpu.byRight = false;
  cpu.lentBy = null;
  c.emit({ type: 'descheduled', pcpu: state.on, thread: t });
}
