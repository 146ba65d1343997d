/**
 * Earliest eligible virtual deadline first (5.6). A thread asks for some ticks at a time; it is
 * *eligible* while it has had no more than its share, and of those that are, the one whose request
 * is due first runs for a tick.
 *
 * The virtual time of the queue is the average virtual run time of those that compete, by weight. It
 * is kept step by step, as schedulers do, and not computed from them: that both agree is EV-I1.
 * The promises are for one CPU; on several, all share this one queue.
 */
import {
  add,
  array,
  compare,
  divide,
  floor,
  fraction,
  greater,
  type Infer,
  int,
  lesser,
  multiply,
  negative,
  type Rational,
  rational,
  record,
  roundUp,
  subtract,
  table,
} from '../../../machine/index.ts';
import { competes, enqueueById, mayRun, payerOf, weightOf } from '../queue.ts';
import type { Scheduler, ThreadId } from '../scheduler.ts';
import { type CpuCore, type CpuSizes, thread } from '../state.ts';

const perThread = fraction('patience', 'grid');
const state = record({
  /** Virtual run time: ticks that a thread has had, by weight. */
  runtime: array(thread, perThread),
  /** The virtual time at which its request is due. */
  deadline: array(thread, perThread),
  /** Ticks of the request that it has had. */
  served: array(thread, int('request')),
  /** How far a thread that does not compete was behind the virtual time when it left. */
  lag: array(thread, perThread),
  /** An average by weight. A host without threads has no average, and time zero. */
  virtualTime: fraction('patience', (z: CpuSizes) => z.grid * z.weight * Math.max(z.thread, 1)),
});
export interface Eevdf extends Infer<typeof state> {}

const zero = rational(0);

/** The ticks that a thread asks for at a time: 1, 2 and so on, by id. */
const requestOf = (t: ThreadId, size: CpuSizes): number => 1 + (t % size.request);

export const eevdf: Scheduler<Eevdf> = {
  state,
  shares: 'by-weight',
  watched: { waits: 'on-one-cpu', leads: 'on-one-cpu' },
  initial: (size: CpuSizes) => ({
    runtime: table(size, thread, () => zero),
    deadline: table(size, thread, () => zero),
    served: table(size, thread, () => 0),
    lag: table(size, thread, () => zero),
    virtualTime: zero,
  }),
  reset(own, m, size) {
    own.virtualTime = zero;
    for (let t = 0; t < own.runtime.length; t++) {
      own.runtime[t] = zero;
      own.lag[t] = zero;
      own.served[t] = 0;
      own.deadline[t] = competes(m, t) ? due(own, m, t, size) : zero;
    }
  },

  onWake: (own, m, t, _cause, size) => place(own, m, t, size),
  onPreempt(_own, m, t) {
    enqueueById(m, t);
  },
  onBlock: (own, m, t, size) => leave(own, m, t, size),
  onTick(own, m, size) {
    const total = totalWeight(m);
    for (const cpu of m.pcpus) {
      const payer = payerOf(cpu);
      if (payer === null) continue;
      own.virtualTime = add(own.virtualTime, rational(1, total));
      own.runtime[payer] = add(own.runtime.at(payer), rational(1, weightOf(m, payer)));
      own.served[payer] = own.served.at(payer) + 1;
      if (own.served.at(payer) < requestOf(payer, size)) continue;
      own.served[payer] = 0;
      own.deadline[payer] = due(own, m, payer, size);
    }
    rebase(own, m);
  },
  pick(own, m, p) {
    const { current } = m.pcpus.at(p);
    const candidates = m.queue.filter((t) => mayRun(m, t, p));
    if (current !== null) candidates.push(current);
    const eligible = candidates.filter((t) => isEligible(own, t));
    // On one CPU somebody always is (EV-I3). On more, all that are left may have had their share.
    return earliest(own, eligible.length > 0 ? eligible : candidates);
  },
  onWeight(own, m, vm, before, size) {
    // What rounding takes from them is the others'.
    let taken = zero;
    for (let t = 0; t < own.runtime.length; t++) {
      if (m.threads.at(t).vm === vm) taken = add(taken, reweigh(own, m, t, before, size));
    }
    if (taken.n === 0) return;
    own.virtualTime = add(own.virtualTime, divide(taken, rational(totalWeight(m))));
  },
  onHotplug(own, m, t, size) {
    if (competes(m, t)) place(own, m, t, size);
  },
  order(own, m) {
    const byDeadline = (a: ThreadId, b: ThreadId): number =>
      Number(isEligible(own, b)) - Number(isEligible(own, a)) ||
      compare(own.deadline.at(a), own.deadline.at(b)) ||
      a - b;
    return [...m.queue].sort(byDeadline);
  },
};

function isEligible(own: Eevdf, t: ThreadId): boolean {
  return compare(own.runtime.at(t), own.virtualTime) <= 0;
}

function earliest(own: Eevdf, among: readonly ThreadId[]): ThreadId | null {
  let best: ThreadId | null = null;
  for (const t of among) {
    const order = best === null ? -1 : compare(own.deadline.at(t), own.deadline.at(best));
    if (best === null || order < 0 || (order === 0 && t < best)) best = t;
  }
  return best;
}

/** When the request that a thread makes now is due. */
function due(own: Eevdf, m: CpuCore, t: ThreadId, size: CpuSizes): Rational {
  return add(own.runtime.at(t), rational(requestOf(t, size), weightOf(m, t)));
}

function totalWeight(m: CpuCore): number {
  return m.threads.reduce((sum, _, t) => (competes(m, t) ? sum + weightOf(m, t) : sum), 0);
}

/**
 * A thread joins with the lag that it left with. Its run time pulls the virtual time towards itself,
 * so it is placed further away: the lag is the one it had *after* that.
 */
function place(own: Eevdf, m: CpuCore, t: ThreadId, size: CpuSizes): void {
  const weight = weightOf(m, t);
  const total = totalWeight(m);
  const others = total - weight;
  const inflated = others === 0 ? zero : multiply(own.lag.at(t), rational(total, others));
  const runtime = roundUp(subtract(own.virtualTime, inflated), size.grid);
  const pull = multiply(subtract(runtime, own.virtualTime), rational(weight, total));
  own.runtime[t] = runtime;
  own.virtualTime = add(own.virtualTime, pull);
  own.lag[t] = zero;
  own.served[t] = 0;
  own.deadline[t] = due(own, m, t, size);
  enqueueById(m, t);
}

/** A thread leaves with its lag, up to a limit; the virtual time is that of the others from now on. */
function leave(own: Eevdf, m: CpuCore, t: ThreadId, size: CpuSizes): void {
  const weight = weightOf(m, t);
  const others = totalWeight(m);
  const lag = subtract(own.virtualTime, own.runtime.at(t));
  if (others > 0) {
    own.virtualTime = add(own.virtualTime, multiply(lag, rational(weight, others)));
  }
  own.lag[t] = limited(lag, weight, size);
  own.runtime[t] = zero;
  own.deadline[t] = zero;
  own.served[t] = 0;
}

/** On the grid, never in the thread's favour, and no more than a request and a tick either way. */
function limited(lag: Rational, weight: number, size: CpuSizes): Rational {
  const most = rational(size.request + 1, weight);
  const rounded = negative(roundUp(negative(lag), size.grid));
  return greater(lesser(rounded, most), negative(most));
}

/**
 * What a thread is owed in ticks stays the same; what it is in virtual time changes. Returns the ticks
 * that rounding took. EV-I2.
 */
function reweigh(own: Eevdf, m: CpuCore, t: ThreadId, before: number, size: CpuSizes): Rational {
  const weight = weightOf(m, t);
  const scale = rational(before, weight);
  if (!competes(m, t)) {
    own.lag[t] = limited(multiply(own.lag.at(t), scale), weight, size);
    return zero;
  }
  const old = own.runtime.at(t);
  const lag = subtract(own.virtualTime, old);
  const runtime = roundUp(subtract(own.virtualTime, multiply(lag, scale)), size.grid);
  const left = multiply(subtract(own.deadline.at(t), old), scale);
  own.runtime[t] = runtime;
  own.deadline[t] = roundUp(add(runtime, left), size.grid);
  const kept = multiply(subtract(own.virtualTime, runtime), rational(weight));
  return subtract(multiply(lag, rational(before)), kept);
}

/** Takes whole units off all that is measured in virtual time. */
function rebase(own: Eevdf, m: CpuCore): void {
  const past = rational(floor(own.virtualTime));
  own.virtualTime = subtract(own.virtualTime, past);
  for (let t = 0; t < own.runtime.length; t++) {
    if (!competes(m, t)) continue;
    own.runtime[t] = subtract(own.runtime.at(t), past);
    own.deadline[t] = subtract(own.deadline.at(t), past);
  }
}
