/**
 * For each fault of migration a short story in scope `migration-fuzz` that it turns into a violation.
 * VMs 0 and 1, of two vCPUs each, run on host 0 of three; page 0 is read-only, pages 0 and 1 hold 1.
 * Those of post-copy are in scope `migration-postcopy-fuzz`, where VM 0 is alone.
 * In scope `migration-pages` the guest has four pages, and does not use the last.
 */
import type { Call } from '../../machine/index.ts';
import { deflate, inflate, mergeInto, setTarget } from '../model/memory/story.ts';
import { upgrade } from '../model/migration/starts.ts';
import {
  askForHints,
  begin,
  beginAdvised,
  copy,
  copyReadOnly,
  crash,
  hint,
  loseConnection,
  place,
  postCancel,
  postcopy,
  receive,
  recovery,
  setMultifd,
  start,
  step,
  stop,
  stopAndCopy,
  submit,
  write,
} from '../model/migration/story.ts';

const steps = (...names: readonly string[]): readonly Call[] => names.map((name) => step(name));
/** Up to the last harvest; only what must be received is. */
const stopping = [
  ...[...steps('freeze', 'quiesce', 'send-vcpus'), receive],
  ...steps('send-state', 'final-harvest'),
];
/** Page 0 went before; the others follow, and the target has all. */
const allSent = [
  ...[...begin(), copyReadOnly(0), place(0), ...stopping, receive, receive],
  ...[copy(1), copy(2), place(1), receive],
];
/** Of four pages the first three are sent while the guest stands still; the target is told to start. */
const startsWithout = (...last: readonly Call[]): readonly Call[] => [
  ...[...begin(), ...stop(), ...[0, 1, 2].flatMap((page) => [copy(page), place(page)]), ...last],
  ...[step('request-state'), receive, step('receive-reply'), step('release'), step('send-start')],
  receive,
];
const ready = [...allSent, step('request-state'), receive, step('receive-reply')];

const setVcpus = (count: number): Call => ({
  kind: 'cpu.set-vcpus',
  args: { host: 0, vm: 0, count },
});
const tick: Call = { kind: 'cpu.tick', args: { host: 0 } };
const lock = (thread: number): Call => ({ kind: 'cpu.lock', args: { host: 0, thread } });
const post: Call = { kind: 'queue.post', args: { vm: 0, page: 1, content: 2 } };
const pause: Call = { kind: 'cpu.pause-vm', args: { host: 0, vm: 0 } };
const shutDown: Call = { kind: 'power.shut-down', args: { vm: 0 } };
const record = (name: string, args: Call['args']): Call => ({
  kind: `record.${name}`,
  args: { host: 0, vm: 0, ...args },
});
/** The VMM writes a page of VM 0, which holds something else. */
const overwrite = (page: number): Call => ({
  kind: 'memory.host-write',
  args: { host: 0, vm: 0, page, content: page === 2 ? 1 : 0 },
});

/** The last harvest is over; the target knows what is missing, and has been told to start. */
const told = [
  ...[postcopy('switch'), receive, step('request-state'), receive, step('receive-reply')],
  ...[step('release'), step('send-start')],
];
/** In scope `migration-crash-fuzz`: the guest runs on the target, which lacks all pages. */
const runsElsewhere = [...beginAdvised, ...stopping, receive, receive, ...told, receive];
/** In scope `migration-timed`, whose channel carries two pages in a tick. */
const stoppedFor = (target: number): readonly Call[] => [
  ...[...begin(target), copyReadOnly(0), step('harvest'), copy(1), place(0), tick, copy(2)],
  step('freeze'),
];
const stopped = stoppedFor(1);
/** VM 0 runs on another host. */
const movedTo = (target: number): readonly Call[] => [
  ...[...stoppedFor(target), step('quiesce'), place(1), receive, step('send-vcpus'), receive],
  ...[step('send-state'), receive, receive, ...steps('final-harvest', 'request-state'), receive],
  ...[...steps('receive-reply', 'release', 'send-start'), receive],
];
const moved = movedTo(1);
/** Page 1 is sent again, with something else. */
const againWith = (content: number): readonly Call[] => [
  ...[...begin(), copyReadOnly(0), step('harvest'), copy(1), place(0), tick, copy(2), place(1)],
  { kind: 'memory.host-write', args: { host: 0, vm: 0, page: 1, content } },
  ...[step('harvest'), copy(1)],
];
const timer = { host: 0, vm: 0, ticks: 3 };
/** In scope `migration-clocks-fuzz`: a tick passes while the guest stands still, and it stays. */
const onTheWay: readonly Call[] = [
  ...[{ kind: 'service.set-timer', args: timer }, ...begin(), step('freeze'), tick, step('abort')],
];

export const migrationTraces: Readonly<Record<string, readonly Call[]>> = {
  'migration/X1': [
    ...[...begin(), copyReadOnly(0), step('harvest'), copy(1), write(1, 2)],
    step('clear-sent', { page: 1 }),
  ],
  'migration/X2': [...begin(), copyReadOnly(0)],
  'migration/X3a': [
    ...[
      ...begin(),
      copyReadOnly(0),
      submit(0, 2),
      { kind: 'device.complete-write', args: { vm: 0 } },
    ],
  ],
  'migration/X3c': [record('place', { page: 0 }), ...begin(), record('write', { content: 2 })],
  'migration/X3b': [
    ...[setTarget(0, 1), ...inflate(0, 3), setTarget(0, 0), ...begin(), ...deflate(0, 3)],
  ],
  // MIG-W5 sees that the device goes on; MIG-S6 would see what it writes.
  'migration/X4': [...begin(), submit(1, 2), ...steps('freeze', 'quiesce')],
  'migration/X5': [...stopAndCopy(1, 0, 2), ...begin(2, 0, 1)],
  // Page 1 is there with what it held first, and is sent again as a page of zeros.
  'migration/X7': [
    ...[...begin(), copyReadOnly(0), step('harvest'), copy(1), place(0), copy(2), place(1)],
    ...[receive, write(1, 0), step('harvest'), copy(1), receive],
  ],
  'migration/X9a': [...begin(), copyReadOnly(1)],
  // Page 1 holds what page 3 does, when it is merged with it.
  'migration/X9b': [
    ...[...begin(), copyReadOnly(0), step('harvest'), copy(1), write(1, 0), mergeInto(0, 1, 3)],
  ],
  // What page 3 holds was not to be sent when it was hinted at, and is when that is heard of.
  'migration/B8': [
    ...[...begin(), copyReadOnly(0), { kind: 'hint.request', args: { vm: 0 } }, step('harvest')],
  ],
  'migration/B9': [...begin(), ...askForHints, hint(3), step('abort')],
  'migration/X22a': startsWithout(copy(3), receive),
  'migration/X22b': [setTarget(0, 1), ...inflate(0, 3), ...startsWithout()],
  'migration/X17a': [start(), postCancel, step('connect')],
  'migration/X17b': [start(), postCancel, step('give-up')],
  'migration/X28': [start(), step('abort'), setMultifd(true)],
  'migration/U1': [upgrade(1), upgrade(1), ...begin().slice(0, 2)],
  'migration/U2': [...stopAndCopy(1, 0, 2).slice(0, -1), start(2)],
  'migration/X6': [...begin(), step('abort')],
  'migration/X10': [...ready, ...steps('release', 'abort')],
  'migration/X14': [...begin().slice(0, 3), step('abort')],
  'migration/X15': [...begin(), ...steps('freeze', 'abort')],
  'migration/X16': [...begin().slice(0, 3), ...steps('abort', 'discard')],
  'migration/X29': [...begin(), step('abort')],
  'migration/X11': [
    ...[...ready, ...steps('release', 'send-start'), receive, crash(1), step('take-back')],
  ],
  'migration/X11b': [...runsElsewhere, step('receive-reply'), crash(1), step('abort')],
  'migration/X24b': [...runsElsewhere, crash(0)],
  'migration/X12': [...begin(), step('freeze'), step('continue-source')],
  'migration/X13': [...ready, ...steps('release', 'send-start', 'clean-up')],
  'migration/X20': moved,
  'migration/X30': [{ kind: 'service.set-timer', args: timer }, ...moved],
  'migration/X26a': movedTo(2),
  'migration/X26b': moved,
  'migration/X27': [
    ...begin(),
    copyReadOnly(0),
    { kind: 'stream.tamper', args: { vm: 0 } },
    receive,
  ],
  'migration/X8': againWith(3),
  'migration/X7b': againWith(0),
  // What page 1 holds was sent, and was not what the guest stopped with.
  'migration/X8b': [
    ...[
      ...beginAdvised,
      copyReadOnly(0),
      step('harvest'),
      write(1, 2),
      copy(1),
      place(0),
      place(1),
    ],
    ...[...stopping, receive, receive, postcopy('switch'), receive],
  ],
  'migration/X20b': onTheWay,
  'migration/X30b': onTheWay,
  'migration/X30c': [
    { kind: 'service.set-timer', args: { host: 0, vm: 0, ticks: 1 } },
    ...[...begin(), step('freeze'), tick],
  ],
  'cpu/C26': [...stopped, step('abort')],
  'cpu/C31b': [...stopped, step('abort')],
  'cpu/C20b': [tick, ...stopped, step('abort')],
  'cpu/C24b': [record('place', { page: 0 }), ...startsWithout(copy(3), receive)],
  'cpu/C32b': [...stopped, tick],
  // Two pages go in a tick, and nothing may be dirty when the guest is stopped.
  'migration/Q1': [
    ...[...begin(), copyReadOnly(0), place(0), step('harvest'), copy(1), tick, copy(2)],
    ...[overwrite(1), step('freeze')],
  ],
  // In two periods of a tick more is dirtied than half of what is sent.
  'migration/X29b': [
    ...[...begin(), overwrite(2), copyReadOnly(0), tick, step('harvest')],
    ...[overwrite(1), overwrite(2), place(0), copy(1), copy(2), tick, step('harvest')],
    step('abort'),
  ],
  'migration/X21': [
    { kind: 'memory.set-balloon-target', args: { host: 0, vm: 0, target: 1 } },
    { kind: 'memory.inflate-balloon', args: { host: 0, vm: 0, pages: [2] } },
    ...[...beginAdvised, ...stop(0, 2), ...told, receive],
    { kind: 'memory.acknowledge-inflate', args: { host: 1, vm: 0 } },
  ],
  // Page 1 is sent, and written after that.
  'migration/X23': [
    ...[
      ...beginAdvised,
      copyReadOnly(0),
      place(0),
      step('harvest'),
      copy(1),
      place(1),
      write(1, 2),
    ],
    ...[...stop(0, 2), ...told, receive],
  ],
  'migration/X24': [
    ...[...beginAdvised, ...stop(0, 2), ...told, receive, step('receive-reply')],
    ...[copy(1), loseConnection, ...recovery],
  ],
  'migration/X25': [
    ...[...beginAdvised, ...stop(0, 2), ...told, receive, step('receive-reply')],
    ...[loseConnection, postcopy('listen'), postcopy('recover'), loseConnection],
  ],
  'migration/V1': [start(), setVcpus(1)],
  // Its guest has not let go of the second.
  'migration/V2': [setVcpus(1), ...ready, ...steps('release', 'send-start'), receive],
  'migration/X18a': [post, ...ready, ...steps('release', 'send-start'), receive],
  'migration/X18b': [post, ...begin(), ...steps('freeze', 'quiesce')],
  'migration/L1': [lock(0), ...begin(), step('freeze')],
  'migration/L2': [lock(0), ...ready, ...steps('release', 'send-start'), receive],
  'migration/R1': [pause, ...ready, ...steps('release', 'send-start'), receive],
  'migration/R2': [pause, ...begin(), ...steps('freeze', 'abort')],
  'migration/R3': [shutDown, ...ready, ...steps('release', 'send-start'), receive],
  'migration/X19': [
    ...[{ kind: 'cpu.wake', args: { host: 0, thread: 0 } }, ...ready],
    ...[...steps('release', 'send-start'), receive],
  ],
};
