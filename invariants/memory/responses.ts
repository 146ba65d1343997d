/**
 * Liveness as bounded response: what must be done by the time so many of the commands that could do
 * it were accepted. Whether such a command comes is up to the scheduler of the run (fairness); that
 * it then helps is what is promised.
 */

import type { MemorySizes } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part } from './parts.ts';
import {
  consumedBy,
  eventOf,
  freeFramesOf,
  isShared,
  type MemoryChange,
  property,
  type Reading,
  slotsOf,
} from './reading.ts';

export const eachVm = (size: MemorySizes): number => size.vm;

export const notStalled = (m: Reading, vm: number): boolean => m.host.vms.at(vm).stalled === null;

/** The command brings the page that a VM waits for. */
export function servesWait({ before, call }: MemoryChange, vm: number): boolean {
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

export const ends = ({ call }: MemoryChange, vm: number): boolean =>
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

export const waitsForSlot = (m: Reading, vm: number): boolean => {
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
