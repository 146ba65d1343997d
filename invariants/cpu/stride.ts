/** What stride scheduling promises; a tick is its quantum. 5.5. */
import {
  absolute,
  add,
  compare,
  isEqual,
  isLess,
  lesser,
  printRational,
  type Rational,
  rational,
} from '../../machine/index.ts';
import type { CpuSizes } from '../../model/index.ts';
import {
  allMayRunAnywhere,
  anyCompetes,
  competes,
  property,
  type Reading,
  reads,
  runs,
  weightOf,
} from './reading.ts';

/** Passes and shares are promised on one CPU: on several, weights may ask for more than there is. */
const onOneCpu = (m: Reading, size: CpuSizes): boolean => size.pcpu === 1 && runs(m, 'stride');

const passesAreClose = property.invariant({
  id: 'ST-I1',
  name: 'under stride the pass of a thread that competes is within a stride of the virtual time',
  reads,
  when: onOneCpu,
  violation(m) {
    const { pass, minimum } = m.scheduler.states.stride;
    for (let t = 0; t < m.threads.length; t++) {
      if (!competes(m, t)) continue;
      const its = pass.at(t);
      const most = add(minimum, rational(1, weightOf(m, t)));
      if (isLess(its, minimum) || isLess(most, its)) {
        const [from, to] = [printRational(minimum), printRational(most)];
        return `the pass of thread ${t} is ${printRational(its)}, not between ${from} and ${to}`;
      }
    }
    return null;
  },
});

/** Who joins begins there: behind all others it would have a CPU to itself until it caught up. */
const timeIsThatOfTheLast = property.invariant({
  id: 'ST-I2',
  name: 'under stride the virtual time is the least pass of those that compete',
  reads,
  when: (m) => runs(m, 'stride') && anyCompetes(m),
  violation(m) {
    const { pass, minimum } = m.scheduler.states.stride;
    let least: Rational | null = null;
    for (let t = 0; t < m.threads.length; t++) {
      if (competes(m, t)) least = least === null ? pass.at(t) : lesser(least, pass.at(t));
    }
    if (least === null || isEqual(least, minimum)) return null;
    return `the virtual time is ${printRational(minimum)}, the least pass ${printRational(least)}`;
  },
});

const sharesFollowWeights = property.invariant({
  id: 'ST-1',
  name: 'under stride nobody gets further ahead of another than one tick of each, by weight',
  reads,
  when: (m, size) => onOneCpu(m, size) && allMayRunAnywhere(m),
  violation(m) {
    const { ahead } = m.watch;
    for (let i = 0; i < ahead.length; i++) {
      for (let j = 0; j < ahead.length; j++) {
        const most = add(rational(1, weightOf(m, i)), rational(1, weightOf(m, j)));
        const lead = ahead.at(i).at(j);
        if (compare(lead, most) > 0) {
          const [got, may] = [printRational(lead), printRational(most)];
          return `thread ${i} got ${got} more for its weight than thread ${j}, not ${may}`;
        }
      }
    }
    return null;
  },
});

/**
 * Follows from ST-I1. Since all began with one pass, each is at what it has run over its weight, and
 * within a stride of the least. So their average by weight, which is where everybody's ideal is, is
 * beyond the least by less than (n - 1) / W, and nobody's pass is beyond the average by a stride.
 */
const sharesAreNearTheIdeal = property.invariant({
  id: 'ST-2',
  name: 'under stride n threads are off their ideal by less than n - 1 ticks, while nobody comes or goes',
  reads,
  when: (m) => runs(m, 'stride') && m.watch.even,
  violation(m) {
    let rivals = 0;
    for (let t = 0; t < m.threads.length; t++) if (competes(m, t)) rivals++;
    const most = rational(Math.max(rivals - 1, 1));
    for (let t = 0; t < m.threads.length; t++) {
      const off = m.watch.beyond.at(t);
      if (isLess(absolute(off), most)) continue;
      return `thread ${t} is ${printRational(off)} ticks beyond its ideal, of ${rivals} threads`;
    }
    return null;
  },
});

/**
 * CPU-N of stride, from the last time that anybody came or went. On several CPUs passes are apart for
 * long after some thread was kept from some CPU, so that it holds only where none ever was.
 */
const waitsAreBounded = property.invariant({
  id: 'ST-N',
  name: 'under stride a thread waits for the others to catch up with it, and no longer',
  reads,
  when: (m, size) => runs(m, 'stride') && (size.pcpu === 1 || !m.watch.constrained),
  violation(m) {
    const { waited, steady } = m.watch;
    for (let t = 0; t < m.threads.length; t++) {
      const own = weightOf(m, t);
      let most = 0;
      for (let other = 0; other < m.threads.length; other++) {
        if (other === t || !competes(m, other)) continue;
        most += Math.floor(weightOf(m, other) / own) + 1;
      }
      const since = Math.min(waited.at(t), steady);
      if (since > most) return `thread ${t} has waited ${since} ticks, not ${most}`;
    }
    return null;
  },
});

export const strideProperties = [
  passesAreClose,
  timeIsThatOfTheLast,
  sharesFollowWeights,
  sharesAreNearTheIdeal,
  waitsAreBounded,
];
