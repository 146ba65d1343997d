/** States of memory from which the hand-made mistakes start. */
import type { Memory } from '../../model/index.ts';
import { forced } from './bench.ts';
import { after, call, type Step } from './memory-bench.ts';

const driver = { mustTell: false, deflateOnOom: false, reporting: true, poison: false };

const vm = (id: number, size = 4, reservation = 2): Step =>
  call('create-vm', {
    vm: id,
    size,
    reservation,
    mode: 'refill',
    huge: false,
    overhead: [id + 1],
  });

/** A guest writes to a page that has no memory yet. */
const fill = (id: number, page: number, frame: number, content: number): Step[] => [
  call('map', { vm: id, virtual: page, page, writable: true }),
  call('write', { vm: id, virtual: page, content }),
  call('populate', { vm: id, page, frame }),
  call('write', { vm: id, virtual: page, content }),
];

const freshSteps = [vm(0), vm(1), vm(2, 1, 1)];
/** Three VMs that did nothing yet. */
export const fresh = (): Memory => after(...freshSteps);

const busySteps: readonly Step[] = [
  vm(0),
  vm(1),
  call('load-driver', { vm: 0, ...driver, mustTell: true, poisonValue: 0 }),
  call('load-driver', { vm: 1, ...driver, deflateOnOom: true, poisonValue: 0 }),
  ...fill(0, 0, 3, 1),
  ...fill(0, 1, 4, 2),
  ...fill(0, 2, 5, 3),
  ...fill(1, 0, 6, 1),
  ...fill(1, 1, 7, 2),
  ...fill(1, 2, 8, 0),
  call('merge-page', { vm: 1, page: 1, frame: 4 }),
  call('scan-page', { vm: 1, page: 2, into: null }),
  call('scan-page', { vm: 1, page: 2, into: null }),
  call('swap-out-begin', { vm: 0, page: 2, slot: 0 }),
  call('swap-out-end', { vm: 0, page: 2 }),
  call('pin', { vm: 1, page: 0 }),
  call('set-balloon-target', { vm: 0, target: 2 }),
  call('inflate-balloon', { vm: 0, pages: [3] }),
  call('acknowledge-inflate', { vm: 0 }),
  call('report-free-pages', { vm: 1, pages: [3] }),
  call('acknowledge-report', { vm: 1 }),
];
/**
 * VM 0 has page 0 private in frame 3, page 1 shared in frame 4, page 2 in slot 0 and page 3 in its
 * balloon. VM 1 has page 0 pinned in frame 6, page 1 shared, page 2 zero and page 3 reported. There
 * is no VM 2. Frames 5, 7 and 8 are not scrubbed.
 */
export const busy = (...more: readonly Step[]): Memory => after(...busySteps, ...more);

/** No frame is free, not even for emergencies; VM 0 waits for its page 0, which is in slot 0. */
export const full = (): Memory =>
  after(
    ...freshSteps,
    ...fill(0, 0, 4, 1),
    call('swap-out-begin', { vm: 0, page: 0, slot: 0 }),
    call('swap-out-end', { vm: 0, page: 0 }),
    call('scrub', { frame: 4 }),
    ...[4, 5, 6].map((frame, i) => call('populate', { vm: 0, page: i + 1, frame })),
    ...[7, 8, 9, 10].map((frame, page) => forced(call('populate', { vm: 1, page, frame }))),
    forced(call('populate', { vm: 2, page: 0, frame: 11 })),
  );
export const fullAndWaiting = (): Memory => {
  const state = full();
  state.host.vms.at(0).stalled = 0;
  return state;
};
