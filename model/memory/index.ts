/** Memory: frames, double paging, the balloon, page sharing. */
import type { CallOf } from '../../machine/index.ts';
import * as access from './access.ts';
import * as balloon from './balloon.ts';
import * as dirtyLog from './dirty-log.ts';
import * as driver from './driver.ts';
import * as frames from './frames.ts';
import * as lifecycle from './lifecycle.ts';
import type { MemoryModel } from './model.ts';
import * as paging from './paging.ts';
import * as record from './record.ts';
import * as reporting from './reporting.ts';
import * as sharing from './sharing.ts';
import * as statistics from './statistics.ts';

export { store } from './access.ts';
export { wantedPages } from './balloon.ts';
export { collectLog, startLogging, stopLogging } from './dirty-log.ts';
export { createVm, initialMemory, tearDown } from './lifecycle.ts';
export {
  type ContentId,
  contentOf,
  type FrameId,
  frameNotFree,
  hostPageOf,
  isTaken,
  type MemoryEvent,
  type MemoryModel,
  type MemoryOperations,
  noFreeFrame,
  notOverhead,
  type PageId,
  privateFrame,
  sharedFrame,
  type VmId,
} from './model.ts';
export { memoryOperations } from './operations.ts';
export { swapQuota } from './paging.ts';
export { checksumOf } from './sharing.ts';
export * from './state.ts';

export const memoryCommands = {
  'memory.create-vm': lifecycle.createVm,
  'memory.destroy-vm': lifecycle.destroyVm,
  'memory.oom-kill': lifecycle.oomKill,
  'memory.reset-vm': driver.resetVm,
  'memory.set-reservation': lifecycle.setReservation,
  'memory.set-limit': lifecycle.setLimit,
  'memory.set-shares': lifecycle.setShares,
  'memory.map': access.map,
  'memory.unmap': access.unmap,
  'memory.read': access.read,
  'memory.write': access.write,
  'memory.page-out': access.pageOut,
  'memory.overwrite': access.overwrite,
  'memory.host-write': access.hostWrite,
  'memory.pin': access.pin,
  'memory.unpin': access.unpin,
  'memory.dma': access.dma,
  'memory.populate': frames.populate,
  'memory.scrub': frames.scrub,
  'memory.map-special': frames.mapSpecial,
  'memory.start-log': dirtyLog.startLog,
  'memory.stop-log': dirtyLog.stopLog,
  'memory.harvest-log': dirtyLog.harvestLog,
  'memory.clear-log': dirtyLog.clearLog,
  'memory.sample-active': dirtyLog.sampleActive,
  'memory.swap-out-begin': paging.swapOutBegin,
  'memory.swap-out-end': paging.swapOutEnd,
  'memory.swap-out-clean': paging.swapOutClean,
  'memory.swap-in': paging.swapIn,
  'memory.drop-swap-copy': paging.dropSwapCopy,
  'memory.exchange': paging.exchange,
  'memory.set-balloon-target': balloon.setBalloonTarget,
  'memory.request-balloon': balloon.requestBalloon,
  'memory.load-driver': driver.loadDriver,
  'memory.unload-driver': driver.unloadDriver,
  'memory.freeze-driver': driver.freezeDriver,
  'memory.restore-driver': driver.restoreDriver,
  'memory.inflate-balloon': balloon.inflateBalloon,
  'memory.acknowledge-inflate': balloon.acknowledgeInflate,
  'memory.deflate-balloon': balloon.deflateBalloon,
  'memory.acknowledge-deflate': balloon.acknowledgeDeflate,
  'memory.set-inhibit': balloon.setInhibit,
  'memory.out-of-memory': balloon.outOfMemory,
  'memory.report-free-pages': reporting.reportFreePages,
  'memory.acknowledge-report': reporting.acknowledgeReport,
  'memory.request-statistics': statistics.requestStatistics,
  'memory.send-statistics': statistics.sendStatistics,
  'memory.scan-page': sharing.scanPage,
  'memory.end-scan': sharing.endScan,
  'memory.merge-page': sharing.mergePage,
  'memory.break-share': sharing.breakShare,
  'memory.break-last': sharing.breakLast,
  'memory.set-sharing': sharing.setSharing,
  'memory.set-mergeable': sharing.setMergeable,
  'memory.set-salt': sharing.setSalt,
};
/** The record of stolen time: memory of guests that only hosts with CPUs write. */
export const recordCommands = {
  'record.place': record.placeRecord,
  'record.withdraw': record.withdrawRecord,
  'record.write': record.writeRecord,
};
export type MemoryCall = CallOf<typeof memoryCommands & typeof recordCommands>;
/** The model as properties see it: with its calls. */
export interface CheckedMemory extends MemoryModel {
  readonly call: MemoryCall;
}
