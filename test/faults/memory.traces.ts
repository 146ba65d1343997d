/**
 * For each fault of memory a short story in scope `fuzz` (12 frames, 0 the hypervisor's; two balloon
 * units a page; one emergency frame; one overhead frame a VM) that it turns into a violation.
 */
import type { Call } from '../../machine/index.ts';

type Values = Readonly<Record<string, unknown>>;
/** A command of memory on the one host, without the words that all of them have in common. */
const call = (kind: string, args: Values): Call => ({
  kind: `memory.${kind}`,
  args: { host: 0, ...args },
});

/** Creates VM `vm`; its overhead frame is one from the end. */
const create = (vm: number, size: number, more: Values = {}): Call =>
  call('create-vm', {
    ...{ vm, size, reservation: 1, mode: 'refill', huge: false, overhead: [11 - vm] },
    ...more,
  });
const ofPage = (kind: string, more: Values = {}): Call => call(kind, { vm: 0, page: 0, ...more });
const ofVm = (kind: string, more: Values = {}): Call => call(kind, { vm: 0, ...more });
const populate = (page: number, frame: number, vm = 0): Call =>
  call('populate', { vm, page, frame });
const merge = (page: number, frame: number, kind = 'merge-page', vm = 0): Call =>
  call(kind, { vm, page, frame });
const hostWrite = (page: number, content: number): Call =>
  call('host-write', { vm: 0, page, content });
const map = (page: number): Call => ofVm('map', { virtual: 0, page, writable: true });
const write = (content: number): Call => ofVm('write', { virtual: 0, content });
const scan = (page: number): Call => ofPage('scan-page', { page, into: null });
const startLog = ofVm('start-log', { manual: false });
const loadDriver = (more: Values = {}): Call =>
  ofVm('load-driver', {
    ...{ mustTell: false, deflateOnOom: false, reporting: false, poison: false, poisonValue: 0 },
    ...more,
  });
const target = (units: number): Call => ofVm('set-balloon-target', { target: units });

/** Pages 0 and 1 of VM 0 have frames 1 and 2. */
const twoPages = [create(0, 2), populate(0, 1), populate(1, 2)];
/** Page 0 of VM 0 is in slot 0. */
const swapped = [
  create(0, 2),
  populate(0, 1),
  ofPage('swap-out-begin', { slot: 0 }),
  ofPage('swap-out-end'),
];
/** The driver has page 0 of VM 0, which has two pages, in the balloon. */
const inflate = (...pages: readonly number[]): readonly Call[] => [
  ofVm('inflate-balloon', { pages }),
  ofVm('acknowledge-inflate'),
];
const ballooned = [create(0, 2), loadDriver(), target(2), ...inflate(0)];
/** The same, and the guest uses its other page. */
const outOfMemory = (deflateOnOom: boolean, pages: readonly number[]): readonly Call[] => [
  ...[create(0, 2), loadDriver({ deflateOnOom }), target(2), ...inflate(0), map(1)],
  ofVm('out-of-memory', { pages }),
];
/** Three VMs leave 8 frames; all pages but page 5 of VM 0 and the page of VM 2 get one. */
const crowded = [
  ...[create(0, 6, { reservation: 2 }), create(1, 1), create(2, 1)],
  ...[0, 1, 2, 3, 4].map((page) => populate(page, page + 1)),
  populate(0, 6, 1),
];

export const memoryTraces: Readonly<Record<string, readonly Call[]>> = {
  'memory/M2': [
    ...[create(0, 3), populate(0, 1), populate(1, 2)],
    ...[ofVm('set-limit', { limit: 1 }), populate(2, 3)],
  ],
  'memory/M3': [create(0, 1), populate(0, 1), startLog, hostWrite(0, 1)],
  'memory/M4': [create(0, 1), populate(0, 1), startLog, hostWrite(0, 1), ofVm('harvest-log')],
  'memory/M5': [...crowded, populate(5, 7)],
  'memory/M6': [
    ...[create(0, 2), ofPage('map-special', { frame: 0 })],
    ofPage('swap-out-begin', { slot: 0 }),
  ],
  'memory/M7': [
    ...[create(0, 1), populate(0, 1), ofPage('pin'), loadDriver({ reporting: true })],
    ...[ofVm('report-free-pages', { pages: [0] }), ofVm('acknowledge-report')],
  ],
  // The frame that was the overhead of the one VM becomes a page of the next.
  'memory/M8': [
    ...[create(0, 1), ofVm('destroy-vm'), create(0, 1, { overhead: [10] }), populate(0, 11)],
  ],
  'memory/M10': [...twoPages, merge(1, 1), map(1), ofVm('unmap', { virtual: 0 })],
  'memory/S1': [
    ...[create(0, 2), populate(0, 1), ofPage('swap-out-begin', { slot: 0 })],
    ...[hostWrite(0, 1), ofPage('swap-out-end')],
  ],
  'memory/S2': [...swapped, ofPage('swap-in', { frame: 2, keep: true }), hostWrite(0, 1)],
  'memory/S3': [...swapped, loadDriver(), target(2), ...inflate(0)],
  'memory/S4': [
    ...[...crowded, populate(5, 7), ofPage('swap-out-begin', { slot: 0 })],
    ...[ofPage('swap-out-end'), populate(0, 8, 2), call('scrub', { frame: 1 })],
    ofPage('swap-in', { frame: 1, keep: false }),
  ],
  'memory/S5': [
    ...[create(0, 2), populate(0, 1), ofPage('pin')],
    ofPage('swap-out-begin', { slot: 0 }),
  ],
  'memory/S6': [create(0, 6)],
  'memory/S7': [...swapped, startLog, ofPage('swap-in', { frame: 2, keep: false })],
  'memory/B1': [
    ...[create(0, 2, { huge: true }), loadDriver(), target(2), ...inflate(0), target(0)],
    ...[ofVm('deflate-balloon', { pages: [0] }), ofVm('acknowledge-deflate')],
  ],
  'memory/B2': [
    ...[create(0, 2), loadDriver(), target(1), ...inflate(0)],
    ofVm('deflate-balloon', { pages: [0] }),
  ],
  'memory/B3': [...ballooned, ofVm('reset-vm')],
  'memory/B4a': outOfMemory(true, [0]),
  'memory/B4b': outOfMemory(true, [0]),
  'memory/B5a': outOfMemory(true, []),
  'memory/B5b': outOfMemory(false, [0]),
  'memory/B6': [
    ...[create(0, 2), populate(0, 1), ofPage('pin'), loadDriver(), target(2), ...inflate(0)],
  ],
  'memory/B7': [
    ...[create(0, 1), populate(0, 1), hostWrite(0, 1)],
    loadDriver({ reporting: true, poison: true, poisonValue: 1 }),
    ...[ofVm('report-free-pages', { pages: [0] }), ofVm('acknowledge-report')],
  ],
  'memory/B11': [
    ...[create(0, 1), loadDriver(), ofVm('request-balloon', { value: 1 })],
    ofVm('inflate-balloon', { pages: [0] }),
  ],
  'memory/B12': [...twoPages, merge(1, 1), loadDriver(), target(2), ...inflate(0)],
  'memory/B13': [...ballooned, ofVm('deflate-balloon', { pages: [0] })],
  'memory/B17': [create(0, 2, { huge: true }), loadDriver(), target(2), ...inflate(0)],
  'memory/B18': [
    ...[create(0, 3, { huge: true }), populate(0, 1), populate(1, 2)],
    ...[loadDriver(), target(4), ...inflate(0, 1)],
  ],
  'memory/K1': [...twoPages, hostWrite(1, 2), merge(1, 1)],
  'memory/K2': [...twoPages, merge(1, 1, 'merge-raced')],
  'memory/K3': [...twoPages, ofPage('pin', { page: 1 }), merge(1, 1)],
  'memory/K4': [...twoPages, merge(1, 1)],
  'memory/K5': [...twoPages, merge(1, 1), merge(0, 3, 'break-share'), map(1), write(1)],
  'memory/K6': [...[create(0, 1), populate(0, 1)], ...[scan(0), scan(0)]],
  'memory/K7': [...[create(0, 1), populate(0, 1), scan(0)], ofVm('destroy-vm')],
  'memory/K8': [
    ...[...crowded, populate(5, 7), merge(1, 1), populate(0, 8, 2)],
    merge(1, 2, 'break-share'),
  ],
  'memory/K9': [
    ...[create(0, 2), populate(1, 1), ofPage('map-special', { frame: 0 })],
    merge(0, 1),
  ],
  'memory/K10': [
    ...[create(0, 4), populate(0, 1), populate(1, 2), populate(2, 3), populate(3, 4)],
    ...[merge(1, 1), merge(2, 1), merge(3, 1)],
  ],
  'memory/K11': [
    ...[...twoPages, merge(1, 1), merge(0, 3, 'break-share'), ofPage('break-last', { page: 1 })],
  ],
  'memory/K12': [
    ...[create(0, 1), create(1, 1), ofVm('set-salt', { salt: 1 })],
    ...[populate(0, 1), populate(0, 2, 1), merge(0, 2)],
  ],
  'memory/K13a': [...twoPages, startLog, merge(1, 1)],
  'memory/K13b': [
    ...[...twoPages, merge(1, 1), merge(0, 3, 'break-share'), startLog, map(1), write(1)],
  ],
};
