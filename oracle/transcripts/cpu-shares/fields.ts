/** How each field of a CPU transcript is judged. */
import { type FieldTable, fieldTable, type Row, rows } from '../fields.ts';

const SCHEDSTAT = 'Linux sched-stats';
const BANDWIDTH = 'Linux sched-bwc';

const COMMON: readonly Row[] = [
  ['t', 'noise', 'time', 'decision 22'],
  ['note', 'command', 'which experiment', 'format'],
];

const THREADS: readonly Row[] = [
  ['secs', 'command', 'length of the window', 'format'],
  ['cpu[]', 'bounded', 'of all threads at most the window; in proportion to weights', 'CPU-I1'],
  ['wait[]', 'bounded', 'with cpu the window, but for waits across its ends', 'STL-I4'],
  ['slices[]', 'bounded', 'none without run, nor a wait without one', SCHEDSTAT],
];

const ANSWER: readonly Row[] = [
  ['errno', 'exact', 'EINVAL where the kernel refuses the value', BANDWIDTH],
  ['then', 'exact', 'the value written, clamped', 'decision 25'],
];

/** The table. Records: `shares quota threads core write child note`. */
export const fields: FieldTable = fieldTable([
  ...rows('shares', '', [
    ...COMMON,
    ...THREADS,
    ['w[]', 'command', 'weights of the groups', 'SHR-1'],
    ['share[]', 'bounded', 'follows from cpu; that of the weights within its bound', 'EV-3'],
    ['want[]', 'derived', 'the share of the weights', 'format'],
    ['maxAbsErr', 'derived', 'greatest difference of share and want', 'format'],
    ['load', 'noise', 'load of the whole machine', 'decision 22'],
  ]),
  ...rows('quota', '', [
    ...COMMON,
    ...THREADS,
    ['quota', 'command', 'limit in each period, one that the kernel accepts', BANDWIDTH],
    ['period', 'command', 'length of a period, one that the kernel accepts', BANDWIDTH],
    ['hogs', 'derived', 'number of threads', 'format'],
    ['total', 'derived', 'sum of cpu; at most the quota of each period and one more', 'CAP-1'],
    ['stat0', 'bounded', 'throttled in no more than all periods; no bursts', BANDWIDTH],
    ['stat1', 'bounded', 'no counter fell; no more periods than time', BANDWIDTH],
  ]),
  ...rows('threads', '', [
    ...COMMON,
    ...THREADS,
    ['sum[]', 'derived', 'cpu and wait together', 'STL-I4'],
  ]),
  ...rows('core', '', [
    ...COMMON,
    ['core', 'command', 'which core', 'format'],
    ['user', 'bounded', 'with the two others at most the window', 'CPU-I4'],
    ['idle', 'bounded', 'with the two others at most the window', 'CPU-I4'],
    ['steal', 'bounded', 'with the two others at most the window', 'STL-I4'],
  ]),
  ...rows('write', '', [...COMMON, ['v', 'command', 'the value written', 'format'], ...ANSWER]),
  ...rows('child', '', [...COMMON, ...ANSWER]),
  ...rows('note', '', COMMON),
]);
