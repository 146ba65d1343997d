/** Transition properties of accesses: what is read, what waits, and what is paged out. Chapter 1.B. */
import { reads, trespass } from './changes.ts';
import { part } from './parts.ts';
import {
  contentAt,
  eventOf,
  isPrivate,
  isShared,
  kinds,
  pageName,
  pageOf,
  property,
  type Reading,
  vmOf,
} from './reading.ts';

export const readsAreTrue = property.transition({
  id: 'MEM-T12',
  name: 'a read returns what the page holds and what the guest last wrote there',
  commands: kinds('memory.read'),
  violation(change) {
    const { before, after } = change;
    const event = eventOf(change, 'read');
    if (event === undefined) return null;
    const vm = vmOf(change);
    const page = pageOf(change);
    if (page === -1) return `VM ${vm} read through an entry that is not there`;
    const found = contentAt(before, before.host.vms.at(vm).pages.at(page).at);
    if (event.content !== found) return `a read of ${found} returned ${event.content}`;
    const { unspecified, expected } = before.guests.at(vm);
    if (!unspecified.at(page) && event.content !== expected.at(page)) {
      return `a read returned ${event.content}, but the guest wrote ${expected.at(page)}`;
    }
    return after.host.vms.at(vm).pages.at(page).accessed
      ? null
      : `a read left no accessed bit on ${pageName(vm, page)}`;
  },
});

const accesses = kinds('memory.read', 'memory.write', 'memory.page-out');

/** Why an access of a page must stop here: the event that it must show, or null. */
function obstacle(m: Reading, vm: number, page: number, write: boolean): string | null {
  const { pages, mode } = m.host.vms.at(vm);
  const { at } = pages.at(page);
  switch (at.kind) {
    case 'unbacked':
    case 'reported':
      return 'populate';
    case 'swapped':
      return 'swap-in';
    case 'ballooned':
      return mode === 'fault' ? 'fault' : 'refill';
    case 'special':
      return 'fault';
    case 'missing':
      return 'fetch';
    case 'zero':
      return write ? 'break-share' : null;
    case 'mapped':
      return write && isShared(m.host, at) && m.host.frames.at(at.frame).references > 1
        ? 'break-share'
        : null;
  }
}

export const accessesAnswerTruly = property.transition({
  id: 'MEM-T13',
  name: 'an access proceeds, waits or faults exactly as its page demands, and costs accordingly',
  commands: accesses,
  violation(change) {
    const { before, after, call, events } = change;
    if (!('virtual' in call.args)) return null;
    const { vm, virtual } = call.args;
    const entry = before.guests.at(vm).table.at(virtual);
    const write = call.kind === 'memory.write';
    const ghost = eventOf(change, 'guest-fault') !== undefined;
    const mine = entry.kind === 'present' && (!write || entry.writable);
    if (ghost === mine) return `VM ${vm} ${ghost ? 'faulted on' : 'passed'} entry ${virtual}`;
    if (entry.kind !== 'present' || ghost) return null;
    const stop = obstacle(before, vm, entry.page, write);
    const wait = eventOf(change, 'stalled');
    const waits = stop !== null && stop !== 'fault';
    const faults = eventOf(change, 'balloon-fault') !== undefined;
    if (faults !== (stop === 'fault')) return `VM ${vm} should ${faults ? 'not ' : ''}have faulted`;
    if (waits !== (wait !== undefined)) return `VM ${vm} should ${waits ? '' : 'not '}have stalled`;
    const { stalled } = after.host.vms.at(vm);
    if (wait !== undefined) {
      if (wait.wait !== stop || wait.page !== entry.page || wait.cost !== 'slow') {
        return `VM ${vm} says that it waits for ${wait.wait} of page ${wait.page}`;
      }
      return stalled === entry.page ? null : `VM ${vm} runs on without page ${entry.page}`;
    }
    if (stalled !== null) return `VM ${vm} waits for page ${stalled} for no reason`;
    for (const { cost } of events) {
      if (cost === 'slow') return `an access of VM ${vm} that did not wait was slow`;
    }
    return null;
  },
});

/** DED-T5 for every reason to wait, not only for a share to break. */
export const waitingChangesNothing = property.transition({
  id: 'DED-T5',
  name: 'an access that cannot proceed changes nothing but that its VM waits',
  commands: accesses,
  when: (change) =>
    eventOf(change, 'stalled') !== undefined ||
    eventOf(change, 'guest-fault') !== undefined ||
    eventOf(change, 'balloon-fault') !== undefined,
  violation: (change) => trespass(change, vmOf(change), -1, waitOnly),
});

const waitOnly = { mine: part.stalled | part.reports, others: 0 };

export const waitsEndWithThePage = property.transition({
  id: 'MEM-T14',
  name: 'a VM begins to wait by an access of its own, and stops when the page is ready',
  reads: reads(part.stalled),
  violation(change) {
    const { before, after, call } = change;
    for (let v = 0; v < after.host.vms.length; v++) {
      const from = before.host.vms.at(v).stalled;
      const { stalled, pages } = after.host.vms.at(v);
      if (from === stalled) continue;
      if (stalled !== null) {
        const mine = vmOf(change) === v && eventOf(change, 'stalled')?.page === stalled;
        if (from !== null || !mine) return `VM ${v} was made to wait for page ${stalled}`;
        continue;
      }
      if (vmOf(change) === v && endsVm(call.kind)) continue;
      if (from !== null && !isPrivate(after.host, pages.at(from).at)) {
        return `VM ${v} runs on, but page ${from} is not ready`;
      }
    }
    return null;
  },
});

const endsVm = (kind: string): boolean =>
  kind === 'memory.reset-vm' || kind === 'memory.destroy-vm' || kind === 'memory.oom-kill';

export const pageOutIsTrue = property.transition({
  id: 'MEM-T16',
  name: 'a page-out puts what the page holds on the guest’s disk, and the entry names the block',
  commands: kinds('memory.page-out'),
  violation(change) {
    const { before, after, call } = change;
    const { vm, virtual, block } = call.args;
    const entry = after.guests.at(vm).table.at(virtual);
    const page = pageOf(change);
    const paged = entry.kind === 'paged' && entry.block === block;
    const { disk: blocks } = after.guests.at(vm);
    for (let b = 0; b < blocks.length; b++) {
      if (b === block || blocks.at(b) === before.guests.at(vm).disk.at(b)) continue;
      return `block ${b} of VM ${vm} changed too`;
    }
    if (obstacle(before, vm, page, false) !== null) {
      const disk = before.guests.at(vm).disk.at(block);
      return paged || after.guests.at(vm).disk.at(block) !== disk
        ? `VM ${vm} paged out page ${page}, which was not there`
        : null;
    }
    const held = contentAt(before, before.host.vms.at(vm).pages.at(page).at);
    if (!paged) return `VM ${vm} paged out page ${page}, but its table does not say so`;
    return after.guests.at(vm).disk.at(block) === held
      ? null
      : `block ${block} of VM ${vm} does not hold the ${held} of page ${page}`;
  },
});
