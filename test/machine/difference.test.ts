import { expect, test } from 'vitest';
import { sharedPages } from '../../examples/index.ts';
import {
  array,
  bool,
  difference,
  enumOf,
  ghost,
  history,
  immutable,
  index,
  int,
  list,
  option,
  printDifference,
  printValue,
  record,
  ref,
  set,
  variant,
} from '../../machine/index.ts';

const frame = index('frame');

test('a step is printed as one line for each change', () => {
  const host = immutable(sharedPages, sharedPages.scopes.small);
  const before = host.initial();
  const args = { vm: 1, page: 0, frame: 2, content: 1 };
  const { state } = host.step(before, { kind: 'touch', args });
  const changes = difference(sharedPages.shape, before, state);
  expect(printDifference(changes)).toBe(
    [
      'guests[1].pages[0].at: unmapped -> mapped(frame 2)',
      'guests[1].pages[0].expected: 0 -> 1 (ghost)',
      'frames[2].content: 0 -> 1',
      'frames[2].references: 0 -> 1',
      'free: 3 -> 2',
    ].join('\n'),
  );
  expect(changes.slice(0, 2)).toEqual([
    { path: 'guests[1].pages[0].at', before: 'unmapped', after: 'mapped(frame 2)' },
    { path: 'guests[1].pages[0].expected', before: '0', after: '1', marker: 'ghost' },
  ]);
  expect(difference(sharedPages.shape, state, state)).toEqual([]);
  expect(printDifference([])).toBe('');
});

test('every form of shape is compared and printed', () => {
  const shape = record({
    on: bool,
    mode: enumOf('slow', 'fast'),
    last: option(ref(frame)),
    at: variant({ none: {}, mapped: { frame: ref(frame), dirty: bool } }),
    free: set(frame),
    queue: list(ref(frame), 3),
    maybe: array(frame, option(int(3))),
    kept: ghost(record({ n: int(3), count: history(int(9)) })),
    steps: history(record({ n: int(9) })),
  });
  const before = {
    on: false,
    mode: 'slow',
    last: null,
    at: { kind: 'none' },
    free: [true, true],
    queue: [],
    maybe: [null, 1],
    kept: { n: 0, count: 1 },
    steps: { n: 0 },
  };
  const after = {
    on: true,
    mode: 'fast',
    last: 1,
    at: { kind: 'mapped', frame: 1, dirty: true },
    free: [true, false],
    queue: [1, 0],
    maybe: [2, null],
    kept: { n: 1, count: 2 },
    steps: { n: 1 },
  };
  expect(printDifference(difference(shape, before, after)).split('\n')).toEqual([
    'on: false -> true',
    'mode: slow -> fast',
    'last: none -> 1',
    'at: none -> mapped(frame 1, dirty true)',
    'free[1]: true -> false',
    'queue: [] -> [1, 0]',
    'maybe[0]: none -> 2',
    'maybe[1]: 1 -> none',
    'kept.n: 0 -> 1 (ghost)',
    'kept.count: 1 -> 2 (history)',
    'steps.n: 0 -> 1 (history)',
  ]);
  expect(difference(shape, before, structuredClone(before))).toEqual([]);
  expect(printValue(shape, after)).toBe(
    '{on true, mode fast, last 1, at mapped(frame 1, dirty true), free [true, false], ' +
      'queue [1, 0], maybe [2, none], kept {n 1, count 2}, steps {n 1}}',
  );
  const odd = variant({ none: {} });
  expect(printValue(odd, { kind: 'other' })).toBe('other');
});
