import { expect, test } from 'vitest';
import { murphi } from '../../bench/peers/murphi.ts';
import { promela } from '../../bench/peers/promela.ts';

/** All numbers differ, so that none can stand in another's place. */
const size = { vm: 2, page: 3, frame: 4, content: 5, slot: 1, balloon: 7 };

const startingWith = (start: string): readonly string[] =>
  promela(size)
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith(start));

test('the Promela text numbers places as frames, then slots, then nowhere', () => {
  expect(startingWith('#define FRAMES')).toEqual(['#define FRAMES 4']);
  expect(startingWith('#define UNMAPPED')).toEqual(['#define UNMAPPED 5']);
  expect(startingWith('#define BALLOONED')).toEqual(['#define BALLOONED 6']);
  expect(startingWith('byte')).toEqual([
    'byte at[6] = UNMAPPED;',
    'byte expected[6];',
    'byte content[5];',
    'byte references[4];',
    'byte balloon[2];',
    'byte free_frames = FRAMES;',
  ]);
});

test('the Promela text has one option for every instance of every command', () => {
  const instances = (kind: string): number => startingWith(`:: d_step { ${kind}(`).length;
  expect(instances('touch')).toBe(6 * 4 * 5);
  expect(instances('write')).toBe(6 * 5);
  expect(instances('cow')).toBe(6 * 4 * 5);
  expect(instances('dedup')).toBe(4 * 3);
  expect(instances('swap_out')).toBe(6 * 1);
  expect(instances('swap_in')).toBe(6 * 4);
  expect(startingWith(':: d_step { inflate')).toEqual([
    ':: d_step { inflate(0, 0) }',
    ':: d_step { inflate(0, 1) }',
    ':: d_step { inflate(0, 2) }',
    ':: d_step { inflate(1, 3) }',
    ':: d_step { inflate(1, 4) }',
    ':: d_step { inflate(1, 5) }',
  ]);
  expect(instances('deflate')).toBe(6);
});

test('the Promela text asks each invariant of each thing', () => {
  expect(startingWith('#define balloon_hold')).toEqual([
    '#define balloon_hold (' +
      'balloon[0] <= 7 && ' +
      'balloon[0] == (at[0] == BALLOONED) + (at[1] == BALLOONED) + (at[2] == BALLOONED) && ' +
      'balloon[1] <= 7 && ' +
      'balloon[1] == (at[3] == BALLOONED) + (at[4] == BALLOONED) + (at[5] == BALLOONED))',
  ]);
  expect(startingWith(':: d_step { !')).toEqual([
    ':: d_step { !references_hold -> assert(references_hold) }',
    ':: d_step { !content_hold -> assert(content_hold) }',
    ':: d_step { !free_hold -> assert(free_hold) }',
    ':: d_step { !balloon_hold -> assert(balloon_hold) }',
    ':: d_step { !preserved_hold -> assert(preserved_hold) }',
    ':: d_step { !slots_hold -> assert(slots_hold) }',
  ]);
});

test('the Murphi text differs between sizes in its constants only', () => {
  const text = murphi(size);
  expect(text.slice(0, text.indexOf('type'))).toBe(
    [
      '-- shared-pages',
      'const',
      '  VMS: 2;',
      '  PAGES: 3;',
      '  FRAMES: 4;',
      '  CONTENTS: 5;',
      '  SLOTS: 1;',
      '  LIMIT: 7;',
      '',
      '',
    ].join('\n'),
  );
  const other = murphi({ ...size, vm: 9 });
  expect(other).toBe(text.replace('VMS: 2', 'VMS: 9'));
});
