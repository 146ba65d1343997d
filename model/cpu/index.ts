/** CPUs: what runs where, schedulers, and where the time goes. */
import type { CallOf } from '../../machine/index.ts';
import { setCoscheduling } from './coscheduling.ts';
import { setAutomatic, setMode } from './dedication.ts';
import * as guest from './guest.ts';
import * as host from './host.ts';
import * as hotplug from './hotplug.ts';
import * as locks from './locks.ts';
import type { CpuModel } from './model.ts';
import * as settings from './settings.ts';
import { tick } from './tick.ts';

export { initialCpu } from './initial.ts';
export {
  type Cpu,
  type CpuEvent,
  type CpuModel,
  type CpuOperations,
  hostCpu,
  isPaused,
} from './model.ts';
export { cpuOperations } from './operations.ts';
export { isKeptWaiting, pluggedIn } from './queue.ts';
export type { PcpuId, Scheduler, ThreadId } from './scheduler.ts';
export { creditScheduler, creditStages } from './schedulers/credit.ts';
export type { CreditStages } from './schedulers/credit-accounting.ts';
export {
  type Credit2Stages,
  credit2Scheduler,
  credit2Stages,
} from './schedulers/credit2.ts';
export { takeQuota } from './schedulers/credit2-budgets.ts';
export { type SchedulerName, schedulers } from './schedulers/index.ts';
export { heedMemory } from './stalls.ts';
export { type CpuSizes, type CpuThread, pcpu, type ThreadState, thread } from './state.ts';
export {
  forgetLock,
  hasTurn,
  isOff,
  plugVcpu,
  resetVcpus,
  SavedVcpu,
  switchOff,
  takeTurn,
  unplugVcpu,
  vcpuState,
} from './suspend.ts';

export const cpuCommands = {
  'cpu.set-weight': settings.setWeight,
  'cpu.set-cap': settings.setCap,
  'cpu.set-reservation': settings.setReservation,
  'cpu.set-coscheduling': setCoscheduling,
  'cpu.set-mode': setMode,
  'cpu.set-automatic': setAutomatic,
  'cpu.set-affinity': host.setAffinity,
  'cpu.pause-vm': host.pauseVm,
  'cpu.resume-vm': host.resumeVm,
  'cpu.offline-pcpu': host.offlinePcpu,
  'cpu.online-pcpu': host.onlinePcpu,
  'cpu.set-vcpus': hotplug.setVcpus,
  'cpu.online-vcpu': hotplug.onlineVcpu,
  'cpu.release-vcpu': hotplug.releaseVcpu,
  'cpu.set-scheduler': settings.setScheduler,
  'cpu.halt': guest.halt,
  'cpu.wake': guest.wake,
  'cpu.interrupt': guest.interrupt,
  'cpu.yield': guest.yieldCpu,
  'cpu.run-part': guest.runPart,
  'cpu.lock': locks.lock,
  'cpu.unlock': locks.unlock,
  'cpu.directed-yield': locks.directedYield,
  'cpu.vmm-work': host.vmmWork,
  'cpu.tick': tick,
};
export type CpuCall = CallOf<typeof cpuCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedCpu extends CpuModel {
  readonly call: CpuCall;
}
