import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { extraMappings, frames } from '../../../oracle/transcripts/ksm/capacity.ts';
import { saysExit, settings } from '../../../oracle/transcripts/ksm/texts.ts';
import { judge, sample, start, step } from './ksmRecords.ts';

const PAIRS = [...start('A', 1, 8, 0, 0, 2), ...start('B', 2, 8, 0, 0, 2)];
const RAMP = [
  ...PAIRS,
  sample({ full: 0 }),
  sample({ S: 5, H: 5, U: 7, V: 3, full: 2 }),
  sample({ S: 8, H: 8, U: 4, full: 4 }),
];

describe('counters', () => {
  test('good: pairs merge, a break shows only when the scanner comes by, frames stay', () => {
    const broken = step('A', 'write 3 42', { write: 3, us: 9, framesDiffer: true });
    const lag = sample({ S: 8, H: 8, U: 4, full: 4 });
    const after = sample({ S: 8, H: 7, U: 4, V: 1, full: 7 });
    expect(judge(...RAMP, ...broken, lag, after)).toBe('holds');
    expect(judge(...RAMP, ...broken, lag, after, sample({ S: 7, H: 7, U: 6, full: 9 }))).toBe(
      'ksm.pages_shared',
    );
  });

  test('bad: more than there is room for, fewer than were seen', () => {
    expect(judge(...RAMP, sample({ S: 9, H: 9, U: 2, full: 6 }))).toBe('ksm.pages_shared');
    expect(judge(...RAMP, sample({ S: 8, H: 9, U: 3, full: 6 }))).toBe('ksm.pages_sharing');
    expect(judge(...RAMP, sample({ S: 8, H: 7, U: 5, full: 6 }))).toBe('ksm.pages_sharing');
    expect(judge(...PAIRS, sample({ S: 1, H: 1, V: 18, full: 0 }))).toBe('ksm.pages_shared');
  });

  test('bad: a lag that outlasts the scans of every page', () => {
    const broken = step('A', 'write 3 42', { write: 3, us: 9, framesDiffer: true });
    const late = [sample({ S: 8, H: 8, U: 4, full: 5 }), sample({ S: 8, H: 8, U: 4, full: 8 })];
    expect(judge(...RAMP, ...broken, ...late)).toBe('holds');
    expect(judge(...RAMP, ...broken, ...late, sample({ S: 8, H: 8, U: 4, full: 9 }))).toBe(
      'ksm.pages_sharing',
    );
  });

  test('bad: equal young pages that are not merged after many scans', () => {
    const idle = [6, 7].map((full) => sample({ U: 20, full }));
    expect(judge(...PAIRS, sample({ full: 0 }), ...idle)).toBe('ksm.pages_shared');
  });

  test('good and bad: zero pages are counted apart and fall at once', () => {
    const told = { note: 'settings found', use_zero_pages: '1', max_page_sharing: '256', run: '0' };
    const zeros = [told, ...start('A', 1, 0, 6, 0, 1), sample({ full: 0 })];
    const merged = sample({ U: 1, full: 3, Z: 6 });
    const broken = step('A', 'write 2 7', { write: 2, us: 1, framesDiffer: true });
    const fell = sample({ U: 1, V: 1, full: 4, Z: 5 });
    expect(judge(...zeros, merged, ...broken, fell)).toBe('holds');
    expect(judge(...zeros, merged, ...broken, sample({ U: 1, full: 4, Z: 6 }))).toBe(
      'ksm.ksm_zero_pages',
    );
  });
});

describe('answers', () => {
  const read = (proc: string, page: number, value: string): object[] =>
    step(proc, `read ${page}`, { read: page, value: value.padStart(16, '0') });
  const frame = (proc: string, page: number, pfn: string): object[] =>
    step(proc, `frame ${page}`, { frame: page, pfn });

  test('good and bad: a write is seen by its writer only', () => {
    const wrote = step('A', 'write 3 42', { write: 3, us: 1, framesDiffer: true });
    const before = read('B', 3, 'abc');
    expect(judge(...RAMP, ...before, ...wrote, ...read('A', 3, '2a'), ...before)).toBe('holds');
    expect(judge(...RAMP, ...before, ...wrote, ...read('A', 3, 'abc'))).toBe('out.value');
    expect(judge(...RAMP, ...before, ...wrote, ...read('B', 3, '2a'))).toBe('out.value');
  });

  test('good and bad: merged pages lie in one frame, other contents never do', () => {
    expect(judge(...RAMP, ...frame('A', 3, 'f1'), ...frame('B', 3, 'f1'))).toBe('holds');
    expect(judge(...RAMP, ...frame('A', 3, 'f1'), ...frame('B', 3, 'f2'))).toBe('out.pfn');
    expect(judge(...RAMP, ...frame('A', 3, 'f1'), ...frame('B', 4, 'f1'))).toBe('out.pfn');
  });

  test('bad: a write to a merged page that copies nothing, to a private one that does', () => {
    const write = (page: number, framesDiffer: boolean): object[] =>
      step('A', `write ${page} 1`, { write: page, us: 1, framesDiffer });
    expect(judge(...RAMP, ...write(3, false))).toBe('out.framesDiffer');
    expect(judge(...RAMP, ...write(9, true))).toBe('out.framesDiffer');
    expect(judge(...RAMP, ...write(9, false))).toBe('holds');
  });

  test('bad: an answer to another question, or to none', () => {
    expect(judge(...RAMP, ...step('A', 'read 3', { read: 4, value: '0'.repeat(16) }))).toBe(
      'out.read',
    );
    expect(judge(...RAMP, ...step('A', 'read 3', { frame: 3, pfn: '1' }))).toBe('out');
    expect(judge(...RAMP, { proc: 'A', out: { unmerge: 0 } })).toBe('out');
  });
});

test('equal pages fill one frame before the next, and one left over stays alone', () => {
  expect([frames(1000, 256), extraMappings(1000, 256)]).toEqual([4, 996]);
  expect([frames(1000, 2), extraMappings(1000, 2)]).toEqual([500, 500]);
  expect([frames(257, 256), extraMappings(257, 256)]).toEqual([1, 255]);
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 2, max: 300 }), (n, limit) => {
      const merged = frames(n, limit) + extraMappings(n, limit);
      expect(merged).toBe(n % limit === 1 ? n - 1 : n);
      expect(extraMappings(n, limit)).toBeLessThanOrEqual((limit - 1) * frames(n, limit));
    }),
  );
});

test('labels tell of settings and exits, and of nothing else', () => {
  expect(settings('1000 identical, max_page_sharing=2')).toEqual({ limit: 2 });
  expect(settings('zero pages, use_zero_pages=1, run=0')).toEqual({ useZero: true, run: 0 });
  expect(saysExit('A gone', 'A')).toBe(true);
  expect(saysExit('after A was killed', 'A')).toBe(true);
  expect(saysExit('2000 breaks in A', 'A')).toBe(false);
  expect(saysExit('only B left', 'B')).toBe(false);
});
