/** Sizes of hosts that are memory alone, and the commands that belong together there. */
import type { CpuSizes } from '../cpu/index.ts';
import type { MigrationSizes } from '../migration/index.ts';
import type { ServiceSizes } from '../service/index.ts';
import type { VmmSizes } from './scope.ts';

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
  spin: 0,
  stop: 0,
  start: 0,
  ageing: 0,
  coupled: 0,
  vmmFirst: 0,
  dedication: 0,
  minShared: 0,
  horizon: 0,
  patience: 0,
  advantage: 0,
  grid: 1,
};

/** No guest systems: what VMs do is their commands. */
const noServices: ServiceSizes = {
  guest: 0,
  drift: 0,
  ahead: 0,
  replays: 0,
  slew: 0,
  implicit: 0,
  watchdog: 0,
  heartbeat: 0,
  freeze: 0,
  shutdown: 0,
  timer: 0,
  runningClock: 0,
};

/** Hosts that stand alone. */
const noCluster: MigrationSizes = {
  host: 1,
  cluster: 0,
  postcopy: 0,
  place: 0,
  rounds: 0,
  attempts: 0,
  losses: 0,
  policy: 0,
  bandwidth: 0,
  downtime: 0,
  timeout: 0,
  onTimeout: 0,
  few: 0,
  factor: 0,
  converge: 0,
  eager: 0,
  feature: 0,
  cached: 0,
  driver: 0,
  hinting: 0,
  requests: 0,
  crashes: 0,
  version: 0,
  managed: 0,
};

export const tinySizes: VmmSizes = {
  ...noCpus,
  ...noServices,
  ...noCluster,
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
export const fuzzSizes: VmmSizes = {
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
export const secretSizes: VmmSizes = {
  ...tinySizes,
  frame: 64,
  booted: 2,
  useZero: 0,
  salted: 1,
};

/** One page each for two VMs: small enough to visit every state. */
export const searchedSizes: VmmSizes = {
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
export const singleSizes: VmmSizes = { ...searchedSizes, vm: 1, booted: 1, page: 2 };
/** The same, where contents do not matter. */
export const blankSizes: VmmSizes = { ...singleSizes, content: 1, hashes: 1, useZero: 0 };

/** The commands of some names of the memory subsystem. */
export const memory = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `memory.${name}`);

export const paging = ['swap-out-begin', 'swap-out-end', 'swap-in'] as const;
export const inflating = ['load-driver', 'inflate-balloon', 'acknowledge-inflate'] as const;
export const deflating = ['deflate-balloon', 'acknowledge-deflate'] as const;
export const sharing = ['merge-page', 'break-share', 'break-last'] as const;
export const scanning = ['scan-page', 'end-scan'] as const;
export const pinning = ['pin', 'unpin'] as const;
