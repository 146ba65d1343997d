import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { leaves } from '../../../oracle/transcripts/fields.ts';
import {
  describeFields,
  type SystemName,
  systems,
  validate,
} from '../../../oracle/transcripts/index.ts';
import { falsifications, kindOf } from './falsify.ts';

const RECORDED: readonly (readonly [SystemName, string, number])[] = [
  ['ksm', 'basic', 284],
  ['ksm', 'chains', 12],
  ['ksm', 'defaults', 26],
  ['ksm', 'zeros', 21],
  ['virtio-balloon', 'converge', 112],
  ['virtio-balloon', 'deflateOnOom', 149],
  ['virtio-balloon', 'noDriver', 129],
  ['virtio-balloon', 'stats', 40],
  ['cpu-shares', 'quota', 12],
  ['cpu-shares', 'steal', 2],
  ['cpu-shares', 'weights', 16],
  ['qemu-migration', 'cancel', 91],
  ['qemu-migration', 'dirtySlow', 86],
  ['qemu-migration', 'noConverge', 109],
  ['qemu-migration', 'postcopy', 87],
  ['qemu-migration', 'success', 71],
  ['qemu-migration', 'targetKilled', 49],
  ['qemu-migration', 'tcp', 58],
];

/** What a log shows to be broken, and in which line. */
const BROKEN: Readonly<Record<string, object>> = {
  // This QEMU loses writes of a guest that goes on writing.
  dirtySlow: {
    line: 65,
    name: 'migration state equivalence',
    observed: '30 of 32768 pages differ, the first 12 of them listed',
    pages: [10755, 10758, 10759, 10779, 10797, 11050, 11086, 11321, 12313, 13119, 13121, 13324],
  },
  noConverge: {
    line: 96,
    name: 'migration state equivalence',
    observed: '41 of 32768 pages differ, the first 12 of them listed',
    pages: [10755, 10758, 10759, 10778, 10779, 10797, 10848, 11050, 11086, 11107, 11246, 11252],
  },
  // Both sides are resumed on purpose.
  success: {
    line: 52,
    name: 'exactly one running guest',
    observed: 'dst runs, and so does src (line 49)',
  },
};

/** Against a busy machine, not a claim about speed. */
const PATIENCE_MS = 60_000;

/** Where a bounded field has no upper end, and why. */
const OPEN: readonly string[] = [
  // No process takes part in merging any more, so a scan visits nothing and is over at once.
  'basic 284 full_scans',
];

function recorded(system: SystemName, name: string): string[] {
  const file = new URL(`../../../transcripts/${system}/${name}.jsonl`, import.meta.url);
  return readFileSync(file, 'utf8').trimEnd().split('\n');
}

describe.each(RECORDED)('the recorded log %s/%s', (system, name, events) => {
  test('is possible, every record of it', () => {
    const judged = validate(system, recorded(system, name));
    const broken = BROKEN[name];
    const expected = broken === undefined ? 'holds' : 'violated';
    expect(judged).toMatchObject({ verdict: expected, events });
    if (broken !== undefined) expect(judged).toMatchObject({ violations: [broken] });
    expect(judged).not.toHaveProperty('impossible');
  });

  test('holds no field that the table does not list', () => {
    const rows = describeFields(system);
    for (const text of recorded(system, name)) {
      const value = JSON.parse(text);
      const kind = kindOf(system, value);
      for (const field of leaves(value)) {
        const row = rows.find(
          ({ record, path }) =>
            record === kind &&
            (path === field ||
              path === '**' ||
              (path.endsWith('.**') && `${field}.`.startsWith(path.slice(0, -2)))),
        );
        expect(row, `${kind} ${field}`).toBeDefined();
      }
    }
  });

  test('is possible up to any line of it', () => {
    const log = recorded(system, name);
    for (let end = 1; end < log.length; end += 7) {
      expect(validate(system, log.slice(0, end))).not.toHaveProperty('impossible');
    }
  });

  const dense = system === 'qemu-migration' ? 17 : 7;
  const every = events > 200 ? 53 : events > 20 ? dense : 1;

  test(
    'is refused with an exact or derived field falsified, and says where',
    () => {
      const log = recorded(system, name);
      for (const copy of falsifications(system, log, ['exact', 'derived'], every)) {
        // Of the console only the agent's lines are judged; digests that differ already may do so.
        const differs = name in BROKEN && copy.field.startsWith('sha256.');
        if (copy.field !== 'tail' && !differs) expectNamed(system, copy);
      }
    },
    PATIENCE_MS,
  );

  test(
    'is refused with a bounded field far outside its bound, and says where',
    () => {
      for (const copy of falsifications(system, recorded(system, name), ['bounded'], every)) {
        if (!OPEN.includes(`${name} ${copy.line} ${copy.field}`)) expectNamed(system, copy);
      }
    },
    PATIENCE_MS,
  );
});

function expectNamed(
  system: SystemName,
  { log, line, field, how }: { log: readonly string[]; line: number; field: string; how: string },
): void {
  const judged = validate(system, log);
  const what = `${field} in line ${line}: ${how}`;
  // A value that the format does not know at all is bad input, also with its line.
  if (judged.verdict === 'bad-input') {
    expect(judged.problems[0]?.line, what).toBe(line);
    return;
  }
  expect(judged.verdict, what).toBe('violated');
  if (judged.verdict !== 'violated') return;
  const { line: found, because } = judged.impossible ?? {};
  expect(found === line || because?.line === line, `${what}, found in line ${found}`).toBe(true);
}

test('every system has a table in which each field has a class, a reason and a source', () => {
  for (const { fields } of Object.values(systems)) {
    for (const { reason, spec, path } of fields.rows) {
      expect(reason, path).not.toBe('');
      expect(spec, path).not.toBe('');
    }
  }
});
