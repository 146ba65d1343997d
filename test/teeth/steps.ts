/** For every transition property of memory: a command that it does not allow to end so. */
import type { AnyEvent } from '../../machine/index.ts';
import type { Memory } from '../../model/index.ts';
import { forced } from './bench.ts';
import { call, type Step, take } from './memory-bench.ts';
import { busy, fresh } from './states.ts';

export interface BadStep {
  readonly from: () => Memory;
  readonly step: Step;
  readonly spoil: (after: Memory, events: AnyEvent[]) => void;
}
const bad = (from: () => Memory, step: Step, spoil: BadStep['spoil'] = () => {}): BadStep => ({
  from,
  step,
  spoil,
});

/** A command that is about nothing else. */
const aside = call('set-shares', { vm: 0, shares: 2 });
const free = call('scrub', { frame: 5 });
const swapIn = call('swap-in', { vm: 0, page: 2, frame: 5, keep: true });
const scrubbed = (): Memory => busy(free);
const logging = (): Memory => busy(call('start-log', { vm: 0, manual: false }));
const read = (id: number, virtual: number): Step => call('read', { vm: id, virtual });
const driver = { deflateOnOom: true, reporting: false, poison: false, poisonValue: 0 };
/** Three idle VMs, of which VM 0 has a driver that should hold one page. */
const inflatable = (): Memory => busyless(call('set-balloon-target', { vm: 0, target: 2 }));
const busyless = (...more: readonly Step[]): Memory => {
  const state = fresh();
  for (const step of [call('load-driver', { vm: 0, mustTell: false, ...driver }), ...more]) {
    take(state, step);
  }
  return state;
};
const setEvent = (events: AnyEvent[], type: string, change: Partial<AnyEvent>): void => {
  const at = events.findIndex((event) => event.type === type);
  events[at] = { ...(events[at] ?? { type }), ...change };
};

const inflate = call('inflate-balloon', { vm: 0, pages: [3] });
const acknowledge = call('acknowledge-inflate', { vm: 0 });
const deflate = call('deflate-balloon', { vm: 0, pages: [3] });
const noTarget = call('set-balloon-target', { vm: 0, target: 0 });

export const badSteps: Readonly<Record<string, BadStep>> = {
  'STL-T6': bad(fresh, aside, (m) => {
    m.guests.at(0).record = 1;
  }),
  'MEM-I6': bad(
    () => {
      const state = fresh();
      for (const step of [
        call('set-limit', { vm: 0, limit: 2 }),
        call('populate', { vm: 0, page: 0, frame: 4 }),
        call('populate', { vm: 0, page: 1, frame: 5 }),
      ]) {
        take(state, step);
      }
      return state;
    },
    forced(call('populate', { vm: 0, page: 2, frame: 6 })),
  ),
  'MEM-T1': bad(busy, aside, (m) => {
    m.host.frames.at(3).content = 2;
    m.guests.at(0).expected[0] = 2;
  }),
  'MEM-T2': bad(logging, call('host-write', { vm: 0, page: 0, content: 1 }), (m) => {
    m.host.vms.at(0).pages.at(0).logged = false;
    m.host.vms.at(0).pages.at(0).writable = false;
  }),
  'MEM-T3': bad(logging, call('harvest-log', { vm: 0 }), (_m, events) =>
    setEvent(events, 'harvested', { pages: [0] }),
  ),
  'MEM-T4': bad(busy, aside, (m) => {
    m.host.vms.at(1).pages.at(0).pins = 2;
  }),
  'MEM-T6': bad(busy, call('sample-active', { vm: 0, pages: [0] }), (m) => {
    m.host.vms.at(0).sampled[1] = true;
  }),
  'MEM-T7': bad(busy, free, (m) => {
    m.host.frames.at(7).use = { kind: 'free', scrubbed: true };
    m.host.frames.at(7).content = 0;
  }),
  'MEM-T8': bad(busy, call('destroy-vm', { vm: 0 }), (m) => {
    m.host.frames.at(3).use = { kind: 'hypervisor' };
    m.host.frames.at(3).content = 0;
    m.host.freeFrames--;
  }),
  'MEM-T9': bad(busy, aside, (m) => {
    m.guests.at(0).table[3] = { kind: 'present', page: 0, writable: false };
  }),
  'MEM-T10': bad(busy, aside, (m) => {
    m.host.vms.at(0).pages.at(0).accessed = false;
  }),
  'MEM-T11': bad(scrubbed, call('swap-in', { vm: 0, page: 2, frame: 5, keep: false }), (m) => {
    // The page is nowhere, and its frame free again.
    m.host.vms.at(0).pages.at(2).at = { kind: 'unbacked' };
    m.host.vms.at(0).pages.at(2).writable = false;
    m.host.vms.at(0).consumed--;
    m.host.frames.at(5).use = { kind: 'free', scrubbed: true };
    m.host.frames.at(5).content = 0;
    m.host.freeFrames++;
    m.guests.at(0).unspecified[2] = true;
  }),
  'MEM-T12': bad(busy, read(0, 0), (_m, events) => setEvent(events, 'read', { content: 3 })),
  'MEM-T13': bad(busy, read(0, 2), (_m, events) =>
    setEvent(events, 'stalled', { wait: 'populate' }),
  ),
  'MEM-T14': bad(busy, call('map', { vm: 0, virtual: 3, page: 0, writable: true }), (m) => {
    m.host.vms.at(0).stalled = 2;
  }),
  'MEM-T15': bad(scrubbed, call('swap-in', { vm: 0, page: 2, frame: 5, keep: false }), (m) => {
    m.host.vms.at(0).pages.at(2).dirty = true;
  }),
  'MEM-T16': bad(busy, call('page-out', { vm: 0, virtual: 0, block: 0 }), (m) => {
    m.guests.at(0).disk[0] = 3;
  }),
  'MEM-T17': bad(scrubbed, call('populate', { vm: 1, page: 3, frame: 5 }), (m) => {
    m.host.frames.at(5).content = 1;
  }),
  'MEM-T18': bad(busy, forced(call('oom-kill', { vm: 0 }))),
  'MEM-T19': bad(busy, call('unmap', { vm: 0, virtual: 0 }), (m) => {
    m.host.frames.at(9).use = { kind: 'overhead', vm: 2 };
    m.host.freeFrames--;
  }),
  'MEM-T20': bad(fresh, call('set-limit', { vm: 0, limit: 3 }), (m) => {
    m.host.vms.at(0).limit = 2;
  }),
  'MEM-T21': bad(
    busy,
    call('create-vm', {
      vm: 2,
      size: 1,
      reservation: 1,
      mode: 'refill',
      huge: false,
      overhead: [9],
    }),
    (m) => {
      m.host.vms.at(2).mode = 'pop';
    },
  ),
  'MEM-T22': bad(busy, call('host-write', { vm: 0, page: 0, content: 2 }), (m) => {
    m.host.vms.at(0).pages.at(0).accessed = false;
  }),
  'MEM-T23': bad(logging, call('dma', { vm: 1, page: 0, content: 1 }), (m) => {
    m.host.frames.at(3).content = 2;
    m.guests.at(0).expected[0] = 2;
    m.guests.at(0).harvested[0] = 2;
  }),
  'MEM-T24': bad(busy, call('pin', { vm: 1, page: 0 }), (m) => {
    m.host.vms.at(1).pages.at(0).pins = 1;
  }),
  'MEM-T25': bad(busy, read(0, 0), (_m, events) => setEvent(events, 'read', { vm: 1 })),
  'MEM-T26': bad(busy, call('dma', { vm: 1, page: 0, content: 1 }), (m) => {
    m.host.frames.at(5).content = 1;
  }),
  'MEM-T27': bad(scrubbed, swapIn, (m) => {
    m.host.vms.at(0).active = 3;
  }),
  'MEM-T28': bad(busy, call('map', { vm: 0, virtual: 3, page: 0, writable: true }), (m) => {
    m.guests.at(0).table[3] = { kind: 'present', page: 0, writable: false };
  }),
  'SWP-T1': bad(scrubbed, swapIn, (m) => {
    m.guests.at(0).disk[0] = 1;
  }),
  'SWP-T2': bad(
    () => busy(call('swap-out-begin', { vm: 0, page: 0, slot: 1 })),
    call('swap-out-end', { vm: 0, page: 0 }),
    (m) => {
      m.host.slots.at(1).content = 2;
    },
  ),
  'SWP-T3': bad(busy, call('page-out', { vm: 0, virtual: 2, block: 0 }), (_m, events) => {
    events.splice(0, 1);
  }),
  'SWP-T4': bad(
    () =>
      busy(
        call('unmap', { vm: 0, virtual: 2 }),
        call('set-balloon-target', { vm: 0, target: 4 }),
        call('inflate-balloon', { vm: 0, pages: [2] }),
      ),
    acknowledge,
    (m) => {
      m.host.vms.at(0).swapIns++;
    },
  ),
  'SWP-T5': bad(scrubbed, swapIn, (m) => {
    m.host.vms.at(0).pages.at(2).swapCopy = null;
    m.host.slots.at(0).use = { kind: 'free' };
    m.host.slots.at(0).content = 0;
    m.host.freeSlots++;
    m.host.vms.at(0).slotsUsed--;
  }),
  'SWP-T6': bad(scrubbed, swapIn, (m) => {
    m.host.vms.at(0).swapIns--;
  }),
  'SWP-T7': bad(
    scrubbed,
    forced(call('exchange', { vm: 0, page: 2, frame: 5, victimVm: 0, victimPage: 0 })),
  ),
  // The page was written since, so what the slot has does not matter yet.
  'SWP-T8': bad(
    () =>
      busy(
        free,
        swapIn,
        call('swap-out-begin', { vm: 0, page: 0, slot: 1 }),
        call('write', { vm: 0, virtual: 0, content: 3 }),
      ),
    call('drop-swap-copy', { vm: 0, page: 2 }),
    (m) => {
      m.host.slots.at(1).content = 2;
    },
  ),
  'SWP-T9': bad(busy, call('swap-out-begin', { vm: 0, page: 0, slot: 1 }), (m) => {
    m.host.vms.at(0).pages.at(0).dirty = true;
    m.host.vms.at(0).pages.at(0).swapCopy = null;
  }),
  'BAL-T1': bad(busy, noTarget, (m) => {
    m.host.vms.at(0).balloon.target = 4;
  }),
  'BAL-T2': bad(busy, forced(deflate)),
  'BAL-T3': bad(
    () => busy(call('set-balloon-target', { vm: 0, target: 4 })),
    forced(call('inflate-balloon', { vm: 0, pages: [0] })),
  ),
  // Past its target by as much as it was short of it.
  'BAL-T4': bad(inflatable, forced(call('inflate-balloon', { vm: 0, pages: [2, 3] }))),
  'BAL-T5': bad(
    () =>
      busy(
        call('unmap', { vm: 0, virtual: 1 }),
        call('set-balloon-target', { vm: 0, target: 4 }),
        call('inflate-balloon', { vm: 0, pages: [1] }),
      ),
    acknowledge,
    (m) => {
      // The frame is freed although another page shares it.
      m.host.frames.at(4).use = { kind: 'free', scrubbed: false };
      m.host.freeFrames++;
    },
  ),
  'BAL-T6': bad(scrubbed, call('populate', { vm: 1, page: 3, frame: 5 }), (m) => {
    m.host.frames.at(5).content = 2;
  }),
  'BAL-T7': bad(
    () =>
      busy(
        call('set-balloon-target', { vm: 1, target: 2 }),
        call('inflate-balloon', { vm: 1, pages: [3] }),
        call('acknowledge-inflate', { vm: 1 }),
      ),
    call('out-of-memory', { vm: 1, pages: [3] }),
    (m) => {
      m.host.vms.at(1).balloon.target = 0;
    },
  ),
  'BAL-T9': bad(busy, forced(call('out-of-memory', { vm: 1, pages: [] }))),
  'BAL-T10': bad(
    () =>
      busy(
        call('set-balloon-target', { vm: 1, target: 2 }),
        call('inflate-balloon', { vm: 1, pages: [3] }),
        call('acknowledge-inflate', { vm: 1 }),
      ),
    call('out-of-memory', { vm: 1, pages: [3] }),
    (_m, events) => setEvent(events, 'balloon-gave', { pages: 2 }),
  ),
  'BAL-T11': bad(
    () => busy(call('request-statistics', { vm: 0 })),
    call('send-statistics', { vm: 0 }),
    (m) => {
      m.host.vms.at(0).balloon.reportedFree = 4;
    },
  ),
  'BAL-T12': bad(scrubbed, forced(call('populate', { vm: 0, page: 3, frame: 5 }))),
  'BAL-T13': bad(
    () => {
      const state = inflatable();
      take(state, inflate);
      return state;
    },
    acknowledge,
    (m) => {
      m.host.vms.at(0).pages.at(3).at = { kind: 'unbacked' };
      m.host.vms.at(0).balloon.reclaimed[3] = false;
    },
  ),
  'BAL-T14': bad(
    () => {
      const state = inflatable();
      for (const step of [inflate, acknowledge, noTarget, deflate]) take(state, step);
      return state;
    },
    call('acknowledge-deflate', { vm: 0 }),
    (m) => {
      m.guests.at(0).deflating[3] = true;
      m.host.vms.at(0).balloon.told[3] = true;
    },
  ),
  'BAL-T15': bad(fresh, call('load-driver', { vm: 0, mustTell: false, ...driver }), (m) => {
    m.host.vms.at(0).balloon.mustTell = true;
  }),
  'KVM-I1': bad(busy, aside, (m) => {
    m.host.vms.at(0).balloon.poisonValue = 1;
  }),
  'KVM-T1': bad(
    () => busy(call('unmap', { vm: 0, virtual: 0 })),
    call('report-free-pages', { vm: 0, pages: [0] }),
    (m) => {
      m.host.vms.at(0).balloon.target = 4;
    },
  ),
  'KVM-T2': bad(
    () =>
      busy(call('unmap', { vm: 0, virtual: 0 }), call('report-free-pages', { vm: 0, pages: [0] })),
    call('acknowledge-report', { vm: 0 }),
    (m) => {
      m.host.vms.at(0).pages.at(0).at = { kind: 'unbacked' };
    },
  ),
  'KVM-T3': bad(() => busyless(), forced(call('report-free-pages', { vm: 0, pages: [0] }))),
  'DED-I3': bad(busy, call('dma', { vm: 1, page: 0, content: 2 }), (m) => {
    m.host.frames.at(4).content = 3;
    m.guests.at(0).expected[1] = 3;
    m.guests.at(1).expected[1] = 3;
  }),
  'DED-T1': bad(busy, call('break-share', { vm: 0, page: 1, frame: 9 }), (m) => {
    m.host.vms.at(0).pages.at(1).accessed = false;
  }),
  'DED-T2': bad(busy, call('write', { vm: 0, virtual: 0, content: 2 }), (m) => {
    // The page is copied, and its old frame is lost.
    m.host.frames.at(9).use = { kind: 'private', vm: 0, page: 0 };
    m.host.frames.at(9).content = 2;
    m.host.frames.at(3).use = { kind: 'overhead', vm: 0 };
    m.host.vms.at(0).pages.at(0).at = { kind: 'mapped', frame: 9 };
    m.host.freeFrames--;
  }),
  'DED-T3': bad(busy, forced(call('merge-page', { vm: 0, page: 0, frame: 4 }))),
  'DED-T4': bad(busy, call('break-share', { vm: 0, page: 1, frame: 9 }), (m) => {
    // The other mapping is made private as well.
    m.host.frames.at(4).use = { kind: 'private', vm: 1, page: 1 };
    m.host.frames.at(4).sharers.at(1)[1] = false;
    m.host.frames.at(4).references = 0;
    m.host.sharing.shared--;
  }),
  'DED-T5': bad(busy, read(0, 2), (m) => {
    m.host.vms.at(0).pages.at(2).accessed = !m.host.vms.at(0).pages.at(2).accessed;
  }),
  'DED-T6': bad(busy, call('scan-page', { vm: 0, page: 0, into: null }), (m) => {
    m.host.sharing.unstable.at(0)[1] = { kind: 'page', vm: 0, page: 0 };
  }),
  'DED-T7': bad(busy, call('scan-page', { vm: 0, page: 0, into: null }), (_m, events) =>
    setEvent(events, 'scanned', { result: 'inserted' }),
  ),
  'DED-T8': bad(busy, call('end-scan', {}), (m) => {
    m.host.sharing.unstable.at(0)[1] = { kind: 'page', vm: 0, page: 0 };
  }),
  'DED-T9': bad(busy, call('scan-page', { vm: 0, page: 0, into: null }), (m) => {
    m.host.sharing.run = 'stop';
  }),
};
