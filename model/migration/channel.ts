/** Channels: messages arrive one by one, in the order in which they were sent. */
import { type C, guard, ofVm, type VmId, viewMigration } from './model.ts';
import type { Message, Migration, Reply } from './state.ts';

interface Sent {
  readonly kind: string;
}
interface Places {
  readonly length: number;
  at(place: number): Sent;
}

/** Messages under way. */
function under(places: Places): number {
  let count = 0;
  while (count < places.length && places.at(count).kind !== 'none') count++;
  return count;
}

/** The connection of the migration is gone. */
export const notConnected = guard(
  'not-connected',
  ofVm,
  (m, a) => !viewMigration(m, a.vm).connected,
);
/** There is no room for another message. */
const channelFull = guard('channel-full', ofVm, (m, a) =>
  isFull(viewMigration(m, a.vm).toTarget, 1),
);
/** Why a message cannot be sent. */
export const cannotSend = [notConnected, channelFull] as const;
export function isFull(places: Places, messages: number): boolean {
  return under(places) + messages > places.length;
}

export function send(migration: Migration, vm: VmId, message: Message, c: C): void {
  migration.toTarget[under(migration.toTarget)] = message;
  c.emit({ type: 'sent', vm, what: message.kind });
}

export function reply(migration: Migration, vm: VmId, message: Reply, c: C): void {
  migration.toSource[under(migration.toSource)] = message;
  c.emit({ type: 'replied', vm, what: message.kind });
}

/** Takes the first message; those behind it move up. */
export function takeMessage({ toTarget }: Migration): Message {
  const first = toTarget.at(0);
  const last = toTarget.length - 1;
  for (let i = 0; i < last; i++) toTarget[i] = sameMessage(toTarget.at(i + 1));
  toTarget[last] = { kind: 'none' };
  return first;
}

export function takeReply({ toSource }: Migration): Reply {
  const first = toSource.at(0);
  const last = toSource.length - 1;
  for (let i = 0; i < last; i++) toSource[i] = sameReply(toSource.at(i + 1));
  toSource[last] = { kind: 'none' };
  return first;
}

/** A value belongs to one place of the state: another place gets a copy. */
function sameMessage(m: Message): Message {
  switch (m.kind) {
    case 'page':
      return { kind: 'page', page: m.page, content: m.content };
    case 'zero':
      return { kind: 'zero', page: m.page };
    case 'delta':
      return { kind: 'delta', page: m.page, more: m.more };
    case 'vcpu':
      return { kind: 'vcpu', vcpu: m.vcpu, was: m.was, wake: m.wake, turn: m.turn };
    case 'device':
      return { kind: 'device', register: m.register, timer: m.timer, paused: m.paused };
    case 'start':
      return { kind: 'start', epoch: m.epoch };
    default:
      return { kind: m.kind };
  }
}

function sameReply(m: Reply): Reply {
  return m.kind === 'page-request' ? { kind: m.kind, page: m.page } : { kind: m.kind };
}

/** The connection is gone, and with it all that was under way. */
export function disconnect(migration: Migration): void {
  const { toTarget, toSource } = migration;
  migration.connected = false;
  for (let i = 0; i < toTarget.length; i++) toTarget[i] = { kind: 'none' };
  for (let i = 0; i < toSource.length; i++) toSource[i] = { kind: 'none' };
  pause(migration);
}

/**
 * A post-copy that has begun is paused on both sides, also where it recovers from that: neither can do
 * without the other, until the source knows that nothing is missing. 4.B.5.
 */
function pause(migration: Migration): void {
  const { phase, postcopy } = migration;
  if (phase === 'acknowledged') return;
  if (phase === 'serving' || phase === 'recovering') migration.phase = 'paused';
  for (const target of postcopy) {
    if (['running', 'complete', 'recovering'].includes(target.phase)) target.phase = 'paused';
  }
}
