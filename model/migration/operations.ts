/** The inner operations of migration. */
import { collectLog, contentOf, store } from '../memory/index.ts';
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
    const entry = memory.host.vms.at(a.vm).pages.at(a.page);
    const { use } =
      entry.at.kind === 'mapped' ? memory.host.frames.at(entry.at.frame) : { use: null };
    if (use?.kind !== 'private') {
      // Nothing is behind it yet, or what is there is not its own to write to.
      if (a.content === 0 && entry.at.kind === 'unbacked') return;
      c.operation.dropBacking(memory, a.vm, a.page, inner(c));
      const frame = memory.host.frames.findIndex((each) => each.use.kind === 'free');
      if (frame < 0) return;
      c.operation.allocateFrame(memory, frame, a.vm, a.page);
      c.operation.mapPrivate(memory, a.vm, a.page, frame);
    }
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
