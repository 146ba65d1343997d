import { describe, expect, test } from 'vitest';
import {
  conserves,
  type Instrument,
  proportional,
  type Window,
} from '../../../oracle/transcripts/cpu-shares/window.ts';
import { validate } from '../../../oracle/transcripts/index.ts';
import { CORE, judge, QUOTA, readBack, SHARES, THREADS } from './cpuRecords.ts';

test('good: the records that the others here differ from', () => {
  expect(judge(SHARES, QUOTA, THREADS, CORE, { t: 5, note: 'the end' })).toBe('holds');
});

describe('one thread at a time runs (CPU-I1), and the others wait (CPU-I4, STL-I4)', () => {
  test.each([
    ['a wait that began before the window counts whole', [0.3, 0.3, 0.3], [0.725, 0.7, 0.7]],
    ['a wait in progress at its end counts nothing', [0.3, 0.3, 0.3], [0.675, 0.7, 0.7]],
    ['interrupts are charged to nobody', [0.27, 0.27, 0.27], [0.68, 0.68, 0.68]],
  ])('good: %s', (_, cpu, wait) => {
    const sum = cpu.map((ran, i) => Math.round((ran + (wait[i] ?? 0)) * 1000) / 1000);
    expect(judge({ ...THREADS, cpu, wait, sum })).toBe('holds');
  });

  test.each([
    ['runs for longer than the window', 'cpu[]', { cpu: [1.1], wait: [0], slices: [9] }],
    ['ran for less than nothing', 'cpu[]', { cpu: [-0.01], wait: [1], slices: [99] }],
    ['waited for less than nothing', 'wait[]', { cpu: [1], wait: [-0.01], slices: [99] }],
    ['waits and runs for more than there is', 'wait[]', { cpu: [0.4], wait: [0.7], slices: [99] }],
    ['neither waits nor runs', 'wait[]', { cpu: [0.3], wait: [0.4], slices: [99] }],
    ['waited without having had the core', 'wait[]', { cpu: [0], wait: [0.1], slices: [0] }],
    ['had the core without running', 'slices[]', { cpu: [0], wait: [0.5], slices: [200] }],
    ['had the core less than never', 'slices[]', { cpu: [0.9], wait: [0.1], slices: [-1] }],
    [
      'runs while the others do',
      'cpu[]',
      { cpu: [0.6, 0.6], wait: [0.4, 0.4], slices: [99, 99], sum: [1, 1] },
    ],
  ])('bad: a thread %s', (_, field, wrong) => {
    const sum = [Math.round(((wrong.cpu[0] ?? 0) + (wrong.wait[0] ?? 0)) * 1000) / 1000];
    expect(judge({ ...THREADS, sum, ...wrong })).toBe(field);
  });

  test('good: with few slices what is counted may be next to nothing, or begin long before', () => {
    const one = { ...THREADS, sum: [0.2] };
    expect(judge({ ...one, cpu: [0.1], wait: [0.1], slices: [9] })).toBe('holds');
    expect(judge({ ...one, cpu: [0.1], wait: [0.1], slices: [10] })).toBe('wait[]');
    expect(judge({ ...one, cpu: [0.1], wait: [1.2], slices: [1], sum: [1.3] })).toBe('holds');
    expect(judge({ ...one, cpu: [0.1], wait: [1.3], slices: [1], sum: [1.4] })).toBe('wait[]');
    expect(judge({ ...one, cpu: [0.2], wait: [0], slices: [0] })).toBe('holds');
    // A run so short that it rounds to nothing.
    expect(judge({ ...one, cpu: [0], wait: [0.2], slices: [1] })).toBe('holds');
    expect(judge({ ...one, cpu: [1], wait: [0], slices: [0], sum: [1] })).toBe('holds');
  });
});

describe('service is in proportion to the weights (SHR-1)', () => {
  const shared = (cpu: readonly [number, number], over: object = {}): object => {
    const share = cpu.map((ran) => Math.round((ran / (cpu[0] + cpu[1])) * 10_000) / 10_000);
    const maxAbsErr = Math.round(Math.abs((share[0] ?? 0) - 0.25) * 10_000) / 10_000;
    return { ...SHARES, cpu, wait: cpu.map((ran) => 1 - ran), share, maxAbsErr, ...over };
  };

  test('good and bad: within 0.01 in a window of seconds', () => {
    expect(judge(shared([0.207, 0.593]))).toBe('holds');
    expect(judge(shared([0.193, 0.607]))).toBe('holds');
    expect(judge(shared([0.209, 0.591]))).toBe('share[]');
    expect(judge(shared([0.191, 0.609]))).toBe('share[]');
  });

  test('good and bad: within the requests and ticks of a shorter one (EV-3)', () => {
    expect(judge(shared([0.223, 0.577], { secs: 0.3, slices: [20, 60] }))).toBe('holds');
    expect(judge(shared([0.224, 0.576], { secs: 0.3, slices: [20, 60] }))).toBe('share[]');
  });

  test('good and bad: what all others are off comes on top, in part', () => {
    const of = (cpu: readonly number[]): string => {
      const share = cpu.map((ran) => Math.round((ran / 0.5) * 10_000) / 10_000);
      const want = [0.5, 0.25, 0.25];
      const errors = share.map((part, i) => Math.abs(part - (want[i] ?? 0)));
      const maxAbsErr = Math.round(Math.max(...errors) * 10_000) / 10_000;
      const wait = cpu.map((ran) => 1 - ran);
      const window = { secs: 1, w: [200, 100, 100], slices: [90, 90, 90] };
      return judge({ ...SHARES, ...window, cpu, wait, share, want, maxAbsErr });
    };
    // 7 ms and half of that, in half a second.
    expect(of([0.26, 0.12, 0.12])).toBe('holds');
    expect(of([0.261, 0.12, 0.119])).toBe('share[]');
  });

  test('good and bad: in a long window with next to no service, within the rounding', () => {
    const long = { ...QUOTA, secs: 1_000, quota: 1_000, period: 1_000_000, wait: [1, 1] };
    const stat1 = { stat1: 'nr_periods 1002;nr_throttled 1001;throttled_time 900000000000' };
    const of = (cpu: readonly number[], total: number): string =>
      judge({ ...long, ...stat1, cpu, total });
    expect(of([0.0001, 0.0002], 0.0003)).toBe('holds');
    expect(of([0.0001, 0.0005], 0.0006)).toBe('cpu[]');
  });

  test('good: whoever is due little may get nothing for long (EV-N)', () => {
    const starved = { cpu: [0, 0.6], wait: [0, 0.4], slices: [0, 600], share: [0, 1] };
    const want = { want: [0.0019, 0.9981], maxAbsErr: 0.0019 };
    expect(judge({ ...SHARES, w: [2, 1024], ...starved, ...want })).toBe('holds');
    expect(judge({ ...SHARES, ...starved, maxAbsErr: 0.25 })).toBe('share[]');
  });

  test('good: weights count as the kernel clamps them, not as they were written', () => {
    const equal = { cpu: [0.4, 0.4], wait: [0.6, 0.6], slices: [400, 400], share: [0.5, 0.5] };
    const wanted = { want: [0, 1], maxAbsErr: 0.5 };
    expect(judge({ ...SHARES, w: [0, 2], ...equal, ...wanted })).toBe('holds');
    expect(judge({ ...SHARES, w: [-1, 2], ...equal, ...wanted })).toBe('w[]');
  });

  test('bad: threads of one group, or without groups, that fare differently', () => {
    const unequal = { cpu: [0.12, 0.08], wait: [0.88, 0.92] };
    expect(judge({ ...QUOTA, ...unequal })).toBe('cpu[]');
    expect(judge({ ...THREADS, cpu: [0.35, 0.3, 0.25], wait: [0.65, 0.7, 0.75] })).toBe('cpu[]');
  });
});

describe('a group runs for its quota in each period (CAP-1)', () => {
  const stat1 = (text: string): object => ({
    ...QUOTA,
    stat1: `${text};nr_bursts 0;burst_time 0`,
  });

  test('good and bad: at most the quota of each period, and once more', () => {
    const all = (part: number): object => {
      const cpu = [part / 2, part / 2];
      return { ...QUOTA, total: part, cpu, wait: cpu.map((ran) => 1 - ran) };
    };
    // 33 periods and one more, of 0.02 seconds each, in 3 seconds: 0.2267 of them.
    expect(judge(all(0.2266))).toBe('holds');
    expect(judge(all(0.227))).toBe('cpu[]');
  });

  test('good: the load of the core may leave the group less than its quota', () => {
    const idle = { ...QUOTA, total: 0.02, cpu: [0.01, 0.01], wait: [0.99, 0.99] };
    expect(judge(idle)).toBe('holds');
  });

  test('good and bad: a quota of less than a tick is overrun by up to a tick', () => {
    const small = { ...QUOTA, quota: 1_000, hogs: 1, wait: [0.98], slices: [8] };
    expect(judge({ ...small, total: 0.0123, cpu: [0.0123] })).toBe('holds');
    expect(judge({ ...small, total: 0.0126, cpu: [0.0126] })).toBe('cpu[]');
  });

  test('good and bad: more than a core has is the period', () => {
    const more = { ...QUOTA, quota: 250_000, total: 1, cpu: [0.5, 0.5], wait: [0.5, 0.5] };
    expect(judge(more)).toBe('holds');
    const few = { stat1: 'nr_periods 30;nr_throttled 1;throttled_time 7' };
    expect(judge({ ...more, ...few })).toBe('cpu[]');
  });

  test.each([
    ['more periods throttled than there were', 'nr_periods 35;nr_throttled 36;throttled_time 9'],
    ['more new ones than new periods', 'nr_periods 35;nr_throttled 35;throttled_time 9'],
    ['fewer periods than before', 'nr_periods 1;nr_throttled 1;throttled_time 9'],
    ['fewer throttled than before', 'nr_periods 35;nr_throttled 0;throttled_time 9'],
    ['less throttled time than before', 'nr_periods 35;nr_throttled 31;throttled_time 6'],
    ['more periods than time', 'nr_periods 45;nr_throttled 31;throttled_time 9'],
    ['time without a period', 'nr_periods 35;nr_throttled 1;throttled_time 8'],
    ['more time than periods', 'nr_periods 35;nr_throttled 2;throttled_time 200000008'],
  ])('bad: %s', (_, text) => {
    expect(judge(stat1(text))).toBe('stat1');
  });

  test('good: a throttled period need not show in the throttled time', () => {
    expect(judge(stat1('nr_periods 35;nr_throttled 31;throttled_time 7'))).toBe('holds');
  });

  test('good and bad: without a limit there are no periods', () => {
    const none = { ...QUOTA, quota: -1, total: 0.8, cpu: [0.4, 0.4], wait: [0.6, 0.6] };
    expect(judge({ ...none, stat1: QUOTA.stat0 })).toBe('holds');
    expect(judge(none)).toBe('stat1');
    // Nor a wait for the next: this one is too long for groups of ordinary weight.
    const waits = { hogs: 1, cpu: [0.8], slices: [300], stat1: QUOTA.stat0 };
    expect(judge({ ...none, ...waits, wait: [0.23] })).toBe('holds');
    expect(judge({ ...none, ...waits, wait: [0.25] })).toBe('wait[]');
  });

  test('good and bad: who is throttled waits for the next period, which may be long', () => {
    const long = { ...QUOTA, quota: 500_000, period: 1_000_000, hogs: 1, total: 0.4, cpu: [0.4] };
    const stats = {
      stat0: 'nr_periods 0;nr_throttled 0;throttled_time 0',
      stat1: 'nr_periods 3;nr_throttled 3;throttled_time 1500000000',
    };
    expect(judge({ ...long, ...stats, slices: [150], wait: [0.94] })).toBe('holds');
    expect(judge({ ...long, ...stats, slices: [150], wait: [0.96] })).toBe('wait[]');
  });

  test('bad: bursts of a group that may have none, a limit that cannot be set', () => {
    const burst = 'nr_periods 35;nr_throttled 31;throttled_time 7;nr_bursts 1;burst_time 0';
    expect(judge({ ...QUOTA, stat1: burst })).toBe('stat1');
    expect(judge({ ...QUOTA, stat1: burst.replace('1;burst_time 0', '0;burst_time 1') })).toBe(
      'stat1',
    );
    expect(judge({ ...QUOTA, quota: 999 })).toBe('quota');
    expect(judge({ ...QUOTA, period: 1_000_001 })).toBe('period');
  });

  test('good: kernels that print no bursts, or the time that the group waited', () => {
    const stat0 = 'nr_periods 2;nr_throttled 1;throttled_time 7';
    const later = 'nr_periods 35;nr_throttled 31;throttled_time 7';
    expect(judge({ ...QUOTA, stat0, stat1: later })).toBe('holds');
    const waited = { stat0: `${stat0};wait_sum 5`, stat1: `${later};wait_sum 6` };
    expect(judge({ ...QUOTA, ...waited })).toBe('holds');
    expect(judge({ ...QUOTA, ...waited, stat1: `${later};wait_sum 4` })).toBe('stat1');
  });
});

describe('what is written is clamped or refused', () => {
  const shares = (v: number, answer: object): string =>
    judge({ t: 1, note: 'write cpu.shares', v, ...answer });
  const quota = (v: number, answer: object): string =>
    judge({ t: 1, note: 'write quota', v, ...answer });
  const EINVAL = { errno: 'EINVAL' };

  test.each([
    [0, 2],
    [1, 2],
    [2, 2],
    [3, 3],
    [262_144, 262_144],
    [262_145, 262_144],
  ])('good: a weight of %i becomes %i', (v, then) => {
    expect(shares(v, readBack(then))).toBe('holds');
    expect(shares(v, readBack(then + 1))).toBe('then');
    expect(shares(v, EINVAL)).toBe('errno');
  });

  test.each([[1_000], [20_000], [2 ** 44 - 1]])('good: a quota of %i stays', (v) => {
    expect(quota(v, readBack(`${v}`))).toBe('holds');
    expect(quota(v, readBack(`${v + 1}`))).toBe('then');
    expect(quota(v, EINVAL)).toBe('errno');
  });

  test('good: any negative quota is no limit', () => {
    expect(quota(-1, readBack('-1'))).toBe('holds');
    expect(quota(-50_000, readBack('-1'))).toBe('holds');
    expect(quota(-50_000, readBack('-50000'))).toBe('then');
  });

  test.each([[0], [999], [2 ** 44]])('good: a quota of %i is refused', (v) => {
    expect(quota(v, EINVAL)).toBe('holds');
    expect(quota(v, { errno: 'ERANGE' })).toBe('errno');
    expect(quota(v, readBack(`${v}`))).toBe('then');
  });

  test('good and bad: a negative weight, a child with more than its parent', () => {
    expect(shares(-1, EINVAL)).toBe('holds');
    expect(shares(-1, readBack(2))).toBe('then');
    const child = { t: 1, note: 'child quota above parent' };
    expect(judge({ ...child, ...EINVAL })).toBe('holds');
    expect(judge({ ...child, errno: 'EPERM' })).toBe('errno');
    expect(judge({ ...child, ...readBack('50000') })).toBe('then');
  });
});

test('good and bad: what a core did and lost is no more than the time', () => {
  expect(judge({ ...CORE, user: 0, idle: 0, steal: 200 })).toBe('holds');
  expect(judge({ ...CORE, steal: -1 })).toBe('steal');
  expect(judge({ ...CORE, steal: 60 })).toBe('steal');
  expect(judge({ ...CORE, user: 230 })).toBe('user');
  expect(judge({ ...CORE, note: 'over 2.5 s', steal: 60 })).toBe('holds');
  // Woken up a tenth late, and each of the three counters read in the middle of a tick.
  const second = { ...CORE, note: 'over 1 s', user: 100, idle: 0 };
  expect(judge({ ...second, steal: 13 })).toBe('holds');
  expect(judge({ ...second, steal: 14 })).toBe('steal');
});

test('good and bad: the same rules judge the ticks of a model, which are exact (EX-11)', () => {
  const exact: Instrument = {
    rounding: 0,
    apart: 0,
    before: 0,
    uncharged: 0,
    slice: 1,
    request: 1,
    tick: 1,
    others: 0,
  };
  const wrong = (run: readonly number[], steal: readonly number[]): unknown => {
    const parts = (ticks: readonly number[]): number[] => ticks.map((each) => each / 10);
    const window: Window = { secs: 10, cpu: parts(run), wait: parts(steal), slices: run };
    const found = [
      ...conserves(window, [1, 1], exact),
      ...proportional('share[]', window, [1, 1], exact),
    ];
    return found.find((each) => each !== undefined)?.field;
  };
  expect(wrong([5, 5], [5, 5])).toBeUndefined();
  expect(wrong([4, 4], [6, 6])).toBeUndefined();
  expect(wrong([5, 5], [6, 5])).toBe('wait[]');
  expect(wrong([6, 5], [4, 5])).toBe('cpu[]');
  expect(wrong([8, 2], [2, 8])).toBe('share[]');
});

test('a refusal names the record, what was possible there and the distance', () => {
  const log = [SHARES, { ...QUOTA, stat1: 'nr_periods 35;nr_throttled 36;throttled_time 9' }];
  expect(
    validate(
      'cpu-shares',
      log.map((record) => JSON.stringify(record)),
    ),
  ).toEqual({
    verdict: 'violated',
    events: 2,
    checked: 16,
    violations: [],
    impossible: {
      event: 2,
      line: 2,
      field: 'stat1',
      observed: 'nr_throttled = 36',
      allowed: '0 to 35',
      difference: '1 too many',
    },
  });
});
