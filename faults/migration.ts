/** Every fault of live migration, in the order of the specification, and those that wait. */
import type { VmmFault } from './memory/seams.ts';
import type { DeferredFault } from './memory.ts';
import { movingClockFaults } from './migration/clocks.ts';
import { copyingFaults } from './migration/copying.ts';
import { crashingFaults } from './migration/crashing.ts';
import { failingFaults } from './migration/failing.ts';
import { handoverFaults } from './migration/handover.ts';
import { hintingFaults } from './migration/hinting.ts';
import { movingLockFaults } from './migration/locks.ts';
import { pageFaults } from './migration/pages.ts';
import { policyFaults } from './migration/policies.ts';
import { postcopyFaults } from './migration/postcopy.ts';
import { queueFaults } from './migration/queue.ts';
import { runStateFaults } from './migration/run-state.ts';
import { streamFaults } from './migration/stream.ts';
import { movingVcpuFaults } from './migration/vcpus.ts';

export const migrationFaults: readonly VmmFault[] = [
  ...copyingFaults,
  ...pageFaults,
  ...crashingFaults,
  ...hintingFaults,
  ...handoverFaults,
  ...failingFaults,
  ...policyFaults,
  ...postcopyFaults,
  ...movingClockFaults,
  ...runStateFaults,
  ...movingLockFaults,
  ...queueFaults,
  ...streamFaults,
  ...movingVcpuFaults,
];

const waiting = (reason: string, ...ids: readonly string[]): readonly DeferredFault[] =>
  ids.map((id) => ({ id: `migration/${id}`, reason }));

export const deferredMigrationFaults: readonly DeferredFault[] = [
  ...waiting('a cancellation is one step with what it does: none can be lost before', 'X17'),
  ...waiting('a status is published by QEMU alone, whose tables have it', 'X28'),
];
