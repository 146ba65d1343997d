/** Scopes of guest systems: their clocks, and the service that talks with the host. */
import { cpu, cpuFuzzSizes, cpuSizes } from './cpu-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/** The commands of some names of the service subsystem. */
const service = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `service.${name}`);

/** A guest on a CPU that its VM has to itself. */
const aloneSizes: VmmSizes = {
  ...cpuSizes,
  pcpu: 1,
  vm: 1,
  thread: 1,
  weight: 1,
  quantum: 1,
  patience: 1,
  advantage: 0,
  grid: 1,
  guest: 1,
  drift: 2,
  ahead: 1,
  replays: 1,
  slew: 2,
  implicit: 2,
  watchdog: 2,
  heartbeat: 1,
  freeze: 2,
  shutdown: 1,
};
/** The same CPU, and another VM that takes it every other tick. */
const sharedSizes: VmmSizes = { ...aloneSizes, vm: 2, thread: 2 };

export const serviceScopes = {
  'service-fuzz': {
    name: 'service-fuzz',
    purpose: 'random testing: clocks and services of guests that sleep, wait and are paused',
    sizes: {
      ...cpuFuzzSizes,
      pcpu: 1,
      thread: 4,
      vcpus: 2,
      horizon: 0,
      guest: 2,
      drift: 12,
      ahead: 3,
      replays: 2,
      slew: 3,
      implicit: 3,
      watchdog: 4,
      heartbeat: 1,
      freeze: 5,
      shutdown: 3,
      timer: 3,
    },
    commands: [...cpu('tick', 'halt', 'wake', 'pause-vm', 'resume-vm', 'set-cap'), 'service.*'],
  },
  'service-clocks': {
    name: 'service-clocks',
    purpose: 'every state of the clock of a guest that is paused, boots and is told the time',
    sizes: { ...aloneSizes, watchdog: 0 },
    explored: { distinct: 14829, generated: 49725, depth: 23, complete: true },
    commands: [
      ...cpu('tick', 'pause-vm', 'resume-vm'),
      ...service('power-off', 'boot', 'start', 'send-sync', 'send-sample', 'read-time'),
    ],
  },
  'service-timer': {
    name: 'service-timer',
    purpose: 'every state of a clock that counts ticks, of a guest that has to wait for its CPU',
    sizes: { ...sharedSizes, watchdog: 0, quantum: 2 },
    explored: { distinct: 1306, generated: 3716, depth: 12, complete: true },
    commands: [...cpu('tick'), ...service('power-off', 'boot', 'start', 'send-sync', 'read-time')],
  },
  'service-watchdog': {
    name: 'service-watchdog',
    purpose: 'every state of a guest whose watchdog looks while its VM is paused and goes on',
    sizes: aloneSizes,
    explored: { distinct: 164, generated: 362, depth: 15, complete: true },
    commands: [...cpu('tick', 'pause-vm', 'resume-vm'), ...service('check-watchdog')],
  },
  'service-heartbeat': {
    name: 'service-heartbeat',
    purpose: 'every state of a guest that answers heartbeats, or starves, or has crashed',
    sizes: { ...sharedSizes, quantum: 4 },
    explored: { distinct: 4746, generated: 8889, depth: 29, complete: true },
    commands: [
      ...cpu('tick'),
      ...service('start', 'send-heartbeat', 'answer-heartbeat', 'crash', 'restart-vm'),
    ],
  },
  'service-quiesce': {
    name: 'service-quiesce',
    purpose: 'every state of a guest whose files are frozen and written while its VM is paused',
    sizes: aloneSizes,
    explored: { distinct: 475, generated: 2142, depth: 13, complete: true },
    commands: [
      ...cpu('tick', 'pause-vm', 'resume-vm'),
      ...service('freeze', 'acknowledge-freeze', 'thaw', 'write-file', 'take-snapshot'),
    ],
  },
  'service-shutdown': {
    name: 'service-shutdown',
    purpose: 'every state of a guest that shuts down, is powered off and boots again',
    sizes: aloneSizes,
    explored: { distinct: 1232, generated: 4598, depth: 8, complete: true },
    commands: [
      ...cpu('tick'),
      ...service('boot', 'start', 'write-file', 'request-shutdown', 'acknowledge-shutdown'),
      ...service('shut-down', 'power-off'),
    ],
  },
} satisfies Scopes;
