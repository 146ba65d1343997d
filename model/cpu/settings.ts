/** Weights, caps, reservations, and which scheduler runs (5.1). */
import { int } from '../../machine/index.ts';
import { makeRoom } from './caps.ts';
import { algorithm, type CpuView, command, ofVm, type VmId } from './model.ts';
import { schedulerNamed, schedulerOf } from './policy.ts';
import { onlinePcpus } from './queue.ts';
import type { CpuSizes } from './state.ts';
import { beginEvenly, disturb, disturbAll, oweNothing } from './watch.ts';

export const setWeight = command({
  actor: 'host',
  summary: 'Changes the weight by which a VM competes (5.1 SetWeight).',
  args: { ...ofVm, weight: int((z: CpuSizes) => z.weight + 1) },
  requires: [
    ['bad-weight', ['weight'], (_m, a, c) => a.weight < 1 || a.weight > c.size.weight],
    ['no-change', ['vm', 'weight'], (m, a) => m.vms.at(a.vm).weight === a.weight],
  ],
  effect(m, a, c) {
    const before = m.vms.at(a.vm).weight;
    m.vms.at(a.vm).weight = a.weight;
    for (let t = 0; t < m.threads.length; t++) if (m.threads.at(t).vm === a.vm) disturb(m, t);
    schedulerOf(m, c).onWeight(a.vm, before);
  },
});

/** A cap below what was used throttles at once, a higher one lets go at once. 0 is no cap. */
export const setCap = command({
  actor: 'host',
  summary: 'Limits the ticks of a VM in each period, from now on (5.1 SetCap).',
  args: { ...ofVm, cap: int((z: CpuSizes) => z.pcpu * z.period) },
  requires: [
    ['no-change', ['vm', 'cap'], (m, a) => m.vms.at(a.vm).cap === a.cap],
    [
      'cap-below-reservation',
      ['vm', 'cap'],
      (m, a) => a.cap !== 0 && a.cap < m.vms.at(a.vm).reservation,
    ],
  ],
  effect(m, a, c) {
    m.vms.at(a.vm).cap = a.cap;
    schedulerOf(m, c).onCap(a.vm);
    oweNothing(m, a.vm);
    c.operation.applyCap(m, a.vm, c);
    makeRoom(m, a.vm, c);
  },
});

/** Ticks that all VMs but one are promised in a period. */
const promised = (m: CpuView, but: VmId): number =>
  m.vms.reduce((sum, { reservation }, vm) => (vm === but ? sum : sum + reservation), 0);

/** vCPUs of a VM that are plugged in: each of them can use one tick in a tick. */
const plugged = (m: CpuView, vm: VmId): number =>
  m.threads.filter(({ vm: of, state }) => of === vm && state.kind !== 'offline').length;

/**
 * Promises to all VMs together must fit in what the CPUs can do, and each in what its vCPUs can. They
 * are kept from the next period on.
 */
export const setReservation = command({
  actor: 'host',
  summary: 'Promises a VM ticks in each period, when they can be promised (5.1 SetCpuReservation).',
  args: { ...ofVm, reservation: int((z: CpuSizes) => z.pcpu * z.period) },
  requires: [
    ['no-change', ['vm', 'reservation'], (m, a) => m.vms.at(a.vm).reservation === a.reservation],
    [
      'reservation-above-cap',
      ['vm', 'reservation'],
      (m, a) => m.vms.at(a.vm).cap !== 0 && a.reservation > m.vms.at(a.vm).cap,
    ],
    [
      'more-than-vcpus',
      ['vm', 'reservation'],
      (m, a, c) => a.reservation > plugged(m, a.vm) * c.size.period,
    ],
    [
      'admission-cpu',
      ['vm', 'reservation'],
      (m, a, c) => promised(m, a.vm) + a.reservation > onlinePcpus(m) * c.size.period,
    ],
  ],
  effect(m, a) {
    m.vms.at(a.vm).reservation = a.reservation;
  },
});

/** Threads keep their places in the queue; everything else that was known of fairness is gone. */
export const setScheduler = command({
  actor: 'host',
  summary: 'Changes the scheduler; all threads begin anew in the order of the old one (5.1).',
  args: { scheduler: algorithm },
  requires: [['no-change', ['scheduler'], (m, a) => m.scheduler.algorithm === a.scheduler]],
  effect(m, a, c) {
    const old = schedulerOf(m, c);
    const order = old.order();
    old.reset();
    m.scheduler.algorithm = a.scheduler;
    m.countsCaps = !c.operation.schedulers[a.scheduler].keepsCaps;
    m.queue.splice(0, m.queue.length);
    const next = schedulerNamed(m, a.scheduler, c);
    next.reset();
    for (const thread of m.threads) thread.uncharged = 0;
    for (const t of order) next.onPreempt(t);
    // What one scheduler kept off the CPUs, the next may let run.
    for (let vm = 0; vm < m.vms.length; vm++) {
      c.operation.applyCap(m, vm, c);
      makeRoom(m, vm, c);
    }
    // Restrictions that are still there begin anew as well.
    const limited = m.threads.some(({ affinity }) => affinity.some((allowed) => !allowed));
    m.watch.constrained = limited || m.pcpus.some(({ online }) => !online);
    disturbAll(m);
    beginEvenly(m, next.shares);
  },
});
