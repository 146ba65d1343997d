/** Mistakes about virtual time in stride scheduling. 5.5. */
import { rational, subtract } from '../../machine/index.ts';
import { unseen, type VmmFault } from '../memory/seams.ts';
import { changeScheduler } from './seams.ts';

const mutant = 'a mutant of stride scheduling that the specification names (5.5)';
/** Where each is looked for at random, and searched for. */
const where = { randomScope: 'cpu-fuzz-one', scope: 'cpu-reweight' };

const sleepersKeepTheirPass: VmmFault = {
  id: 'cpu/C25',
  seam: 'policy',
  story: 'When virtual time is renormalised, threads that sleep keep the numbers of the old time.',
  origin: 'Linux commit 119fe5e06800 (vruntime not renormalised when changing queues)',
  ...where,
  killedBy: ['ST-I1'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onTick(own, m, size) {
        const before = own.pass.map((pass) => pass);
        original.onTick(own, m, size);
        m.threads.forEach(({ state }, t) => {
          const sleeps = state.kind !== 'running' && state.kind !== 'ready';
          const pass = before[t];
          if (sleeps && pass !== undefined) own.pass[t] = pass;
        });
      },
    })),
};

const infeasibleWeights: VmmFault = {
  id: 'cpu/C34',
  seam: 'policy',
  story:
    'A weight that asks for more than a CPU is not readjusted: its pass falls behind for ever.',
  origin: 'infeasible weights (Chandra et al., Surplus Fair Scheduling, OSDI 2000)',
  // A search of that scope finds it as well, after 449,000 states.
  randomScope: 'cpu-stride-two',
  killedBy: ['ST-N'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onTick(own, m, size) {
        const [, second] = m.pcpus;
        // With one CPU every weight is feasible.
        if (second === undefined) original.onTick(own, m, size);
        else unseen(second, 'online', false, () => original.onTick(own, m, size));
      },
    })),
};

const sleepersSave: VmmFault = {
  id: 'cpu/P1',
  seam: 'policy',
  story: 'A thread that wakes keeps its old pass, and catches up on all that it slept through.',
  origin: mutant,
  ...where,
  killedBy: ['ST-I1'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onWake(own, m, t, cause, size) {
        const pass = own.pass.at(t);
        original.onWake(own, m, t, cause, size);
        own.pass[t] = pass;
      },
    })),
};

const reweightKeepsPass: VmmFault = {
  id: 'cpu/P2',
  seam: 'policy',
  story:
    'A change of weight leaves the pass where it was: what a thread is ahead by is worth more.',
  origin: mutant,
  ...where,
  killedBy: ['ST-I1'],
  apply: (machine) => changeScheduler(machine, 'stride', () => ({ onWeight() {} })),
};

const promisesAreOwedAgain: VmmFault = {
  id: 'cpu/P3',
  seam: 'policy',
  story: 'A thread that had a CPU by right comes back with its old pass, and catches up on it all.',
  origin: 'made: what a promise gave is given again by the scheduler when the promise ends',
  randomScope: 'cpu-rights',
  scope: 'cpu-rights',
  killedBy: ['ST-I2'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onWake(own, m, t, cause, size) {
        const pass = own.pass.at(t);
        original.onWake(own, m, t, cause, size);
        if (cause === 'right') own.pass[t] = pass;
      },
    })),
};

const truncatedStrides: VmmFault = {
  id: 'cpu/P4',
  seam: 'policy',
  story: 'A stride is an integer: what is left of the division is lost at every tick.',
  origin: 'integer strides of many implementations; the drift is named in 0.1 and 5.5',
  randomScope: 'cpu-strides',
  scope: 'cpu-strides',
  killedBy: ['ST-1'],
  apply: (machine) =>
    changeScheduler(machine, 'stride', (original) => ({
      onTick(own, m, size) {
        // One is as many units as the largest weight.
        const one = size.weight;
        for (const { current, byRight } of m.pcpus) {
          const vm = current === null ? null : m.threads.at(current).vm;
          if (current === null || vm === null || byRight) continue;
          const { weight } = m.vms.at(vm);
          const lost = rational(one % weight, one * weight);
          own.pass[current] = subtract(own.pass.at(current), lost);
        }
        original.onTick(own, m, size);
      },
    })),
};

export const strideFaults: readonly VmmFault[] = [
  sleepersKeepTheirPass,
  infeasibleWeights,
  sleepersSave,
  reweightKeepsPass,
  promisesAreOwedAgain,
  truncatedStrides,
];
