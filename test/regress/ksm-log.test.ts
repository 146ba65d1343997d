/**
 * Rules of the counting abstraction of same-page merging that were wrong once: each refused a log
 * that a kernel may well write, or let one pass that none does. Pages are given as common, zero,
 * identical and unique ones.
 */
import { describe, expect, test } from 'vitest';
import { judge, sample, start, step } from '../oracle/transcripts/ksmRecords.ts';

const write = (proc: string, page: number, framesDiffer: boolean, word = 42): object[] =>
  step(proc, `write ${page} ${word}`, { write: page, us: 1, framesDiffer });
const writes = (proc: string, pages: number): object[] =>
  step(proc, `writes ${pages}`, { writes: pages, usEach: 1 });
const read = (proc: string, page: number, word: number): object[] =>
  step(proc, `read ${page}`, { read: page, value: word.toString(16).padStart(16, '0') });
const frame = (proc: string, page: number, pfn: string): object[] =>
  step(proc, `frame ${page}`, { frame: page, pfn });
const stat = (proc: string, items: number, merging: number): object[] => {
  const profit = merging * 4096 - items * 64;
  const counts = `ksm_rmap_items ${items};ksm_zero_pages 0;ksm_merging_pages ${merging}`;
  return step(proc, 'stat', { ksm_stat: `${counts};ksm_process_profit ${profit}` });
};
const told = (limit: number, zero = '0'): object => ({
  note: 'settings found',
  max_page_sharing: `${limit}`,
  use_zero_pages: zero,
  run: '0',
});

interface Rule {
  readonly rule: string;
  readonly accepts: readonly object[];
  readonly rejects: readonly object[];
  /** What cannot be in the rejected log. */
  readonly field: string;
}

/** Both pages of two processes are merged. */
const pairs = [...start('A', 1, 2, 0, 0, 0), ...start('B', 2, 2, 0, 0, 0)];
const merged = [...pairs, sample({ S: 2, H: 2, full: 6 }, 4)];

const rules: readonly Rule[] = [
  {
    rule: 'a process that comes later leaves single the pages that were so before it',
    accepts: [
      ...start('B', 2, 0, 2, 1, 0),
      sample({ S: 1, H: 1, U: 1, full: 11 }, 3),
      ...start('A', 1, 0, 1, 2, 0),
      ...stat('B', 3, 2),
    ],
    rejects: [
      ...start('B', 2, 0, 2, 1, 0),
      sample({ S: 1, H: 1, U: 1, full: 11 }, 3),
      ...start('A', 1, 0, 1, 2, 0),
      ...stat('B', 3, 1),
    ],
    field: 'out.ksm_stat.ksm_merging_pages',
  },
  {
    rule: 'a second mass rewrite brings other words',
    accepts: [
      ...pairs,
      ...writes('A', 1),
      ...read('A', 0, 5),
      ...writes('A', 1),
      ...read('A', 0, 6),
    ],
    rejects: [...pairs, ...writes('A', 1), ...read('A', 0, 5), ...read('A', 0, 6)],
    field: 'out.value',
  },
  {
    rule: 'pages of a mass rewrite may be of many contents, and keep their frames when others leave',
    accepts: [
      ...[...start('A', 1, 0, 0, 8, 0), ...writes('A', 8), sample({ S: 4, H: 4, full: 5 }, 8)],
      ...[
        ...write('A', 0, true, 1),
        ...write('A', 2, true, 2),
        ...write('A', 4, true, 3),
        ...write('A', 6, true, 4),
      ],
      sample({ S: 4, U: 4, full: 9 }, 8),
    ],
    rejects: [
      ...[...start('A', 1, 0, 0, 8, 0), ...writes('A', 8), sample({ S: 4, H: 4, full: 5 }, 8)],
      ...[
        ...write('A', 0, true, 1),
        ...write('A', 2, true, 2),
        ...write('A', 4, true, 3),
        ...write('A', 6, true, 4),
      ],
      sample({ S: 6, U: 2, full: 9 }, 8),
    ],
    field: 'ksm.pages_shared',
  },
  {
    rule: 'the pages of a process that took back its advice are private, and stay so at first',
    accepts: [
      ...[...merged, ...step('B', 'unmerge', { unmerge: 0 }), ...step('B', 'merge', { merge: 0 })],
      ...write('B', 0, false),
    ],
    rejects: [...merged, ...write('B', 0, false)],
    field: 'out.framesDiffer',
  },
  {
    rule: 'after everything was unmerged, written pages are private too',
    accepts: [
      ...[...merged, ...write('A', 0, true), ...write('B', 0, true)],
      ...[14, 20, 26].map((full) => sample({ S: 2, H: 2, full }, 4)),
      sample({ full: 0, scanned: 1_104, label: 'undo run=2' }),
      ...write('A', 0, false, 7),
    ],
    rejects: [
      ...[...merged, ...write('A', 0, true), ...write('B', 0, true)],
      ...[14, 20, 26].map((full) => sample({ S: 2, H: 2, full }, 4)),
      ...write('A', 0, false, 7),
    ],
    field: 'out.framesDiffer',
  },
  {
    rule: 'identical pages of two processes may be of two contents, each with a frame not full',
    accepts: [
      ...[told(3), ...start('A', 1, 0, 0, 5, 0), ...start('B', 2, 0, 0, 5, 0)],
      ...[...start('C', 3, 0, 0, 0, 1), ...writes('C', 1), { proc: 'C', in: 'exit' }],
      sample({ S: 4, H: 6, full: 6, chains: 2, dups: 4 }, 10),
    ],
    rejects: [
      ...[told(3), ...start('A', 1, 0, 0, 10, 0)],
      ...[...start('C', 3, 0, 0, 0, 1), ...writes('C', 1), { proc: 'C', in: 'exit' }],
      sample({ S: 4, H: 6, full: 6, chains: 2, dups: 4 }, 10),
    ],
    field: 'ksm.pages_shared',
  },
  {
    rule: 'a new process of an old name has other contents',
    accepts: [
      ...[...start('A', 1, 0, 0, 1, 0), ...read('A', 0, 5)],
      ...[...start('A', 2, 0, 0, 1, 0), ...read('A', 0, 6)],
    ],
    rejects: [...start('A', 1, 0, 0, 1, 0), ...read('A', 0, 5), ...read('A', 0, 6)],
    field: 'out.value',
  },
  {
    rule: 'scans are counted anew from an unmerge that the log tells, however many they are by now',
    accepts: [
      ...[...merged, { note: 'undo run=2' }],
      sample({ S: 2, H: 2, full: 6, scanned: 1_224 }),
    ],
    rejects: [...merged, sample({ S: 2, H: 2, full: 6, scanned: 1_224 })],
    field: 'ksm.pages_scanned',
  },
  {
    rule: 'no frame is kept of a content that only came together with a later process',
    accepts: [
      ...[...start('A', 1, 2, 0, 0, 0), ...start('B', 2, 1, 0, 0, 0)],
      sample({ S: 1, H: 1, U: 1, full: 6 }, 3),
      ...[...start('C', 3, 2, 0, 0, 0), { proc: 'C', in: 'exit' }],
      ...[...write('A', 0, true, 1), ...write('B', 0, true, 2)],
      sample({ U: 3, full: 20 }, 3),
    ],
    rejects: [
      ...[...merged, ...write('A', 0, true, 1), ...write('B', 0, true, 2)],
      sample({ U: 4, full: 20 }, 4),
    ],
    field: 'ksm.pages_shared',
  },
  {
    rule: 'where every page is merged, the chains of frames are there',
    accepts: [
      ...[told(2), ...start('A', 1, 0, 0, 4, 0)],
      sample({ S: 2, H: 2, full: 3, chains: 1, dups: 2 }, 4),
    ],
    rejects: [...[told(2), ...start('A', 1, 0, 0, 4, 0)], sample({ S: 2, H: 2, full: 3 }, 4)],
    field: 'ksm.stable_node_chains',
  },
  {
    rule: 'the first word of an identical page is that of its own process',
    accepts: [
      ...[...start('A', 1, 0, 0, 2, 0), ...start('B', 2, 0, 0, 1, 0)],
      ...[...read('A', 0, 5), ...read('B', 0, 6)],
    ],
    rejects: [...start('A', 1, 0, 0, 2, 0), ...read('A', 0, 5), ...read('A', 1, 6)],
    field: 'out.value',
  },
  {
    rule: 'an identical page that gets its own word back may be merged again',
    accepts: [
      ...[...start('A', 1, 1, 0, 2, 0), ...read('A', 1, 5)],
      ...[...write('A', 1, true, 5), ...write('A', 0, false, 0), ...write('A', 1, true, 5)],
    ],
    rejects: [
      ...[...start('A', 1, 1, 0, 2, 0), ...read('A', 1, 5)],
      ...[...write('A', 1, true, 5), ...write('A', 0, true, 0)],
    ],
    field: 'out.framesDiffer',
  },
  {
    rule: 'of pages that are not surely merged no frame is remembered',
    accepts: [...pairs, ...frame('A', 0, 'f1'), ...frame('B', 0, 'f2'), ...frame('B', 1, 'f1')],
    rejects: [...merged, ...frame('A', 0, 'f1'), ...frame('B', 0, 'f2')],
    field: 'out.pfn',
  },
  {
    rule: 'full_scans falls only where the script did something',
    accepts: [...merged, sample({ full: 1, scanned: 1_028, label: 'other' })],
    rejects: [...merged, sample({ full: 1, scanned: 1_028 })],
    field: 'ksm.full_scans',
  },
  {
    rule: 'pages merged while the last reading was taken show in the next one, without a visit',
    accepts: [
      ...[...pairs, sample({ full: 1 }, 4), sample({ V: 4, full: 2 }, 4)],
      sample({ S: 2, H: 2, full: 2 }, 4),
    ],
    rejects: [
      ...[
        ...pairs,
        sample({ full: 1 }, 4),
        sample({ V: 4, full: 2 }, 4),
        sample({ V: 4, full: 2 }, 4),
      ],
      sample({ S: 2, H: 2, full: 2 }, 4),
    ],
    field: 'ksm.pages_shared',
  },
  {
    rule: 'scans that ended while the last reading was taken show in the next one',
    accepts: [
      ...[...merged, sample({ S: 2, H: 2, full: 6, scanned: 1_040 })],
      sample({ S: 2, H: 2, full: 10, scanned: 1_040 }),
    ],
    rejects: [
      ...[...merged, sample({ S: 2, H: 2, full: 6, scanned: 1_024 })],
      sample({ S: 2, H: 2, full: 10, scanned: 1_024 }),
    ],
    field: 'ksm.full_scans',
  },
  {
    rule: 'zero pages merged before use_zero_pages was set stay where they are',
    accepts: [
      ...[
        told(256),
        ...start('A', 1, 0, 6, 0, 0),
        sample({ full: 0 }, 6),
        sample({ S: 1, H: 5, full: 4 }, 6),
      ],
      ...[20, 30].map((full) => sample({ S: 1, H: 5, full, label: 'use_zero_pages=1' }, 6)),
    ],
    rejects: [
      ...[
        told(256),
        ...start('A', 1, 0, 6, 0, 0),
        sample({ full: 0 }, 6),
        sample({ S: 1, H: 5, full: 4 }, 6),
      ],
      sample({ Z: 6, full: 20, label: 'use_zero_pages=1' }, 6),
    ],
    field: 'ksm.pages_shared',
  },
  {
    rule: 'zero pages may be in a shared frame that was there before the log told of settings',
    accepts: [told(4, '1'), ...start('A', 65, 0, 1, 1, 4), ...write('A', 0, true, 0)],
    rejects: [told(4, '1'), ...start('A', 65, 1, 0, 0, 0), ...write('A', 0, true, 0)],
    field: 'out.framesDiffer',
  },
  {
    rule: 'pages of a process that is gone are known until the scanner drops them, and not longer',
    accepts: [
      ...[...merged, sample({ S: 2, H: 2, full: 6, label: 'A gone, B gone' }, 4)],
      sample({ full: 6, label: 'A gone, B gone' }, 4),
    ],
    rejects: [
      ...[...merged, sample({ S: 2, H: 2, full: 6, label: 'A gone, B gone' }, 4)],
      sample({ S: 2, H: 2, V: 1, full: 6, label: 'A gone, B gone' }, 4),
    ],
    field: 'ksm.pages_unshared',
  },
  {
    rule: 'whether unique pages of one seed are equal is not said',
    accepts: [
      ...[...start('A', 1, 1, 0, 0, 1), ...start('B', 1, 1, 0, 0, 0)],
      ...[sample({ S: 1, H: 1, U: 1, full: 6 }, 3), ...stat('A', 2, 1)],
    ],
    rejects: [
      ...[...start('A', 1, 1, 0, 0, 1), ...start('B', 2, 1, 0, 0, 0)],
      ...[sample({ S: 1, H: 1, U: 1, full: 6 }, 3), ...stat('A', 2, 2)],
    ],
    field: 'out.ksm_stat.ksm_merging_pages',
  },
  {
    rule: 'once pages left their contents, those that hold them still may be single',
    accepts: [
      ...[...start('B', 2, 0, 1, 0, 0), ...start('A', 1, 0, 1, 2, 0), { proc: 'B', in: 'exit' }],
      ...[sample({ S: 1, H: 1, U: 1, full: 7 }, 3), sample({ S: 1, H: 1, U: 1, full: 10 }, 3)],
      sample({ S: 1, H: 1, U: 1, full: 12 }, 3),
      ...stat('A', 3, 2),
    ],
    rejects: [
      ...[...start('B', 2, 0, 1, 0, 0), ...start('A', 1, 0, 1, 2, 0)],
      ...[sample({ S: 2, H: 2, full: 7 }, 4), sample({ S: 2, H: 2, full: 10 }, 4)],
      ...stat('A', 3, 2),
    ],
    field: 'out.ksm_stat.ksm_merging_pages',
  },
  {
    rule: 'a written page that is the only one of its content is not merged',
    accepts: [
      ...[...start('A', 1, 0, 4, 0, 0), sample({ S: 1, H: 3, full: 6 }, 4)],
      ...[...write('A', 1, true, 1), sample({ S: 1, H: 2, V: 1, full: 9 }, 4)],
      ...[...write('A', 2, true, 1), ...write('A', 1, false, 2)],
    ],
    rejects: [
      ...[...start('A', 1, 0, 4, 0, 0), sample({ S: 1, H: 3, full: 6 }, 4)],
      ...write('A', 1, false, 1),
    ],
    field: 'out.framesDiffer',
  },
];

describe.each(rules)('$rule', ({ accepts, rejects, field }) => {
  test('good', () => {
    expect(judge(...accepts)).toBe('holds');
  });
  test('bad', () => {
    expect(judge(...rejects)).toBe(field);
  });
});
