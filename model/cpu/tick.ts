/** The tick, stage by stage (5.1). The order matters: what a stage sees is what the last one left. */

import { makeRoom } from './caps.ts';
import { progress } from './coscheduling.ts';
import { countSpins } from './locks.ts';
import { type C, type Cpu, type CpuOperations, command } from './model.ts';
import { schedulerOf } from './policy.ts';
import { fitLate, promise } from './promises.ts';
import { isKeptWaiting, isStrict, mayRun, ownerOf } from './queue.ts';
import type { PcpuId, ThreadId } from './scheduler.ts';
import type { CpuThread } from './state.ts';
import { favour, release, takeOff } from './threads.ts';
import { beginTick, passTime } from './time.ts';
import { observeChoice, observeService, oweNothing } from './watch.ts';

/** A tick has passed: it is charged, and the next one is given out. */
export const tick = command({
  actor: 'daemon',
  summary: 'A tick passes: it is charged, wakes are delivered, every CPU gets a thread (5.1).',
  args: {},
  requires: [['time-is-over', [], (m, _a, c) => c.size.horizon > 0 && m.elapsed >= c.size.horizon]],
  effect(m, _a, c) {
    if (c.size.horizon > 0) m.elapsed++;
    passTime(m, c.size.subticks - m.part);
    observeService(m, schedulerOf(m, c).shares, c.size);
    const { operation } = c;
    operation.charge(m, c);
    operation.advance(m, c);
    beginTick(m);
    operation.endPeriod(m, c);
    operation.deliverWakes(m, c);
    operation.dispatch(m, c);
    operation.publish(m, c);
    observeChoice(m, c.size);
  },
});

function charge(m: Cpu, c: C): void {
  countSpins(m, c.size.spin);
  progress(m, c.size);
  for (const thread of m.threads) {
    chargeThread(thread);
    const { vm, state } = thread;
    if (vm !== null && state.kind === 'running') m.vms.at(vm).used++;
  }
  for (const { online, current, lentBy, buckets } of m.pcpus) {
    const payer = lentBy ?? current;
    if (payer !== null && m.threads.at(payer).promised > 0) m.threads.at(payer).promised--;
    if (!online) buckets.down++;
    else if (current === null) buckets.idle++;
    else if (m.threads.at(current).vm === null) buckets.vmm++;
    else buckets.guest++;
  }
}

function chargeThread(thread: CpuThread): void {
  const { buckets, vm, state } = thread;
  switch (state.kind) {
    case 'running':
      buckets.run++;
      break;
    case 'costopped':
      buckets.costop++;
      break;
    case 'blocked':
      if (state.on === 'swap-in') buckets.swapwait++;
      else buckets.blocked++;
      break;
    case 'unassigned':
      buckets.ready++;
      break;
    default:
      buckets[state.kind]++;
  }
  // The guest would have run, and did not. STL-T1.
  if (vm !== null && isKeptWaiting(state)) thread.unpublished++;
}

function advance(m: Cpu, c: C): void {
  schedulerOf(m, c).onTick();
  for (let t = 0; t < m.threads.length; t++) {
    const thread = m.threads.at(t);
    if (thread.vm !== null || thread.state.kind !== 'running') continue;
    thread.work--;
    if (thread.work === 0) c.operation.leave(m, t, { kind: 'blocked', on: 'no-work' }, c);
  }
}

/** What was used up with the last tick of a period keeps nobody from the next. */
function endPeriod(m: Cpu, c: C): void {
  m.phase++;
  if (m.phase === c.size.period) {
    m.phase = 0;
    promise(m, c.size);
    for (const vm of m.vms) vm.used = 0;
  }
  applyCaps(m, c);
  for (let vm = 0; vm < m.vms.length; vm++) c.operation.costop(m, vm, c);
}

/** Not who waits for something else than a wake, or was switched off. */
const mayWake = (on: string): boolean => on !== 'swap-in' && on !== 'quiesce' && on !== 'off';

/** A wake is seen by a thread that sleeps, and by one that has run since; a page wakes who waits. */
function deliverWakes(m: Cpu, c: C): void {
  for (let t = 0; t < m.threads.length; t++) {
    const thread = m.threads.at(t);
    if (!thread.wakePending) continue;
    const { state } = thread;
    if (state.kind === 'running') thread.wakePending = false;
    if (state.kind === 'blocked' && mayWake(state.on)) {
      thread.wakePending = false;
      release(m, t, 'wake', c);
    }
  }
  for (let t = 0; t < m.threads.length; t++) {
    const { vm, state } = m.threads.at(t);
    const waits = state.kind === 'blocked' && state.on === 'swap-in';
    if (waits && vm !== null && !m.vms.at(vm).stalled) release(m, t, 'wake', c);
  }
}

/**
 * Threads that may not stay leave first. What loses its CPU to a thread that may run nowhere else can
 * still have one that was left idle: hence the second look at those.
 */
function dispatch(m: Cpu, c: C): void {
  if (m.dedication.length > 0) {
    c.operation.rebalance(m, c);
    c.operation.assign(m, c);
  }
  fitLate(m, c.size);
  for (let vm = 0; vm < m.vms.length; vm++) makeRoom(m, vm, c);
  for (let p = 0; p < m.pcpus.length; p++) {
    const { current } = m.pcpus.at(p);
    if (current !== null && !mayRun(m, current, p)) takeOff(m, current, c);
  }
  c.operation.startGangs(m, c);
  for (let p = 0; p < m.pcpus.length; p++) if (m.pcpus.at(p).online) serve(m, p, c);
  applyCaps(m, c);
  for (let p = 0; p < m.pcpus.length; p++) {
    const { online, current } = m.pcpus.at(p);
    if (online && current === null) serve(m, p, c);
  }
  applyCaps(m, c);
  c.operation.fillWithGangs(m, c);
}

/** A scheduler may park threads while it looks for one to run, and let others go. */
export function applyCaps(m: Cpu, c: C): void {
  for (let vm = 0; vm < m.vms.length; vm++) c.operation.applyCap(m, vm, c);
}

/**
 * Gives a CPU to whoever is to run there next: by right, or else by the scheduler's choice. One that
 * has an owner runs that one whenever it is awake.
 */
export function serve(m: Cpu, p: PcpuId, c: C): void {
  const owner = ownerOf(m, p);
  if (owner !== null) {
    m.threads.at(owner).yielded = false;
    return;
  }
  if (runsGang(m, p)) return;
  const work = c.size.vmmFirst === 1 ? workFor(m, p) : null;
  // Reservations are admitted as if there were no work of the VMM.
  if (work !== null) oweNothing(m);
  const first = work ?? c.operation.pickPromised(m, p);
  // A turn is cut short by who goes first; who went first until now competes again.
  const { current, byRight } = m.pcpus.at(p);
  if (current !== null && current !== first && (byRight || first !== null)) takeOff(m, current, c);
  switchTo(m, p, first ?? schedulerOf(m, c).pick(p), c);
  if (first !== null) favour(m, p, c);
}

function runsGang(m: Cpu, p: PcpuId): boolean {
  const { current } = m.pcpus.at(p);
  return current !== null && isStrict(m, m.threads.at(current).vm);
}

function switchTo(m: Cpu, p: PcpuId, next: ThreadId | null, c: C): void {
  const { current } = m.pcpus.at(p);
  if (current !== null && current === next) m.threads.at(current).yielded = false;
  if (current === next) return;
  if (current !== null) c.operation.preempt(m, current, c);
  if (next !== null) c.operation.run(m, next, p, c);
}

/** A thread of the VMM that runs on a CPU or may: where these go first, before any scheduler. */
function workFor(m: Cpu, p: PcpuId): ThreadId | null {
  const { current } = m.pcpus.at(p);
  if (current !== null && m.threads.at(current).vm === null) return current;
  for (const t of m.queue) if (m.threads.at(t).vm === null && mayRun(m, t, p)) return t;
  return null;
}

function publish(m: Cpu): void {
  for (const { vm, published, unpublished } of m.threads) {
    if (vm !== null) published.steal += unpublished;
  }
  for (const thread of m.threads) thread.unpublished = 0;
}

/** The stages of a tick, in their order. */
export const stages: Pick<
  CpuOperations,
  'charge' | 'advance' | 'endPeriod' | 'deliverWakes' | 'dispatch' | 'publish'
> = { charge, advance, endPeriod, deliverWakes, dispatch, publish };
