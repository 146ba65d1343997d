/** Guest systems: their clocks, and the service that talks with the host. */
import type { CallOf } from '../../machine/index.ts';
import * as heartbeat from './heartbeat.ts';
import type { ServiceModel } from './model.ts';
import * as power from './power.ts';
import * as quiesce from './quiesce.ts';
import { tick } from './tick.ts';
import * as timeSync from './time-sync.ts';

export { goOnAfterMove } from './clock.ts';
export { initialServices } from './initial.ts';
export {
  guestServices,
  isElsewhere,
  isStopped,
  type ServiceEvent,
  type ServiceModel,
  type ServiceOperations,
  type Services,
} from './model.ts';
export { serviceOperations } from './operations.ts';
export { guest, type ServiceSizes, type TimeMessage } from './state.ts';
export { ofCpus, onCpus } from './tick.ts';

/** The commands of guest systems, and those of CPUs that guest systems notice. */
export const serviceCommands = {
  'cpu.tick': tick,
  'service.boot': power.boot,
  'service.crash': heartbeat.crash,
  'service.start': timeSync.startService,
  'service.stop': timeSync.stopService,
  'service.set-feature': power.setFeature,
  'service.send-sync': timeSync.sendSync,
  'service.send-sample': timeSync.sendSample,
  'service.read-time': timeSync.readTime,
  'service.set-timer': timeSync.setTimer,
  'service.check-watchdog': timeSync.checkWatchdog,
  'service.send-heartbeat': heartbeat.sendHeartbeat,
  'service.answer-heartbeat': heartbeat.answerHeartbeat,
  'service.restart-vm': heartbeat.restartVm,
  'service.freeze': quiesce.freezeFiles,
  'service.acknowledge-freeze': quiesce.acknowledgeFreeze,
  'service.thaw': quiesce.thawFiles,
  'service.write-file': quiesce.writeFile,
  'service.take-snapshot': quiesce.takeSnapshot,
  'service.request-shutdown': power.requestShutdown,
  'service.acknowledge-shutdown': power.acknowledgeShutdown,
  'service.shut-down': power.shutDown,
  'service.power-off': power.powerOff,
};
export type ServiceCall = CallOf<typeof serviceCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedServices extends ServiceModel {
  readonly call: ServiceCall;
}
