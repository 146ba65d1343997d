/** Live migration. So far QEMU's own state machines; the steps of a migration come beside them. */
export {
  type MigrationStatus,
  mayFollow,
  nextStates,
  qemuRunState,
  qemuSource,
  qemuTarget,
  type RunState,
  type StateChange,
  type StateMachine,
  statesAfter,
} from './qemu.ts';
