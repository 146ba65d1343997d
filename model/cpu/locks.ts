/**
 * Locks of guests (5.9). A guest believes that whoever holds a spin lock lets go of it soon. A holder
 * that lost its CPU does not, and its siblings spin for whole ticks. The VMM sees that, and lets the
 * one that spins give the rest of its turn to a sibling, in the hope that it is the holder.
 */
import { choice, ref } from '../../machine/index.ts';
import {
  type C,
  type Cpu,
  type CpuView,
  command,
  guard,
  notRunning,
  noVcpu,
  ofThread,
  threadOf,
  viewThread,
} from './model.ts';
import { mayRun } from './queue.ts';
import type { ThreadId } from './scheduler.ts';
import { thread } from './state.ts';
import { favour, takeOff } from './threads.ts';
import { disturb } from './watch.ts';

/** The lock of the guest whose vCPU a thread is. */
function lockOf(m: CpuView, t: ThreadId) {
  const { vm } = viewThread(m, t);
  return vm === null ? null : m.vms.at(vm).lock;
}
export const holdsLock = (m: CpuView, t: ThreadId): boolean => lockOf(m, t)?.holder === t;
export const spinsForLock = (m: CpuView, t: ThreadId): boolean =>
  lockOf(m, t)?.waiting.includes(t) === true;

const lockHeld = guard('holds-lock', ofThread, (m, a) => holdsLock(m, a.thread));
const spinning = guard('spins', ofThread, (m, a) => spinsForLock(m, a.thread));
/** Guests do not sleep in a critical section, nor while they wait for one. */
export const notInCriticalSection = [lockHeld, spinning] as const;

export const lock = command({
  actor: 'guest',
  summary: 'A running vCPU takes the lock of its guest, or spins until it is handed on (5.9 Lock).',
  args: ofThread,
  requires: [noVcpu, notRunning, lockHeld, spinning],
  effect(m, a, c) {
    const { vm } = threadOf(m, a.thread);
    if (vm === null) return;
    const its = m.vms.at(vm).lock;
    if (its.holder === null) its.holder = a.thread;
    else its.waiting.push(a.thread);
    c.emit({ type: its.holder === a.thread ? 'lock-taken' : 'lock-awaited', thread: a.thread });
  },
});

/** Whose turn it is has the lock from now on, whether it has a CPU or not: a ticket lock. */
export const unlock = command({
  actor: 'guest',
  summary: 'A running vCPU lets go of the lock, which goes to who has waited longest (5.9 Unlock).',
  args: ofThread,
  requires: [
    noVcpu,
    notRunning,
    ['not-lock-holder', ['thread'], (m, a) => !holdsLock(m, a.thread)],
  ],
  effect(m, a, c) {
    const { vm } = threadOf(m, a.thread);
    if (vm !== null) c.operation.handOn(m, vm, c);
  },
});

export function handOn(m: Cpu, vm: number, c: C): void {
  const { lock: its } = m.vms.at(vm);
  const [next = null] = its.waiting;
  its.holder = next;
  if (next === null) return;
  its.waiting.splice(0, 1);
  threadOf(m, next).spun = 0;
  c.emit({ type: 'lock-taken', thread: next });
}

/** A tick has passed: who ran and waits for a lock has spun. */
export function countSpins(m: Cpu, spin: number): void {
  for (let t = 0; t < m.threads.length; t++) {
    const each = m.threads.at(t);
    if (each.state.kind !== 'running' || !spinsForLock(m, t)) continue;
    each.spun = Math.min(each.spun + 1, spin);
  }
}

/** A thread could go on where another runs. */
function couldRunFor(m: CpuView, to: ThreadId, t: ThreadId): boolean {
  const { state } = viewThread(m, t);
  return (
    state.kind === 'running' && viewThread(m, to).state.kind === 'ready' && mayRun(m, to, state.on)
  );
}

/** Another sibling could have the turn that did not just give up one itself. */
function hasBetter(m: CpuView, t: ThreadId, to: ThreadId): boolean {
  const { vm } = viewThread(m, t);
  return (
    viewThread(m, to).gaveTurn &&
    m.threads.some((each, u) => each.vm === vm && !each.gaveTurn && couldRunFor(m, u, t))
  );
}

/**
 * The rest of the turn goes to the sibling, and stays paid for by the one that gave it: nobody else
 * loses anything. A VMM cannot see who holds the lock.
 */
export const directedYield = command({
  actor: 'daemon',
  summary: 'A vCPU that has spun too long gives its turn to a sibling (5.9 DirectedYield, LHP-I1).',
  args: { ...ofThread, to: choice(ref(thread)) },
  requires: [
    noVcpu,
    notRunning,
    [
      'spins-not-long-enough',
      ['thread'],
      (m, a, c) => !spinsForLock(m, a.thread) || viewThread(m, a.thread).spun < c.size.spin,
    ],
    [
      'not-a-sibling',
      ['thread', 'to'],
      (m, a) => viewThread(m, a.to).vm !== viewThread(m, a.thread).vm,
    ],
    ['cannot-run', ['thread', 'to'], (m, a) => !couldRunFor(m, a.to, a.thread)],
    ['gave-its-turn', ['thread', 'to'], (m, a) => hasBetter(m, a.thread, a.to)],
  ],
  effect(m, a, c) {
    const giver = threadOf(m, a.thread);
    if (giver.state.kind !== 'running') return;
    const { on } = giver.state;
    // Who has a turn that was lent to it may pass it on: the first one pays.
    const { byRight, lentBy } = m.pcpus.at(on);
    const payer = lentBy ?? a.thread;
    const ran = m.watch.ran.at(a.thread);
    disturb(m, a.to);
    takeOff(m, a.thread, c);
    giver.gaveTurn = true;
    c.operation.run(m, a.to, on, c);
    if (byRight) favour(m, on, c);
    m.pcpus.at(on).lentBy = payer === a.to ? null : payer;
    m.watch.ran[a.to] = ran;
  },
});
