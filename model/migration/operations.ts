/** The inner operations of migration. */
import { collectLog, contentOf, privateFrame, store } from '../memory/index.ts';
import { drain } from './device.ts';
import { inner, type MigrationOperations, memoryAt, viewMemory } from './model.ts';

export const migrationOperations: MigrationOperations = {
  firstPages(m, vm, source) {
    const { size } = m.hosts.at(source).memory.vms.at(vm);
    return Array.from({ length: size }, (_, p) => p);
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

  drainDevice: drain,

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
