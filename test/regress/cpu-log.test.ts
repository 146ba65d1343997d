/**
 * Rules of the abstraction of a shared core that were wrong once: each refused a log that Linux may
 * well write. The logs come from the simulated core of the tests.
 */
import { expect, test } from 'vitest';
import { judge } from '../oracle/transcripts/cpuRecords.ts';

test('a quota of less than a tick is overrun before it is seen to be used up', () => {
  // 1.1 ms in each of 8 periods and one more are 9.9 ms; the group ran for 11.1.
  const record = {
    note: 'quota',
    quota: 1100,
    period: 50_000,
    hogs: 3,
    total: 0.0292,
    secs: 0.38,
    cpu: [0.0051, 0.0144, 0.0098],
    wait: [0.8964, 1.0458, 0.3947],
    slices: [1, 2, 1],
    stat0: 'nr_periods 0;nr_throttled 0;throttled_time 0;nr_bursts 0;burst_time 0',
    stat1: 'nr_periods 8;nr_throttled 8;throttled_time 382524000;nr_bursts 0;burst_time 0',
  };
  expect(judge(record)).toBe('holds');
});

test('groups of little weight have many short waits while the core is theirs, then a long one', () => {
  // The other user of the core came in the middle of the window: 0.7 of it is a wait in progress.
  const record = {
    note: 'shares',
    w: [1, 2],
    secs: 1.245,
    cpu: [0.0959, 0.0951],
    wait: [0.1991, 0.0936],
    slices: [43, 42],
    share: [0.502, 0.498],
    want: [0.3333, 0.6667],
    maxAbsErr: 0.1687,
    load: '1.00 2.00 3.00',
  };
  expect(judge(record)).toBe('holds');
  // Of groups with ordinary weights that does not happen.
  const ordinary = { w: [1024, 2048], want: [0.3333, 0.6667] };
  expect(judge({ ...record, ...ordinary })).toBe('wait[]');
});
