/**
 * Stride scheduling with start tags (5.5): the thread with the least pass runs for a tick, which
 * takes it a stride further, the inverse of its weight.
 *
 * All passes move on together, so they are kept relative to the virtual time of the queue.
 */
import {
  add,
  array,
  compare,
  floor,
  fraction,
  greater,
  type Infer,
  isLess,
  multiply,
  type Rational,
  rational,
  record,
  roundUp,
  subtract,
  table,
} from '../../../machine/index.ts';
import { competes, enqueueById, mayRun, ownerOf, payerOf, weightOf } from '../queue.ts';
import type { Scheduler, ThreadId } from '../scheduler.ts';
import { type CpuCore, type CpuSizes, thread } from '../state.ts';

const state = record({
  /** The virtual time at which a thread is to run next. */
  pass: array(thread, fraction('patience', 'grid')),
  /** The least pass of those that compete, and never less than it was. */
  minimum: fraction('patience', 'grid'),
});
export interface Stride extends Infer<typeof state> {}

const zero = rational(0);

export const stride: Scheduler<Stride> = {
  state,
  shares: 'by-weight',
  watched: { waits: 'always', leads: 'on-one-cpu' },
  initial: (size: CpuSizes) => ({ pass: table(size, thread, () => zero), minimum: zero }),
  reset(own) {
    for (let t = 0; t < own.pass.length; t++) own.pass[t] = zero;
    own.minimum = zero;
  },

  /** Who slept begins at the virtual time of the others: it neither lost nor saved anything. */
  onWake: join,
  onPreempt(_own, m, t) {
    enqueueById(m, t);
  },
  onBlock(own, m) {
    advance(own, m);
  },
  onTick(own, m) {
    const strides = stridesOf(m);
    for (const cpu of m.pcpus) {
      const payer = payerOf(cpu);
      if (payer === null) continue;
      own.pass[payer] = add(own.pass.at(payer), strides[payer] ?? zero);
    }
    advance(own, m);
    rebase(own);
  },
  pick(own, m, p) {
    let best = m.pcpus.at(p).current;
    for (const t of m.queue) {
      if (mayRun(m, t, p) && (best === null || isBefore(own, t, best))) best = t;
    }
    return best;
  },
  /** What a thread is ahead by stays the same in ticks, so it changes in virtual time. */
  onWeight(own, m, vm, before, size) {
    const scale = rational(before, m.vms.at(vm).weight);
    for (let t = 0; t < own.pass.length; t++) {
      if (m.threads.at(t).vm !== vm) continue;
      const ahead = multiply(greater(subtract(own.pass.at(t), own.minimum), zero), scale);
      own.pass[t] = roundUp(add(own.minimum, ahead), size.grid);
    }
    // Rounding may have lifted the last one.
    advance(own, m);
  },
  onHotplug(own, m, t) {
    if (competes(m, t)) join(own, m, t);
  },
  order: (own, m) => [...m.queue].sort((a, b) => (isBefore(own, a, b) ? -1 : 1)),
};

function join(own: Stride, m: CpuCore, t: ThreadId): void {
  own.pass[t] = greater(own.pass.at(t), own.minimum);
  enqueueById(m, t);
  // One that finds nobody else carries the virtual time on to its own.
  advance(own, m);
}

function isBefore(own: Stride, a: ThreadId, b: ThreadId): boolean {
  const order = compare(own.pass.at(a), own.pass.at(b));
  return order < 0 || (order === 0 && a < b);
}

/**
 * The virtual time follows the last of those that compete; without any it stays. Those whose VM is at
 * its cap go with it, and come back as far ahead as they left: if all of them came back at the virtual
 * time, the first of a VM would run in every period and the others never.
 */
function advance(own: Stride, m: CpuCore): void {
  let last: Rational | null = null;
  for (let t = 0; t < own.pass.length; t++) {
    const pass = own.pass.at(t);
    if (competes(m, t) && (last === null || isLess(pass, last))) last = pass;
  }
  if (last === null || !isLess(own.minimum, last)) return;
  const by = subtract(last, own.minimum);
  own.minimum = last;
  for (const t of m.throttled) own.pass[t] = add(own.pass.at(t), by);
}

/** Takes whole units off all passes. How long ago a sleeper was due makes no difference. */
function rebase(own: Stride): void {
  const past = rational(floor(own.minimum));
  own.minimum = subtract(own.minimum, past);
  for (let t = 0; t < own.pass.length; t++) {
    own.pass[t] = greater(subtract(own.pass.at(t), past), rational(-1));
  }
}

/**
 * How far a tick takes each thread that competes: 1 / weight, unless its weight asks for more than a
 * whole CPU of those that were left to the scheduler. Such a weight is readjusted to what a whole CPU is worth, or its pass would fall behind
 * for ever, and whoever comes later would wait until it has caught up.
 */
function stridesOf(m: CpuCore): readonly Rational[] {
  const strides = m.threads.map(() => zero);
  const all = m.threads.map((_, t) => t).filter((t) => competes(m, t));
  const heaviestFirst = all.sort((a, b) => weightOf(m, b) - weightOf(m, a) || a - b);
  let cpus = m.pcpus.filter(
    ({ online, byRight }, p) => online && !byRight && ownerOf(m, p) === null,
  ).length;
  let total = all.reduce((sum, t) => sum + weightOf(m, t), 0);
  let whole = 0;
  for (const t of heaviestFirst) {
    if (cpus * weightOf(m, t) < total || cpus === 0) break;
    whole++;
    cpus--;
    total -= weightOf(m, t);
  }
  const [heaviest = 0] = heaviestFirst;
  // Where everybody has a CPU, all go on alike.
  const ofWhole = total === 0 ? rational(1, weightOf(m, heaviest)) : rational(cpus, total);
  heaviestFirst.forEach((t, i) => {
    strides[t] = i < whole ? ofWhole : rational(1, weightOf(m, t));
  });
  return strides;
}
