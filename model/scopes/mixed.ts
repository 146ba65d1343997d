/** Scopes of hosts with memory and CPUs: what guests do with the one takes time on the other. */
import { keysOf } from '../../machine/index.ts';
import { memoryCommands } from '../memory/index.ts';
import { cpu, cpuFuzzSizes, cpuSizes } from './cpu-sizes.ts';
import { blankSizes, inflating, memory, paging } from './memory-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/** Two VMs of two vCPUs and three pages, and a thread of the VMM, which goes first. */
const mixedSizes: VmmSizes = {
  ...cpuFuzzSizes,
  ...{ booted: 2, page: 3, virtual: 3, frame: 7, slot: 4, block: 1, content: 3, emergency: 1 },
  ...{ thread: 5, vcpus: 2, vmmFirst: 1, coupled: 1 },
};

/** One VM of one vCPU and one page, and a thread of the VMM, on one CPU. */
const smallSizes: VmmSizes = {
  ...cpuSizes,
  ...{ pcpu: 1, vm: 1, thread: 2, weight: 1, quantum: 1, patience: 1, advantage: 0, grid: 1 },
  ...{ work: 1, vmmFirst: 1, coupled: 1 },
  ...{ booted: 1, page: 1, virtual: 1, frame: 2, slot: 1, block: 1, hashes: 1, useZero: 0 },
};

/** VMs stay: where one comes or goes, its vCPUs would have to as well. */
const lives = ['memory.create-vm', 'memory.destroy-vm', 'memory.oom-kill'];
const allOfMemory = keysOf(memoryCommands).filter((kind) => !lives.includes(kind));

export const mixedScopes = {
  mixed: {
    name: 'mixed',
    purpose: 'random testing: memory and CPUs of one host, whose commands alternate',
    sizes: mixedSizes,
    commands: [...allOfMemory, 'record.*', 'cpu.*'],
  },
  'mixed-swap': {
    name: 'mixed-swap',
    purpose:
      'every state of a guest that waits for its page, which is paged out and in, and of its vCPU',
    sizes: { ...smallSizes, reserve: 0 },
    explored: { distinct: 4230, generated: 13045, depth: 20, complete: true },
    commands: [
      ...memory('map', 'read', 'populate', ...paging),
      ...cpu('vmm-work', 'pause-vm', 'resume-vm', 'tick'),
    ],
  },
  'mixed-balloon': {
    name: 'mixed-balloon',
    purpose: 'every state of a balloon driver that shares a CPU with work of the VMM',
    sizes: { ...smallSizes, vmmFirst: 0, page: 2, frame: 3, work: 2 },
    explored: { distinct: 2106, generated: 9636, depth: 9, complete: true },
    commands: [...memory('set-balloon-target', ...inflating), ...cpu('vmm-work', 'tick')],
  },
  'mixed-clocks': {
    name: 'mixed-clocks',
    purpose:
      'every state of the clock and the timer of a guest that waits for its page, which is paged out and in',
    sizes: {
      ...{ ...smallSizes, reserve: 0 },
      ...{ guest: 1, drift: 1, replays: 1, timer: 1 },
    },
    explored: { distinct: 9220, generated: 40493, depth: 20, complete: true },
    commands: [
      ...memory('map', 'read', 'populate', ...paging),
      ...[...cpu('vmm-work', 'tick'), 'service.boot', 'service.power-off', 'service.set-timer'],
    ],
  },
  record: {
    name: 'record',
    purpose:
      'every state of a guest that moves its record of stolen time, and of pages it is written to',
    sizes: { ...blankSizes, vm: 2, virtual: 2, content: 2, frame: 2, emergency: 0 },
    explored: { distinct: 3825, generated: 23854, depth: 12, complete: true },
    commands: [...memory('map', 'unmap', 'populate'), 'record.*'],
  },
} satisfies Scopes;
