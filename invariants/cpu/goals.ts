/** What random runs must come to see: every state of a thread, every scheduler, every refusal. */
import type { Sometimes } from '../../machine/index.ts';
import { type CheckedCpu, cpuCommands } from '../../model/index.ts';
import { goalsOf } from '../goals.ts';
import { kinds, property } from './reading.ts';

const { states, events, refusals } = goalsOf(property);

/** States of threads, and the commands that may bring them there. */
const threads = states(
  'thread',
  'a thread is',
  {
    offline: kinds('cpu.release-vcpu'),
    paused: kinds('cpu.pause-vm'),
    blocked: kinds('cpu.halt', 'cpu.tick'),
    ready: kinds('cpu.tick'),
    costopped: kinds('cpu.tick'),
    throttled: kinds('cpu.tick', 'cpu.set-cap'),
    unassigned: kinds('cpu.online-vcpu'),
    running: kinds('cpu.tick'),
  },
  (m, kind) => m.threads.some(({ state }) => state.kind === kind),
);
const told = events({
  scheduled: kinds('cpu.tick'),
  descheduled: kinds('cpu.tick', 'cpu.halt'),
  'halt-cancelled': kinds('cpu.halt'),
  'lock-taken': kinds('cpu.lock', 'cpu.unlock'),
  'lock-awaited': kinds('cpu.lock'),
});

const apart = property.sometimes({
  id: 'GOAL-vm-dedicated',
  name: 'the vCPUs of a VM run on CPUs of their own beside others that share',
  commands: kinds('cpu.set-mode', 'cpu.tick'),
  reached: ({ after: { dedication, pcpus } }) =>
    pcpus.some(
      ({ current }, p) =>
        current !== null && dedication.some(({ owners }) => owners.at(p) === current),
    ),
});

const worker = property.sometimes({
  id: 'GOAL-vmm-runs',
  name: 'a thread of the VMM takes a CPU from guests',
  commands: kinds('cpu.tick'),
  reached: ({ after }) =>
    after.queue.length > 0 &&
    after.threads.some(({ vm, state }) => vm === null && state.kind === 'running'),
});

const parked = property.sometimes({
  id: 'GOAL-thread-parked',
  name: 'credit parks a thread whose VM is over its cap',
  commands: kinds('cpu.tick'),
  reached: ({ after }) => after.threads.some(({ held }) => held),
});

export const cpuGoals: readonly Sometimes<CheckedCpu>[] = [
  ...threads,
  ...told,
  apart,
  worker,
  parked,
  ...refusals(cpuCommands, (kind) => kind.replace('.', '-')),
];
