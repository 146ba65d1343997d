/** Scopes of CPUs: round robin, stride, EEVDF, and what all schedulers have in common. */
import { cpu, cpuFuzzSizes, cpuSizes, place } from './cpu-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/** On one CPU, one of them with double weight. */
const strideSizes: VmmSizes = {
  ...cpuSizes,
  pcpu: 1,
  scheduler: 1,
  firstWeight: 2,
  patience: 7,
};
/** Where it does not matter who gets how much: quanta of one tick, and no fairness to watch. */
const equalSizes: VmmSizes = {
  ...cpuSizes,
  weight: 1,
  quantum: 1,
  patience: 1,
  advantage: 0,
  grid: 1,
};
/** One VM of two vCPUs. */
const pairSizes: VmmSizes = { ...equalSizes, vm: 1, thread: 2, vcpus: 2, online: 2 };

export const cpuScopes = {
  'cpu-fuzz': {
    name: 'cpu-fuzz',
    purpose: 'random testing: every command of CPUs, every scheduler',
    sizes: cpuFuzzSizes,
    commands: ['cpu.*'],
  },
  'cpu-fuzz-one': {
    name: 'cpu-fuzz-one',
    purpose: 'random testing on one CPU, where bounds of fairness are proved',
    sizes: { ...cpuFuzzSizes, pcpu: 1, quantum: 1 },
    commands: ['cpu.*'],
  },
  'cpu-round-robin': {
    name: 'cpu-round-robin',
    purpose: 'every state of three vCPUs on two CPUs that sleep, wake and yield, under round robin',
    sizes: cpuSizes,
    explored: { distinct: 22496, generated: 146760, depth: 17, complete: true },
    commands: cpu('halt', 'wake', 'yield', 'tick'),
  },
  'cpu-stride': {
    name: 'cpu-stride',
    purpose:
      'every state of three vCPUs on one CPU that sleep and wake, one of double weight, under stride',
    sizes: strideSizes,
    explored: { distinct: 26240, generated: 118760, depth: 34, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-reweight': {
    name: 'cpu-reweight',
    purpose: 'every state of two vCPUs on one CPU that sleep and change weight, under stride',
    sizes: { ...strideSizes, vm: 2, thread: 2, firstWeight: 1 },
    explored: { distinct: 5420, generated: 30056, depth: 28, complete: true },
    commands: cpu('set-weight', 'halt', 'wake', 'tick'),
  },
  'cpu-stride-two': {
    name: 'cpu-stride-two',
    purpose:
      'every state of three vCPUs on two CPUs, one of a weight that no CPU can serve, under stride',
    sizes: {
      ...strideSizes,
      pcpu: 2,
      weight: 3,
      firstWeight: 3,
      grid: 6,
      patience: 12,
      advantage: 1,
    },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-strides': {
    name: 'cpu-strides',
    purpose: 'two vCPUs on one CPU that run all the time, of weights that do not divide each other',
    sizes: {
      ...strideSizes,
      vm: 2,
      thread: 2,
      weight: 4,
      firstWeight: 3,
      grid: 12,
    },
    explored: { distinct: 11, generated: 11, depth: 10, complete: true },
    commands: cpu('tick'),
  },
  'cpu-rights': {
    name: 'cpu-rights',
    purpose: 'every state of three vCPUs on two CPUs that are promised ticks, under stride',
    sizes: { ...equalSizes, scheduler: place('stride'), period: 2, patience: 2 },
    explored: { distinct: 11247, generated: 69927, depth: 18, complete: true },
    commands: cpu('set-reservation', 'tick'),
  },
  'cpu-promises': {
    name: 'cpu-promises',
    purpose: 'every state of three vCPUs on two CPUs that are promised ticks in each period',
    sizes: { ...equalSizes, period: 2 },
    explored: { distinct: 5819, generated: 36179, depth: 14, complete: true },
    commands: cpu('set-reservation', 'tick'),
  },
  'cpu-caps': {
    name: 'cpu-caps',
    purpose: 'every state of a VM of two vCPUs whose cap changes while they sleep and wake',
    sizes: { ...pairSizes, period: 3 },
    explored: { distinct: 10592, generated: 100420, depth: 15, complete: true },
    commands: cpu('set-cap', 'halt', 'wake', 'tick'),
  },
  'cpu-hotplug': {
    name: 'cpu-hotplug',
    purpose: 'every state of a VM whose two vCPUs are plugged in and out, run and sleep',
    sizes: { ...pairSizes, pcpu: 1, online: 1 },
    explored: { distinct: 320, generated: 1396, depth: 14, complete: true },
    commands: cpu('set-vcpus', 'online-vcpu', 'release-vcpu', 'halt', 'wake', 'tick'),
  },
  'cpu-dedicated-fuzz': {
    name: 'cpu-dedicated-fuzz',
    purpose: 'random testing where there are CPUs for dedicated VMs, and for those who share',
    sizes: { ...cpuFuzzSizes, pcpu: 3, online: 1, minShared: 1 },
    commands: ['cpu.*'],
  },
  'cpu-dedicated': {
    name: 'cpu-dedicated',
    purpose:
      'every state of two vCPUs of which one may have a CPU of its own, beside work of the VMM',
    sizes: { ...equalSizes, ...{ vm: 2, thread: 3, work: 1, dedication: 1, minShared: 1 } },
    explored: { distinct: 50340, generated: 352560, depth: 16, complete: true },
    commands: cpu('set-mode', 'halt', 'wake', 'pause-vm', 'resume-vm', 'vmm-work', 'tick'),
  },
  'cpu-dedicated-moves': {
    name: 'cpu-dedicated-moves',
    purpose: 'every state of two vCPUs that share CPUs or have one each, which come and go',
    sizes: { ...equalSizes, ...{ vm: 2, thread: 2, dedication: 1 } },
    explored: { distinct: 2104, generated: 13706, depth: 9, complete: true },
    commands: cpu('set-mode', 'set-affinity', 'offline-pcpu', 'online-pcpu', 'halt', 'tick'),
  },
  'cpu-dedicated-plugging': {
    name: 'cpu-dedicated-plugging',
    purpose: 'every state of a dedicated VM whose vCPUs and CPUs come and go',
    sizes: { ...equalSizes, ...{ vm: 1, thread: 3, vcpus: 3, dedication: 1 } },
    explored: { distinct: 15685, generated: 89263, depth: 21, complete: true },
    commands: cpu(
      ...['set-mode', 'set-vcpus', 'online-vcpu', 'release-vcpu'],
      ...['offline-pcpu', 'online-pcpu', 'tick'],
    ),
  },
  'cpu-dedicated-all': {
    name: 'cpu-dedicated-all',
    purpose:
      'every state of two VMs that are dedicated while there are CPUs for all of their vCPUs',
    sizes: { ...equalSizes, ...{ vm: 2, thread: 4, vcpus: 2, dedication: 1 } },
    explored: { distinct: 14336, generated: 70096, depth: 30, complete: true },
    commands: cpu('set-automatic', 'set-vcpus', 'online-vcpu', 'release-vcpu', 'tick'),
  },
  'cpu-pauses': {
    name: 'cpu-pauses',
    purpose: 'every state of two vCPUs that sleep, wake each other and are paused',
    sizes: { ...pairSizes, pcpu: 1 },
    explored: { distinct: 252, generated: 1044, depth: 9, complete: true },
    commands: cpu('halt', 'wake', 'pause-vm', 'resume-vm', 'tick'),
  },
  'cpu-locks-fuzz': {
    name: 'cpu-locks-fuzz',
    purpose: 'random testing of guests whose vCPUs wait for each other: locks, and co-scheduling',
    sizes: cpuFuzzSizes,
    commands: cpu(
      ...['set-coscheduling', 'lock', 'unlock', 'directed-yield', 'halt', 'wake', 'yield'],
      ...['set-cap', 'set-vcpus', 'online-vcpu', 'release-vcpu', 'pause-vm', 'resume-vm'],
      ...['set-scheduler', 'tick'],
    ),
  },
  'cpu-locks': {
    name: 'cpu-locks',
    purpose: 'every state of two VMs of two vCPUs on one CPU that take locks, spin and give turns',
    sizes: { ...equalSizes, pcpu: 1, vm: 2, thread: 4, vcpus: 2, online: 2, quantum: 2, spin: 1 },
    explored: { distinct: 1644, generated: 2965, depth: 30, complete: true },
    commands: cpu('lock', 'unlock', 'directed-yield', 'tick'),
  },
  'cpu-locks-stride': {
    name: 'cpu-locks-stride',
    purpose: 'every state of two VMs of two vCPUs on one CPU that give turns at once, under stride',
    sizes: { ...strideSizes, vm: 2, thread: 4, vcpus: 2, online: 2, firstWeight: 1 },
    explored: { distinct: 1757, generated: 3514, depth: 26, complete: true },
    commands: cpu('lock', 'unlock', 'directed-yield', 'tick'),
  },
  'cpu-lock-queue': {
    name: 'cpu-lock-queue',
    purpose: 'every state of three vCPUs on one CPU that take one lock in turn, and give turns',
    sizes: {
      ...equalSizes,
      ...{ pcpu: 1, vm: 1, thread: 3, vcpus: 3, online: 3, quantum: 4, spin: 1 },
    },
    explored: { distinct: 1388, generated: 2536, depth: 31, complete: true },
    commands: cpu('lock', 'unlock', 'directed-yield', 'tick'),
  },
  'cpu-lock-plugging': {
    name: 'cpu-lock-plugging',
    purpose: 'every state of two vCPUs that take a lock, while one is plugged in and out',
    sizes: { ...pairSizes, pcpu: 1, spin: 1 },
    explored: { distinct: 76, generated: 250, depth: 11, complete: true },
    commands: cpu('set-vcpus', 'online-vcpu', 'release-vcpu', 'lock', 'unlock', 'tick'),
  },
  'cpu-costop': {
    name: 'cpu-costop',
    purpose: 'every state of two vCPUs on one CPU that sleep, wake and are kept together',
    sizes: { ...pairSizes, pcpu: 1, quantum: 5, stop: 3, start: 1 },
    explored: { distinct: 3852, generated: 19488, depth: 17, complete: true },
    commands: cpu('set-coscheduling', 'halt', 'wake', 'yield', 'tick'),
  },
  'cpu-gangs': {
    name: 'cpu-gangs',
    purpose: 'every state of two VMs of two vCPUs on two CPUs that may be strict, and are paused',
    sizes: {
      ...equalSizes,
      ...{ vm: 2, thread: 4, vcpus: 2, online: 2, stop: 1, start: 0, ageing: 2 },
    },
    explored: { distinct: 5888, generated: 41216, depth: 13, complete: true },
    commands: cpu('set-coscheduling', 'pause-vm', 'resume-vm', 'tick'),
  },
  'cpu-eevdf': {
    name: 'cpu-eevdf',
    purpose:
      'every state of two vCPUs on one CPU that sleep and wake, of weights 2 and 1, under EEVDF',
    sizes: { ...strideSizes, vm: 2, thread: 2, scheduler: place('eevdf'), grid: 6 },
    explored: { distinct: 1716, generated: 6256, depth: 30, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-eevdf-weights': {
    name: 'cpu-eevdf-weights',
    purpose: 'two vCPUs on one CPU that change weight, under EEVDF, as far as a search goes',
    sizes: { ...strideSizes, vm: 2, thread: 2, scheduler: place('eevdf'), grid: 6, patience: 12 },
    explored: { distinct: 12546, generated: 40588, depth: 9, complete: false },
    commands: cpu('set-weight', 'halt', 'wake', 'tick'),
  },
} satisfies Scopes;
