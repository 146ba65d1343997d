/** Faults of the balloon: what is taken, what is counted, who is told. */
import { dropGuard } from '../../machine/index.ts';
import { hostPageOf } from '../../model/index.ts';
import { guestOf, hostVm, viewGuest, viewVm } from '../../model/memory/model.ts';
import { memory, unseen, unseenPins, type VmmFault } from './seams.ts';

const keepsHalfTold: VmmFault = {
  id: 'memory/B1',
  seam: 'command',
  story:
    'A page that left the balloon still counts towards its host page, so the next page that ' +
    'enters takes both away.',
  origin: 'QEMU commit 38e8e9007 (guest memory corruption)',
  killedBy: ['MEM-I7', 'BAL-I9'],
  scope: 'huge-pages',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-deflate', (acknowledge) => (m, a, c) => {
      const { huge, pages, balloon } = hostVm(m, a.vm);
      const { deflating } = guestOf(m, a.vm);
      const half = balloon.told.map(
        (is, p) => huge && is && deflating.at(p) && pages.at(p).at.kind !== 'ballooned',
      );
      acknowledge(m, a, c);
      half.forEach((is, p) => {
        if (is) balloon.told[p] = true;
      });
    }),
};

const unalignedTarget: VmmFault = {
  id: 'memory/B2',
  seam: 'command',
  story: 'The driver inflates to the next whole page and deflates to the one before, for ever.',
  origin: 'Linux commit 07622bd41563 (guests with pages of 64 KiB)',
  killedBy: ['BAL-L1', 'BAL-T2', 'BAL-T4'],
  scope: 'balloon-units',
  apply: (machine) =>
    memory.changeGuard(machine, 'memory.deflate-balloon', 'target-reached', () => (m, a, c) => {
      const whole = Math.floor(viewVm(m, a.vm).balloon.target / c.size.units);
      return viewGuest(m, a.vm).balloonPages - a.pages.length < whole;
    }),
};

const resetKeepsBallooned: VmmFault = {
  id: 'memory/B3',
  seam: 'command',
  story: 'A reset of the guest leaves the pages of its old balloon taken away.',
  origin: 'QEMU virtio_balloon_device_reset; "VM reboots and touches balloon memory"',
  killedBy: ['BAL-I5', 'MEM-I7'],
  scope: 'driver',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.reset-vm', (reset) => (m, a, c) => {
      const { pages, balloon } = hostVm(m, a.vm);
      const taken = pages.map(({ at }) => at.kind === 'ballooned');
      reset(m, a, c);
      taken.forEach((is, p) => {
        if (!is) return;
        pages.at(p).at = { kind: 'ballooned' };
        balloon.reclaimed[p] = true;
      });
    }),
};

const oomForgetsActual: VmmFault = {
  id: 'memory/B4a',
  seam: 'operation',
  story: 'A guest out of memory deflates without publishing the new size of its balloon.',
  origin: 'the shape of Linux virtio_balloon_oom_notify',
  killedBy: ['BAL-I6'],
  scope: 'balloon',
  apply: (machine) =>
    memory.changeWithin(machine, 'memory.out-of-memory', 'publishActual', () => () => {}),
};

const oomCountsUnits: VmmFault = {
  id: 'memory/B4b',
  seam: 'command',
  story: 'The balloon tells the guest’s memory manager balloon units where it expects pages.',
  origin: 'the shape of Linux virtio_balloon_oom_notify',
  killedBy: ['BAL-T10'],
  scope: 'balloon-units',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.out-of-memory', (deflate) => (m, a, c) => {
      deflate(m, a, {
        ...c,
        emit: (event) =>
          event.type === 'balloon-gave'
            ? c.emit({ ...event, pages: event.pages * c.size.units })
            : c.emit(event),
      });
    }),
};

const oomKillsFirst: VmmFault = {
  id: 'memory/B5a',
  seam: 'command',
  story: 'A guest kills a process although its balloon has pages and may give them.',
  origin: 'virtio rule of VIRTIO_BALLOON_F_DEFLATE_ON_OOM; Linux commit 71994620bb25',
  killedBy: ['BAL-T9'],
  scope: 'balloon',
  apply: (machine) =>
    memory.changeGuard(
      machine,
      'memory.out-of-memory',
      'balloon-gives',
      () => (_m, a) => a.pages.length > 0,
    ),
};

const oomUnnegotiated: VmmFault = {
  id: 'memory/B5b',
  seam: 'command',
  story: 'A guest out of memory takes pages out of its balloon although nobody agreed to that.',
  origin: 'virtio rule of VIRTIO_BALLOON_F_DEFLATE_ON_OOM; Linux commit 71994620bb25',
  killedBy: ['BAL-T4', 'BAL-I8'],
  scope: 'balloon',
  apply: (machine) =>
    memory.changeGuard(machine, 'memory.out-of-memory', 'balloon-gives', () => (m, a) => {
      const canGive =
        viewVm(m, a.vm).balloon.driver === 'ready' && viewGuest(m, a.vm).balloonPages > 0;
      return canGive !== a.pages.length > 0;
    }),
};

const takesHeldPages: VmmFault = {
  id: 'memory/B6',
  seam: 'command',
  story: 'The host discards ballooned memory that a device holds or that must not be discarded.',
  origin: 'QEMU virtio_balloon_inhibited: discarding is forbidden while a device pins memory',
  killedBy: ['MEM-I10', 'BAL-T5'],
  scope: 'balloon-devices',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-inflate', (acknowledge) => (m, a, c) => {
      const { balloon } = hostVm(m, a.vm);
      unseen(balloon, 'inhibited', false, () => unseenPins(m, a.vm, () => acknowledge(m, a, c)));
    }),
};

const losesPoison: VmmFault = {
  id: 'memory/B7',
  seam: 'command',
  story: 'The host discards reported pages although the guest relies on the poison in them.',
  origin: 'QEMU virtio_balloon_handle_report: no discard while poison_val is not 0',
  killedBy: ['KVM-T2'],
  scope: 'reporting',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-report', (acknowledge) => (m, a, c) => {
      unseen(hostVm(m, a.vm).balloon, 'poisonValue', 0, () => acknowledge(m, a, c));
    }),
};

const belowFloor: VmmFault = {
  id: 'memory/B11',
  seam: 'command',
  story: 'The balloon takes the pages without which the guest cannot run.',
  origin: 'Firecracker issue 5566, buildbuddy issue 10901',
  killedBy: ['BAL-I3'],
  scope: 'balloon-units',
  apply: (machine) => dropGuard(machine, 'memory.inflate-balloon', 'below-floor'),
};

const creditsSharedPages: VmmFault = {
  id: 'memory/B12',
  seam: 'operation',
  story: 'Ballooning a page credits a free frame although others still map its shared frame.',
  origin: 'made up: what sharing saves is not there to be given twice',
  killedBy: ['BAL-T5', 'MEM-I1'],
  scope: 'balloon-sharing',
  apply: (machine) =>
    memory.changeWithin(
      machine,
      'memory.acknowledge-inflate',
      'dropReference',
      (drop) => (m, frame, vm, page) => {
        drop(m, frame, vm, page);
        if (m.host.frames.at(frame).references > 0) m.host.freeFrames++;
      },
    ),
};

const deflatesAtWill: VmmFault = {
  id: 'memory/B13',
  seam: 'command',
  story: 'A guest takes pages out of its balloon beyond what the host set.',
  origin: 'Xen commit 2a99aa99fc',
  killedBy: ['BAL-T4', 'BAL-T2'],
  scope: 'balloon-units',
  apply: (machine) => dropGuard(machine, 'memory.deflate-balloon', 'target-reached'),
};

const oddBatch: VmmFault = {
  id: 'memory/B17',
  seam: 'command',
  story: 'A message that covers a part of a host page is rounded up, and all of it is taken.',
  origin: 'Xen CVE-2021-28708 (XSA-388), commits 8ec13f68e0 and 182c737b9b',
  killedBy: ['BAL-I1', 'MEM-I2'],
  scope: 'huge-pages',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-inflate', (acknowledge) => (m, a, c) => {
      const { told } = hostVm(m, a.vm).balloon;
      const isIn = guestOf(m, a.vm).inflating.map((is, p) => is || told.at(p));
      isIn.forEach((is, p) => {
        if (!is) return;
        const { first, end } = hostPageOf(m, { vm: a.vm, page: p }, c.size);
        for (let q = first; q < end; q++) told[q] = true;
      });
      acknowledge(m, a, c);
      isIn.forEach((is, p) => {
        told[p] = is;
      });
    }),
};

const releasesFirstFrame: VmmFault = {
  id: 'memory/B18',
  seam: 'operation',
  story: 'Releasing a host page clears the owner of its first frame once for each of its pages.',
  origin: 'Xen commit 8e4d495cb8',
  killedBy: ['MEM-I2'],
  scope: 'huge-pages',
  apply: (machine) =>
    memory.changeEffect(machine, 'memory.acknowledge-inflate', (acknowledge) => (m, a, c) => {
      const { discard, releaseFrame } = c.operation;
      let bulk = -1;
      let entry = -1;
      acknowledge(m, a, {
        ...c,
        operation: {
          ...c.operation,
          releaseFrame(memory, frame) {
            if (entry < 0) entry = frame;
            releaseFrame(memory, entry);
          },
          discard(memory, vm, page, left, inner) {
            const { first } = hostPageOf(memory, { vm, page }, inner.size);
            if (first !== bulk) entry = -1;
            bulk = first;
            discard(memory, vm, page, left, inner);
          },
        },
      });
    }),
};

export const balloonFaults: readonly VmmFault[] = [
  keepsHalfTold,
  unalignedTarget,
  resetKeepsBallooned,
  oomForgetsActual,
  oomCountsUnits,
  oomKillsFirst,
  oomUnnegotiated,
  takesHeldPages,
  losesPoison,
  belowFloor,
  creditsSharedPages,
  deflatesAtWill,
  oddBatch,
  releasesFirstFrame,
];
