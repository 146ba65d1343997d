/** Scopes of live migration: two hosts, and a VM that moves between them. */
import { cpuSizes } from './cpu-sizes.ts';
import { memory, tinySizes } from './memory-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/**
 * The migration scope of the specification (0.5): 2 hosts, 1 VM of 3 pages, of which the guest may
 * only read one, and 1 vCPU. Frames are as many as pages: what a host does when it is short of them is
 * the matter of memory’s scopes.
 */
const migrationSizes: VmmSizes = {
  ...tinySizes,
  ...{ pcpu: 1, thread: 1, vcpus: 1, online: 1, period: 1, patience: 1, advantage: 1 },
  ...{ quantum: 1, request: 1, grid: cpuSizes.grid, weight: 1 },
  host: 2,
  cluster: 1,
  place: 4,
  rounds: 3,
  attempts: 1,
  vm: 1,
  booted: 1,
  page: 3,
  virtual: 3,
  frame: 3,
  slot: 0,
  block: 0,
  content: 2,
  salt: 1,
  hashes: 1,
  reserve: 0,
  emergency: 0,
};

/** The commands of some names of the migration subsystem. */
const migration = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `migration.${name}`);

const steps = migration(
  ...['start', 'connect', 'create-target', 'begin-log', 'copy-read-only', 'harvest', 'copy'],
  ...['freeze', 'quiesce', 'send-vcpus', 'send-state', 'final-harvest', 'request-state'],
  ...['release', 'send-start', 'clean-up', 'receive', 'receive-reply'],
);

export const migrationScopes = {
  migration: {
    name: 'migration',
    purpose: 'every state of a guest that moves to another host while it writes its memory',
    sizes: migrationSizes,
    commands: [...steps, ...memory('write')],
  },
} satisfies Scopes;
