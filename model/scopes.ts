/** The named bounded configurations of the VMM. */
import type { Scope } from '../machine/index.ts';
import type { MemorySizes } from './memory/index.ts';

export type VmmSizes = MemorySizes & {
  /** Hosts between which VMs may move. */
  readonly host: number;
};
export interface VmmScope extends Scope {
  readonly sizes: VmmSizes;
  /** What an exhaustive search finds, where it can be finished: all states, no property asked. */
  readonly explored?: {
    readonly distinct: number;
    readonly generated: number;
    readonly depth: number;
  };
}

const tinySizes: VmmSizes = {
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

/** One page each for two VMs, or two pages for one: small enough to visit every state. */
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

/** The commands of some names of the memory subsystem. */
const memory = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `memory.${name}`);

export const scopes = {
  tiny: {
    name: 'tiny',
    purpose: 'the smallest host on which two VMs can share, swap and balloon',
    sizes: tinySizes,
  },
  fuzz: {
    name: 'fuzz',
    purpose: 'random testing: every command of memory, every fault is measured here',
    sizes: fuzzSizes,
  },
  overcommit: {
    name: 'overcommit',
    purpose: 'heuristic overcommitment: nothing is reserved, and a host may have to kill a VM',
    sizes: { ...fuzzSizes, reserve: 0, slot: 2 },
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
  swap: {
    name: 'swap',
    purpose: 'every state of two VMs that are paged in and out, while devices hold pages',
    sizes: { ...searchedSizes, slot: 2 },
    explored: { distinct: 8881, generated: 93952, depth: 14 },
    commands: memory(
      'map',
      'unmap',
      'read',
      'write',
      'populate',
      'scrub',
      'swap-out-begin',
      'swap-out-end',
      'swap-out-clean',
      'swap-in',
      'drop-swap-copy',
      'exchange',
      'pin',
      'unpin',
    ),
  },
  balloon: {
    name: 'balloon',
    purpose: 'every state of a guest whose balloon is inflated, deflated, unloaded and overtaxed',
    sizes: {
      ...searchedSizes,
      vm: 1,
      booted: 1,
      page: 2,
      frame: 2,
      content: 1,
      hashes: 1,
      emergency: 0,
    },
    explored: { distinct: 37440, generated: 415680, depth: 16 },
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
  },
  sharing: {
    name: 'sharing',
    purpose: 'every state of two VMs whose pages are merged and written apart again',
    sizes: { ...searchedSizes, frame: 2, useZero: 0, emergency: 0 },
    explored: { distinct: 5922, generated: 41426, depth: 14 },
    commands: memory(
      'map',
      'write',
      'populate',
      'scan-page',
      'end-scan',
      'merge-page',
      'break-share',
      'break-last',
    ),
  },
  'zero-page': {
    name: 'zero-page',
    purpose: 'every state of two VMs whose zero pages are merged with the zero frame',
    sizes: { ...searchedSizes, emergency: 0 },
    explored: { distinct: 31177, generated: 208405, depth: 14 },
    commands: memory(
      'host-write',
      'populate',
      'scan-page',
      'end-scan',
      'merge-page',
      'break-share',
      'break-last',
    ),
  },
  'dirty-log': {
    name: 'dirty-log',
    purpose: 'every state of a guest whose writes are logged and harvested',
    sizes: {
      ...searchedSizes,
      vm: 1,
      booted: 1,
      page: 2,
      virtual: 2,
      frame: 2,
      emergency: 0,
    },
    explored: { distinct: 17211, generated: 191706, depth: 11 },
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
  },
} satisfies Readonly<Record<string, VmmScope>>;
