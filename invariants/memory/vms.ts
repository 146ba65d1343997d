/** Invariants of VMs as a whole: their configuration, their dirty log, and what outlives them. */
import { eachPage, eachVm } from './each.ts';
import { bytes, everything, part } from './parts.ts';
import {
  any,
  contentAt,
  type GuestReading,
  type PageReading,
  pageName,
  property,
  type VmReading,
} from './reading.ts';

const configurationIsOrdered = property.invariant({
  id: 'MEM-I15',
  name: 'a running VM has 1 <= reservation <= limit <= size and some shares',
  ...eachVm(part.life | part.settings, ({ host }, v) => {
    const { state, size, reservation, limit, shares, pages } = host.vms.at(v);
    if (state === 'absent') return null;
    if (1 <= reservation && reservation <= limit && limit <= size && size <= pages.length) {
      return shares > 0 ? null : `VM ${v} runs without shares`;
    }
    return `VM ${v} has reservation ${reservation}, limit ${limit} and size ${size}`;
  }),
});

/** The trace form of MEM-T3, as far as one state can tell. */
const changesAreLogged = property.invariant({
  id: 'MEM-I16',
  name: 'a page that differs from what it held at the last harvest is in the dirty log',
  ...eachPage(part.at | part.logged | part.logging | part.ghosts | part.life | bytes, (m, v, p) => {
    const { pages, size, logging } = m.host.vms.at(v);
    if (logging === 'off' || p >= size) return null;
    const { harvested, unspecified } = m.guests.at(v);
    const { at, logged } = pages.at(p);
    if (logged || unspecified.at(p)) return null;
    const found = contentAt(m, at);
    return found === harvested.at(p)
      ? null
      : `${pageName(v, p)} went from ${harvested.at(p)} to ${found} and is not logged`;
  }),
});

/** What other properties say of a VM that is gone: its frames, slots and places. */
const elsewhere =
  part.at |
  part.statistics |
  part.use |
  part.frames |
  part.contents |
  part.slots |
  part.slotContents |
  part.shares |
  part.scanner;

const nothingOutlivesVm = property.invariant({
  id: 'MEM-I17',
  name: 'a VM that does not exist, and a page outside its VM, leave nothing behind',
  ...eachVm(everything & ~elsewhere, (m, v) => {
    const machine = m.host.vms.at(v);
    const guest = m.guests.at(v);
    for (let p = machine.size; p < machine.pages.length; p++) {
      const left = leftOutside(machine, guest, p);
      if (left !== null) return `${left} is left of ${pageName(v, p)}, outside the VM`;
    }
    if (machine.state === 'running') return null;
    const left = leftOfVm(machine, guest);
    return left === null ? null : `${left} is left of VM ${v}, which does not exist`;
  }),
});

function leftOutside({ pages, balloon, sampled }: VmReading, guest: GuestReading, page: number) {
  const field = leftOnPage(pages.at(page));
  if (field !== null) return field;
  if (balloon.told.at(page) || balloon.reclaimed.at(page)) return 'a place in the balloon';
  if (sampled.at(page)) return 'a place in the sample';
  if (guest.inflating.at(page) || guest.deflating.at(page) || guest.reporting.at(page)) {
    return 'a message';
  }
  const held = guest.expected.at(page) + guest.harvested.at(page);
  return guest.unspecified.at(page) || held !== 0 ? 'a content' : null;
}

function leftOnPage(entry: PageReading): string | null {
  if (entry.writable || entry.accessed || entry.dirty) return 'a flag';
  if (entry.logged) return 'an entry in the dirty log';
  if (entry.pins !== 0) return 'a pin';
  if (entry.writeback !== null || entry.swapCopy !== null) return 'a slot';
  return entry.checksum === null ? null : 'a checksum';
}

function leftOfVm(machine: VmReading, guest: GuestReading): string | null {
  const { balloon } = machine;
  if (machine.size !== 0 || machine.reservation !== 0 || machine.limit !== 0) return 'a size';
  if (machine.logging !== 'off') return 'a dirty log';
  if (machine.stalled !== null) return 'a wait';
  if (machine.slotsUsed !== 0) return 'a count of slots';
  if (machine.active !== 0) return 'an estimate';
  if (balloon.driver !== 'absent' || balloon.target !== 0 || balloon.actual !== 0) {
    return 'a balloon';
  }
  if (balloon.inhibited || balloon.poisonValue !== 0) return 'a setting of the balloon';
  if (guest.managed !== 0 || guest.balloonPages !== 0) return 'memory of the guest';
  if (any(guest.written)) return 'a content';
  for (let i = 0; i < guest.table.length; i++) {
    if (guest.table.at(i).kind !== 'absent') return 'an entry of the guest’s table';
  }
  for (let b = 0; b < guest.disk.length; b++) {
    if (guest.disk.at(b) !== null) return 'a block of the guest’s disk';
  }
  return null;
}

const guestKnowsItsPages = property.invariant({
  id: 'MEM-I18',
  name: 'a guest’s table names pages that the guest uses, and blocks that it wrote',
  ...eachVm(part.table | part.use | part.disk, (m, v) => {
    const { table, use, disk } = m.guests.at(v);
    for (let i = 0; i < table.length; i++) {
      const entry = table.at(i);
      if (entry.kind === 'present' && use.at(entry.page) !== 'used') {
        return `VM ${v} maps page ${entry.page}, which is ${use.at(entry.page)}`;
      }
      if (entry.kind === 'paged' && disk.at(entry.block) === null) {
        return `VM ${v} has a page in block ${entry.block}, which was never written`;
      }
    }
    for (let p = 0; p < use.length; p++) {
      if (use.at(p) === 'used' && !isMapped(table, p)) {
        return `${pageName(v, p)} is used, but nothing maps it`;
      }
    }
    return null;
  }),
});

function isMapped(table: GuestReading['table'], page: number): boolean {
  for (let i = 0; i < table.length; i++) {
    const entry = table.at(i);
    if (entry.kind === 'present' && entry.page === page) return true;
  }
  return false;
}

const specialPagesAreReserved = property.invariant({
  id: 'MEM-I19',
  name: 'a page of the hypervisor’s own is one that the guest keeps its hands off',
  ...eachPage(part.at | part.use, (m, v, p) => {
    const { kind } = m.host.vms.at(v).pages.at(p).at;
    const use = m.guests.at(v).use.at(p);
    return (kind === 'special') === (use === 'reserved')
      ? null
      : `${pageName(v, p)} is ${kind} but ${use} in the guest`;
  }),
});

export const vmInvariants = [
  configurationIsOrdered,
  changesAreLogged,
  nothingOutlivesVm,
  guestKnowsItsPages,
  specialPagesAreReserved,
];
