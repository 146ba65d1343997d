/** Mistakes in what Xen's credit scheduler keeps. In `cpu-fuzz`, threads 0 and 1 of VM 0 run. */
import type { Cpu } from '../../model/index.ts';
import { type CpuStep, call, tick } from './cpu-bench.ts';

const credit = (m: Cpu): Cpu['scheduler']['states']['credit'] => m.scheduler.states.credit;
const before: readonly CpuStep[] = [call('set-scheduler', { scheduler: 'credit' })];
/** The next tick is one of accounting. */
const beforeAccounting: readonly CpuStep[] = [...before, tick, tick];

export const creditBadStates = {
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
  'CR-N': {
    before,
    spoil: (m: Cpu) => {
      m.watch.waited[3] = 16;
      m.watch.steady = 16;
    },
  },
};

export const creditBadSteps = {
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
