/** Live migration: VMs that move between the hosts of a cluster; and QEMU's own state machines. */
import type { CallOf } from '../../machine/index.ts';
import * as arriving from './arriving.ts';
import * as copying from './copying.ts';
import * as crashing from './crashing.ts';
import * as device from './device.ts';
import * as failing from './failing.ts';
import * as freezing from './freezing.ts';
import * as handover from './handover.ts';
import * as hinting from './hinting.ts';
import * as management from './management.ts';
import type { MigrationModel } from './model.ts';
import * as postcopy from './postcopy.ts';
import * as power from './power.ts';
import * as recovery from './recovery.ts';
import * as starting from './starting.ts';
import * as stream from './stream.ts';
import * as versions from './versions.ts';

export { type Load, pagesSentIn, type Round, rounds, roundsUntil } from './convergence.ts';
export { hasFeature } from './features.ts';
export { initialCluster, warmUp } from './initial.ts';
export type {
  MigrationEvent,
  MigrationModel,
  MigrationOperations,
  World,
} from './model.ts';
export { migrationOperations } from './operations.ts';
export {
  type Decision,
  type Limits,
  noThrottle,
  oldXenLimits,
  type PolicyName,
  policyNumber,
  policyOf,
  type RoundEnd,
  type StopPolicy,
  stopPolicies,
  type Throttle,
  throttleAfter,
  xenLimits,
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
export {
  type Cluster,
  clusterState,
  clusters,
  copiesState,
  deviceState,
  hintingState,
  Message,
  type MigrationSizes,
  managementState,
  migrationState,
  ownershipState,
  place,
  postcopyState,
  Reply as TargetReply,
} from './state.ts';
export { canGoOn, passTick } from './statistics.ts';

export const migrationCommands = {
  'migration.start': starting.start,
  'migration.connect': starting.connect,
  'migration.create-target': starting.createTarget,
  'migration.begin-log': copying.beginLog,
  'migration.copy-read-only': copying.copyReadOnly,
  'migration.harvest': copying.harvest,
  'migration.copy': copying.copy,
  'migration.freeze': freezing.freeze,
  'migration.quiesce': freezing.quiesce,
  'migration.send-vcpus': freezing.sendVcpus,
  'migration.send-state': freezing.sendState,
  'migration.final-harvest': freezing.finalHarvest,
  'migration.request-state': freezing.requestState,
  'migration.release': handover.release,
  'migration.send-start': handover.sendStart,
  'migration.take-back': handover.takeBack,
  'migration.clean-up': handover.cleanUp,
  'migration.abort': failing.abort,
  'migration.give-up': failing.giveUp,
  'migration.discard': failing.discard,
  'failure.lose-connection': failing.loseConnection,
  'failure.cut-off': failing.cutOff,
  'failure.reach-again': failing.reachAgain,
  'migration.receive': arriving.receive,
  'migration.receive-reply': handover.receiveReply,
  'stopcopy.freeze': freezing.freezeFirst,
  'postcopy.advise': postcopy.advise,
  'postcopy.switch': postcopy.switchOver,
  'postcopy.touch': postcopy.touch,
  'postcopy.request': postcopy.request,
  'postcopy.finish': postcopy.finish,
  'postcopy.listen': recovery.listen,
  'postcopy.recover': recovery.recover,
  'crash.host': crashing.crashHost,
  'crash.cold-boot': crashing.coldBoot,
  'upgrade.host': versions.upgradeHost,
  'managed.set-multifd': management.setMultifd,
  'managed.cancel': management.cancel,
  'managed.close': failing.close,
  'hint.request': hinting.request,
  'hint.echo': hinting.echo,
  'hint.send': hinting.send,
  'hint.receive': hinting.receive,
  'hint.take-back': hinting.takeBack,
  'hint.give-back': hinting.giveBack,
  'power.shut-down': power.shutDown,
  'power.reset': power.reset,
  'stream.tamper': stream.tamper,
  'queue.post': device.post,
  'queue.notice': device.notice,
  'device.program': device.program,
  'device.submit-write': device.submit,
  'device.complete-write': device.complete,
};
export type MigrationCall = CallOf<typeof migrationCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedMigration extends MigrationModel {
  readonly call: MigrationCall;
}
