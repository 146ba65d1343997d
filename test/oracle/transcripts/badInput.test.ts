import { describe, expect, test } from 'vitest';
import {
  isSystemName,
  lines,
  type SystemName,
  validate,
} from '../../../oracle/transcripts/index.ts';
import { LINE_UNITS_MAX, PROBLEMS_MAX } from '../../../oracle/transcripts/log.ts';
import { CORE, QUOTA, readBack, SHARES, THREADS } from './cpuRecords.ts';

const START = '{"proc":"A","argv":["ksmproc",1,10,0,0,0]}';
const READY = '{"proc":"A","out":{"ready":true,"pages":10,"madvise":0}}';
const BASE = ['-m', '256M', '-device', 'virtio-balloon-pci,id=bal'];
const MACHINE = JSON.stringify({ vm: 'g', argv: BASE });

function problems(system: SystemName, log: readonly string[]): unknown {
  const judged = validate(system, log);
  expect(judged.verdict).toBe('bad-input');
  return judged.verdict === 'bad-input' ? judged.problems : [];
}

describe('bad input is listed with its place', () => {
  test('an empty log', () => {
    expect(problems('ksm', [])).toEqual([
      { line: 0, path: '', problem: 'the log holds no record' },
    ]);
    expect(validate('ksm', '\n\n').verdict).toBe('bad-input');
  });

  test('not JSON, a cut last line, an array', () => {
    const log = [START, READY, '[1]', 'word', '{"proc":"A","in":"re'];
    expect(problems('ksm', log)).toEqual([
      { line: 3, path: '', problem: 'not a JSON object' },
      { line: 4, path: '', problem: 'not JSON' },
      { line: 5, path: '', problem: 'not JSON: the line is cut off' },
    ]);
  });

  test('wrong types and missing keys', () => {
    const counters = '{"ksm":{"pages_shared":-1,"pages_sharing":"2"}}';
    expect(problems('ksm', [counters])).toContainEqual(
      expect.objectContaining({ line: 1, path: 'ksm.pages_shared' }),
    );
    const log = [MACHINE, '{"vm":"g","dir":"<","msg":{"id":{},"return":{}}}'];
    expect(problems('virtio-balloon', log)).toMatchObject([{ line: 2, path: 'msg.id' }]);
  });

  test('parts that are not of as many threads, statistics of no kernel, an answer that is none', () => {
    const of = (record: object): unknown => problems('cpu-shares', [JSON.stringify(record)]);
    expect(of({ ...THREADS, slices: [250, 250] })).toMatchObject([
      { line: 1, problem: 'not one element for each thread: cpu 3, wait 3, slices 2, sum 3' },
    ]);
    expect(of({ ...QUOTA, stat1: 'nr_throttled 1;nr_periods 2' })).toMatchObject([
      { path: 'stat1', problem: 'expected cpu.stat with its lines joined by ;' },
    ]);
    expect(of({ ...CORE, note: 'ticks' })).toMatchObject([
      { path: 'note', problem: 'does not say over how many seconds' },
    ]);
    expect(of({ note: 'write cpu.weight', v: 1, ...readBack(1) })).toMatchObject([
      { path: 'note', problem: 'expected "write cpu.shares" or "write quota"' },
    ]);
    const both = { note: 'write quota', v: 1, errno: 'EINVAL', ...readBack('1') };
    expect(of(both)).toMatchObject([{ problem: 'expected either errno or then' }]);
    expect(of({ ...SHARES, secs: 0 })).toMatchObject([{ path: 'secs' }]);
    expect(of({ ...SHARES, nice: 0 })).toMatchObject([
      { path: 'nice', problem: 'unknown field in the record (shares)' },
    ]);
  });

  test('a field that no table lists, a record of no kind, another format', () => {
    expect(problems('ksm', ['{"proc":"A","in":"stat","hidden":{"deep":1}}'])).toEqual([
      { line: 1, path: 'hidden.deep', problem: 'unknown field in the record (ask)' },
    ]);
    expect(problems('ksm', ['{"t":1}'])).toMatchObject([{ line: 1 }]);
    expect(problems('ksm', ['{"format":"trace","version":2}'])).toMatchObject([
      { problem: expect.stringContaining('another format or version') },
    ]);
    expect(problems('virtio-balloon', ['{"vm":"g"}'])).toMatchObject([{ line: 1 }]);
  });

  test('names and pages outside the scope', () => {
    expect(problems('ksm', [START, READY, '{"proc":"A","in":"read 10"}'])).toEqual([
      { line: 3, path: 'in', problem: 'page 10 is outside the 10 pages of the process' },
    ]);
    expect(problems('ksm', ['{"proc":"B","in":"stat"}'])).toMatchObject([{ path: 'proc' }]);
    expect(problems('ksm', ['{"proc":"A","argv":["p",1,99999999999,0,0,0]}'])).toMatchObject([
      { path: 'argv.2' },
    ]);
    const log = [MACHINE, '{"vm":"h","exit":0,"signal":null}'];
    expect(problems('virtio-balloon', log)).toEqual([
      { line: 2, path: 'vm', problem: 'machine h was not started' },
    ]);
    expect(problems('virtio-balloon', ['{"vm":"g","argv":["-m","much"]}'])).toMatchObject([
      { path: 'argv' },
    ]);
  });

  test('names of JavaScript properties are names like others', () => {
    expect(isSystemName('constructor')).toBe(false);
    expect(problems('ksm', ['{"proc":"__proto__","in":"stat"}'])).toMatchObject([{ path: 'proc' }]);
    expect(problems('ksm', ['{"constructor":1,"proc":"A","in":"stat"}'])).toMatchObject([
      { path: 'constructor' },
    ]);
  });

  test('a line that is too long is not kept, and the next ones are read', () => {
    const chunks = ['{"note":"', ...Array<string>(30).fill('x'.repeat(50_000)), '"}\n', START];
    expect(problems('ksm', [...lines(chunks)])).toEqual([
      { line: 1, path: '', problem: `the line is longer than ${LINE_UNITS_MAX} characters` },
    ]);
  });

  test('no more than so many problems, and what was found before them is kept', () => {
    const wrong = [START, '{"proc":"A","out":{"ready":true,"pages":9,"madvise":0}}'];
    const judged = validate('ksm', [...wrong, ...Array<string>(100).fill('x')]);
    expect(judged).toMatchObject({ verdict: 'bad-input', impossible: { line: 2 } });
    expect(judged.verdict === 'bad-input' && judged.problems).toHaveLength(PROBLEMS_MAX);
  });
});

test('a hundred thousand lines are read one at a time', () => {
  const read = '{"proc":"A","in":"read 3"}';
  const answer = '{"proc":"A","out":{"read":3,"value":"00000000000000ff"}}';
  function* long(): Generator<string> {
    yield START;
    yield READY;
    for (let index = 0; index < 49_999; index += 1) {
      yield read;
      yield answer;
    }
  }
  expect(validate('ksm', long())).toMatchObject({ verdict: 'holds', events: 100_000 });
}, 60_000);

test('lines are put together from pieces cut anywhere', () => {
  expect([...lines(['a\nb', 'c', '', '\n\nd'])]).toEqual(['a', 'bc', '', 'd']);
});
