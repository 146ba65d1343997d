/** Mistakes that turn round robin into something else. 5.2. */
import type { VmmFault } from '../memory/seams.ts';
import { changeScheduler } from './seams.ts';

const origin = 'mutants of round robin that the specification names (5.2)';
/** Where each is looked for at random, and searched for. */
const where = { randomScope: 'cpu-fuzz', scope: 'cpu-round-robin' };

const staysAtHead: VmmFault = {
  id: 'cpu/R1',
  seam: 'policy',
  story: 'A thread whose quantum is over goes to the head of the queue, and runs again.',
  origin,
  ...where,
  killedBy: ['RR-1', 'RR-2'],
  apply: (machine) =>
    changeScheduler(machine, 'round-robin', (original) => ({
      pick(own, m, p, size) {
        const { current } = m.pcpus.at(p);
        const next = original.pick(own, m, p, size);
        return current !== null && !m.threads.at(current).yielded ? current : next;
      },
    })),
};

const wakesAtHead: VmmFault = {
  id: 'cpu/R2',
  seam: 'policy',
  story: 'A thread that wakes goes to the head of the queue: a storm of wakes starves the others.',
  origin,
  ...where,
  killedBy: ['RR-2'],
  apply: (machine) =>
    changeScheduler(machine, 'round-robin', () => ({
      onWake(_own, m, t) {
        m.queue.unshift(t);
      },
    })),
};

const yieldKeepsQuantum: VmmFault = {
  id: 'cpu/R3',
  seam: 'policy',
  story: 'The thread after one that yields gets only what was left of that one’s quantum.',
  origin,
  ...where,
  killedBy: ['RR-3'],
  apply: (machine) =>
    changeScheduler(machine, 'round-robin', (original) => ({
      pick(own, m, p, size) {
        const { current } = m.pcpus.at(p);
        const left = own.used.at(p);
        const yields = current !== null && m.threads.at(current).yielded && left < size.quantum;
        const next = original.pick(own, m, p, size);
        if (yields) own.used[p] = left;
        return next;
      },
    })),
};

export const roundRobinFaults: readonly VmmFault[] = [staysAtHead, wakesAtHead, yieldKeepsQuantum];
