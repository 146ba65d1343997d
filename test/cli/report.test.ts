import { expect, test } from 'vitest';
import { colours } from '../../cli/io.ts';
import { junitXml } from '../../cli/report/junit.ts';
import { problemsText } from '../../cli/report/problems.ts';
import { propertiesText, propertyResult } from '../../cli/report/properties.ts';
import { count, duration, plural, table } from '../../cli/report/table.ts';
import type { Property } from '../../machine/index.ts';

const plain = { colours: false };

test('numbers, times and plurals read well', () => {
  expect([0, 999, 1000, 1_234_567].map(count)).toEqual(['0', '999', '1,000', '1,234,567']);
  expect([0.04, 59.9, 60, 185].map(duration)).toEqual([
    '0.0 s',
    '59.9 s',
    '1 min 0 s',
    '3 min 5 s',
  ]);
  expect([plural(1, 'run'), plural(2, 'run'), plural(2, 'box', 'boxes')]).toEqual([
    '1 run',
    '2 runs',
    '2 boxes',
  ]);
});

test('a table has no frame, no trailing spaces, and aligns numbers', () => {
  const columns = [{ title: 'ID' }, { title: 'N', align: 'right' as const }, { title: 'TEXT' }];
  const rows = [
    ['a', '1', 'first'],
    ['bcd', '200', ''],
  ];
  expect(table(columns, rows, plain)).toBe('ID     N  TEXT\na      1  first\nbcd  200\n');
});

test('on a terminal the last column wraps', () => {
  const columns = [{ title: 'ID' }, { title: 'TEXT' }];
  const rows = [['a', 'one two three four five six seven']];
  const text = table(columns, rows, { colours: false, columns: 30 });
  expect(text.split('\n').length).toBe(4);
  expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThanOrEqual(30);
});

test('colours: NO_COLOR wins, then FORCE_COLOR, then the terminal', () => {
  expect(colours({}, true)).toBe(true);
  expect(colours({}, false)).toBe(false);
  expect(colours({ TERM: 'dumb' }, true)).toBe(false);
  expect(colours({ NO_COLOR: '1', FORCE_COLOR: '1' }, true)).toBe(false);
  expect(colours({ NO_COLOR: '' }, true)).toBe(true);
  expect(colours({ FORCE_COLOR: '1' }, false)).toBe(true);
  expect(colours({ FORCE_COLOR: '0' }, true)).toBe(false);
  const columns = [{ title: 'ID' }];
  expect(table(columns, [['a']], { colours: true })).toContain('\u001b[1mID');
});

const named = { id: 'X-1', name: 'all is well' };
const invariant: Property<never> = { kind: 'invariant', ...named, violation: () => null };
const goal: Property<never> = { kind: 'sometimes', id: 'G-1', name: 'a goal', reached: () => true };
const tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };

test('a property that never could have failed does not hold', () => {
  const verdictOf = (counts: Partial<typeof tally>) =>
    propertyResult(invariant, [tally, { ...tally, ...counts }]).verdict;
  expect(verdictOf({ evaluations: 9, couldFail: 1 })).toBe('holds');
  expect(verdictOf({ evaluations: 9 })).toBe('inconclusive');
  expect(verdictOf({ evaluations: 9, couldFail: 9, violations: 1 })).toBe('violated');
});

test('the closing table says what the run says nothing about', () => {
  const silent = [invariant, goal].map((property) => propertyResult(property, [tally]));
  const told = propertiesText(silent, plain);
  expect(told).toContain('Could never have failed in this run (1): X-1\n');
  expect(told).toContain('Goals never reached in this run (1): G-1\n');
  const counted = { ...tally, evaluations: 1234, couldFail: 1 };
  const busy = [invariant, goal].map((property) => propertyResult(property, [counted]));
  expect(propertiesText(busy, plain)).toBe(
    [
      'PROPERTY  EVALUATIONS  COULD FAIL  VERDICT  WHAT IS TRUE',
      'X-1             1,234           1  holds    all is well',
      'Every property could have failed.',
      'Every goal was reached (1).',
      '',
    ].join('\n'),
  );
});

test('what only a search can check is counted as left to it', () => {
  const live: Property<never> = {
    kind: 'eventually',
    id: 'L-1',
    name: 'it comes',
    holds: () => true,
    fairness: [],
  };
  const results = [
    propertyResult(invariant, [{ ...tally, couldFail: 1 }]),
    propertyResult(live, [tally]),
  ];
  expect(results[1]?.verdict).toBe('inconclusive');
  const told = propertiesText(results, plain);
  expect(told).toContain('Left to the exhaustive checker (1): L-1\n');
  expect(told).toContain('Every other property could have failed.\n');
});

test('names of hostile files reach no terminal as they are, and long lists are cut', () => {
  const problem = { where: 'a\u001b[31m', problem: 'is\nwrong' };
  const text = problemsText(Array(25).fill(problem), plain);
  expect(text).toContain('  a\\u001b[31m: is\\u000awrong\n');
  expect(text).toContain('and 5 more problems');
});

test('JUnit XML is escaped, also where XML knows no escape', () => {
  const message = `"1" < 2 & 'a'\n\u0000\u001b`;
  const xml = junitXml('s<u>ite', 1.5, [
    { name: 'ok', group: 'g' },
    { name: 'bad', group: 'g', failure: { message, details: message } },
    { name: 'quiet', group: 'g', skipped: 'never could fail' },
  ]);
  expect(xml).toContain('tests="3" failures="1" errors="0" skipped="1" time="1.500"');
  expect(xml).toContain('name="s&lt;u&gt;ite"');
  expect(xml).toContain('message="&quot;1&quot; &lt; 2 &amp; &apos;a&apos; \uFFFD\uFFFD"');
  expect(xml).toContain('<skipped message="never could fail"/>');
});
