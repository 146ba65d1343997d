/** Creating, configuring and destroying VMs; admission to the host. Chapter 1.B. */
import { bool, choice, enumOf, int, subset, table } from '../../machine/index.ts';
import { emptyBalloon } from './driver.ts';
import {
  command,
  type FrameId,
  guestOf,
  hostVm,
  type MemoryModel,
  noSuchVm,
  notOverhead,
  ofVm,
  pageOf,
  type VmId,
  viewVm,
  vmStopped,
} from './model.ts';
import { swapQuota } from './paging.ts';
import {
  block,
  cluster,
  content,
  frame,
  type Memory,
  type MemorySizes,
  type MemoryView,
  page,
  salt,
  slot,
  virtual,
  vm,
} from './state.ts';

/** Frames that admission has promised already: the hypervisor's, the emergency's, and each VM's. */
function promisedFrames(m: MemoryView, size: MemorySizes): number {
  return m.host.vms.reduce(
    (sum, { state, reservation }) =>
      state === 'running' ? sum + reservation + size.overhead : sum,
    size.hypervisor + size.emergency,
  );
}

/** Swap slots that admission has promised: what reservations do not cover. MEM-I5. */
function promisedSlots(m: MemoryView): number {
  return m.host.vms.reduce(
    (sum, machine) =>
      machine.state === 'running' ? sum + machine.size - machine.reservation : sum,
    0,
  );
}

/** A VM is admitted only when its reservation fits in memory and the rest in swap. MEM-I4, I5. */
export const createVm = command({
  actor: 'host',
  summary: 'Creates a VM when memory and swap can be promised to it (MEM-I4, MEM-I5, MEM-I13).',
  args: {
    ...ofVm,
    size: int('page', 1),
    reservation: int('page', 1),
    mode: enumOf('refill', 'pop', 'fault'),
    huge: bool,
    overhead: choice(subset(frame, 'overhead', 0)),
  },
  requires: [
    ['vm-exists', ['vm'], (m, a) => viewVm(m, a.vm).state !== 'absent'],
    ['reservation-above-size', ['size', 'reservation'], (_m, a) => a.reservation > a.size],
    [
      'admission-memory',
      ['reservation'],
      (m, a, c) => {
        const wanted = c.size.reserve === 1 ? a.reservation + c.size.overhead : c.size.overhead;
        if (c.size.reserve === 0) return m.host.freeFrames < wanted;
        return promisedFrames(m, c.size) + wanted > c.size.frame;
      },
    ],
    [
      'admission-swap',
      ['size', 'reservation'],
      (m, a, c) => c.size.reserve === 1 && promisedSlots(m) + a.size - a.reservation > c.size.slot,
    ],
    [
      'no-free-frame',
      ['overhead'],
      (m, a, c) => m.host.freeFrames - a.overhead.length < c.size.emergency,
    ],
    ['frame-in-use', ['overhead'], (m, a, c) => notOverhead(m, a.overhead, c.size)],
  ],
  effect(m, a, c) {
    boot(m, a, c.size);
  },
});

/** Fills in a VM that did not exist. */
function boot(
  m: Memory,
  a: {
    readonly vm: VmId;
    readonly size: number;
    readonly reservation: number;
    readonly mode: 'refill' | 'pop' | 'fault';
    readonly huge: boolean;
    readonly overhead: readonly FrameId[];
  },
  size: MemorySizes,
): void {
  const machine = hostVm(m, a.vm);
  machine.state = 'running';
  machine.size = a.size;
  machine.reservation = a.reservation;
  machine.limit = a.size;
  machine.shares = 1;
  machine.mode = a.mode;
  machine.huge = a.huge;
  machine.mergeable = true;
  machine.salt = size.salted === 1 ? a.vm % size.salt : 0;
  for (const f of a.overhead) m.host.frames.at(f).use = { kind: 'overhead', vm: a.vm };
  m.host.freeFrames -= a.overhead.length;
  const guest = guestOf(m, a.vm);
  guest.managed = a.size;
  for (let p = 0; p < a.size; p++) guest.use[p] = 'free';
}

/** Everything that a VM holds goes back to the host. MEM-T8. */
export const destroyVm = command({
  actor: 'host',
  summary: 'Destroys a VM that no device holds, and takes back all that it had (MEM-T8).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['pinned', ['vm'], (m, a) => viewVm(m, a.vm).pages.some(({ pins }) => pins > 0)],
  ],
  effect(m, a, c) {
    tearDown(m, a.vm, c);
  },
});

/** With heuristic overcommitment a VM that cannot go on may cost another its life. MEM-L1. */
export const oomKill = command({
  actor: 'host',
  summary: 'Without reservations, a host out of memory kills a VM for one that waits (MEM-L1).',
  args: ofVm,
  requires: [
    noSuchVm,
    vmStopped,
    ['reservations-hold', [], (_m, _a, c) => c.size.reserve === 1],
    ['nobody-waits', [], (m) => m.host.vms.every(({ stalled }) => stalled === null)],
    ['memory-left', [], (m, _a, c) => m.host.freeFrames > c.size.emergency || m.host.freeSlots > 0],
    ['pinned', ['vm'], (m, a) => viewVm(m, a.vm).pages.some(({ pins }) => pins > 0)],
  ],
  effect(m, a, c) {
    tearDown(m, a.vm, c);
    c.emit({ type: 'host-oom-kill', vm: a.vm });
  },
});

type C = Parameters<MemoryModel['operations']['dropBacking']>[3];

/** Everything that a VM holds goes back to the host; its guest is gone. */
export function tearDown(m: Memory, id: VmId, c: C): void {
  const machine = hostVm(m, id);
  emptyBalloon(m, id, c);
  for (let p = 0; p < machine.size; p++) {
    c.operation.dropBacking(m, id, p, c);
    clearPage(pageOf(m, { vm: id, page: p }));
  }
  for (const each of m.host.frames) {
    if (each.use.kind !== 'overhead' || each.use.vm !== id) continue;
    each.use = { kind: 'free', scrubbed: false };
    m.host.freeFrames++;
  }
  c.operation.forgetVm(m, id);
  clearVm(machine);
  clearGuest(guestOf(m, id));
}

type HostVm = ReturnType<typeof hostVm>;

function clearPage(entry: ReturnType<typeof pageOf>): void {
  entry.accessed = false;
  entry.logged = false;
  entry.checksum = null;
}

function clearVm(machine: HostVm): void {
  machine.state = 'absent';
  machine.size = 0;
  machine.reservation = 0;
  machine.limit = 0;
  machine.shares = 0;
  machine.mode = 'refill';
  machine.huge = false;
  machine.mergeable = false;
  machine.salt = 0;
  machine.logging = 'off';
  machine.stalled = null;
  machine.record = null;
  machine.active = 0;
  for (let p = 0; p < machine.sampled.length; p++) machine.sampled[p] = false;
  const { balloon } = machine;
  balloon.target = 0;
  balloon.actual = 0;
  balloon.driver = 'absent';
  balloon.mustTell = false;
  balloon.deflateOnOom = false;
  balloon.reporting = false;
  balloon.poison = false;
  balloon.poisonValue = 0;
  balloon.inhibited = false;
  balloon.statistics = 'none';
  balloon.reportedFree = 0;
}

function clearGuest(guest: ReturnType<typeof guestOf>): void {
  guest.managed = 0;
  guest.record = null;
  for (let v = 0; v < guest.table.length; v++) guest.table[v] = { kind: 'absent' };
  for (let b = 0; b < guest.disk.length; b++) guest.disk[b] = null;
  for (let k = 0; k < guest.written.length; k++) guest.written[k] = false;
  for (let p = 0; p < guest.use.length; p++) {
    guest.use[p] = 'offline';
    guest.expected[p] = 0;
    guest.harvested[p] = 0;
    guest.unspecified[p] = false;
  }
}

/** Raising a reservation is an admission of its own. */
export const setReservation = command({
  actor: 'host',
  summary: 'Changes a reservation; raising it must be admitted again (MEM-I4, SWP-I2).',
  args: { ...ofVm, reservation: int('page', 1) },
  requires: [
    noSuchVm,
    ['no-change', ['vm', 'reservation'], (m, a) => viewVm(m, a.vm).reservation === a.reservation],
    [
      'reservation-above-limit',
      ['vm', 'reservation'],
      (m, a) => a.reservation > viewVm(m, a.vm).limit,
    ],
    [
      'admission-memory',
      ['vm', 'reservation'],
      (m, a, c) =>
        c.size.reserve === 1 &&
        promisedFrames(m, c.size) + a.reservation - viewVm(m, a.vm).reservation > c.size.frame,
    ],
    [
      'admission-swap',
      ['vm', 'reservation'],
      (m, a, c) =>
        c.size.reserve === 1 &&
        promisedSlots(m) + viewVm(m, a.vm).reservation - a.reservation > c.size.slot,
    ],
    [
      // Swap that the VM uses now must stay covered.
      'swap-in-use',
      ['vm', 'reservation'],
      (m, a, c) =>
        viewVm(m, a.vm).slotsUsed >
        swapQuota(m, a.vm, c.size) + viewVm(m, a.vm).reservation - a.reservation,
    ],
  ],
  effect(m, a) {
    hostVm(m, a.vm).reservation = a.reservation;
  },
});

/** A limit below what the VM uses is accepted: reclaiming has to bring it down. MEM-I6. */
export const setLimit = command({
  actor: 'host',
  summary:
    'Changes a limit; one below what the VM uses makes it over limit, never an error (MEM-I6).',
  args: { ...ofVm, limit: int('page', 1) },
  requires: [
    noSuchVm,
    ['no-change', ['vm', 'limit'], (m, a) => viewVm(m, a.vm).limit === a.limit],
    ['above-maximum', ['vm', 'limit'], (m, a) => a.limit > viewVm(m, a.vm).size],
    ['reservation-above-limit', ['vm', 'limit'], (m, a) => viewVm(m, a.vm).reservation > a.limit],
  ],
  effect(m, a) {
    hostVm(m, a.vm).limit = a.limit;
  },
});

export const setShares = command({
  actor: 'host',
  summary: 'Changes the shares of a VM, which only policies read (1.B SetShares).',
  args: { ...ofVm, shares: int('shares', 1) },
  requires: [
    noSuchVm,
    ['no-change', ['vm', 'shares'], (m, a) => viewVm(m, a.vm).shares === a.shares],
  ],
  effect(m, a) {
    hostVm(m, a.vm).shares = a.shares;
  },
});

/** One host with its VMs at power-on: `booted` of them run, each as large as they come. */
export function initialMemory(z: MemorySizes): Memory {
  const m: Memory = {
    host: {
      frames: table(z, frame, (id) => ({
        use: id < z.hypervisor ? { kind: 'hypervisor' } : { kind: 'free', scrubbed: true },
        content: 0,
        references: 0,
        sharers: table(z, vm, () => table(z, page, () => false)),
      })),
      freeFrames: z.frame - z.hypervisor,
      zero: { content: 0, references: 0 },
      slots: table(z, slot, () => ({ use: { kind: 'free' }, content: 0 })),
      freeSlots: z.slot,
      sharing: {
        run: 'run',
        shared: 0,
        sharing: 0,
        cursor: { kind: 'none' },
        unstable: table(z, salt, () => table(z, content, () => ({ kind: 'none' }))),
        fullScans: 0,
      },
      vms: table(z, vm, () => absentVm(z)),
      stopped: table(z, cluster, () => table(z, vm, () => false)),
    },
    guests: table(z, vm, () => absentGuest(z)),
  };
  for (let id = 0; id < z.booted; id++) {
    const first = z.hypervisor + id * z.overhead;
    const overhead = Array.from({ length: z.overhead }, (_, i) => first + i);
    const each = { vm: id, size: z.page, reservation: 1, huge: z.huge === 1, overhead };
    boot(m, { ...each, mode: 'refill' }, z);
  }
  return m;
}

function absentVm(z: MemorySizes): Memory['host']['vms'] extends Iterable<infer X> ? X : never {
  return {
    state: 'absent',
    size: 0,
    reservation: 0,
    limit: 0,
    shares: 0,
    mode: 'refill',
    huge: false,
    mergeable: false,
    salt: 0,
    logging: 'off',
    stalled: null,
    record: null,
    consumed: 0,
    slotsUsed: 0,
    sampled: table(z, page, () => false),
    active: 0,
    pages: table(z, page, () => ({
      at: { kind: 'unbacked' },
      writable: false,
      accessed: false,
      dirty: false,
      logged: false,
      pins: 0,
      pinned: null,
      writeback: null,
      swapCopy: null,
      checksum: null,
    })),
    balloon: {
      target: 0,
      actual: 0,
      driver: 'absent',
      mustTell: false,
      deflateOnOom: false,
      reporting: false,
      poison: false,
      poisonValue: 0,
      inhibited: false,
      told: table(z, page, () => false),
      reclaimed: table(z, page, () => false),
      statistics: 'none',
      reportedFree: 0,
    },
    swapOuts: 0,
    swapIns: 0,
    doublePagings: 0,
  };
}

function absentGuest(z: MemorySizes): Memory['guests'] extends Iterable<infer X> ? X : never {
  return {
    table: table(z, virtual, () => ({ kind: 'absent' })),
    use: table(z, page, () => 'offline'),
    disk: table(z, block, () => null),
    balloonPages: 0,
    inflating: table(z, page, () => false),
    deflating: table(z, page, () => false),
    reporting: table(z, page, () => false),
    record: null,
    managed: 0,
    expected: table(z, page, () => 0),
    unspecified: table(z, page, () => false),
    written: table(z, content, () => false),
    harvested: table(z, page, () => 0),
  };
}
