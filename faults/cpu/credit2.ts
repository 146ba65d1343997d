/** Mistakes that Xen's credit2 had. 5.4, 5.F. */
import {
  type Cpu,
  type Credit2Stages,
  credit2Scheduler,
  credit2Stages,
  takeQuota,
} from '../../model/index.ts';
import type { VmmFault, VmmMachine } from '../memory/seams.ts';
import { changeScheduler } from './seams.ts';

function changeStages(machine: VmmMachine, stages: Partial<Credit2Stages>): VmmMachine {
  return changeScheduler(machine, 'credit2', () =>
    credit2Scheduler({ ...credit2Stages, ...stages }),
  );
}
const where = { randomScope: 'cpu-credit2-fuzz', scope: 'cpu-credit2' };

const belowIdle: VmmFault = {
  id: 'cpu/C9',
  seam: 'policy',
  story: 'Credits have no floor, and a thread can have less than an idle CPU, which is preferred.',
  origin: 'Xen 36f3662f27: credit below that of the idle vCPU',
  ...where,
  killedBy: ['C2-I1'],
  apply: (machine) =>
    changeStages(machine, {
      charge(own, m, t, ran, size) {
        const { forgiven } = own.ledger.at(t);
        credit2Stages.charge(own, m, t, ran, size);
        const more = own.ledger.at(t).forgiven - forgiven;
        own.credit[t] = own.credit.at(t) - more;
        own.ledger.at(t).forgiven = forgiven;
      },
    }),
};

const resetTooOften: VmmFault = {
  id: 'cpu/C10a',
  seam: 'policy',
  story: 'An epoch ends as soon as the next to run has used half of its credits.',
  origin: 'Xen 5e4b419966: credits were reset too often',
  ...where,
  killedBy: ['C2-T5'],
  apply: (machine) => changeStages(machine, { isOver: (own, next) => own.credit.at(next) <= 50 }),
};

const resetTooRarely: VmmFault = {
  id: 'cpu/C10b',
  seam: 'policy',
  story: 'An epoch ends only when the next to run owes half of what it gets.',
  origin: 'Xen dae7b62e97: credits were reset too rarely',
  ...where,
  killedBy: ['C2-T4'],
  apply: (machine) => changeStages(machine, { isOver: (own, next) => own.credit.at(next) <= -50 }),
};

const unpaidAtReset: VmmFault = {
  id: 'cpu/C11',
  seam: 'policy',
  story: 'What runs elsewhere when an epoch ends pays for the time before it with the new credits.',
  origin: 'Xen 4fa4f8a3cd: running vCPUs were not charged at the reset',
  ...where,
  killedBy: ['C2-T5'],
  apply: (machine) => changeStages(machine, { chargesFirst: false }),
};

const singleReset: VmmFault = {
  id: 'cpu/C12',
  seam: 'policy',
  story: 'Everybody gets its credits once, and one that owes as much still has none.',
  origin: 'Xen 4e98fd5912: one reset left the head of the queue negative',
  ...where,
  killedBy: ['C2-T4'],
  apply: (machine) => changeStages(machine, { times: () => 1 }),
};

const scanGivesUp: VmmFault = {
  id: 'cpu/C13',
  seam: 'policy',
  story: 'When the head of the queue has no budget nobody else is looked for, and the CPU idles.',
  origin: 'Xen 0f742839ae: a head without budget made the scan give up',
  randomScope: 'cpu-credit2-fuzz',
  scope: 'cpu-credit2-budgets',
  killedBy: ['C2-T2', 'CPU-W'],
  apply: (machine) =>
    changeStages(machine, {
      choose(own, m, p, credit, size) {
        const head = m.queue.find((t) => mayRunOn(m, t, p));
        if (head === undefined || own.credit.at(head) <= credit) return null;
        return takeQuota(own.budgets, m, head, size) ? head : null;
      },
    }),
};
const mayRunOn = (m: Pick<Cpu, 'pcpus' | 'threads'>, t: number, p: number): boolean =>
  m.pcpus.at(p).online && m.threads.at(t).affinity.at(p);

export const credit2Faults: readonly VmmFault[] = [
  belowIdle,
  resetTooOften,
  resetTooRarely,
  unpaidAtReset,
  singleReset,
  scanGivesUp,
];
