/** Scopes of Xen’s credit and credit2 schedulers. */
import { cpu, cpuFuzzSizes, cpuSizes, place } from './cpu-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/** Long enough for two accountings of the credit scheduler, one every 3 ticks. */
const creditSizes: VmmSizes = {
  ...cpuSizes,
  scheduler: place('credit'),
  quantum: 3,
  period: 3,
  patience: 12,
};
const creditCapSizes: VmmSizes = { ...creditSizes, pcpu: 1, vm: 2, thread: 2, horizon: 8 };

export const creditScopes = {
  'cpu-credit-fuzz': {
    name: 'cpu-credit-fuzz',
    purpose:
      'random testing of Xen’s credit scheduler: ten sub-ticks a tick, parts of which are used',
    sizes: { ...cpuFuzzSizes, scheduler: place('credit'), quantum: 3 },
    commands: cpu(
      ...['set-weight', 'set-cap', 'set-affinity', 'pause-vm', 'resume-vm'],
      ...['halt', 'wake', 'yield', 'run-part', 'vmm-work', 'tick'],
    ),
  },
  'cpu-credit-moves': {
    name: 'cpu-credit-moves',
    purpose:
      'random testing of two vCPUs that credit parks for their caps, and of other schedulers then',
    sizes: creditCapSizes,
    commands: cpu('set-cap', 'set-scheduler', 'tick'),
  },
  'cpu-credit': {
    name: 'cpu-credit',
    purpose: 'three vCPUs on one CPU that sleep and wake through two accountings of Xen’s credit',
    sizes: { ...creditSizes, pcpu: 1, firstWeight: 2, horizon: 6 },
    explored: { distinct: 50112, generated: 192336, depth: 22, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-credit-pair': {
    name: 'cpu-credit-pair',
    purpose: 'three vCPUs on two CPUs that sleep and wake through an accounting of Xen’s credit',
    sizes: { ...creditSizes, firstWeight: 2, horizon: 3 },
    explored: { distinct: 20440, generated: 84248, depth: 20, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-credit-parts': {
    name: 'cpu-credit-parts',
    purpose:
      'two vCPUs on one CPU that give up the rest of a tick, of three sub-ticks, under credit',
    sizes: { ...creditSizes, pcpu: 1, vm: 2, thread: 2, subticks: 3, horizon: 6 },
    explored: { distinct: 2818, generated: 4180, depth: 20, complete: true },
    commands: cpu('run-part', 'tick'),
  },
  'cpu-credit-caps': {
    name: 'cpu-credit-caps',
    purpose: 'two vCPUs on one CPU whose caps change, and that are parked and let go, under credit',
    sizes: creditCapSizes,
    explored: { distinct: 16273, generated: 106518, depth: 17, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
  'cpu-credit-parked': {
    name: 'cpu-credit-parked',
    purpose: 'a vCPU on one CPU whose cap changes, and that is parked and let go, under credit',
    sizes: {
      ...creditCapSizes,
      ...{ vm: 1, thread: 1, weight: 1, patience: 1, advantage: 0, grid: 1, horizon: 0 },
    },
    explored: { distinct: 12432, generated: 49728, depth: 323, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
  'cpu-credit-affinity': {
    name: 'cpu-credit-affinity',
    purpose: 'three vCPUs that are moved between two CPUs, under Xen’s credit',
    sizes: { ...creditSizes, horizon: 3 },
    explored: { distinct: 9858, generated: 60933, depth: 14, complete: true },
    commands: cpu('set-affinity', 'tick'),
  },
  'cpu-credit-yields': {
    name: 'cpu-credit-yields',
    purpose: 'four vCPUs on two CPUs that yield through two accountings of Xen’s credit',
    sizes: {
      ...creditSizes,
      ...{ vm: 4, thread: 4, weight: 1, patience: 1, advantage: 0, grid: 1, horizon: 6 },
    },
    explored: { distinct: 4964, generated: 7032, depth: 18, complete: true },
    commands: cpu('yield', 'tick'),
  },
  'cpu-credit-shares': {
    name: 'cpu-credit-shares',
    purpose: 'three vCPUs on one CPU with caps that none of them can reach, under Xen’s credit',
    sizes: { ...creditSizes, pcpu: 1, period: 1, horizon: 9 },
    explored: { distinct: 213, generated: 825, depth: 12, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
  'cpu-credit2-fuzz': {
    name: 'cpu-credit2-fuzz',
    purpose: 'random testing of Xen’s credit2: ten sub-ticks a tick, parts of which are used',
    sizes: { ...cpuFuzzSizes, scheduler: place('credit2') },
    commands: cpu(
      ...['set-weight', 'set-cap', 'set-affinity', 'pause-vm', 'resume-vm'],
      ...['halt', 'wake', 'yield', 'run-part', 'vmm-work', 'tick'],
    ),
  },
  'cpu-credit2': {
    name: 'cpu-credit2',
    purpose: 'three vCPUs on two CPUs that use parts of ticks, one of double weight, under credit2',
    sizes: { ...cpuSizes, scheduler: place('credit2'), firstWeight: 2, subticks: 3, horizon: 4 },
    explored: { distinct: 7097, generated: 9279, depth: 14, complete: true },
    commands: cpu('run-part', 'tick'),
  },
  'cpu-credit2-budgets': {
    name: 'cpu-credit2-budgets',
    purpose: 'two VMs of two vCPUs on one CPU whose caps change, under credit2',
    sizes: {
      ...cpuSizes,
      ...{ scheduler: place('credit2'), pcpu: 1, vm: 2, thread: 4, vcpus: 2, online: 2 },
      ...{ weight: 1, period: 2, patience: 2, advantage: 0, grid: 1, horizon: 5 },
    },
    explored: { distinct: 396, generated: 1851, depth: 12, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
} satisfies Scopes;
