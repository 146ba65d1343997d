/** The inner operations of migration. */
import { collectLog, contentOf, isTaken, privateFrame, store } from '../memory/index.ts';
import { bringBalloon } from './balloon.ts';
import { cachePage, emptyCache } from './cache.ts';
import { disconnect } from './channel.ts';
import { restoreClock, saveTimer } from './clocks.ts';
import { drain } from './device.ts';
import { showsFeature } from './features.ts';
import { endHints, stopHints } from './hinting.ts';
import { isUnderWay } from './management.ts';
import {
  inner,
  isMissing,
  type MigrationOperations,
  memoryAt,
  migrationOf,
  viewMemory,
  viewMigration,
} from './model.ts';

export const migrationOperations: MigrationOperations = {
  firstPages(m, vm, source) {
    const memory = viewMemory(m, source);
    const { size } = memory.host.vms.at(vm);
    const pages = Array.from({ length: size }, (_, p) => p);
    return pages.filter((page) => !isTaken(memory, { vm, page }));
  },

  readPage(m, source, vm, page) {
    return contentOf(viewMemory(m, source), { vm, page });
  },

  harvest(m, source, vm) {
    return collectLog(memoryAt(m, source), vm);
  },

  placePage(m, target, a, c) {
    const memory = memoryAt(m, target);
    if (privateFrame(memory, a) !== null) {
      store(memory, a, inner(c));
      return;
    }
    // Nothing is behind it yet, or what is there is not its own to write to.
    c.operation.dropBacking(memory, a.vm, a.page, inner(c));
    if (a.frame === null) {
      memory.guests.at(a.vm).expected[a.page] = 0;
      return;
    }
    c.operation.allocateFrame(memory, a.frame, a.vm, a.page);
    c.operation.mapPrivate(memory, a.vm, a.page, a.frame);
    store(memory, a, inner(c));
  },

  stopHints,
  endHints,
  bringBalloon,
  missingPages(m, vm) {
    const { send } = viewMigration(m, vm);
    return send.map((left, p) => (left ? p : -1)).filter((p) => p !== -1);
  },

  placeMissing(m, target, a, c) {
    const memory = memoryAt(m, target);
    // The guest may have written since: what comes late is of no use.
    if (!isMissing(m, target, a) || a.frame === null) return;
    // It is what the guest left there, not a write of anybody's.
    c.operation.allocateFrame(memory, a.frame, a.vm, a.page);
    c.operation.mapPrivate(memory, a.vm, a.page, a.frame);
    memory.host.frames.at(a.frame).content = a.content;
    for (const { awaited, requested } of migrationOf(m, a.vm).postcopy) {
      awaited[a.page] = false;
      requested[a.page] = false;
    }
  },

  unreceived(m, vm) {
    const { target, received } = viewMigration(m, vm);
    if (target === null) return [];
    const { size } = m.hosts.at(target).memory.vms.at(vm);
    return received.map((is, p) => (is || p >= size ? -1 : p)).filter((p) => p !== -1);
  },

  drainDevice: drain,
  cachePage,
  emptyCache,
  saveTimer,
  showsFeature,
  refuseMessage: (m, vm) => disconnect(migrationOf(m, vm)),
  restoreClock,
  isUnderWay,

  takeOver(m, at, vm, epoch) {
    const ownership = m.cluster.ownership.at(vm);
    if (m.cluster.hosts.at(at).cutOff) return false;
    if (ownership.owner !== null || ownership.epoch !== epoch || ownership.lock !== null) {
      return false;
    }
    ownership.owner = at;
    ownership.epoch++;
    ownership.lastRan = at;
    ownership.lock = at;
    return true;
  },
};
