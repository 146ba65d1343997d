/** The inner operations of memory: each keeps stored counts and reverse maps in step. */
import type { MemoryOperations } from './model.ts';
import { contentOf, givenUp, guestOf, hostVm, pageOf } from './model.ts';

export const memoryOperations: MemoryOperations = {
  allocateFrame(m, frame, vm, page) {
    m.host.frames.at(frame).use = { kind: 'private', vm, page };
    m.host.freeFrames--;
  },

  releaseFrame(m, frame) {
    // The bytes stay until the frame is scrubbed: MEM-I11 keeps them from the next owner.
    m.host.frames.at(frame).use = { kind: 'free', scrubbed: false };
    m.host.freeFrames++;
  },

  takeSlot(m, slot, vm, page, content) {
    const place = m.host.slots.at(slot);
    place.use = { kind: 'used', vm, page };
    place.content = content;
    m.host.freeSlots--;
    hostVm(m, vm).slotsUsed++;
  },

  releaseSlot(m, slot) {
    const place = m.host.slots.at(slot);
    if (place.use.kind === 'used') hostVm(m, place.use.vm).slotsUsed--;
    place.use = { kind: 'free' };
    place.content = 0;
    m.host.freeSlots++;
  },

  dropReference(m, frame, vm, page) {
    const shared = m.host.frames.at(frame);
    shared.sharers.at(vm)[page] = false;
    shared.references--;
    if (shared.references > 0) {
      m.host.sharing.sharing--;
      return;
    }
    m.host.sharing.shared--;
    shared.use = { kind: 'free', scrubbed: false };
    m.host.freeFrames++;
  },

  dropBacking(m, vm, page, c) {
    const entry = pageOf(m, { vm, page });
    const { at, writeback, swapCopy } = entry;
    if (writeback !== null) {
      c.operation.releaseSlot(m, writeback);
      entry.writeback = null;
    }
    if (swapCopy !== null) {
      c.operation.releaseSlot(m, swapCopy);
      entry.swapCopy = null;
    }
    if (at.kind === 'swapped') c.operation.releaseSlot(m, at.slot);
    if (at.kind === 'zero') {
      m.host.zero.references--;
      hostVm(m, vm).consumed--;
    }
    if (at.kind === 'mapped') {
      if (m.host.frames.at(at.frame).use.kind === 'shared') {
        c.operation.dropReference(m, at.frame, vm, page);
      } else c.operation.releaseFrame(m, at.frame);
      hostVm(m, vm).consumed--;
    }
    entry.at = { kind: 'unbacked' };
    entry.writable = false;
    entry.dirty = false;
    forgetCandidate(m, vm, page);
  },

  mapPrivate(m, vm, page, frame) {
    const machine = hostVm(m, vm);
    const entry = machine.pages.at(page);
    entry.at = { kind: 'mapped', frame };
    entry.writable = machine.logging === 'off' || entry.logged;
    entry.dirty = false;
    machine.consumed++;
    if (machine.stalled === page) machine.stalled = null;
  },

  recordWrite(m, vm, page, content) {
    const entry = pageOf(m, { vm, page });
    entry.accessed = true;
    entry.dirty = true;
    const guest = guestOf(m, vm);
    guest.expected[page] = content;
    // What a device leaves in a page that the guest gave up means nothing to the guest.
    guest.unspecified[page] = givenUp(m, { vm, page });
    guest.written[content] = true;
  },

  logWrite(m, vm, page) {
    const machine = hostVm(m, vm);
    if (machine.logging !== 'off') machine.pages.at(page).logged = true;
  },

  dropSwapCopy(m, vm, page, c) {
    const entry = pageOf(m, { vm, page });
    const { swapCopy } = entry;
    if (swapCopy === null) return;
    c.operation.releaseSlot(m, swapCopy);
    entry.swapCopy = null;
  },

  sameBytes(m, vm, page, frame) {
    return m.host.frames.at(frame).content === contentOf(m, { vm, page });
  },

  share(m, vm, page, frame, c) {
    const entry = pageOf(m, { vm, page });
    const { at } = entry;
    if (at.kind !== 'mapped') return;
    entry.writable = false;
    c.operation.dropSwapCopy(m, vm, page, c);
    c.operation.releaseFrame(m, at.frame);
    entry.at = { kind: 'mapped', frame };
    const shared = m.host.frames.at(frame);
    shared.sharers.at(vm)[page] = true;
    shared.references++;
    m.host.sharing.sharing++;
    forgetCandidate(m, vm, page);
  },

  ownLastReference(m, vm, page) {
    const machine = hostVm(m, vm);
    const entry = machine.pages.at(page);
    if (entry.at.kind !== 'mapped') return;
    const last = m.host.frames.at(entry.at.frame);
    last.use = { kind: 'private', vm, page };
    last.sharers.at(vm)[page] = false;
    last.references = 0;
    m.host.sharing.shared--;
    entry.writable = machine.logging === 'off' || entry.logged;
    if (machine.stalled === page) machine.stalled = null;
  },

  discard(m, vm, page, left, c) {
    c.operation.dropBacking(m, vm, page, c);
    const entry = pageOf(m, { vm, page });
    entry.at = left === 'ballooned' ? { kind: 'ballooned' } : { kind: 'reported' };
    if (left === 'ballooned') hostVm(m, vm).balloon.reclaimed[page] = true;
  },

  forgetVm(m, vm) {
    const { sharing } = m.host;
    for (let p = 0; p < hostVm(m, vm).size; p++) forgetCandidate(m, vm, p);
    if (sharing.cursor.kind === 'page' && sharing.cursor.vm === vm) {
      sharing.cursor = { kind: 'none' };
    }
  },

  publishActual(m, vm, units) {
    hostVm(m, vm).balloon.actual = units;
  },
};

/** Takes a page out of the scanner's candidates: they are private pages only. DED-I7. */
export function forgetCandidate(
  m: Parameters<MemoryOperations['releaseFrame']>[0],
  vm: number,
  page: number,
): void {
  for (const bySalt of m.host.sharing.unstable) {
    for (let content = 0; content < bySalt.length; content++) {
      const entry = bySalt.at(content);
      if (entry.kind === 'page' && entry.vm === vm && entry.page === page) {
        bySalt[content] = { kind: 'none' };
      }
    }
  }
}
