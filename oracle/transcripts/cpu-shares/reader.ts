/** Reads CPU transcripts. Each record speaks of an experiment of its own and is judged by itself. */
import type { Formed } from '../records.ts';
import {
  differs,
  impossible,
  type Outcome,
  outside,
  possible,
  type System,
  system,
} from '../system.ts';
import { counters, counts, limited, longestThrottle, settable } from './bandwidth.ts';
import { ROUNDING, sharesOf, sumsOf, totalOf } from './derived.ts';
import { fields } from './fields.ts';
import {
  type AnswerRecord,
  type CoreRecord,
  isShares,
  type Parsed,
  parse,
  type QuotaRecord,
  type SharesRecord,
  secondsOf,
  type ThreadsRecord,
  type WriteRecord,
} from './records.ts';
import { type Answer, quotaAfter, SHARES_DEFAULT, sharesAfter } from './settings.ts';
import { type Comparisons, conserves, type Instrument, proportional } from './window.ts';

/**
 * A script that reads /proc/PID/schedstat of each thread, beside which at most eight others of
 * ordinary weight want the core. It may be delayed between two readings, but not for longer than a
 * scheduler of such a core lets anybody wait; interrupts take less than a tenth. The kernel is as
 * built by default: 250 ticks a second, requests (`base_slice_ns`) of 3 ms at most.
 */
const schedstat: Instrument = {
  rounding: ROUNDING,
  apart: 0.05,
  before: 1,
  uncharged: 0.1,
  slice: 1e-6,
  request: 0.003,
  tick: 0.004,
  others: 8 * SHARES_DEFAULT,
};

/** Ticks of /proc/stat in a second (`USER_HZ`). */
const TICKS = 100;

/** A script on a loaded machine wakes up late, by less than this part of what it slept. */
const LATE = 0.1;

/** Threads that compete for one core. */
export const cpuShares: System = system<Formed<Parsed>>({
  name: 'cpu-shares',
  title: 'Linux CPU shares, quota and run delay of threads that compete for one core',
  fields,
  parse,
  start: () => judge,
});

function judge(parsed: Formed<Parsed>): Outcome {
  let made = 0;
  for (const contradiction of comparisons(parsed)) {
    if (contradiction !== undefined) return impossible(contradiction);
    made += 1;
  }
  return possible(made);
}

function comparisons(parsed: Formed<Parsed>): Comparisons {
  switch (parsed.kind) {
    case 'shares':
      return shares(parsed.record);
    case 'quota':
      return quota(parsed.record);
    case 'threads':
      return threads(parsed.record);
    case 'core':
      return core(parsed.record);
    case 'write':
      return written(parsed.record);
    case 'child':
      return answered(parsed.record, 'EINVAL');
    case 'note':
      return nothing();
  }
}

function* shares(record: SharesRecord): Comparisons {
  const answers = record.w.map(sharesAfter);
  for (const [group, answer] of answers.entries()) {
    if (answer === 'EINVAL') yield differs('w[]', record.w[group], 'a weight that can be written');
  }
  const weights = answers.map(Number);
  yield* conserves(record, weights, schedstat);
  yield* sharesOf(record);
  yield* proportional('share[]', record, weights, schedstat);
}

function* quota(record: QuotaRecord): Comparisons {
  yield* settable(record);
  yield* totalOf(record);
  const statistics = { stat0: counters(record.stat0), stat1: counters(record.stat1) };
  yield* counts(record, statistics, record, schedstat);
  yield* limited(record, statistics, record, schedstat);
  // The threads share what is due to their group.
  const weights = record.cpu.map(() => SHARES_DEFAULT / record.cpu.length);
  yield* conserves(record, weights, schedstat, longestThrottle(record, schedstat));
  yield* proportional('cpu[]', record, weights, schedstat);
}

function* threads(record: ThreadsRecord): Comparisons {
  const weights = record.cpu.map(() => SHARES_DEFAULT);
  yield* conserves(record, weights, schedstat);
  yield* sumsOf(record);
  yield* proportional('cpu[]', record, weights, schedstat);
}

/** What the core did and what was stolen from it is no more than the time that went by (STL-I4). */
function* core(record: CoreRecord): Comparisons {
  const most = secondsOf(record) * (1 + LATE) * TICKS + 3;
  let all = 0;
  for (const name of ['user', 'idle', 'steal'] as const) {
    all += record[name];
    yield outside(name, record[name], { low: 0, high: most });
  }
  yield outside('steal', all, { low: 0, high: most }, { what: 'user + idle + steal' });
}

function written(record: WriteRecord): Comparisons {
  return answered(record, isShares(record) ? sharesAfter(record.v) : quotaAfter(record.v));
}

function* answered({ errno, then }: AnswerRecord, expected: Answer): Comparisons {
  if (errno !== undefined) yield differs('errno', errno, `${expected}`);
  else yield differs('then', `${then}`, `${expected}`);
}

function* nothing(): Comparisons {}
