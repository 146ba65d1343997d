/**
 * Liveness as bounded response: what must be done by the time so many of the commands that could do
 * it were accepted. Whether such a command comes is up to the scheduler of the run (fairness); that
 * it then helps is what is promised.
 */

import type { MemorySizes } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part } from './parts.ts';
import {
  any,
  balloonOf,
  consumedBy,
  contentAt,
  distance,
  eventOf,
  freeFramesOf,
  isPrivate,
  isShared,
  type MemoryChange,
  property,
  type Reading,
  slotsOf,
  wantedBy,
} from './reading.ts';

const eachVm = (size: MemorySizes): number => size.vm;
const notStalled = (m: Reading, vm: number): boolean => m.host.vms.at(vm).stalled === null;

/** The command brings the page that a VM waits for. */
function servesWait({ before, call }: MemoryChange, vm: number): boolean {
  switch (call.kind) {
    case 'memory.populate':
    case 'memory.swap-in':
    case 'memory.exchange':
    case 'memory.overwrite':
    case 'memory.break-share':
    case 'memory.break-last':
      return call.args.vm === vm && before.host.vms.at(vm).stalled === call.args.page;
    default:
      return false;
  }
}

const ends = ({ call }: MemoryChange, vm: number): boolean =>
  (call.kind === 'memory.reset-vm' ||
    call.kind === 'memory.destroy-vm' ||
    call.kind === 'memory.oom-kill') &&
  call.args.vm === vm;

export const stalledAccessesGoOn = property.within({
  id: 'MEM-L1',
  name: 'a VM that waits for a page goes on with the first command that brings it',
  reads: reads(part.stalled),
  instances: eachVm,
  starts: (m, vm) => !notStalled(m, vm),
  bound: () => 0,
  counts: servesWait,
  assuming: (change, vm) => !ends(change, vm),
  done: notStalled,
});

/** Commands that raise what a VM uses, or change what it may use. */
function raisesUse({ call }: MemoryChange, vm: number): boolean {
  switch (call.kind) {
    case 'memory.swap-in':
    case 'memory.exchange':
    case 'memory.overwrite':
    case 'memory.set-limit':
      return call.args.vm === vm;
    default:
      return false;
  }
}

const excess = (m: Reading, vm: number): number =>
  consumedBy(m.host.vms.at(vm)) - m.host.vms.at(vm).limit;

/** The command takes a page of the VM out of memory. */
function reclaims(change: MemoryChange, vm: number): boolean {
  const { call } = change;
  switch (call.kind) {
    case 'memory.swap-out-end':
      return call.args.vm === vm && eventOf(change, 'swap-out-aborted') === undefined;
    case 'memory.swap-out-clean':
      return call.args.vm === vm;
    case 'memory.exchange':
      return call.args.victimVm === vm;
    default:
      return false;
  }
}

export const excessShrinks = property.within({
  id: 'MEM-L2',
  name: 'a VM over its limit is back under it after as many pages were taken as it was over',
  reads: reads(part.at | part.settings | part.life),
  instances: eachVm,
  starts: (m, vm) => excess(m, vm) > 0,
  bound: (m, vm) => excess(m, vm) - 1,
  counts: reclaims,
  assuming: (change, vm) => !ends(change, vm) && !raisesUse(change, vm),
  done: (m, vm) => excess(m, vm) <= 0,
});

const waitsForSlot = (m: Reading, vm: number): boolean => {
  const { stalled, pages } = m.host.vms.at(vm);
  return stalled !== null && pages.at(stalled).at.kind === 'swapped';
};

/** Taking a page to its frame again needs one frame; anything with a claim on one can make room. */
function canMakeRoom({ host }: Reading, vm: number, size: MemorySizes): boolean {
  for (let v = 0; v < host.vms.length; v++) {
    const { pages, size: all, reservation, state } = host.vms.at(v);
    if (state === 'absent') continue;
    const quota = size.reserve === 1 ? all - reservation : size.slot;
    const room = v === vm || slotsOf(host, v) < quota;
    for (let p = 0; p < pages.length; p++) {
      const { at, pins, writeback, swapCopy } = pages.at(p);
      if (pins > 0 || at.kind !== 'mapped') continue;
      // A page with a slot of its own can leave its frame without another.
      if (room || writeback !== null || swapCopy !== null) return true;
    }
  }
  return false;
}

/** With anything pinned or shared the host may have to wait for a device, or for a break. */
function allSwappable({ host }: Reading): boolean {
  for (let v = 0; v < host.vms.length; v++) {
    const { pages } = host.vms.at(v);
    for (let p = 0; p < pages.length; p++) {
      const { at, pins } = pages.at(p);
      if (pins > 0 || isShared(host, at)) return false;
    }
  }
  return true;
}

/**
 * What makes the wait end is never impossible: the state form of the promise. With memory and swap
 * both full there is an emergency frame, and a victim whose slot quota has room.
 */
export const swapInsStayPossible = property.invariant({
  id: 'SWP-I7',
  name: 'a VM that waits for a swapped page can always get it: a frame is left, and room can be made',
  reads: reads(
    part.at |
      part.stalled |
      part.life |
      part.settings |
      part.pins |
      part.writeback |
      part.swapCopy |
      part.frames |
      part.slots,
  ),
  when: (m) => m.host.vms.some((_, vm) => waitsForSlot(m, vm)),
  violation(m, size) {
    for (let v = 0; v < m.host.vms.length; v++) {
      if (!waitsForSlot(m, v)) continue;
      const free = freeFramesOf(m.host);
      if (free > size.emergency) continue;
      if (free === 0) return `VM ${v} waits for a swapped page, and no frame is left for it`;
      if (size.reserve === 1 && allSwappable(m) && !canMakeRoom(m, v, size)) {
        return `VM ${v} waits for a swapped page, and nothing can make room for it`;
      }
    }
    return null;
  },
});

export const swapInsServe = property.within({
  id: 'SWP-L1',
  name: 'a VM that waits for a swapped page goes on with the first command that reads it back',
  reads: reads(part.stalled | part.at),
  instances: eachVm,
  starts: waitsForSlot,
  bound: () => 0,
  counts: servesWait,
  assuming: (change, vm) => !ends(change, vm),
  done: notStalled,
});

const driverRuns = (m: Reading, vm: number): boolean =>
  m.host.vms.at(vm).balloon.driver === 'ready';

const moves = ({ call }: MemoryChange, vm: number): boolean =>
  (call.kind === 'memory.inflate-balloon' || call.kind === 'memory.deflate-balloon') &&
  call.args.vm === vm;

/** Nobody moves the target, and nothing but the driver's own messages moves the balloon. */
const isSteady = (change: MemoryChange, vm: number): boolean =>
  change.before.host.vms.at(vm).balloon.target === change.after.host.vms.at(vm).balloon.target &&
  driverRuns(change.after, vm) &&
  !ends(change, vm) &&
  !(change.call.kind === 'memory.out-of-memory' && change.call.args.vm === vm);

/**
 * Never done: a driver that has reached the target and goes on moving pages breaks the promise just
 * as one that moves none. A target that is not whole guest pages made Linux do that.
 */
export const balloonSettles = property.within({
  id: 'BAL-L1',
  name: 'while the target stands, a driver sends at most as many messages as pages are missing',
  reads: reads(part.driver | part.target | part.use),
  instances: eachVm,
  starts: driverRuns,
  bound: distance,
  counts: moves,
  assuming: isSteady,
  done: () => false,
});

const surplus = (m: Reading, vm: number, size: MemorySizes): number =>
  balloonOf(m.guests.at(vm)) - wantedBy(m.host.vms.at(vm), size);

export const surplusBecomesUsable = property.within({
  id: 'BAL-L2',
  name: 'each page over the target is usable again after one message and one answer',
  reads: reads(part.driver | part.target | part.use | part.messages),
  instances: eachVm,
  starts: (m, vm, size) =>
    driverRuns(m, vm) && (surplus(m, vm, size) > 0 || any(m.guests.at(vm).deflating)),
  bound: (m, vm, size) =>
    2 * Math.max(0, surplus(m, vm, size)) + (any(m.guests.at(vm).deflating) ? 1 : 0) - 1,
  counts: ({ call }, vm) =>
    (call.kind === 'memory.deflate-balloon' || call.kind === 'memory.acknowledge-deflate') &&
    call.args.vm === vm,
  assuming: isSteady,
  done: (m, vm, size) => surplus(m, vm, size) <= 0 && !any(m.guests.at(vm).deflating),
});

const eachPage = (size: MemorySizes): number => size.vm * size.page;
const vmAt = (instance: number, size: MemorySizes): number => Math.floor(instance / size.page);
const pageAt = (instance: number, size: MemorySizes): number => instance % size.page;

/** The scanner may merge the page. */
function isMergeable({ host }: Reading, vm: number, page: number): boolean {
  const { pages, mergeable, huge, state } = host.vms.at(vm);
  if (state === 'absent' || !mergeable || huge) return false;
  const { at, pins, writeback } = pages.at(page);
  return pins === 0 && writeback === null && isPrivate(host, at);
}

/** An equal page that the page could share with at this very visit. */
function hasEqual(m: Reading, vm: number, page: number, size: MemorySizes): boolean {
  const { host } = m;
  const { salt, pages } = host.vms.at(vm);
  const held = contentAt(m, pages.at(page).at);
  if (held === 0 && size.useZero === 1) return true;
  for (let f = 0; f < host.frames.length; f++) {
    const { use, content, references } = host.frames.at(f);
    if (use.kind !== 'shared' || use.salt !== salt) continue;
    if (content === held && references < size.maxSharing) return true;
  }
  const entry = host.sharing.unstable.at(salt).at(held);
  if (entry.kind === 'none' || (entry.vm === vm && entry.page === page)) return false;
  const { at, swapCopy } = host.vms.at(entry.vm).pages.at(entry.page);
  return isMergeable(m, entry.vm, entry.page) && swapCopy === null && contentAt(m, at) === held;
}

/**
 * Within three scans, of which the first notes the checksum and the second finds the equal page. The
 * premise is what a full scan brings: whenever the page is visited for the second time, an equal one
 * was visited before it in the same scan.
 */
export const equalPagesMerge = property.within({
  id: 'DED-L1',
  name: 'an unchanging page is merged at the second visit that finds an equal one',
  reads: reads(
    part.at | part.frames | part.pins | part.writeback | part.settings | part.life | part.scanner,
  ),
  instances: eachPage,
  starts: (m, i, size) =>
    m.host.sharing.run === 'run' && isMergeable(m, vmAt(i, size), pageAt(i, size)),
  bound: () => 1,
  counts: ({ call, size }, i) =>
    call.kind === 'memory.scan-page' &&
    call.args.vm === vmAt(i, size) &&
    call.args.page === pageAt(i, size),
  assuming({ before, after, call, size }, i) {
    const vm = vmAt(i, size);
    const page = pageAt(i, size);
    const visited =
      call.kind === 'memory.scan-page' && call.args.vm === vm && call.args.page === page;
    if (visited) return hasEqual(before, vm, page, size);
    if (!isMergeable(after, vm, page)) return false;
    const was = before.host.vms.at(vm).pages.at(page).at;
    const is = after.host.vms.at(vm).pages.at(page).at;
    return contentAt(before, was) === contentAt(after, is);
  },
  done: ({ host }, i, size) =>
    isShared(host, host.vms.at(vmAt(i, size)).pages.at(pageAt(i, size)).at),
});

export const breaksComplete = property.within({
  id: 'DED-L2',
  name: 'a VM that waits for a share to break goes on with the first break of it',
  reads: reads(part.stalled | part.at | part.frames),
  instances: eachVm,
  starts(m, vm) {
    const { stalled, pages } = m.host.vms.at(vm);
    return stalled !== null && isShared(m.host, pages.at(stalled).at);
  },
  bound: () => 0,
  counts: servesWait,
  assuming: (change, vm) => !ends(change, vm),
  done: notStalled,
});

/** Mappings of shared frames and of the zero frame, on the whole host. */
function sharedMappings({ host }: Reading): number {
  let shared = 0;
  for (let v = 0; v < host.vms.length; v++) {
    const { pages } = host.vms.at(v);
    for (let p = 0; p < pages.length; p++) if (isShared(host, pages.at(p).at)) shared++;
  }
  return shared;
}

export const unmergingEnds = property.within({
  id: 'DED-L3',
  name: 'undoing all sharing takes at most one break for each page that shares',
  reads: reads(part.scanner | part.at | part.frames),
  instances: () => 1,
  starts: (m) => m.host.sharing.run === 'unmerge',
  bound: (m) => sharedMappings(m) - 1,
  counts: ({ call }) => call.kind === 'memory.break-share' || call.kind === 'memory.break-last',
  assuming: ({ after }) => after.host.sharing.run === 'unmerge',
  done: (m) => sharedMappings(m) === 0,
});
