/** The named bounded configurations of the VMM. */
import { keysOf, type Scope } from '../machine/index.ts';
import { type CpuSizes, type SchedulerName, schedulers } from './cpu/index.ts';
import type { MemorySizes } from './memory/index.ts';

export type VmmSizes = MemorySizes &
  CpuSizes & {
    /** Hosts between which VMs may move. */
    readonly host: number;
  };
export interface VmmScope extends Scope {
  readonly sizes: VmmSizes;
  /** What an exhaustive search finds while it asks nothing. */
  readonly explored?: {
    readonly distinct: number;
    readonly generated: number;
    readonly depth: number;
    /** Every state there is; else every state that is no more than `depth` steps away. */
    readonly complete: boolean;
  };
}

/** Memory by itself: nothing to run on, and nothing that runs. */
const noCpus: CpuSizes = {
  vm: 0,
  pcpu: 0,
  thread: 0,
  vcpus: 0,
  online: 0,
  scheduler: 0,
  weight: 1,
  firstWeight: 1,
  quantum: 0,
  subticks: 1,
  request: 1,
  period: 0,
  work: 0,
  vmmFirst: 0,
  horizon: 0,
  patience: 0,
  advantage: 0,
  grid: 1,
};

const tinySizes: VmmSizes = {
  ...noCpus,
  host: 1,
  vm: 2,
  page: 2,
  virtual: 2,
  frame: 4,
  slot: 2,
  block: 1,
  content: 3,
  salt: 2,
  booted: 0,
  reserve: 1,
  hypervisor: 0,
  overhead: 0,
  emergency: 1,
  floor: 1,
  units: 1,
  hostPage: 2,
  batch: 2,
  oomBatch: 1,
  huge: 0,
  maxSharing: 2,
  hashes: 2,
  useZero: 1,
  salted: 0,
  pins: 1,
  shares: 2,
  sample: 2,
};

/** 3 VMs of up to 6 pages on 12 frames: the scope in which faults are measured. */
const fuzzSizes: VmmSizes = {
  ...tinySizes,
  vm: 3,
  page: 6,
  virtual: 4,
  frame: 12,
  slot: 4,
  block: 2,
  content: 4,
  hypervisor: 1,
  overhead: 1,
  units: 2,
  maxSharing: 3,
  pins: 2,
};

/** Frames to spare: running short of them would be another channel than the one in question. */
const secretSizes: VmmSizes = {
  ...tinySizes,
  frame: 64,
  booted: 2,
  useZero: 0,
  salted: 1,
};

/** One page each for two VMs: small enough to visit every state. */
const searchedSizes: VmmSizes = {
  ...tinySizes,
  booted: 2,
  page: 1,
  virtual: 1,
  frame: 3,
  slot: 1,
  content: 2,
  salt: 1,
};
/** Two pages for one VM, of which one has memory reserved and the other a slot. */
const singleSizes: VmmSizes = { ...searchedSizes, vm: 1, booted: 1, page: 2 };
/** The same, where contents do not matter. */
const blankSizes: VmmSizes = { ...singleSizes, content: 1, hashes: 1, useZero: 0 };

/** CPUs by themselves: VMs without memory. Three vCPUs, each of a VM of its own, on two CPUs. */
const cpuSizes: VmmSizes = {
  ...tinySizes,
  vm: 3,
  page: 0,
  virtual: 0,
  frame: 0,
  slot: 0,
  content: 1,
  salt: 1,
  block: 0,
  emergency: 0,
  pcpu: 2,
  thread: 3,
  vcpus: 1,
  online: 1,
  weight: 2,
  quantum: 2,
  request: 2,
  period: 1,
  patience: 4,
  advantage: 4,
  grid: 2,
};

/** On one CPU, one of them with double weight. */
const strideSizes: VmmSizes = {
  ...cpuSizes,
  pcpu: 1,
  scheduler: 1,
  firstWeight: 2,
  patience: 7,
};
/** Where a scheduler is in the table. */
const place = (name: SchedulerName): number => keysOf(schedulers).indexOf(name);

/** Long enough for two accountings of the credit scheduler, one every 3 ticks. */
const creditSizes: VmmSizes = {
  ...cpuSizes,
  scheduler: place('credit'),
  quantum: 3,
  period: 3,
  patience: 12,
};
const creditCapSizes: VmmSizes = { ...creditSizes, pcpu: 1, vm: 2, thread: 2, horizon: 8 };

/** 2 VMs of 3 vCPUs, of which 2 are plugged in, and a thread of the VMM, on 2 CPUs. */
const cpuFuzzSizes: VmmSizes = {
  ...cpuSizes,
  vm: 2,
  thread: 7,
  vcpus: 3,
  online: 2,
  weight: 4,
  period: 4,
  work: 3,
  horizon: 100,
  patience: 200,
  advantage: 200,
  grid: 12,
  subticks: 10,
};

/** The commands of some names of the memory subsystem. */
const memory = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `memory.${name}`);

/** The commands of some names of the CPU subsystem. */
const cpu = (...names: readonly string[]): readonly string[] => names.map((name) => `cpu.${name}`);

export const scopes = {
  tiny: {
    name: 'tiny',
    purpose: 'the smallest host on which two VMs can share, swap and balloon',
    sizes: tinySizes,
    commands: ['memory.*'],
  },
  fuzz: {
    name: 'fuzz',
    purpose: 'random testing: every command of memory, every fault is measured here',
    sizes: fuzzSizes,
    commands: ['memory.*'],
  },
  overcommit: {
    name: 'overcommit',
    purpose: 'heuristic overcommitment: nothing is reserved, and a host may have to kill a VM',
    sizes: { ...fuzzSizes, reserve: 0, slot: 2 },
    commands: ['memory.*'],
  },
  secrets: {
    name: 'secrets',
    purpose: 'what access costs tell one VM of another, with a salt for each (DED-S1)',
    sizes: secretSizes,
    commands: [
      'memory.map',
      'memory.read',
      'memory.write',
      'memory.populate',
      'memory.scan-page',
      'memory.end-scan',
      'memory.merge-page',
      'memory.break-share',
      'memory.break-last',
    ],
  },
  small: {
    name: 'small',
    purpose: 'every command on one VM of two pages, as far as a search goes',
    sizes: { ...singleSizes, virtual: 2 },
    commands: ['memory.*'],
    explored: { distinct: 16483, generated: 64781, depth: 3, complete: false },
  },
  'memory-a': {
    name: 'memory-a',
    purpose: 'every command on two VMs of two pages: memory model A of the specification (7)',
    sizes: { ...tinySizes, booted: 2, frame: 5, hypervisor: 1 },
    commands: ['memory.*'],
    explored: { distinct: 7431, generated: 19755, depth: 2, complete: false },
  },
  swap: {
    name: 'swap',
    purpose: 'every state of a guest that is paged in and out, while devices hold pages',
    sizes: singleSizes,
    commands: memory(
      'map',
      'read',
      'write',
      'populate',
      'scrub',
      'swap-out-begin',
      'swap-out-end',
      'swap-out-clean',
      'swap-in',
      'drop-swap-copy',
      'pin',
      'unpin',
    ),
    explored: { distinct: 9291, generated: 60509, depth: 17, complete: true },
  },
  emergency: {
    name: 'emergency',
    purpose: 'every state of a guest with too few frames, whose swap-ins need the emergency frame',
    sizes: { ...blankSizes, page: 3, slot: 2 },
    commands: memory('populate', 'scrub', 'swap-out-begin', 'swap-out-end', 'swap-in', 'exchange'),
    explored: { distinct: 1753, generated: 5715, depth: 10, complete: true },
  },
  admission: {
    name: 'admission',
    purpose: 'every state of two VMs that come, go and change what they are promised',
    sizes: { ...searchedSizes, booted: 0, page: 2, frame: 4 },
    commands: memory('create-vm', 'destroy-vm', 'set-reservation', 'set-limit', 'set-shares'),
    explored: { distinct: 1681, generated: 9684, depth: 5, complete: true },
  },
  limits: {
    name: 'limits',
    purpose: 'every state of a guest whose limit is lowered below what it has',
    sizes: { ...blankSizes, page: 3, frame: 4, slot: 2 },
    commands: memory(
      'set-reservation',
      'set-limit',
      'populate',
      'swap-out-begin',
      'swap-out-end',
      'swap-in',
    ),
    explored: { distinct: 21846, generated: 103900, depth: 14, complete: true },
  },
  'special-pages': {
    name: 'special-pages',
    purpose: 'every state of a guest in whose memory pages of the hypervisor appear',
    sizes: { ...blankSizes, frame: 4, hypervisor: 1 },
    commands: memory(
      'populate',
      'map-special',
      'swap-out-begin',
      'swap-out-end',
      'swap-in',
      'merge-page',
      'break-share',
      'break-last',
    ),
    explored: { distinct: 269, generated: 528, depth: 10, complete: true },
  },
  balloon: {
    name: 'balloon',
    purpose: 'every state of a guest whose balloon is inflated, deflated, unloaded and overtaxed',
    sizes: { ...blankSizes, useZero: 1, frame: 2, emergency: 0 },
    commands: memory(
      'map',
      'write',
      'populate',
      'request-balloon',
      'load-driver',
      'unload-driver',
      'inflate-balloon',
      'acknowledge-inflate',
      'deflate-balloon',
      'acknowledge-deflate',
      'out-of-memory',
    ),
    explored: { distinct: 37440, generated: 415680, depth: 16, complete: true },
  },
  'balloon-units': {
    name: 'balloon-units',
    purpose: 'every state of a balloon that is counted in other units than the pages of its guest',
    sizes: { ...blankSizes, frame: 2, emergency: 0, units: 2 },
    commands: memory(
      'map',
      'request-balloon',
      'load-driver',
      'inflate-balloon',
      'acknowledge-inflate',
      'deflate-balloon',
      'acknowledge-deflate',
      'out-of-memory',
    ),
    explored: { distinct: 3860, generated: 33820, depth: 15, complete: true },
  },
  driver: {
    name: 'driver',
    purpose: 'every state of a balloon driver that is loaded, suspended, unloaded and reset',
    sizes: { ...blankSizes, page: 1, frame: 2, emergency: 0, floor: 0 },
    commands: memory(
      'populate',
      'set-balloon-target',
      'load-driver',
      'unload-driver',
      'freeze-driver',
      'restore-driver',
      'reset-vm',
      'inflate-balloon',
      'acknowledge-inflate',
      'deflate-balloon',
      'acknowledge-deflate',
      'request-statistics',
      'send-statistics',
    ),
    explored: { distinct: 5120, generated: 47168, depth: 17, complete: true },
  },
  'balloon-devices': {
    name: 'balloon-devices',
    purpose: 'every state of a balloon whose pages devices hold or rely on',
    sizes: { ...blankSizes, page: 1, frame: 2, emergency: 0, floor: 0 },
    commands: memory(
      'populate',
      'set-balloon-target',
      'load-driver',
      'inflate-balloon',
      'acknowledge-inflate',
      'deflate-balloon',
      'acknowledge-deflate',
      'set-inhibit',
      'pin',
      'unpin',
    ),
    explored: { distinct: 3924, generated: 18420, depth: 23, complete: true },
  },
  'huge-pages': {
    name: 'huge-pages',
    purpose: 'every state of a balloon over huge pages, which are taken whole or not at all',
    sizes: { ...blankSizes, frame: 2, emergency: 0, floor: 0, huge: 1 },
    commands: memory(
      'populate',
      'set-balloon-target',
      'load-driver',
      'inflate-balloon',
      'acknowledge-inflate',
      'deflate-balloon',
      'acknowledge-deflate',
    ),
    explored: { distinct: 10533, generated: 52263, depth: 12, complete: true },
  },
  'balloon-swap': {
    name: 'balloon-swap',
    purpose: 'every state of a guest that is paged out and ballooned at once',
    sizes: blankSizes,
    commands: memory(
      'populate',
      'swap-out-begin',
      'swap-out-end',
      'swap-in',
      'set-balloon-target',
      'load-driver',
      'inflate-balloon',
      'acknowledge-inflate',
    ),
    explored: { distinct: 17478, generated: 80748, depth: 13, complete: true },
  },
  'balloon-sharing': {
    name: 'balloon-sharing',
    purpose: 'every state of a guest whose shared pages go to its balloon',
    sizes: { ...blankSizes, frame: 2, emergency: 0, floor: 0 },
    commands: memory(
      'populate',
      'merge-page',
      'set-balloon-target',
      'load-driver',
      'inflate-balloon',
      'acknowledge-inflate',
    ),
    explored: { distinct: 3675, generated: 17733, depth: 9, complete: true },
  },
  reporting: {
    name: 'reporting',
    purpose: 'every state of a guest that reports free pages, poisoned or held by devices',
    sizes: { ...singleSizes, page: 1, frame: 2, emergency: 0 },
    commands: memory(
      'host-write',
      'populate',
      'scrub',
      'load-driver',
      'unload-driver',
      'report-free-pages',
      'acknowledge-report',
      'set-inhibit',
      'pin',
      'unpin',
    ),
    explored: { distinct: 23928, generated: 370232, depth: 18, complete: true },
  },
  sharing: {
    name: 'sharing',
    purpose: 'every state of two VMs whose pages are merged and written apart again',
    sizes: { ...searchedSizes, hashes: 1, useZero: 0, emergency: 0 },
    commands: memory(
      'map',
      'unmap',
      'write',
      'populate',
      'merge-page',
      'break-share',
      'break-last',
    ),
    explored: { distinct: 13066, generated: 94136, depth: 16, complete: true },
  },
  'sharing-devices': {
    name: 'sharing-devices',
    purpose: 'every state of two VMs whose pages are merged unless devices hold them',
    sizes: { ...blankSizes, vm: 2, booted: 2, page: 1, emergency: 0 },
    commands: memory(
      'populate',
      'scan-page',
      'end-scan',
      'merge-page',
      'break-share',
      'break-last',
      'pin',
      'unpin',
      'dma',
    ),
    explored: { distinct: 7201, generated: 47385, depth: 15, complete: true },
  },
  'zero-page': {
    name: 'zero-page',
    purpose: 'every state of two VMs whose zero pages are merged with the zero frame',
    sizes: { ...searchedSizes, emergency: 0 },
    commands: memory(
      'host-write',
      'populate',
      'scan-page',
      'end-scan',
      'merge-page',
      'break-share',
      'break-last',
    ),
    explored: { distinct: 31177, generated: 208405, depth: 14, complete: true },
  },
  collisions: {
    name: 'collisions',
    purpose: 'every state of pages of different contents that have one checksum',
    sizes: { ...singleSizes, useZero: 0, hashes: 1, emergency: 0 },
    commands: memory('host-write', 'populate', 'scrub', 'merge-page', 'break-share', 'break-last'),
    explored: { distinct: 1939, generated: 8676, depth: 17, complete: true },
  },
  'many-sharers': {
    name: 'many-sharers',
    purpose: 'every state of three equal pages, one more than may share a frame',
    sizes: { ...blankSizes, page: 3, slot: 2, emergency: 0 },
    commands: memory('populate', 'scrub', 'merge-page', 'break-share', 'break-last'),
    explored: { distinct: 268, generated: 855, depth: 9, complete: true },
  },
  'few-frames': {
    name: 'few-frames',
    purpose: 'every state of three equal pages on two frames: a share cannot always be broken',
    sizes: { ...blankSizes, page: 3, frame: 2, slot: 2, emergency: 0 },
    commands: memory('populate', 'scrub', 'merge-page', 'break-share', 'break-last'),
    explored: { distinct: 43, generated: 78, depth: 5, complete: true },
  },
  salts: {
    name: 'salts',
    purpose: 'every state of two VMs whose salts and consent decide what they share',
    sizes: { ...blankSizes, vm: 2, booted: 2, page: 1, salt: 2, emergency: 0 },
    commands: memory(
      'populate',
      'scan-page',
      'merge-page',
      'break-share',
      'break-last',
      'set-sharing',
      'set-mergeable',
      'set-salt',
    ),
    explored: { distinct: 8454, generated: 52824, depth: 12, complete: true },
  },
  scanner: {
    name: 'scanner',
    purpose: 'every state of the scanner while VMs come and go',
    sizes: { ...blankSizes, vm: 2, booted: 0, page: 1, frame: 2, emergency: 0 },
    commands: memory(
      'create-vm',
      'destroy-vm',
      'populate',
      'scan-page',
      'end-scan',
      'set-mergeable',
    ),
    explored: { distinct: 5374, generated: 33430, depth: 11, complete: true },
  },
  'dirty-log': {
    name: 'dirty-log',
    purpose: 'every state of a guest whose writes are logged and harvested',
    sizes: { ...singleSizes, virtual: 2, frame: 2, emergency: 0 },
    commands: memory(
      'map',
      'write',
      'populate',
      'host-write',
      'start-log',
      'stop-log',
      'harvest-log',
      'clear-log',
    ),
    explored: { distinct: 17211, generated: 191706, depth: 11, complete: true },
  },
  'log-swap': {
    name: 'log-swap',
    purpose: 'every state of a guest that is paged in and out while its writes are logged',
    sizes: singleSizes,
    commands: memory(
      'host-write',
      'populate',
      'swap-out-begin',
      'swap-out-end',
      'swap-in',
      'start-log',
      'harvest-log',
    ),
    explored: { distinct: 36445, generated: 200034, depth: 13, complete: true },
  },
  'log-sharing': {
    name: 'log-sharing',
    purpose: 'every state of a guest whose pages are shared while its writes are logged',
    sizes: { ...singleSizes, virtual: 2, hashes: 1, useZero: 0, emergency: 0 },
    commands: memory(
      'map',
      'write',
      'populate',
      'merge-page',
      'break-share',
      'break-last',
      'start-log',
    ),
    explored: { distinct: 44466, generated: 216230, depth: 14, complete: true },
  },
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
    explored: { distinct: 33664, generated: 151920, depth: 36, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-reweight': {
    name: 'cpu-reweight',
    purpose: 'every state of two vCPUs on one CPU that sleep and change weight, under stride',
    sizes: { ...strideSizes, vm: 2, thread: 2, firstWeight: 1 },
    explored: { distinct: 10288, generated: 57000, depth: 32, complete: true },
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
  'cpu-promises': {
    name: 'cpu-promises',
    purpose: 'every state of three vCPUs on two CPUs that are promised ticks in each period',
    sizes: { ...cpuSizes, weight: 1, quantum: 1, period: 2, patience: 1, advantage: 0, grid: 1 },
    explored: { distinct: 3933, generated: 24453, depth: 11, complete: true },
    commands: cpu('set-reservation', 'tick'),
  },
  'cpu-caps': {
    name: 'cpu-caps',
    purpose: 'every state of a VM of two vCPUs whose cap changes while they sleep and wake',
    sizes: {
      ...cpuSizes,
      vm: 1,
      thread: 2,
      vcpus: 2,
      online: 2,
      weight: 1,
      quantum: 1,
      period: 3,
      patience: 1,
      advantage: 0,
      grid: 1,
    },
    explored: { distinct: 9820, generated: 93388, depth: 15, complete: true },
    commands: cpu('set-cap', 'halt', 'wake', 'tick'),
  },
  'cpu-hotplug': {
    name: 'cpu-hotplug',
    purpose: 'every state of a VM whose two vCPUs are plugged in and out, run and sleep',
    sizes: {
      ...cpuSizes,
      pcpu: 1,
      vm: 1,
      thread: 2,
      vcpus: 2,
      weight: 1,
      quantum: 1,
      patience: 1,
      advantage: 0,
      grid: 1,
    },
    explored: { distinct: 320, generated: 1396, depth: 14, complete: true },
    commands: cpu('set-vcpus', 'online-vcpu', 'release-vcpu', 'halt', 'wake', 'tick'),
  },
  'cpu-pauses': {
    name: 'cpu-pauses',
    purpose: 'every state of two vCPUs that sleep, wake each other and are paused',
    sizes: {
      ...cpuSizes,
      pcpu: 1,
      vm: 1,
      thread: 2,
      vcpus: 2,
      online: 2,
      weight: 1,
      quantum: 1,
      patience: 1,
      advantage: 0,
      grid: 1,
    },
    explored: { distinct: 252, generated: 1044, depth: 9, complete: true },
    commands: cpu('halt', 'wake', 'pause-vm', 'resume-vm', 'tick'),
  },
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
    explored: { distinct: 55168, generated: 209888, depth: 22, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-credit-pair': {
    name: 'cpu-credit-pair',
    purpose: 'three vCPUs on two CPUs that sleep and wake through an accounting of Xen’s credit',
    sizes: { ...creditSizes, firstWeight: 2, horizon: 3 },
    explored: { distinct: 22728, generated: 91872, depth: 20, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-credit-parts': {
    name: 'cpu-credit-parts',
    purpose:
      'two vCPUs on one CPU that give up the rest of a tick, of three sub-ticks, under credit',
    sizes: { ...creditSizes, pcpu: 1, vm: 2, thread: 2, subticks: 3, horizon: 6 },
    explored: { distinct: 3138, generated: 4436, depth: 20, complete: true },
    commands: cpu('run-part', 'tick'),
  },
  'cpu-credit-caps': {
    name: 'cpu-credit-caps',
    purpose: 'two vCPUs on one CPU whose caps change, and that are parked and let go, under credit',
    sizes: creditCapSizes,
    explored: { distinct: 17169, generated: 112326, depth: 17, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
  'cpu-credit-affinity': {
    name: 'cpu-credit-affinity',
    purpose: 'three vCPUs that are moved between two CPUs, under Xen’s credit',
    sizes: { ...creditSizes, horizon: 3 },
    explored: { distinct: 9918, generated: 61293, depth: 14, complete: true },
    commands: cpu('set-affinity', 'tick'),
  },
  'cpu-credit-shares': {
    name: 'cpu-credit-shares',
    purpose: 'three vCPUs on one CPU with caps that none of them can reach, under Xen’s credit',
    sizes: { ...creditSizes, pcpu: 1, period: 1, horizon: 9 },
    explored: { distinct: 213, generated: 825, depth: 12, complete: true },
    commands: cpu('set-cap', 'tick'),
  },
  'cpu-eevdf': {
    name: 'cpu-eevdf',
    purpose:
      'every state of two vCPUs on one CPU that sleep and wake, of weights 2 and 1, under EEVDF',
    sizes: { ...strideSizes, vm: 2, thread: 2, scheduler: place('eevdf'), grid: 6 },
    explored: { distinct: 1860, generated: 6656, depth: 30, complete: true },
    commands: cpu('halt', 'wake', 'tick'),
  },
  'cpu-eevdf-weights': {
    name: 'cpu-eevdf-weights',
    purpose: 'two vCPUs on one CPU that change weight, under EEVDF, as far as a search goes',
    sizes: { ...strideSizes, vm: 2, thread: 2, scheduler: place('eevdf'), grid: 6, patience: 12 },
    explored: { distinct: 16341, generated: 49703, depth: 9, complete: false },
    commands: cpu('set-weight', 'halt', 'wake', 'tick'),
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
    explored: { distinct: 12898, generated: 17275, depth: 14, complete: true },
    commands: cpu('run-part', 'tick'),
  },
} satisfies Readonly<Record<string, VmmScope>>;
