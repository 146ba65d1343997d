/**
 * The recorded CPU logs with one field moved: a little past what rounding leaves open where the
 * field follows from others, and past its bound where it has one.
 */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { judge } from './cpuRecords.ts';
import { kindOf } from './falsify.ts';

type Values = Record<string, unknown>;

const RECORDS = ['quota', 'steal', 'weights'].flatMap((name) => {
  const file = new URL(`../../../transcripts/cpu-shares/${name}.jsonl`, import.meta.url);
  const lines = readFileSync(file, 'utf8').trimEnd().split('\n');
  return lines.map((line) => ({ kind: kindOf('cpu-shares', JSON.parse(line)), line }));
});

function ofKind(kind: string): Values[] {
  return RECORDS.filter((each) => each.kind === kind).map(({ line }) => JSON.parse(line));
}

function numbers(value: unknown): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}

/** The record with one number of a field moved, for each number of the field. */
function* moved(record: Values, field: string, by: number): Generator<Values> {
  const value = record[field];
  if (typeof value === 'number') yield { ...record, [field]: value + by };
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield { ...record, [field]: value.with(index, item + by) };
    }
  }
}

describe.each([
  ['shares', 'share', 0.0003, -0.0003],
  ['shares', 'want', 0.0001, -0.0001],
  ['shares', 'maxAbsErr', 0.0002, -0.0002],
  ['shares', 'cpu', 0.06, -0.15],
  ['shares', 'wait', 0.75, -1],
  ['quota', 'total', 0.0003, -0.0003],
  ['quota', 'hogs', 1, -1],
  ['quota', 'cpu', 0.0003, -0.0003],
  ['quota', 'wait', 0.15, -0.25],
  ['threads', 'sum', 0.0015, -0.0015],
  ['threads', 'cpu', 0.0015, -0.0015],
  ['threads', 'wait', 0.0015, -0.0015],
  ['core', 'user', 40, -200],
  ['core', 'idle', 40, -1],
  ['core', 'steal', 40, -1],
] as const)('the field %s.%s', (kind, field, up, down) => {
  test.each([up, down])('is refused when it is %f more', (by) => {
    const copies = ofKind(kind).flatMap((record) => [...moved(record, field, by)]);
    expect(copies.length).toBeGreaterThan(0);
    for (const copy of copies) expect(judge(copy), JSON.stringify(copy)).not.toBe('holds');
  });
});

describe('the counters of a group', () => {
  const COUNTERS = ['nr_periods', 'nr_throttled', 'throttled_time', 'nr_bursts', 'burst_time'];
  const read = (text: unknown, name: string): number =>
    Number(new RegExp(`${name} (\\d+)`).exec(`${text}`)?.[1]);
  const put = (text: unknown, name: string, value: number): string =>
    `${text}`.replace(new RegExp(`${name} \\d+`), `${name} ${value}`);

  test.each(COUNTERS)('%s never falls from the one reading to the other', (name) => {
    for (const record of ofKind('quota')) {
      const stat0 = put(record.stat0, name, read(record.stat1, name) + 1);
      expect(judge({ ...record, stat0 })).toMatch(/^stat/);
    }
  });

  test('fewer periods than the threads ran for, more than there was time for', () => {
    for (const record of ofKind('quota')) {
      const [quota, period] = [Number(record.quota), Number(record.period)];
      const ran = Number(record.total) * Number(record.secs) * 1e6;
      const few = Math.floor(ran / Math.min(quota, period)) - 1 + read(record.stat0, 'nr_periods');
      const fewer = put(put(record.stat1, 'nr_periods', few), 'nr_throttled', 0);
      expect(judge({ ...record, stat1: put(fewer, 'throttled_time', 0) })).toBe('cpu[]');
      const many = Math.ceil((Number(record.secs) * 1e6 + 1.2e6) / period) + 2;
      const more = put(record.stat1, 'nr_periods', many + read(record.stat0, 'nr_periods'));
      expect(judge({ ...record, stat1: more })).toBe('stat1');
    }
  });

  test('more throttled than all periods, more throttled time than periods throttled', () => {
    for (const record of ofKind('quota')) {
      const periods = read(record.stat1, 'nr_periods');
      expect(judge({ ...record, stat1: put(record.stat1, 'nr_throttled', periods + 1) })).toBe(
        'stat1',
      );
      const throttled = read(record.stat1, 'nr_throttled');
      const time = (throttled + 1) * Number(record.period) * 1_000 + 1;
      expect(judge({ ...record, stat1: put(record.stat1, 'throttled_time', time) })).toBe('stat1');
    }
  });
});

describe('a lie that is told in every field', () => {
  test('more than the quota: cpu, wait and total agree', () => {
    for (const record of ofKind('quota').filter(
      ({ quota, period }) => Number(quota) < Number(period),
    )) {
      const hogs = Number(record.hogs);
      const each =
        Math.round((Number(record.quota) / Number(record.period) + 0.07) * (1e4 / hogs)) / 1e4;
      const cpu = Array.from({ length: hogs }, () => each);
      const wait = cpu.map((ran) => 1 - ran);
      const total = Math.round(each * hogs * 1e4) / 1e4;
      expect(judge({ ...record, cpu, wait, total }), JSON.stringify(record)).toBe('cpu[]');
    }
  });

  test('other shares than those of the weights: cpu, wait, share and the error agree', () => {
    for (const record of ofKind('shares')) {
      const w = numbers(record.w);
      const all = w.reduce((sum, weight) => sum + weight, 0);
      // A part of 0.02 goes from the last group to the first.
      const share = w.map((weight, i) => {
        const off = i === 0 ? 0.02 : i === w.length - 1 ? -0.02 : 0;
        return Math.round((weight / all + off) * 1e4) / 1e4;
      });
      const cpu = share.map((part) => Math.round(part * 0.6 * 1e4) / 1e4);
      const wait = cpu.map((ran) => Math.round((1 - ran) * 1e4) / 1e4);
      const slices = w.map(() => 300);
      const lie = { ...record, cpu, wait, slices, share, maxAbsErr: 0.02 };
      expect(judge(lie), JSON.stringify(lie)).toBe('share[]');
    }
  });
});
