/** Recorded migrations with an event or a status that did not happen so (5.A, 5.B). */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { validate } from '../../../oracle/transcripts/index.ts';

const FOLDER = new URL('../../../transcripts/qemu-migration/', import.meta.url);
const KINDS = ['MIGRATION', 'MIGRATION_PASS', 'STOP', 'RESUME'];
const STATUSES = [
  ...['none', 'setup', 'active', 'cancelling', 'cancelled', 'completed', 'failed', 'failing'],
  ...['postcopy-active', 'postcopy-paused', 'pre-switchover', 'device', 'wait-unplug', 'unknown'],
];

/** Events without which nothing later in the log is impossible. */
const UNNOTICED = [
  // The second target says nothing of itself after it.
  'cancel.jsonl 70',
];

interface Line {
  readonly text: string;
  readonly vm: string;
  readonly event: string | undefined;
}

function lines(name: string): Line[] {
  const texts = readFileSync(new URL(name, FOLDER), 'utf8').trimEnd().split('\n');
  return texts.map((text) => {
    const { vm, msg } = JSON.parse(text);
    const event = KINDS.find((kind) => kind === msg?.event);
    return { text, vm, event };
  });
}

function refused(log: readonly Line[]): boolean {
  const judged = validate(
    'qemu-migration',
    log.map(({ text }) => text),
  );
  return judged.verdict === 'violated' && judged.impossible !== undefined;
}

/** The log with the lines from `at` on, so many, replaced. */
function replaced(log: readonly Line[], at: number, lines: readonly Line[]): Line[] {
  return log.toSpliced(at, 1, ...lines);
}

function withStatus(line: Line, status: string): Line {
  const value = JSON.parse(line.text);
  const text = JSON.stringify({ ...value, msg: { ...value.msg, data: { status } } });
  return { ...line, text };
}

describe.each(readdirSync(FOLDER))('the recorded log qemu-migration/%s is refused', (name) => {
  const log = lines(name);
  const events = log.flatMap(({ event, vm }, at) =>
    event === undefined ? [] : [{ at, vm, event }],
  );

  test('without one of its events, and with one of them twice', () => {
    for (const { at, event } of events) {
      const line = log.slice(at, at + 1);
      const noticed = !UNNOTICED.includes(`${name} ${at + 1}`);
      expect(refused(replaced(log, at, [])), `no ${event} in line ${at + 1}`).toBe(noticed);
      expect(refused(replaced(log, at, [...line, ...line])), `twice line ${at + 1}`).toBe(true);
    }
  });

  test('with two events of a machine in the other order', () => {
    for (const [index, { at, vm }] of events.entries()) {
      const next = events.slice(index + 1).find((each) => each.vm === vm);
      if (next === undefined) continue;
      const [one, other] = [log.slice(at, at + 1), log.slice(next.at, next.at + 1)];
      const swapped = replaced(replaced(log, at, other), next.at, one);
      expect(refused(swapped), `lines ${at + 1} and ${next.at + 1}`).toBe(true);
    }
  });

  test('with another status in an event', () => {
    for (const { at, event } of events.filter((each) => each.event === 'MIGRATION')) {
      for (const line of log.slice(at, at + 1)) {
        for (const status of STATUSES) {
          const other = withStatus(line, status);
          if (JSON.parse(line.text).msg.data.status === status) continue;
          const what = `${event} ${status} in line ${at + 1}`;
          expect(refused(replaced(log, at, [other])), what).toBe(true);
        }
      }
    }
  });
});
