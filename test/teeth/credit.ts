/** Mistakes in what Xen's credit schedulers keep. In `cpu-fuzz`, threads 0 and 1 of VM 0 run. */
import type { Cpu } from '../../model/index.ts';
import { type CpuStep, call, tick } from './cpu-bench.ts';

const credit = (m: Cpu): Cpu['scheduler']['states']['credit'] => m.scheduler.states.credit;
const before: readonly CpuStep[] = [call('set-scheduler', { scheduler: 'credit' })];
/** The next tick is one of accounting. */
const beforeAccounting: readonly CpuStep[] = [...before, tick, tick];

const credit2 = (m: Cpu): Cpu['scheduler']['states']['credit2'] => m.scheduler.states.credit2;
const before2: readonly CpuStep[] = [call('set-scheduler', { scheduler: 'credit2' })];

export const creditBadStates = {
  'C2-I1': {
    before: before2,
    spoil: (m: Cpu) => {
      credit2(m).credit[0] = -101;
    },
  },
  'C2-I2': {
    before: [...before2, call('set-cap', { vm: 1, cap: 1 })],
    spoil: (m: Cpu) => {
      credit2(m).budgets.pool[1] = 11;
    },
  },
  'CPU-I8': {
    spoil: (m: Cpu) => {
      m.threads.at(2).held = true;
    },
  },
  'CR-I3': {
    before,
    spoil: (m: Cpu) => {
      credit(m).weight = 1;
    },
  },
  'CR-I4': {
    before,
    spoil: (m: Cpu) => {
      credit(m).parked[3] = true;
    },
  },
  'CR-1': {
    before,
    spoil: (m: Cpu) => {
      credit(m).watch.behind[0] = 6001;
    },
  },
  'CR-CAP': {
    before,
    spoil: (m: Cpu) => {
      credit(m).watch.overrun[0] = 18_001;
    },
  },
};

export const creditBadSteps = {
  'CR-T5': {
    before: [...before, tick, call('yield', { thread: 0 })],
    step: tick,
    // CPU 0 goes on with thread 0 after all.
    spoil: (m: Cpu) => {
      const { current } = m.pcpus.at(0);
      if (current === null) throw new Error('CPU 0 is idle');
      m.pcpus.at(0).current = 0;
      m.threads.at(0).state = { kind: 'running', on: 0 };
      m.threads.at(0).published.preempted = false;
      m.threads.at(current).state = { kind: 'ready' };
      m.queue = [current, ...m.queue.filter((t) => t !== 0)];
    },
  },
  'CR-N': {
    before,
    step: call('wake', { thread: 0 }),
    spoil: (m: Cpu) => {
      m.watch.waited[3] = 16;
      m.watch.steady = 16;
    },
  },
  'C2-T1': {
    before: [...before2, tick],
    step: tick,
    // An epoch ends with nothing left to anybody: as if thread 3 had had 10, and got 40.
    spoil: (m: Cpu) => {
      const own = credit2(m);
      own.credit[3] = 50;
      own.ledger.at(3).given -= 60;
      own.ledger.at(3).forgiven += 10;
    },
  },
  'C2-T3': {
    before: before2,
    step: tick,
    spoil: (m: Cpu) => {
      credit2(m).residual[0] = 1;
    },
  },
  'C2-T4': {
    before: before2,
    step: tick,
    // What the two that get CPUs have, as if it had not been enough.
    spoil: (m: Cpu) => {
      for (const t of [3, 4]) {
        const own = credit2(m);
        own.ledger.at(t).forgiven -= own.credit.at(t);
        own.credit[t] = 0;
      }
    },
  },
  'C2-T5': {
    before: before2,
    step: tick,
    spoil: (m: Cpu) => {
      // Given where nobody who runs was without.
      const own = credit2(m);
      own.ledger.at(2).given++;
      own.ledger.at(2).forgiven--;
    },
  },
  'CR-I1': {
    before,
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).residual[0] = 1;
    },
  },
  'CR-I2': {
    before: beforeAccounting,
    step: tick,
    spoil: (m: Cpu) => {
      const own = credit(m);
      const more = 301 - own.credit.at(0);
      own.ledger.at(0).adjusted += more;
      own.balance += more;
      own.credit[0] = 301;
    },
  },
  'CR-I5': {
    before: [...before, call('halt', { thread: 0 }), call('wake', { thread: 0 }), tick],
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).priority[0] = 'boost';
    },
  },
  'CR-T1': {
    before,
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).priority[4] = 'boost';
    },
  },
  'C2-T2': {
    before: [
      call('set-scheduler', { scheduler: 'credit2' }),
      call('set-cap', { vm: 1, cap: 1 }),
      tick,
    ],
    step: tick,
    spoil: (m: Cpu) => {
      const { current } = m.pcpus.at(0);
      if (current === null) throw new Error('CPU 0 is idle');
      m.pcpus.at(0).current = null;
      m.threads.at(current).state = { kind: 'ready' };
      m.threads.at(current).published.preempted = true;
      m.queue.unshift(current);
    },
  },
  'C2-T6': {
    before: [call('set-scheduler', { scheduler: 'credit2' }), call('set-cap', { vm: 1, cap: 2 })],
    step: call('wake', { thread: 3 }),
    spoil: (m: Cpu) => {
      m.scheduler.states.credit2.budgets.taken[4] = 1;
    },
  },
  'CR-T2': {
    before: beforeAccounting,
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).ledger.at(0).earned++;
      credit(m).ledger.at(0).adjusted--;
    },
  },
  'CR-T3': {
    before: [
      ...[...before, call('set-cap', { vm: 0, cap: 8 })],
      ...[tick, call('halt', { thread: 0 }), tick],
    ],
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).parked[0] = true;
      m.threads.at(0).held = true;
    },
  },
  'CR-T4': {
    before: beforeAccounting,
    step: tick,
    spoil: (m: Cpu) => {
      credit(m).balance++;
    },
  },
};
