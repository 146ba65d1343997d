/** Every fault of live migration, in the order of the specification. */
import type { VmmFault } from './memory/seams.ts';
import { movingClockFaults } from './migration/clocks.ts';
import { copyingFaults } from './migration/copying.ts';
import { crashingFaults } from './migration/crashing.ts';
import { failingFaults } from './migration/failing.ts';
import { handoverFaults } from './migration/handover.ts';
import { hintingFaults } from './migration/hinting.ts';
import { movingLockFaults } from './migration/locks.ts';
import { managementFaults } from './migration/management.ts';
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
  ...managementFaults,
  ...movingVcpuFaults,
];
