/** Faults of double paging: races with write-out, stale copies, slots, victims, admission. */
import { dropGuard, replacing } from '../../machine/index.ts';
import { pageOf } from '../../model/memory/model.ts';
import { memory, type VmmFault } from './seams.ts';

const endIgnoresDirty: VmmFault = {
  id: 'memory/S1',
  seam: 'command',
  story: 'A page written while it was written out leaves its frame all the same.',
  origin: 'the classic race of write-back',
  killedBy: ['SWP-T2', 'MEM-I7'],
  scope: 'swap',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.swap-out-end', (end) => (m, a, c) => {
      pageOf(m, a).dirty = false;
      end(m, a, c);
    }),
};

const staleSwapCopy: VmmFault = {
  id: 'memory/S2',
  seam: 'operation',
  story: 'A write leaves the copy in the swap area, which then passes for the page.',
  origin: 'stale swap cache; Linux "ksm: fix swapin race condition" (2010)',
  killedBy: ['MEM-I9', 'MEM-I7'],
  scope: 'swap',
  apply: (machine) =>
    memory.changeWithin(
      memory.changeWithin(machine, 'memory.write', 'dropSwapCopy', () => () => {}),
      'memory.host-write',
      'dropSwapCopy',
      () => () => {},
    ),
};

const inflateLeaksSlot: VmmFault = {
  id: 'memory/S3',
  seam: 'operation',
  story: 'The balloon takes a page that is swapped out, and its slot stays in use.',
  origin: 'made up: each way out of the swap area has to free the slot',
  killedBy: ['SWP-I1'],
  scope: 'balloon-swap',
  apply: (machine) =>
    memory.changeOperation(machine, 'discard', (discard) => (m, vm, page, left, c) => {
      const leaks = left === 'ballooned' && pageOf(m, { vm, page }).at.kind === 'swapped';
      discard(m, vm, page, left, leaks ? replacing(c, 'releaseSlot', () => {}) : c);
    }),
};

const takesEmergencyFrame: VmmFault = {
  id: 'memory/S4',
  seam: 'command',
  story: 'A swap-in takes the emergency frame, and with it the last way to serve a swap-in.',
  origin: 'made up: the deadlock that the emergency frame is there to prevent',
  killedBy: ['SWP-L1', 'MEM-I14'],
  scope: 'emergency',
  apply: (machine) => dropGuard(machine, 'memory.swap-in', 'no-free-frame'),
};

const pinnedVictim: VmmFault = {
  id: 'memory/S5',
  seam: 'command',
  story: 'A page that a device holds may be swapped out, and the device writes a frame of nobody.',
  origin: 'memory corruption by direct memory access of passed-through devices',
  killedBy: ['MEM-I10', 'SWP-I4'],
  scope: 'swap',
  apply: (machine) =>
    dropGuard(
      dropGuard(machine, 'memory.swap-out-begin', 'pinned'),
      'memory.swap-out-clean',
      'pinned',
    ),
};

const admissionIgnoresSwap: VmmFault = {
  id: 'memory/S6',
  seam: 'command',
  story: 'Admission counts reservations but not the swap that the rest of a VM may need.',
  origin: 'against Waldspurger (OSDI 2002), section 6.2: minimum in memory, the rest in swap',
  killedBy: ['MEM-I5', 'MEM-I13'],
  scope: 'admission',
  apply: (machine) =>
    dropGuard(
      dropGuard(machine, 'memory.create-vm', 'admission-swap'),
      'memory.set-reservation',
      'admission-swap',
    ),
};

const swapInWritable: VmmFault = {
  id: 'memory/S7',
  seam: 'command',
  story: 'A swap-in maps the page writable while the dirty log runs, so its next write is missed.',
  origin: 'a dirty page missed by migration',
  killedBy: ['MEM-I9', 'MEM-T2'],
  scope: 'log-swap',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.swap-in', (swapIn) => (m, a, c) => {
      swapIn(m, a, c);
      pageOf(m, a).writable = true;
    }),
};

export const pagingFaults: readonly VmmFault[] = [
  endIgnoresDirty,
  staleSwapCopy,
  inflateLeaksSlot,
  takesEmergencyFrame,
  pinnedVictim,
  admissionIgnoresSwap,
  swapInWritable,
];
