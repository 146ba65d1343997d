/** Records of hand-written CPU logs, and what the reader says of them. */
import { validate } from '../../../oracle/transcripts/index.ts';

/** Two groups of weights 1:3 on a core that others use too; parts of a window of 3 seconds. */
export const SHARES = {
  t: 1,
  note: 'shares',
  w: [100, 300],
  secs: 3,
  cpu: [0.2, 0.6],
  wait: [0.8, 0.4],
  slices: [200, 600],
  share: [0.25, 0.75],
  want: [0.25, 0.75],
  maxAbsErr: 0,
  load: '3.00 2.00 1.00',
};

/** Two threads of one group that may have 20 of each 100 milliseconds, and take all of it. */
export const QUOTA = {
  t: 2,
  note: 'quota',
  quota: 20_000,
  period: 100_000,
  hogs: 2,
  total: 0.2,
  secs: 3,
  cpu: [0.1, 0.1],
  wait: [0.9, 0.9],
  slices: [90, 90],
  stat0: 'nr_periods 2;nr_throttled 1;throttled_time 7;nr_bursts 0;burst_time 0',
  stat1: 'nr_periods 35;nr_throttled 31;throttled_time 2400000007;nr_bursts 0;burst_time 0',
};

/** Three threads without groups. */
export const THREADS = {
  t: 3,
  note: 'three hogs without groups, one core',
  secs: 3,
  cpu: [0.3, 0.3, 0.3],
  wait: [0.7, 0.7, 0.7],
  slices: [250, 250, 250],
  sum: [1, 1, 1],
};

/** How two seconds of a core went. */
export const CORE = {
  t: 4,
  note: '/proc/stat over 2 s, ticks',
  core: 1,
  user: 150,
  idle: 20,
  steal: 30,
};

/** The answer to a write that was accepted. (Not written as it is: it would look like a promise.) */
export function readBack(value: number | string): object {
  return Object.fromEntries([['then', value]]);
}

/** The field that cannot be in a log, else the verdict. */
export function judge(...records: readonly object[]): string {
  const judged = validate(
    'cpu-shares',
    records.map((record) => JSON.stringify(record)),
  );
  return judged.verdict === 'violated' ? (judged.impossible?.field ?? 'nothing') : judged.verdict;
}
