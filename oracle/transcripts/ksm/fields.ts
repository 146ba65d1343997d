/** How each field of a KSM transcript is judged. */
import { type FieldTable, fieldTable, type Row, rows } from '../fields.ts';

const COUNTERS: readonly Row[] = [
  ['pages_shared', 'bounded', 'frames with room for the equal pages; exact once merged', 'DED-I1'],
  ['pages_sharing', 'bounded', 'extra mappings; lags a change until the scan', 'DED-I4'],
  [
    'pages_unshared',
    'bounded',
    'only its sum with volatile; swaps while nothing changes',
    'DED-T6',
  ],
  ['pages_volatile', 'bounded', 'known pages less the three others', 'DED-I4'],
  ['full_scans', 'bounded', 'never falls, except to 0 by run=2; each scan visits all', 'DED-L1'],
  ['ksm_zero_pages', 'bounded', 'falls at once with a write; exact once all are merged', 'DED-I4'],
  ['stable_node_chains', 'bounded', 'contents that need more than one frame', 'DED-I1'],
  ['stable_node_dups', 'bounded', 'frames of those contents', 'DED-I1'],
  ['pages_skipped', 'bounded', 'never falls', 'Linux admin-guide/mm/ksm'],
  ['pages_scanned', 'bounded', 'never falls', 'Linux admin-guide/mm/ksm'],
];

const ANSWER: readonly Row[] = [
  ['frame', 'exact', 'the page that was asked for', 'format'],
  ['pfn', 'exact', 'one frame for merged pages, another for another content', 'DED-T3'],
  ['read', 'exact', 'the page that was asked for', 'format'],
  ['value', 'exact', 'the word last written by this process, else the original', 'DED-T1'],
  ['write', 'exact', 'the page that was asked for', 'format'],
  ['framesDiffer', 'exact', 'true for a merged page, false for a private one', 'DED-T4'],
  ['us', 'noise', 'time', 'decision 22'],
  ['writes', 'exact', 'the number that was asked for', 'format'],
  ['usEach', 'noise', 'time', 'decision 22'],
  ['unmerge', 'exact', 'the result of madvise: 0', 'DED SetRun'],
  ['merge', 'exact', 'the result of madvise: 0', 'DED-L1'],
  ['ksm_stat', 'exact', 'counts of this process; profit follows from the others', 'DED-I4'],
  ['ready', 'exact', 'true', 'format'],
  ['pages', 'exact', 'the sum of the page counts in argv', 'format'],
  ['madvise', 'command', '0 when the pages take part in merging', 'DED-L1'],
];

/** The same fields in a note, which repeats an answer. */
function repeated(part: readonly Row[]): Row[] {
  return part.map(([path, judged, reason, spec]) =>
    judged === 'noise'
      ? [path, judged, reason, spec]
      : [path, 'derived', 'repeats the answer', 'format'],
  );
}

const TIME: Row = ['t', 'noise', 'time', 'decision 22'];
const LABEL: Row = ['label', 'command', 'tells of settings and of exits', 'decision 23'];

/** The table. Records: `ksm`, `start`, `ask`, `answer`, `note`. */
export const fields: FieldTable = fieldTable([
  ...rows('ksm', '', [TIME, LABEL, ['at', 'noise', 'time', 'decision 22']]),
  ...rows('ksm', 'ksm.', COUNTERS),
  ...rows('start', '', [
    TIME,
    ['proc', 'command', 'name of the process; a new one of a name replaces the old', 'format'],
    ['argv[]', 'command', 'seed and page counts', 'format'],
  ]),
  ...rows('ask', '', [
    TIME,
    ['proc', 'command', 'who is asked', 'format'],
    ['in', 'command', 'the step', 'format'],
  ]),
  ...rows('answer', '', [TIME, ['proc', 'exact', 'who was asked', 'format']]),
  ...rows('answer', 'out.', ANSWER),
  ...rows('note', '', [
    TIME,
    ['note', 'command', 'tells of settings and of exits', 'decision 23'],
    ['lastChangeMs', 'noise', 'time', 'decision 22'],
    ['equal', 'derived', 'whether the last two frames are one', 'DED-T3'],
    ['v', 'command', 'value of the setting that the note names', 'decision 23'],
    ['run', 'command', 'setting', 'DED SetRun'],
    ['use_zero_pages', 'command', 'setting', 'DED-I4'],
    ['max_page_sharing', 'command', 'setting', 'DED-I1'],
    ['pages_to_scan', 'noise', 'pace of the scanner', 'decision 22'],
    ['sleep_millisecs', 'noise', 'pace of the scanner', 'decision 22'],
    ['smart_scan', 'noise', 'the rules hold with and without it', 'decision 23'],
  ]),
  ...rows('note', '', [['**', 'noise', 'other results of the script', 'format']]),
  ...rows('note', '', COUNTERS),
  ...rows('note', 'after.', COUNTERS),
  ...rows('note', 'w.', repeated(ANSWER)),
  ...rows('note', 'a.', repeated(ANSWER)),
  ...rows('note', 'b.', repeated(ANSWER)),
]);
