/** Judging notes: what the recording script computed from messages that the log holds too. */
import { canonical, isObject } from '../log.ts';
import { differs, show } from '../system.ts';
import type { Contradiction, Place } from '../verdict.ts';
import type { Machine } from './machine.ts';
import { polled } from './migration.ts';
import { type NoteRecord, pollOf } from './records.ts';
import type { World } from './world.ts';

type Found = Contradiction | undefined;

/** Fields that copy a message. */
const COPIES = ['r', 'reply', 'count', 'c', 'c1', 'c2', 'sum'];
/** Statuses that the script waits for. */
const FINAL = ['completed', 'failed', 'cancelled'];
/** Events that the script lists. */
const LISTED = /^(MIGRATION(_PASS)?:|STOP$|RESUME$)/;

/** Judges a note. */
export function note(world: World, record: NoteRecord, place: Place): Found {
  for (const key of Object.keys(record)) {
    const found = field(world, record, key, place);
    if (found !== undefined) return found;
  }
  return undefined;
}

function field(world: World, record: NoteRecord, key: string, place: Place): Found {
  const value = record[key];
  const machine = world.machines.get(key);
  if (machine !== undefined && typeof value === 'string') return runState(machine, key, value);
  if (COPIES.includes(key)) return copy(world, key, value);
  if (key === 'sequence') return sequence(world, key, value);
  // Polls may be left out of a log.
  if (key === 'q') return poll(world, key, value, true, place);
  if (key === 'last') return last(world, value, record.sequence);
  if (/^w\d*$/.test(key) && isObject(value)) {
    const { q, seq, timeout } = value;
    return (
      poll(world, `${key}.q`, q, timeout === true, place) ?? sequence(world, `${key}.seq`, seq)
    );
  }
  const listed = key.endsWith('Events') ? world.machines.get(key.slice(0, -6)) : undefined;
  return listed === undefined ? undefined : events(listed, key, value);
}

function runState(machine: Machine, key: string, value: string): Found {
  const { status, exited } = machine;
  if (exited) return differs(key, value, 'exited');
  return status === undefined ? undefined : differs(key, value, status.value, status.place);
}

function copy(world: World, key: string, value: unknown): Found {
  // Null stands for a message that never came.
  if (!isObject(value) || world.heard.has(value)) return undefined;
  const original = world.heard.nearest(value);
  const allowed = original === undefined ? 'nothing: there was no such message' : original.value;
  return differs(key, canonical(value), show(allowed), original?.place);
}

/** The poll that ended the last wait. */
function last(world: World, value: unknown, sequence: unknown): Found {
  if (!isObject(value)) return undefined;
  // Where the script gave up waiting, this is a poll that the log need not have.
  if (FINAL.includes(String(value.status))) return copy(world, 'last', value);
  const seen = Array.isArray(sequence) ? sequence.at(-1) : undefined;
  return differs('last.status', value.status, seen ?? value.status);
}

/** A poll: a copy, or where the script gave up waiting or asked once, one of its own. */
function poll(world: World, key: string, value: unknown, own: boolean, place: Place): Found {
  const machine = world.polled;
  const sample = own && !world.heard.has(value) ? pollOf(value) : undefined;
  if (machine === undefined || sample === undefined) return copy(world, key, value);
  return polled(machine, sample, place, key);
}

/** The statuses that the script saw while it waited: some of those that the log shows, in order. */
function sequence(world: World, key: string, value: unknown): Found {
  if (!Array.isArray(value) || value.length === 0) return undefined;
  const said = value.join(' ');
  const polled = [...world.machines.values()].map(({ statuses }) => statuses);
  const seen = polled.some((statuses) =>
    statuses.some((_, at) => statuses.slice(at, at + value.length).join(' ') === said),
  );
  const allowed = `a part of ${world.polled?.statuses.join(' ') ?? 'no polls'}`;
  return seen ? undefined : differs(`${key}[]`, said, allowed);
}

function events(machine: Machine, key: string, value: unknown): Found {
  if (!Array.isArray(value)) return undefined;
  const told = value.filter((each) => typeof each === 'string' && LISTED.test(each));
  return differs(`${key}[]`, told.join(' '), machine.events.join(' '));
}
