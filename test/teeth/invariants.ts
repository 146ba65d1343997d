/** For every invariant of memory: a state that it does not allow. */
import type { Memory, MemorySizes } from '../../model/index.ts';
import { call } from './memory-bench.ts';
import { busy, fresh, full, fullAndWaiting } from './states.ts';

export interface BadState {
  readonly from: () => Memory;
  /** What is wrong with the state. */
  readonly spoil: (m: Memory) => void;
  /** Sizes under which the state is judged, where they matter. */
  readonly size?: Partial<MemorySizes>;
}
const bad = (from: () => Memory, spoil: BadState['spoil']): BadState => ({ from, spoil });
const logging = (): Memory => busy(call('start-log', { vm: 0, manual: false }));
const kept = (): Memory =>
  busy(call('scrub', { frame: 5 }), call('swap-in', { vm: 0, page: 2, frame: 5, keep: true }));
const asIs = (): void => {};

/** A slot is taken for a page, and all counts agree. */
function takeSlot(m: Memory, slot: number, vm: number, page: number, content: number): void {
  const place = m.host.slots.at(slot);
  place.use = { kind: 'used', vm, page };
  place.content = content;
  m.host.freeSlots--;
  m.host.vms.at(vm).slotsUsed++;
}

export const badStates: Readonly<Record<string, BadState>> = {
  'MEM-I1': bad(busy, (m) => {
    m.host.freeFrames++;
  }),
  'MEM-I2': bad(busy, (m) => {
    const frame = m.host.frames.at(3);
    frame.sharers.at(1)[0] = true;
    frame.references = 1;
  }),
  'MEM-I3': bad(busy, (m) => {
    m.host.vms.at(0).consumed++;
  }),
  'MEM-I4': bad(fresh, (m) => {
    m.host.vms.at(0).reservation = 4;
    m.host.vms.at(1).reservation = 4;
  }),
  'MEM-I5': bad(fresh, (m) => {
    m.host.vms.at(0).reservation = 1;
    m.host.vms.at(1).reservation = 1;
  }),
  'MEM-I7': bad(busy, (m) => {
    m.host.frames.at(3).content = 2;
  }),
  'MEM-I9': bad(busy, (m) => {
    m.host.vms.at(0).pages.at(0).logged = true;
  }),
  'MEM-I10': bad(busy, (m) => {
    m.host.vms.at(1).pages.at(0).pinned = 9;
  }),
  'MEM-I11': bad(busy, (m) => {
    m.host.frames.at(9).content = 3;
  }),
  // Follows from MEM-I4 and MEM-I5: a state that breaks it breaks one of them.
  'MEM-I13': {
    ...bad(fresh, asIs),
    size: { frame: 9, slot: 4 },
  },
  'MEM-I14': bad(full, asIs),
  'MEM-I15': bad(fresh, (m) => {
    m.host.vms.at(2).shares = 0;
  }),
  'MEM-I16': bad(logging, (m) => {
    m.host.frames.at(3).content = 2;
    m.guests.at(0).expected[0] = 2;
  }),
  'MEM-I17': bad(busy, (m) => {
    m.host.vms.at(2).balloon.inhibited = true;
  }),
  'MEM-I18': bad(busy, (m) => {
    m.guests.at(0).table[3] = { kind: 'paged', block: 0 };
  }),
  'MEM-I19': bad(fresh, (m) => {
    m.guests.at(0).use[3] = 'reserved';
  }),
  'SWP-I1': bad(busy, (m) => {
    m.host.freeSlots++;
  }),
  'SWP-I2': bad(busy, (m) => {
    m.host.vms.at(0).slotsUsed++;
  }),
  'SWP-I3': bad(kept, (m) => {
    m.host.slots.at(0).content = 1;
  }),
  'SWP-I4': bad(busy, (m) => {
    takeSlot(m, 1, 1, 0, 1);
    const entry = m.host.vms.at(1).pages.at(0);
    entry.swapCopy = 1;
    entry.dirty = false;
  }),
  'SWP-I5': bad(busy, (m) => {
    m.host.vms.at(0).stalled = 0;
  }),
  'SWP-I6': bad(busy, (m) => {
    takeSlot(m, 1, 0, 1, 2);
    const entry = m.host.vms.at(0).pages.at(1);
    entry.writeback = 1;
    entry.dirty = false;
  }),
  'SWP-I7': bad(fullAndWaiting, asIs),
  'BAL-I1': bad(busy, (m) => {
    m.host.vms.at(0).balloon.reclaimed[3] = false;
  }),
  'BAL-I2': bad(busy, (m) => {
    m.guests.at(0).balloonPages++;
  }),
  'BAL-I3': bad(busy, (m) => {
    m.host.vms.at(0).balloon.target = 9;
  }),
  'BAL-I4': bad(busy, (m) => {
    m.host.slots.at(1).use = { kind: 'used', vm: 0, page: 3 };
    m.host.freeSlots--;
    m.host.vms.at(0).slotsUsed++;
  }),
  'BAL-I5': bad(busy, (m) => {
    m.host.vms.at(0).balloon.driver = 'absent';
    m.host.vms.at(0).balloon.statistics = 'none';
  }),
  'BAL-I6': bad(busy, (m) => {
    m.host.vms.at(0).balloon.actual = 0;
  }),
  'BAL-I7': bad(busy, (m) => {
    const machine = m.host.vms.at(0);
    const guest = m.guests.at(0);
    machine.mode = 'fault';
    machine.balloon.mustTell = false;
    machine.balloon.actual = 0;
    guest.use[3] = 'free';
    guest.deflating[3] = true;
    guest.balloonPages = 0;
    guest.managed = 4;
  }),
  'BAL-I8': bad(busy, (m) => {
    m.guests.at(0).managed = 4;
  }),
  'BAL-I9': bad(busy, (m) => {
    m.host.vms.at(1).balloon.told[0] = true;
  }),
  'BAL-I10': bad(busy, (m) => {
    m.host.vms.at(0).balloon.statistics = 'none';
  }),
  'DED-I1': { ...bad(busy, asIs), size: { maxSharing: 1 } },
  'DED-I2': bad(busy, (m) => {
    m.host.vms.at(0).pages.at(1).writable = true;
  }),
  'DED-I4': bad(busy, (m) => {
    m.host.sharing.sharing++;
  }),
  'DED-I5': bad(busy, (m) => {
    const entry = m.host.vms.at(0).pages.at(1);
    entry.pins = 1;
    entry.pinned = 4;
  }),
  'DED-I6': bad(busy, (m) => {
    m.host.vms.at(1).salt = 1;
  }),
  'DED-I7': bad(busy, (m) => {
    m.host.sharing.unstable.at(0)[2] = { kind: 'page', vm: 0, page: 1 };
  }),
  'DED-I8': bad(busy, (m) => {
    m.host.zero.content = 1;
    m.guests.at(1).expected[2] = 1;
  }),
  'DED-I9': bad(busy, (m) => {
    m.host.sharing.cursor = { kind: 'page', vm: 2, page: 0 };
  }),
  'DED-I10': bad(busy, (m) => {
    m.host.vms.at(1).mergeable = false;
  }),
  'DED-I11': bad(busy, (m) => {
    m.guests.at(1).expected[1] = 1;
  }),
};
