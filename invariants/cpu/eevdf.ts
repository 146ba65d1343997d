/** What EEVDF promises. 5.6. */
import {
  absolute,
  add,
  compare,
  divide,
  greater,
  isEqual,
  isLess,
  lesser,
  multiply,
  printRational,
  type Rational,
  rational,
  subtract,
} from '../../machine/index.ts';
import type { CpuSizes } from '../../model/index.ts';
import {
  allMayRunAnywhere,
  anyCompetes,
  competes,
  kinds,
  property,
  type Reading,
  reads,
  runs,
  weightOf,
} from './reading.ts';

const when = (m: Reading): boolean => runs(m, 'eevdf');
const onOneCpu = (m: Reading, size: CpuSizes): boolean => size.pcpu === 1 && when(m);

/** Sums over those that compete. */
function sumOf(m: Reading, of: (t: number, weight: number) => Rational): Rational {
  let sum = rational(0);
  for (let t = 0; t < m.threads.length; t++) {
    if (competes(m, t)) sum = add(sum, of(t, weightOf(m, t)));
  }
  return sum;
}

/** What a thread is owed, in ticks. */
function lagOf(m: Reading, t: number): Rational {
  const { runtime, virtualTime } = m.scheduler.states.eevdf;
  return multiply(subtract(virtualTime, runtime.at(t)), rational(weightOf(m, t)));
}

const virtualTimeIsTheAverage = property.invariant({
  id: 'EV-I1',
  name: 'under EEVDF the virtual time, kept step by step, is the average of run times by weight',
  reads,
  when: (m) => when(m) && anyCompetes(m),
  violation(m) {
    const { runtime, virtualTime } = m.scheduler.states.eevdf;
    const total = sumOf(m, (_, weight) => rational(weight));
    const sum = sumOf(m, (t, weight) => multiply(runtime.at(t), rational(weight)));
    const average = divide(sum, total);
    if (isEqual(average, virtualTime)) return null;
    return `the virtual time is ${printRational(virtualTime)}, the average ${printRational(average)}`;
  },
});

const lagsCancelOut = property.invariant({
  id: 'EV-I2',
  name: 'under EEVDF what some are owed is what others have had too much',
  reads,
  when,
  violation(m) {
    const sum = sumOf(m, (t) => lagOf(m, t));
    return sum.n === 0 ? null : `all lags together are ${printRational(sum)}`;
  },
});

const someoneIsEligible = property.invariant({
  id: 'EV-I3',
  name: 'under EEVDF somebody who competes has had no more than its share',
  reads,
  when: (m) => when(m) && anyCompetes(m),
  violation(m) {
    for (let t = 0; t < m.threads.length; t++) {
      if (competes(m, t) && lagOf(m, t).n >= 0) return null;
    }
    return 'nobody is eligible';
  },
});

/** A steady time since all began without lag. What a thread has run is what lags are held against. */
const isSteady = (m: Reading): boolean => when(m) && m.watch.even;

/** The first thread that is further off its share than may be. */
function offItsShare(m: Reading, mayBe: (beyond: Rational) => boolean): string | null {
  for (let t = 0; t < m.threads.length; t++) {
    const beyond = m.watch.beyond.at(t);
    if (!mayBe(beyond))
      return `thread ${t} has run ${printRational(beyond)} ticks beyond its share`;
  }
  return null;
}

const lagsAreBelowRequests = property.invariant({
  id: 'EV-1',
  name: 'under EEVDF nobody owes, or is owed, as much as the longest request, while nobody comes or goes',
  reads,
  when: isSteady,
  violation(m, { request }) {
    const most = rational(request);
    return offItsShare(m, (beyond) => isLess(absolute(beyond), most));
  },
});

/** Because the choice is made anew at every tick, whatever was asked for. */
const debtsAreBelowATick = property.conjecture({
  id: 'EV-C1',
  name: 'under EEVDF nobody owes a tick, while nobody comes or goes',
  reads,
  when: ({ after }) => isSteady(after),
  violation({ after: m }) {
    return offItsShare(m, (beyond) => isLess(beyond, rational(1)));
  },
});

/** What sleeping may save or cost: whatever it was, it is cut off there. */
const savedLagsAreBounded = property.invariant({
  id: 'EV-2',
  name: 'under EEVDF a sleeper is owed, or owes, no more than a request and a tick',
  reads,
  when: onOneCpu,
  violation(m, { request }) {
    const { lag } = m.scheduler.states.eevdf;
    for (let t = 0; t < m.threads.length; t++) {
      const saved = multiply(lag.at(t), rational(weightOf(m, t)));
      if (compare(absolute(saved), rational(request + 1)) > 0) {
        return `thread ${t} sleeps with a lag of ${printRational(saved)}`;
      }
    }
    return null;
  },
});

/** Looser than EV-1, because joins move lags: -1.05 was seen in simulation, with requests of a tick. */
const debtsAreBounded = property.conjecture({
  id: 'EV-C2',
  name: 'under EEVDF a thread that competes owes no more than a request and two ticks',
  reads,
  when: ({ after, size }) => onOneCpu(after, size),
  violation({ after: m, size: { request } }) {
    for (let t = 0; t < m.threads.length; t++) {
      if (!competes(m, t)) continue;
      const its = lagOf(m, t);
      if (isLess(its, rational(-request - 2)))
        return `thread ${t} owes ${printRational(its)} ticks`;
    }
    return null;
  },
});

function tooFarAhead(m: Reading, request: number): string | null {
  const { ahead } = m.watch;
  for (let i = 0; i < ahead.length; i++) {
    for (let j = 0; j < ahead.length; j++) {
      const one = add(rational(1, weightOf(m, i)), rational(1, weightOf(m, j)));
      const lead = ahead.at(i).at(j);
      if (compare(lead, multiply(one, rational(2 * request))) >= 0) {
        return `thread ${i} got ${printRational(lead)} more for its weight than thread ${j}`;
      }
    }
  }
  return null;
}

/** From EV-1: at both ends of an interval each lag is below a request. */
const sharesFollowWeights = property.invariant({
  id: 'EV-3',
  name: 'under EEVDF nobody gets further ahead of another than two requests of each, by weight, while nobody comes or goes',
  reads,
  when: isSteady,
  violation: (m, { request }) => tooFarAhead(m, request),
});

/** Nobody's joining or leaving moves one thread against another. */
const sharesFollowWeightsAlways = property.conjecture({
  id: 'EV-C3',
  name: 'under EEVDF nobody gets further ahead of another than two requests of each, by weight, whoever comes and goes',
  reads,
  when: ({ after, size }) => onOneCpu(after, size) && allMayRunAnywhere(after),
  violation: ({ after, size }) => tooFarAhead(after, size.request),
});

/** A thread that has waited as long as an interval lasts, or longer. */
function waitedTooLong(m: Reading, interval: number, request: number): string | null {
  const total = sumOf(m, (_, weight) => rational(weight));
  for (let t = 0; t < m.threads.length; t++) {
    const since = Math.min(m.watch.waited.at(t), interval);
    const most = multiply(total, rational(request + 1, weightOf(m, t)));
    if (since > 0 && !isLess(rational(since), most)) {
      return `thread ${t} has waited ${since} ticks, not less than ${printRational(most)}`;
    }
  }
  return null;
}

/** CPU-N of EEVDF, from EV-1. */
const waitsAreBounded = property.invariant({
  id: 'EV-N',
  name: 'under EEVDF a thread waits less than a request and a tick for all, by its share, while nobody comes or goes',
  reads,
  when: isSteady,
  violation: (m, { request }) => waitedTooLong(m, Number.POSITIVE_INFINITY, request),
});

/** Lags were anything when the last of them came or went. */
const waitsAreBoundedAlways = property.conjecture({
  id: 'EV-CN',
  name: 'under EEVDF a thread waits less than a request and a tick for all, by its share, since anybody came or went',
  reads,
  when: ({ after, size }) => onOneCpu(after, size) && allMayRunAnywhere(after),
  violation: ({ after, size }) => waitedTooLong(after, after.watch.steady, size.request),
});

/** Sleeping is no way to be rid of what one owes, nor to lose what one is owed. */
const sleepersKeepTheirLag = property.transition({
  id: 'EV-4',
  name: 'under EEVDF a thread that halts keeps its lag, but for what is over the limit and off the grid',
  commands: kinds('cpu.halt'),
  reads,
  when: ({ before, after, call }) =>
    when(before) &&
    call.kind === 'cpu.halt' &&
    competes(before, call.args.thread) &&
    after.threads.at(call.args.thread).state.kind === 'blocked',
  violation({ before, after, call, size }) {
    const { thread: t } = call.args;
    const { runtime, virtualTime } = before.scheduler.states.eevdf;
    const most = rational(size.request + 1, weightOf(before, t));
    const had = subtract(virtualTime, runtime.at(t));
    const due = greater(lesser(had, most), subtract(rational(0), most));
    const kept = after.scheduler.states.eevdf.lag.at(t);
    const lost = subtract(due, kept);
    if (lost.n >= 0 && isLess(lost, rational(1, size.grid))) return null;
    return `thread ${t} had a lag of ${printRational(had)} and keeps ${printRational(kept)}`;
  },
});

export const eevdfProperties = [
  virtualTimeIsTheAverage,
  lagsCancelOut,
  someoneIsEligible,
  lagsAreBelowRequests,
  debtsAreBelowATick,
  savedLagsAreBounded,
  debtsAreBounded,
  sharesFollowWeights,
  sharesFollowWeightsAlways,
  waitsAreBounded,
  waitsAreBoundedAlways,
  sleepersKeepTheirLag,
];
