/** Mistakes that Xen's credit scheduler had. 5.3, 5.F. */
import { changeOperation } from '../../machine/index.ts';
import {
  type CpuOperations,
  type CreditStages,
  creditScheduler,
  creditStages,
} from '../../model/index.ts';
import type { VmmFault, VmmMachine } from '../memory/seams.ts';
import { changeScheduler } from './seams.ts';

/** The machine with some steps of the credit scheduler replaced. */
function changeStages(machine: VmmMachine, stages: Partial<CreditStages>): VmmMachine {
  return changeScheduler(machine, 'credit', () => creditScheduler({ ...creditStages, ...stages }));
}

const sampledTime: VmmFault = {
  id: 'cpu/C1',
  seam: 'policy',
  story: 'Only the thread that happens to run at a tick pays, and it pays for all of the tick.',
  origin: 'Xen theft of service, fixed in 78c9b2a64b; Zhou et al. 2011',
  randomScope: 'cpu-credit-fuzz',
  scope: 'cpu-credit-parts',
  killedBy: ['CR-I1'],
  apply: (machine) =>
    changeStages(machine, {
      charge(own, m, t, _ran, size) {
        const isTick = m.part === size.subticks;
        creditStages.charge(own, m, t, isTick ? size.subticks : 0, size);
      },
    }),
};

/** As short for the weights of small scopes as 32 bits are for 65535 on a host of 16 CPUs. */
const WORD = 2 ** 9;

const shortProduct: VmmFault = {
  id: 'cpu/C2',
  seam: 'policy',
  story:
    'The product of credits and a weight overflows its word, and heavy VMs earn nearly nothing.',
  origin: 'Xen 4f74c85e69: credits times weight in 32 bits',
  randomScope: 'cpu-credit-fuzz',
  scope: 'cpu-credit',
  killedBy: ['CR-T2'],
  apply: (machine) =>
    changeStages(machine, {
      fairShare: (total, weight, all) => Math.ceil(((total * weight) % WORD) / all),
    }),
};

const droppedRemainder: VmmFault = {
  id: 'cpu/C3',
  seam: 'policy',
  story: 'What is left when time is turned into credits is forgotten: short runs are for free.',
  origin: 'Xen cf0c29d1a9: the remainder of the division was dropped',
  // Ten sub-ticks are ten credits each: there is never anything left.
  randomScope: 'cpu-credit-parts',
  scope: 'cpu-credit-parts',
  killedBy: ['CR-I1'],
  apply: (machine) =>
    changeStages(machine, {
      charge(own, m, t, ran, size) {
        creditStages.charge(own, m, t, ran, size);
        own.residual[t] = 0;
      },
    }),
};

const boostedByMigration: VmmFault = {
  id: 'cpu/C4',
  seam: 'operation',
  story: 'A thread that leaves its CPU because it may not stay there is boosted as if it woke.',
  origin: 'Xen 66c7449a4d: a vCPU that migrates was woken with BOOST',
  randomScope: 'cpu-credit-fuzz',
  scope: 'cpu-credit-affinity',
  killedBy: ['CR-T1'],
  apply: (machine) =>
    changeOperation(machine, 'preempt', (original: CpuOperations['preempt']) => (m, t, c) => {
      const { state, affinity } = m.threads.at(t);
      const migrates = state.kind === 'running' && !affinity.at(state.on);
      original(m, t, c);
      const own = m.scheduler.states.credit;
      if (m.scheduler.algorithm !== 'credit' || !migrates) return;
      m.queue.splice(m.queue.indexOf(t), 1);
      c.operation.schedulers.credit.onWake(own, m, t, 'wake', c.size);
    }),
};

const boostedAfterPark: VmmFault = {
  id: 'cpu/C5',
  seam: 'policy',
  story: 'PARKED is cleared before the thread goes on, so that it is boosted for having overspent.',
  origin: 'Xen 5c8c0ae7c4: the flag was cleared before the unpause',
  randomScope: 'cpu-credit-fuzz',
  scope: 'cpu-credit-parked',
  killedBy: ['CR-T1'],
  apply: (machine) =>
    changeStages(machine, {
      mayBoost: (own, t, cause) =>
        creditStages.mayBoost(own, t, cause === 'refill' ? 'wake' : cause),
    }),
};

const lostParked: VmmFault = {
  id: 'cpu/C6',
  seam: 'policy',
  story: 'Two CPUs write the flags of a thread at once, PARKED is lost, and nobody lets it go.',
  origin: 'Xen be650750945: flags were not updated atomically',
  randomScope: 'cpu-credit-caps',
  scope: 'cpu-credit-caps',
  killedBy: ['CR-I4'],
  apply: (machine) =>
    changeStages(machine, {
      park(own, m, t) {
        creditStages.park(own, m, t);
        own.parked[t] = false;
      },
    }),
};

const leftParked: VmmFault = {
  id: 'cpu/C7',
  seam: 'policy',
  story:
    'A parked thread that goes over to another scheduler stays paused, which nobody there ends.',
  origin: 'Xen d38a668b6e: parked vCPUs were not unpaused when they left the scheduler',
  randomScope: 'cpu-credit-moves',
  scope: 'cpu-credit-moves',
  killedBy: ['CPU-I8'],
  apply: (machine) =>
    changeScheduler(machine, 'credit', (original) => ({
      reset(own, m, size) {
        const held = m.threads.map((thread) => thread.held);
        original.reset(own, m, size);
        for (let t = 0; t < m.threads.length; t++) m.threads.at(t).held = held[t] ?? false;
      },
    })),
};

const parksByShare: VmmFault = {
  id: 'cpu/C8',
  seam: 'policy',
  story: 'A thread of a capped VM is parked when it overruns its share, long before its cap.',
  origin: 'Xen c62ecba43f: compared with the fair share, not with the cap',
  randomScope: 'cpu-credit-shares',
  scope: 'cpu-credit-shares',
  killedBy: ['CR-T3'],
  apply: (machine) =>
    changeStages(machine, { isOverCap: (credit, _limit, earned) => credit < -earned }),
};

const stolenAfterYield: VmmFault = {
  id: 'cpu/C14',
  seam: 'policy',
  story: 'A thread that yields is taken by another CPU at once, before those that wait.',
  origin: 'Xen e282067cf2: a vCPU that yielded was stolen by another pCPU',
  randomScope: 'cpu-credit-fuzz',
  scope: 'cpu-credit-yields',
  killedBy: ['CR-T5'],
  apply: (machine) =>
    changeScheduler(machine, 'credit', (original) => ({
      onPreempt(own, m, t, size) {
        if (m.threads.at(t).yielded) m.queue.unshift(t);
        else original.onPreempt(own, m, t, size);
      },
    })),
};

export const creditFaults: readonly VmmFault[] = [
  sampledTime,
  shortProduct,
  droppedRemainder,
  boostedByMigration,
  boostedAfterPark,
  lostParked,
  leftParked,
  parksByShare,
  stolenAfterYield,
];
