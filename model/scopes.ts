/** The named bounded configurations of the VMM. */
import type { Scope } from '../machine/index.ts';
import type { MemorySizes } from './memory/index.ts';

export type VmmSizes = MemorySizes & {
  /** Hosts between which VMs may move. */
  readonly host: number;
};
export interface VmmScope extends Scope {
  readonly sizes: VmmSizes;
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
} satisfies Readonly<Record<string, VmmScope>>;
