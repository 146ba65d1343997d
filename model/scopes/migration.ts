/** Scopes of live migration: two hosts, and a VM that moves between them. */

import { policyNumber } from '../migration/index.ts';
import { cpu, cpuSizes } from './cpu-sizes.ts';
import {
  deflating,
  inflating,
  memory,
  paging,
  scanning,
  sharing,
  tinySizes,
} from './memory-sizes.ts';
import type { Scopes, VmmSizes } from './scope.ts';

/**
 * The migration scope of the specification (0.5): 2 hosts, 1 VM of 3 pages, of which the guest may
 * only read one, and 1 vCPU. Frames are as many as pages: what a host does when it is short of them is
 * the matter of memory’s scopes.
 */
const migrationSizes: VmmSizes = {
  ...tinySizes,
  ...{ pcpu: 1, thread: 1, vcpus: 1, online: 1, period: 1, patience: 1, advantage: 1 },
  ...{ quantum: 1, request: 1, grid: cpuSizes.grid, weight: 1 },
  host: 2,
  cluster: 1,
  place: 4,
  rounds: 3,
  attempts: 1,
  losses: 0,
  driver: 0,
  vm: 1,
  booted: 1,
  page: 3,
  virtual: 3,
  frame: 3,
  slot: 0,
  block: 0,
  content: 2,
  salt: 1,
  hashes: 1,
  reserve: 0,
  emergency: 0,
};

/** Every step is still there, with fewer things at a time. */
const fewSizes: VmmSizes = { ...migrationSizes, place: 2, rounds: 1 };
/** Two pages, one of them read-only: enough where writes by the guest are not the point. */
const pairSizes: VmmSizes = { ...fewSizes, place: 1, page: 2, virtual: 2, frame: 2 };
/** Two guests of two vCPUs each, on the first of three hosts. */
const fuzzSizes: VmmSizes = {
  ...migrationSizes,
  ...{ host: 3, vm: 2, booted: 2, thread: 4, vcpus: 2, online: 2, pcpu: 2 },
  ...{ frame: 7, place: 2, content: 4, pins: 2, attempts: 5, losses: 2 },
  ...{ horizon: 200, patience: 250, period: 2, advantage: 250 },
};

/** QEMU’s policy: a channel that carries a page in a tick, of which one may pass while it stands still. */
const timed = { rounds: 2, policy: policyNumber('qemu'), bandwidth: 1, downtime: 1 };
/** A channel that is always used, of a guest that may write every other tick once it is slowed down. */
const slowed = { coupled: 1, bandwidth: 2, downtime: 0, converge: 1, eager: 1, period: 2 };
const onePage = { page: 1, virtual: 1, frame: 1 };
/** A guest with a clock, that may be a tick behind and sets a timer of two. */
const clocked = { guest: 1, drift: 1, timer: 2, watchdog: 1, implicit: 1 };

const clockCommands: readonly string[] = [
  ...['migration.*', ...cpu('tick')],
  ...['set-timer', 'check-watchdog', 'send-sync', 'read-time'].map((name) => `service.${name}`),
];
/** Guests whose clocks and services do all that they can. */
const guestSizes = {
  ...{ drift: 12, ahead: 2, replays: 2, slew: 3, implicit: 3, watchdog: 4 },
  ...{ heartbeat: 1, freeze: 5, shutdown: 3 },
};

/** The commands of some names of post-copy. */
const postcopy = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `postcopy.${name}`);

/** One vCPU: all that it waits for is one page at a time. */
const recoverSizes: VmmSizes = { ...pairSizes, postcopy: 1, losses: 2 };
const recoverCommands: readonly string[] = [
  ...['migration.*', 'failure.lose-connection'],
  ...postcopy('advise', 'switch', 'request', 'finish', 'listen', 'recover'),
  ...memory('write'),
];

export const migrationScopes = {
  migration: {
    name: 'migration',
    purpose: 'every state of a guest that moves to another host while it writes its memory',
    sizes: migrationSizes,
    explored: {
      distinct: 1573210,
      generated: 7158042,
      depth: 36,
      complete: true,
      classes: 787555,
    },
    commands: ['migration.*', ...memory('write')],
  },
  'migration-small': {
    name: 'migration-small',
    purpose: 'the same with short channels and one round',
    sizes: fewSizes,
    explored: {
      distinct: 28337,
      generated: 124055,
      depth: 35,
      complete: true,
      classes: 14462,
    },
    commands: ['migration.*', ...memory('write')],
  },
  'migration-device': {
    name: 'migration-device',
    purpose: 'every state of a guest that moves while its device writes its memory',
    sizes: pairSizes,
    explored: {
      distinct: 74212,
      generated: 270022,
      depth: 39,
      complete: true,
      classes: 74028,
    },
    commands: ['migration.*', 'device.*'],
  },
  'migration-queue': {
    name: 'migration-queue',
    purpose: 'every state of a guest that moves while there is a write in the queue of its device',
    sizes: { ...pairSizes, ...onePage, losses: 1 },
    explored: { distinct: 7533, generated: 24446, depth: 38, complete: true },
    commands: ['migration.*', 'queue.*', 'device.complete-write', 'failure.lose-connection'],
  },
  'migration-vcpus': {
    name: 'migration-vcpus',
    purpose: 'every state of a guest that moves while its vCPU sleeps and wakes',
    sizes: pairSizes,
    explored: {
      distinct: 6140,
      generated: 27824,
      depth: 30,
      complete: true,
      classes: 6140,
    },
    commands: ['migration.*', ...cpu('halt', 'wake', 'tick')],
  },
  'migration-plugging': {
    name: 'migration-plugging',
    purpose: 'every state of a guest that moves with two vCPUs, of which one is plugged in and out',
    sizes: { ...pairSizes, ...onePage, place: 2, thread: 2, vcpus: 2 },
    explored: { distinct: 8082, generated: 33126, depth: 45, complete: true, classes: 8082 },
    commands: ['migration.*', ...cpu('set-vcpus', 'online-vcpu', 'release-vcpu', 'tick')],
  },
  'migration-paused': {
    name: 'migration-paused',
    purpose: 'every state of a guest that moves while it is paused, shuts down and is reset',
    sizes: { ...pairSizes, coupled: 1 },
    explored: { distinct: 48094, generated: 235422, depth: 38, complete: true, classes: 47938 },
    commands: [
      'migration.*',
      'power.*',
      ...memory('write'),
      ...cpu('pause-vm', 'resume-vm', 'tick'),
    ],
  },
  'migration-locks': {
    name: 'migration-locks',
    purpose: 'every state of a guest that moves while its two vCPUs take a lock and wait for it',
    sizes: { ...pairSizes, ...onePage, thread: 2, vcpus: 2, online: 2, place: 2 },
    explored: { distinct: 6208, generated: 26146, depth: 35, complete: true, classes: 6208 },
    commands: ['migration.*', ...cpu('lock', 'unlock', 'tick')],
  },
  'migration-broken': {
    name: 'migration-broken',
    purpose:
      'every state of a guest that moves while a connection or the way to the storage is lost',
    sizes: { ...pairSizes, losses: 1 },
    explored: {
      distinct: 4643,
      generated: 20813,
      depth: 30,
      complete: true,
      classes: 4635,
    },
    commands: ['migration.*', 'failure.*', ...memory('write')],
  },
  'migration-retry': {
    name: 'migration-retry',
    purpose:
      'every state of a guest that moves and comes back, or whose migration is given up and begun again',
    sizes: { ...pairSizes, attempts: 2 },
    explored: {
      distinct: 10116,
      generated: 34592,
      depth: 52,
      complete: true,
      classes: 9156,
    },
    commands: ['migration.*', ...memory('write')],
  },
  'migration-twice': {
    name: 'migration-twice',
    purpose: 'the same for a guest of three pages',
    sizes: { ...fewSizes, place: 1, attempts: 2 },
    explored: { distinct: 611078, generated: 2475120, depth: 63, complete: true, classes: 183435 },
    commands: ['migration.*', ...memory('write')],
  },
  'migration-transparent': {
    name: 'migration-transparent',
    purpose:
      'every state of a guest that moves, comes back or stays after all, beside one that is left alone (MIG-A8)',
    sizes: { ...pairSizes, attempts: 2 },
    explored: { distinct: 10116, generated: 41200, depth: 52, complete: true, classes: 9156 },
    commands: ['migration.*', ...memory('read', 'write')],
  },
  'migration-transparent-hops': {
    name: 'migration-transparent-hops',
    purpose: 'the same among three hosts: a guest that moves on from where it has moved to',
    sizes: { ...pairSizes, host: 3, attempts: 2 },
    explored: { distinct: 49654, generated: 201216, depth: 57, complete: true },
    commands: ['migration.*', ...memory('read', 'write')],
  },
  'migration-transparent-device': {
    name: 'migration-transparent-device',
    purpose: 'the same for a guest whose device writes its memory and keeps a register',
    sizes: pairSizes,
    explored: { distinct: 75368, generated: 357330, depth: 39, complete: true, classes: 75160 },
    commands: ['migration.*', 'device.*', ...memory('read')],
  },
  'migration-policy': {
    name: 'migration-policy',
    purpose: 'every state of a guest that moves when what is dirty can be sent in the time allowed',
    sizes: { ...pairSizes, ...timed },
    explored: { distinct: 4732, generated: 27052, depth: 33, complete: true, classes: 4720 },
    commands: ['migration.*', ...memory('write'), ...cpu('tick')],
  },
  'migration-throttle': {
    name: 'migration-throttle',
    purpose: 'every state of a guest that is slowed down until so little is dirty that it can move',
    sizes: { ...pairSizes, ...timed, ...slowed },
    explored: { distinct: 263883, generated: 1362254, depth: 148, complete: true },
    commands: ['migration.*', ...memory('write'), ...cpu('tick')],
  },
  'migration-postcopy': {
    name: 'migration-postcopy',
    purpose: 'every state of a guest that goes on elsewhere before all of its pages are there',
    sizes: { ...fewSizes, postcopy: 1, thread: 2, vcpus: 2, online: 2 },
    explored: { distinct: 230470, generated: 1205047, depth: 41, complete: true, classes: 115940 },
    commands: [
      ...['migration.*', ...postcopy('advise', 'switch', 'touch', 'request', 'finish')],
      ...memory('write'),
    ],
  },
  'migration-postcopy-recover': {
    name: 'migration-postcopy-recover',
    purpose: 'the same, where connections are lost, and others take their places',
    sizes: recoverSizes,
    explored: { distinct: 7254, generated: 29203, depth: 41, complete: true, classes: 7233 },
    commands: recoverCommands,
  },
  'migration-postcopy-broken': {
    name: 'migration-postcopy-broken',
    purpose:
      'the same, where the way to the storage may be lost too, and with it who runs the guest',
    sizes: recoverSizes,
    explored: { distinct: 30652, generated: 157083, depth: 37, complete: true, classes: 30596 },
    commands: [...recoverCommands, 'failure.cut-off', 'failure.reach-again'],
  },
  'migration-postcopy-balloon': {
    name: 'migration-postcopy-balloon',
    purpose: 'every state of a guest whose balloon takes pages before all of them have come to it',
    sizes: { ...pairSizes, postcopy: 1, driver: 1 },
    explored: { distinct: 23712, generated: 122535, depth: 43, complete: true, classes: 23712 },
    commands: [
      ...['migration.*', ...postcopy('advise', 'switch', 'request', 'finish')],
      ...memory('read', 'set-balloon-target', 'inflate-balloon', 'acknowledge-inflate'),
      ...memory(...deflating),
    ],
  },
  'migration-postcopy-deltas': {
    name: 'migration-postcopy-deltas',
    purpose:
      'every state of a guest that goes on elsewhere after differences were sent of what it wrote',
    sizes: { ...pairSizes, postcopy: 1, content: 3, cached: 2 },
    explored: { distinct: 8976, generated: 41166, depth: 33, complete: true },
    commands: [
      ...['migration.*', ...postcopy('advise', 'switch', 'request', 'finish')],
      ...memory('write'),
    ],
  },
  'migration-balloon': {
    name: 'migration-balloon',
    purpose: 'every state of a guest that moves while its balloon takes a page and gives it back',
    sizes: { ...pairSizes, driver: 1 },
    explored: { distinct: 173872, generated: 1165122, depth: 51, complete: true, classes: 173314 },
    commands: [
      'migration.*',
      ...memory('map', 'write', 'populate', 'scrub', 'set-balloon-target'),
      ...memory('inflate-balloon', 'acknowledge-inflate', ...deflating),
    ],
  },
  'migration-reporting': {
    name: 'migration-reporting',
    purpose: 'every state of a guest that moves while it reports a page as free and uses it again',
    sizes: { ...pairSizes, driver: 1 },
    explored: { distinct: 41614, generated: 199488, depth: 37, complete: true, classes: 41380 },
    commands: [
      'migration.*',
      ...memory('map', 'write', 'populate', 'scrub', 'report-free-pages', 'acknowledge-report'),
    ],
  },
  'migration-sharing': {
    name: 'migration-sharing',
    purpose: 'every state of a guest that moves while its pages are merged and written apart again',
    sizes: { ...pairSizes, useZero: 0 },
    explored: { distinct: 171874, generated: 1067256, depth: 42, complete: true, classes: 85937 },
    commands: ['migration.*', ...memory('write', 'populate', 'scrub', ...sharing)],
  },
  'migration-swap': {
    name: 'migration-swap',
    purpose: 'every state of a guest that moves while its pages are swapped out and in',
    sizes: { ...pairSizes, slot: 1 },
    explored: { distinct: 327250, generated: 1981528, depth: 44, complete: true, classes: 326974 },
    commands: ['migration.*', ...memory('write', 'populate', 'scrub', ...paging)],
  },
  'migration-hinting': {
    name: 'migration-hinting',
    purpose: 'every state of a guest that moves while it hints at a page that it does not use',
    sizes: { ...pairSizes, driver: 1, hinting: 1, requests: 2, rounds: 2 },
    explored: { distinct: 146866, generated: 704627, depth: 39, complete: true, classes: 145807 },
    commands: ['migration.*', 'hint.*', ...memory('map', 'write', 'populate', 'scrub')],
  },
  'migration-hinting-fuzz': {
    name: 'migration-hinting-fuzz',
    purpose:
      'random testing: a guest that moves, and may be moved again, while it hints at free pages',
    sizes: {
      ...migrationSizes,
      ...{ page: 4, virtual: 4, frame: 6, content: 3, driver: 1, attempts: 4 },
      ...{ hinting: 1, requests: 6 },
    },
    commands: ['migration.*', 'hint.*', ...memory('map', 'unmap', 'write', 'populate', 'scrub')],
  },
  'migration-crash': {
    name: 'migration-crash',
    purpose: 'every state of a guest that moves while one of the hosts crashes',
    sizes: { ...pairSizes, crashes: 1 },
    explored: { distinct: 2906, generated: 11629, depth: 31, complete: true, classes: 2743 },
    commands: ['migration.*', 'crash.*', ...memory('write')],
  },
  'migration-failures': {
    name: 'migration-failures',
    purpose:
      'every state of a guest of three pages that moves while a host crashes and a partition begins',
    sizes: { ...fewSizes, crashes: 1, losses: 1 },
    explored: { distinct: 313058, generated: 1924014, depth: 38, complete: true, classes: 154881 },
    commands: ['migration.*', 'crash.*', 'failure.*', ...memory('write')],
  },
  'migration-postcopy-crash': {
    name: 'migration-postcopy-crash',
    purpose:
      'every state of a guest that goes on elsewhere while one of the two hosts that have it crashes',
    sizes: { ...pairSizes, postcopy: 1, crashes: 1, losses: 1 },
    explored: { distinct: 17336, generated: 80464, depth: 39, complete: true, classes: 15660 },
    commands: [...recoverCommands, 'crash.*'],
  },
  'migration-upgrade': {
    name: 'migration-upgrade',
    purpose: 'every state of a guest that moves between hosts that are upgraded while it is away',
    sizes: { ...pairSizes, ...onePage, host: 3, version: 1, attempts: 2 },
    explored: { distinct: 3854, generated: 9956, depth: 46, complete: true, classes: 1937 },
    commands: ['migration.*', 'upgrade.*'],
  },
  'migration-managed': {
    name: 'migration-managed',
    purpose: 'every state of a guest whose migrations are set up and cancelled from afar',
    sizes: { ...pairSizes, ...onePage, managed: 1, attempts: 2 },
    explored: { distinct: 1416, generated: 3946, depth: 45, complete: true },
    commands: ['migration.*', 'managed.*'],
  },
  'migration-crash-fuzz': {
    name: 'migration-crash-fuzz',
    purpose: 'random testing: a guest that moves among three hosts, which crash and are upgraded',
    sizes: {
      ...{ ...fuzzSizes, vm: 1, booted: 1, thread: 2, postcopy: 1 },
      ...{ attempts: 8, crashes: 8, version: 3 },
    },
    commands: [
      ...['migration.*', 'postcopy.*', 'crash.*', 'upgrade.*', 'device.*'],
      ...memory('map', 'write', 'populate', 'scrub'),
    ],
  },
  'migration-pages': {
    name: 'migration-pages',
    purpose:
      'random testing: a guest that moves with pages in its balloon, shared, swapped out and reported',
    sizes: {
      ...migrationSizes,
      ...{ page: 4, frame: 7, slot: 2, block: 1, content: 3, driver: 1, batch: 2 },
      ...{ place: 3, rounds: 3, attempts: 5, losses: 1 },
    },
    commands: [
      ...['migration.*', 'failure.*'],
      ...memory('map', 'unmap', 'read', 'write', 'populate', 'scrub', 'host-write', 'reset-vm'),
      ...memory(...paging, 'swap-out-clean', ...sharing, ...scanning),
      ...memory('set-balloon-target', ...inflating, 'unload-driver', ...deflating),
      ...memory('report-free-pages', 'acknowledge-report', 'out-of-memory'),
      ...[...memory('request-statistics', 'send-statistics'), 'record.*'],
    ],
  },
  'migration-postcopy-transparent': {
    name: 'migration-postcopy-transparent',
    purpose:
      'a guest that goes on elsewhere before its pages are there, beside one that is left alone',
    sizes: recoverSizes,
    explored: { distinct: 9907, generated: 46727, depth: 41, complete: true, classes: 9871 },
    commands: [...recoverCommands, ...memory('read')],
  },
  'migration-stop-and-copy': {
    name: 'migration-stop-and-copy',
    purpose: 'every state of a guest that is stopped before its pages are copied, by no policy',
    sizes: { ...pairSizes, ...timed },
    explored: { distinct: 5772, generated: 32666, depth: 33, complete: true },
    commands: ['migration.*', 'stopcopy.*', ...memory('write'), ...cpu('tick')],
  },
  'migration-kinds': {
    name: 'migration-kinds',
    purpose:
      'a guest that goes by stop-and-copy, pre-copy or post-copy, beside one that is left alone',
    sizes: { ...pairSizes, postcopy: 1 },
    explored: { distinct: 2998, generated: 13128, depth: 32, complete: true },
    commands: [
      ...['migration.*', 'stopcopy.*', ...postcopy('advise', 'switch', 'request', 'finish')],
      ...memory('read', 'write'),
    ],
  },
  'migration-clocks': {
    name: 'migration-clocks',
    purpose:
      'every state of a guest that moves while its clock goes on, its timer and its watchdog',
    sizes: { ...pairSizes, ...onePage, ...clocked },
    explored: { distinct: 8403, generated: 45181, depth: 29, complete: true, classes: 8403 },
    commands: clockCommands,
  },
  'migration-running-clocks': {
    name: 'migration-running-clocks',
    purpose: 'the same, where clock and timer go on while the guest is carried to another host',
    sizes: { ...pairSizes, ...onePage, ...clocked, runningClock: 1 },
    explored: { distinct: 6798, generated: 35844, depth: 29, complete: true, classes: 6798 },
    commands: clockCommands,
  },
  'migration-postcopy-clocks': {
    name: 'migration-postcopy-clocks',
    purpose:
      'every state of a guest whose clock and timer go on elsewhere while it waits for its page',
    sizes: { ...pairSizes, ...onePage, postcopy: 1, coupled: 1, guest: 1, drift: 1, timer: 2 },
    explored: { distinct: 7838, generated: 33998, depth: 34, complete: true },
    commands: [
      ...['migration.*', ...postcopy('advise', 'switch', 'request', 'finish')],
      ...[...memory('read'), ...cpu('tick'), 'service.set-timer'],
    ],
  },
  'migration-record': {
    name: 'migration-record',
    purpose:
      'every state of a guest that moves while the VMM tells it of stolen time in a page of its memory',
    sizes: {
      ...{ ...pairSizes, ...onePage, place: 2, thread: 2, vcpus: 2, online: 2 },
      ...{ guest: 1, drift: 1 },
    },
    explored: { distinct: 34712, generated: 165616, depth: 37, complete: true, classes: 34680 },
    commands: ['migration.*', 'record.*', ...cpu('tick')],
  },
  'migration-clocks-fuzz': {
    name: 'migration-clocks-fuzz',
    purpose:
      'random testing: a guest that moves among three hosts, with a clock that goes on meanwhile',
    sizes: {
      ...migrationSizes,
      ...{ host: 3, attempts: 4, losses: 2, page: 2, virtual: 2, frame: 2 },
      ...{ guest: 1, ...guestSizes, timer: 6, runningClock: 1 },
    },
    commands: [
      ...['migration.*', 'failure.*', 'service.*', ...memory('write')],
      ...cpu('pause-vm', 'resume-vm', 'tick'),
    ],
  },
  'migration-features': {
    name: 'migration-features',
    purpose: 'every state of a guest that moves between hosts with other CPUs, and back',
    sizes: { ...pairSizes, ...onePage, host: 3, feature: 2, attempts: 2 },
    explored: { distinct: 347, generated: 705, depth: 43, complete: true },
    commands: ['migration.*'],
  },
  'migration-deltas': {
    name: 'migration-deltas',
    purpose: 'every state of a guest that moves while only differences are sent of what it writes',
    sizes: { ...pairSizes, rounds: 2, content: 4, cached: 2 },
    explored: { distinct: 25922, generated: 136094, depth: 33, complete: true },
    commands: ['migration.*', ...memory('write')],
  },
  'migration-hostile': {
    name: 'migration-hostile',
    purpose: 'every state of a guest that moves over a network on which somebody changes messages',
    sizes: { ...pairSizes, losses: 1 },
    explored: { distinct: 1832, generated: 6699, depth: 30, complete: true, classes: 1830 },
    commands: ['migration.*', 'stream.*', ...memory('write')],
  },
  'migration-fuzz': {
    name: 'migration-fuzz',
    purpose: 'random testing: two guests, with devices and vCPUs, on three hosts of a cluster',
    sizes: fuzzSizes,
    commands: [
      ...['migration.*', 'power.*', 'queue.*', 'device.*', 'failure.*'],
      ...memory('map', 'unmap', 'read', 'write', 'populate', 'scrub', 'host-write'),
      ...cpu('halt', 'wake', 'tick', 'pause-vm', 'resume-vm', 'lock', 'unlock'),
      ...cpu('set-vcpus', 'online-vcpu', 'release-vcpu'),
    ],
  },
  'migration-timed': {
    name: 'migration-timed',
    purpose: 'random testing: guests that move while time passes, as a policy and a channel allow',
    sizes: {
      ...fuzzSizes,
      ...{ policy: policyNumber('cloud-hypervisor'), bandwidth: 2, timeout: 12 },
      ...{ converge: 1, period: 4 },
      ...{ guest: 2, ...guestSizes, timer: 12, feature: 2, cached: 3, managed: 1 },
    },
    commands: [
      ...['migration.*', 'stopcopy.*', 'managed.*', 'failure.*', 'stream.*', 'service.*'],
      ...[...memory('map', 'write', 'host-write'), ...cpu('tick')],
    ],
  },
  'migration-postcopy-fuzz': {
    name: 'migration-postcopy-fuzz',
    purpose:
      'random testing of post-copy: a guest that moves again and again, and loses connections',
    sizes: {
      ...fewSizes,
      ...{ postcopy: 1, thread: 2, vcpus: 2, online: 2, place: 3, rounds: 2 },
      ...{ content: 4, cached: 3, attempts: 8, losses: 8, driver: 1, batch: 1 },
    },
    commands: [
      ...['migration.*', 'postcopy.*', 'failure.*'],
      ...memory('map', 'unmap', 'read', 'write', 'populate', 'scrub'),
      ...memory('set-balloon-target', 'inflate-balloon', 'acknowledge-inflate', ...deflating),
    ],
  },
} satisfies Scopes;
