/**
 * The target receives a VM, and runs it when it is told to. Chapter 4.B, the target automaton. What it
 * cannot do it answers by closing the connection.
 */
import { choice, option, ref } from '../../machine/index.ts';
import {
  contentOf,
  type FrameId,
  frame,
  frameNotFree,
  isTaken,
  noFreeFrame,
  privateFrame,
} from '../memory/index.ts';
import { apply } from './cache.ts';
import { disconnect, reply, takeMessage } from './channel.ts';
import { keepTimer, startClock } from './clocks.ts';
import { bringQueue } from './device.ts';
import { isSkipped } from './hinting.ts';
import {
  type C,
  command,
  type HostId,
  isMissing,
  memoryAt,
  migrationOf,
  ofVm,
  setStopped,
  type VmId,
  viewMemory,
  viewMigration,
  type World,
  type WorldView,
} from './model.ts';
import { discardOld } from './postcopy.ts';
import { goOn } from './recovery.ts';
import type { Message } from './state.ts';
import { plugAll } from './vcpus.ts';

/** The target runs the VM already: it is post-copy. */
const runsOn = (m: WorldView, vm: VmId, target: HostId): boolean =>
  m.cluster.ownership.at(vm).lastRan === target;

/** Where the target has to put the next message: a page that has no frame of its own yet. MIG 4.C.1. */
function needsFrame(m: WorldView, vm: VmId): boolean {
  const { target, toTarget } = viewMigration(m, vm);
  const first = toTarget.at(0);
  if (target === null) return false;
  if (first.kind !== 'page' && first.kind !== 'zero' && first.kind !== 'delta') return false;
  const at = { vm, page: first.page };
  if (runsOn(m, vm, target)) return isMissing(m, target, at);
  return first.kind !== 'zero' && privateFrame(viewMemory(m, target), at) === null;
}

export const receive = command({
  actor: 'daemon',
  summary: 'The target receives the first of the messages that are under way to it (N2 to N6).',
  args: { ...ofVm, frame: choice(option(ref(frame))) },
  requires: [
    ['nothing-arrived', ['vm'], (m, a) => viewMigration(m, a.vm).toTarget.at(0).kind === 'none'],
    [
      'no-free-frame',
      ['vm'],
      (m, a, c) => {
        const { target } = viewMigration(m, a.vm);
        return target !== null && needsFrame(m, a.vm) && noFreeFrame(viewMemory(m, target), c.size);
      },
    ],
    ['frame-needed', ['vm', 'frame'], (m, a) => a.frame === null && needsFrame(m, a.vm)],
    ['frame-not-needed', ['vm', 'frame'], (m, a) => a.frame !== null && !needsFrame(m, a.vm)],
    [
      'frame-in-use',
      ['vm', 'frame'],
      (m, a) => {
        const { target } = viewMigration(m, a.vm);
        return target !== null && a.frame !== null && frameNotFree(viewMemory(m, target), a.frame);
      },
    ],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const message = takeMessage(migration);
    c.emit({ type: 'received', vm: a.vm, what: message.kind });
    if (migration.target !== null) take(m, a, migration.target, message, c);
  },
});

interface Receipt {
  readonly vm: VmId;
  /** What the host gives to a page that needs it. */
  readonly frame: FrameId | null;
}
function take(m: World, { vm, frame }: Receipt, target: HostId, message: Message, c: C): void {
  const migration = migrationOf(m, vm);
  const { devices, vcpus, paused } = m.cluster.hosts.at(target);
  switch (message.kind) {
    case 'page':
    case 'zero':
    case 'delta': {
      const content = contentOfMessage(m, target, vm, message, c);
      const place = runsOn(m, vm, target) ? 'placeMissing' : 'placePage';
      migration.received[message.page] = true;
      c.operation[place](m, target, { vm, page: message.page, content, frame }, c);
      return;
    }
    case 'vcpu':
      vcpus[message.vcpu] = savedIn(message);
      return;
    case 'device':
      devices.at(vm).register = message.register;
      keepTimer(m, target, vm, message.timer);
      paused[vm] = message.paused;
      migration.arrived = 'all';
      receiveTaken(m, vm);
      return;
    case 'request':
      if (isComplete(m, vm, target)) {
        migration.arrived = 'confirmed';
        reply(migration, vm, { kind: 'complete' }, c);
      } else disconnect(migration);
      return;
    case 'start':
      if (c.operation.takeOver(m, target, vm, message.epoch)) {
        run(m, vm, target, c);
        reply(migration, vm, { kind: 'started' }, c);
      } else disconnect(migration);
      return;
    case 'discard':
      discardOld(m, vm, target, c);
      return;
    case 'resume':
      goOn(m, vm, c);
      return;
    case 'bad':
      c.operation.refuseMessage(m, vm, c);
      return;
    case 'none':
      return;
  }
}

const savedIn = ({ was, wake, turn }: Extract<Message, { readonly kind: 'vcpu' }>) =>
  ({ kind: 'saved', was, wake, turn }) as const;

/** Pages whose memory the host has taken, or that were hinted, are not sent: they are known by now. */
function receiveTaken(m: World, vm: VmId): void {
  const { source, received } = migrationOf(m, vm);
  if (source === null) return;
  const memory = viewMemory(m, source);
  for (let page = 0; page < received.length; page++) {
    const a = { vm, page };
    if (isTaken(memory, a) || isSkipped(m, a)) received[page] = true;
  }
}

/** What a message says that a page holds; a difference is of what the target has of it. */
function contentOfMessage(m: World, target: HostId, vm: VmId, message: Message, c: C): number {
  if (message.kind === 'page') return message.content;
  if (message.kind !== 'delta') return 0;
  const held = contentOf(viewMemory(m, target), { vm, page: message.page });
  return apply(held, message.more, c.size.content);
}

/** Every page of the VM is here, or is known to be missing. MIG-S7. */
function isComplete(m: WorldView, vm: VmId, target: HostId): boolean {
  const { size } = m.hosts.at(target).memory.vms.at(vm);
  const { received, arrived } = viewMigration(m, vm);
  if (arrived === 'memory') return false;
  return received.every((is, page) => is || page >= size || isMissing(m, target, { vm, page }));
}

/** The VM is this host’s from now on: its vCPUs go on where they were stopped, or stay paused, or off. */
function run(m: World, vm: VmId, target: HostId, c: C): void {
  const { source, postcopy } = migrationOf(m, vm);
  const here = m.hosts.at(target);
  for (const each of postcopy) if (each.phase === 'discarded') each.phase = 'running';
  if (source !== null) {
    bringGuest(m, vm, source, target);
    bringQueue(m, vm, source, target);
    c.operation.bringBalloon(m, vm, source, target, c);
  }
  setStopped(here, vm, false);
  startClock(m, target, vm, c);
  plugAll(m, target, vm, c);
  c.emit({ type: 'runs', vm, host: target, epoch: m.cluster.ownership.at(vm).epoch });
}

/**
 * What a guest keeps about its memory lies in its memory, which is here by now: its tables are read
 * from where they were last, since the model keeps them beside the pages.
 */
function bringGuest(m: World, vm: VmId, source: HostId, target: HostId): void {
  const from = memoryAt(m, source).guests.at(vm);
  const to = memoryAt(m, target).guests.at(vm);
  to.managed = from.managed;
  to.balloonPages = from.balloonPages;
  for (let v = 0; v < from.table.length; v++) {
    const entry = from.table.at(v);
    if (entry.kind === 'present') {
      to.table[v] = { kind: 'present', page: entry.page, writable: entry.writable };
    } else if (entry.kind === 'paged') to.table[v] = { kind: 'paged', block: entry.block };
    else to.table[v] = { kind: 'absent' };
  }
  to.record = from.record;
  for (let p = 0; p < from.use.length; p++) {
    to.use[p] = from.use.at(p);
    to.inflating[p] = from.inflating.at(p);
    to.deflating[p] = from.deflating.at(p);
    to.reporting[p] = from.reporting.at(p);
    to.expected[p] = from.expected.at(p);
    to.unspecified[p] = from.unspecified.at(p);
  }
  for (let b = 0; b < from.disk.length; b++) to.disk[b] = from.disk.at(b);
  for (let k = 0; k < from.written.length; k++) to.written[k] = from.written.at(k);
}
