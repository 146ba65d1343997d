/**
 * Rules of the counting abstraction of the balloon that were wrong once: each refused a log that
 * QEMU may well write, or let one pass that it does not.
 */
import { describe, expect, test } from 'vitest';
import {
  actual,
  BALLOON,
  judge,
  MIB,
  READY,
  target,
} from '../oracle/transcripts/balloonRecords.ts';

interface Rule {
  readonly rule: string;
  readonly devices?: readonly string[];
  readonly accepts: readonly object[];
  readonly rejects: readonly object[];
  /** What cannot be in the rejected log. */
  readonly field: string;
}

const shrinking = [READY, ...target(128 * MIB), ...actual(160 * MIB)];
const unloaded = [
  ...[READY, { agent: '>', msg: 'rmmod virtio_balloon' }],
  { agent: '<', msg: { rmmod: 0 } },
];
const change = (bytes: number): object => ({
  dir: '<',
  msg: { timestamp: { seconds: 0 }, event: 'BALLOON_CHANGE', data: { actual: bytes } },
});
const size = { error: { class: 'GenericError', desc: "Parameter 'target' expects a size" } };

const rules: readonly Rule[] = [
  {
    rule: 'a batch under way may be meant for any target since the last reading',
    accepts: [
      ...[...shrinking, ...target(200 * MIB), ...target(220 * MIB)],
      ...[...actual(160 * MIB), ...actual(159 * MIB), ...actual(180 * MIB)],
    ],
    rejects: [
      ...[...shrinking, ...target(200 * MIB), ...target(220 * MIB)],
      ...[...actual(160 * MIB), ...actual(158 * MIB)],
    ],
    field: 'msg.return.actual',
  },
  {
    rule: 'a balloon seen at a new target may still end a batch begun for the old one, once',
    accepts: [
      ...[...shrinking, ...target(160 * MIB)],
      ...[...actual(160 * MIB), ...actual(159 * MIB), ...actual(160 * MIB)],
    ],
    rejects: [
      ...[...shrinking, ...target(160 * MIB)],
      ...[...actual(160 * MIB), ...actual(159 * MIB), ...actual(158 * MIB)],
    ],
    field: 'msg.return.actual',
  },
  {
    rule: 'the event of an unload may come after it, and only one',
    accepts: [...unloaded, change(256 * MIB)],
    rejects: [...unloaded, change(256 * MIB), change(256 * MIB)],
    field: 'msg.data.actual',
  },
  {
    rule: 'a driver without a device can be unloaded, one that is not loaded cannot',
    devices: [],
    accepts: unloaded,
    rejects: [...unloaded, ...unloaded.slice(1)],
    field: 'msg.rmmod',
  },
  {
    rule: 'a request for no size is refused and is no wish of the note to come',
    accepts: [
      ...[READY, ...target(200 * MIB), ...target(-1, size), ...actual(200 * MIB)],
      { note: 'settled', finalMiB: 200, steps: [[0, 200]], events: 0, targetMiB: 200 },
    ],
    rejects: [
      ...[READY, ...target(200 * MIB), ...target(-1, size), ...actual(200 * MIB)],
      { note: 'settled', finalMiB: 200, steps: [[0, 200]], events: 0, targetMiB: 199 },
    ],
    field: 'targetMiB',
  },
];

describe.each(rules)('$rule', ({ devices = [BALLOON], accepts, rejects, field }) => {
  test('good', () => {
    expect(judge(devices, ...accepts)).toBe('holds');
  });
  test('bad', () => {
    expect(judge(devices, ...rejects)).toBe(field);
  });
});
