/** Live migration. QEMU's own state machines, when rounds stop, and how many there are. */
export { type Load, pagesSentIn, type Round, rounds, roundsUntil } from './convergence.ts';
export {
  type Decision,
  type Limits,
  noThrottle,
  type RoundEnd,
  type StopPolicy,
  stopPolicies,
  type Throttle,
  throttleAfter,
} from './policies.ts';
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
