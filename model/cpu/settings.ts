/** Weights, caps, reservations, and which scheduler runs (5.1). */
import { int } from '../../machine/index.ts';
import { makeRoom } from './caps.ts';
import { vmStrict } from './coscheduling.ts';
import { vmDedicated } from './dedication.ts';
import { algorithm, type CpuView, command, ofVm, type VmId } from './model.ts';
import { schedulerNamed, schedulerOf } from './policy.ts';
import { ownerOf, pluggedIn, sharedPcpus } from './queue.ts';
import type { CpuSizes } from './state.ts';
import { beginWatch, disturb, disturbAll, oweNothing } from './watch.ts';

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
    vmDedicated,
    vmStrict,
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

/**
 * Promises to all VMs together must fit in what the CPUs that they share can do, and each in what its
 * vCPUs can: one tick in a tick. They
 * are kept from the next period on.
 */
export const setReservation = command({
  actor: 'host',
  summary: 'Promises a VM ticks in each period, when they can be promised (5.1 SetCpuReservation).',
  args: { ...ofVm, reservation: int((z: CpuSizes) => z.pcpu * z.period) },
  requires: [
    ['no-change', ['vm', 'reservation'], (m, a) => m.vms.at(a.vm).reservation === a.reservation],
    vmDedicated,
    vmStrict,
    [
      'reservation-above-cap',
      ['vm', 'reservation'],
      (m, a) => m.vms.at(a.vm).cap !== 0 && a.reservation > m.vms.at(a.vm).cap,
    ],
    [
      'more-than-vcpus',
      ['vm', 'reservation'],
      (m, a, c) => a.reservation > pluggedIn(m, a.vm) * c.size.period,
    ],
    [
      'admission-cpu',
      ['vm', 'reservation'],
      (m, a, c) => promised(m, a.vm) + a.reservation > sharedPcpus(m) * c.size.period,
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
    const apart = m.pcpus.some(({ online }, p) => !online || ownerOf(m, p) !== null);
    m.watch.constrained = limited || apart;
    disturbAll(m);
    beginWatch(m, next.shares);
  },
});
