/**
 * Round robin (5.2). One queue, first in, first out; each thread runs for `quantum` ticks at most
 * and then goes to the tail. Weights are ignored.
 */
import { array, type Infer, int, record, table } from '../../../machine/index.ts';
import { enqueueLast, firstFor } from '../queue.ts';
import type { Scheduler } from '../scheduler.ts';
import { type CpuSizes, pcpu } from '../state.ts';

const state = record({
  /** Ticks of the quantum that runs on each CPU. */
  used: array(pcpu, int('quantum')),
});
export interface RoundRobin extends Infer<typeof state> {}

export const roundRobin: Scheduler<RoundRobin> = {
  state,
  shares: 'equally',
  watched: { turns: 'always', waits: 'always', leads: 'always' },
  initial: (size: CpuSizes) => ({ used: table(size, pcpu, () => 0) }),
  reset(own) {
    for (let p = 0; p < own.used.length; p++) own.used[p] = 0;
  },
  onWake(_own, m, t) {
    enqueueLast(m, t);
  },
  onPreempt(_own, m, t) {
    enqueueLast(m, t);
  },
  onBlock() {},
  onTick(own, m) {
    for (let p = 0; p < m.pcpus.length; p++) {
      const { current, byRight } = m.pcpus.at(p);
      if (current !== null && !byRight) own.used[p] = own.used.at(p) + 1;
    }
  },
  pick(own, m, p, size) {
    const { current } = m.pcpus.at(p);
    const isTurn = current !== null && !m.threads.at(current).yielded;
    if (isTurn && own.used.at(p) < size.quantum) return current;
    own.used[p] = 0;
    return firstFor(m, m.queue, p) ?? current;
  },
  onWeight() {},
  onHotplug(_own, m, t) {
    if (m.threads.at(t).state.kind === 'ready') enqueueLast(m, t);
  },
  order: (_own, m) => [...m.queue],
};
