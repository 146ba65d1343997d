import { appendFileSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { BreadthFirstOptions } from '../../checker/index.ts';
import { breadthFirst, CheckpointProblem, symmetryOf } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { changeCommand, packed, propertiesOf } from '../../machine/index.ts';
import { temporaryFolder } from '../cli/console.ts';

const { small } = sharedPages.scopes;
const { file } = temporaryFolder();
type Options = BreadthFirstOptions<SharedPages>;

const { sometimes, within } = propertiesOf<{
  readonly state: SharedPages;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}>();
const full = sometimes({
  id: 'full',
  name: 'no frame is free',
  reached: ({ after }) => after.free === 0,
});
const promise = within({
  id: 'soon',
  name: 'a full host does not stay full for ever',
  instances: () => 1,
  starts: (s) => s.free === 0,
  bound: () => 9,
  counts: () => true,
  assuming: () => true,
  done: (s) => s.free > 0,
});
const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
  ...command,
  requires: command.requires.filter(([code]) => code !== 'shared'),
}));

const searches: readonly [string, typeof sharedPages, Options][] = [
  ['exact', sharedPages, { maxDepth: 5 }],
  ['fingerprints', sharedPages, { mode: 'fingerprint', maxDepth: 5 }],
  ['sleep sets', sharedPages, { sleepSets: true, maxDepth: 5 }],
  [
    'symmetry',
    sharedPages,
    { symmetry: symmetryOf(sharedPages, small, packed(sharedPages, small).layout) },
  ],
  ['goals and promises', sharedPages, { properties: [full, promise], maxDepth: 4 }],
  [
    'promises by fingerprint',
    sharedPages,
    { properties: [promise], maxDepth: 4, mode: 'fingerprint' },
  ],
  ['a violation', faulted as typeof sharedPages, {}],
];
for (const [name, machine, given] of searches) {
  test(`a search that goes on from a checkpoint ends as one that was not disturbed: ${name}`, () => {
    const options = { properties: sharedPagesProperties, ...given };
    const folder = file(name);
    const cut = { ...options, maxDepth: 3, checkpoint: { folder, of: name } };
    expect(breadthFirst(machine, small, cut).verdict).toBe('inconclusive');
    const again = { ...options, checkpoint: { folder, resume: true, of: name } };
    const { bytes: _, ...resumed } = breadthFirst(machine, small, again);
    const { bytes: __, ...whole } = breadthFirst(machine, small, options);
    expect(resumed).toEqual(whole);
  });
}

/** A checkpoint of three levels in a folder of its own. */
function checkpointIn(name: string): string {
  const folder = file(name);
  breadthFirst(sharedPages, small, { maxDepth: 3, checkpoint: { folder, of: 'it' } });
  return folder;
}
const resume = (folder: string, options: Options = {}, of = 'it') => {
  return () =>
    breadthFirst(sharedPages, small, { ...options, checkpoint: { folder, resume: true, of } });
};

test('a checkpoint that is damaged anywhere is refused', () => {
  for (const part of ['checkpoint.json', 'states.bin', 'level-3.bin']) {
    const folder = checkpointIn(`damaged ${part}`);
    expect(readdirSync(folder)).toContain(part);
    const path = join(folder, part);
    const bytes = readFileSync(path);
    const middle = Math.floor(bytes.length / 2);
    bytes[middle] = (bytes[middle] as number) ^ 1;
    writeFileSync(path, bytes);
    expect(resume(folder), part).toThrow(CheckpointProblem);
    expect(resume(folder), part).toThrow(/is damaged: begin anew without --resume$/);
  }
});

test('a checkpoint that was cut off is refused, and states after the last one are not missed', () => {
  const folder = checkpointIn('cut off');
  appendFileSync(join(folder, 'states.bin'), 'states of a level that was not finished');
  expect(resume(folder)().distinct).toBe(5307);
  const shorter = checkpointIn('shorter');
  truncateSync(join(shorter, 'states.bin'), 100);
  expect(resume(shorter)).toThrow('is damaged');
});

test('a checkpoint of another search is refused', () => {
  const folder = checkpointIn('foreign');
  const other = 'is of another search: the machine, the scope, the properties and the options';
  expect(resume(folder, { sleepSets: true })).toThrow(other);
  expect(resume(folder, { mode: 'fingerprint' })).toThrow(other);
  expect(resume(folder, { properties: sharedPagesProperties })).toThrow(other);
  expect(resume(folder, {}, 'something else')).toThrow(other);
  // A rule that was changed since.
  expect(() =>
    breadthFirst(faulted, small, { checkpoint: { folder, resume: true, of: 'it' } }),
  ).toThrow(other);
  // Limits may be others.
  expect(resume(folder, { maxDepth: 4 })().depth).toBe(4);
});

test('without a checkpoint there is nothing to go on from, and one is not written over', () => {
  expect(resume(file('nothing'))).toThrow(/^there is no checkpoint in /);
  const folder = checkpointIn('there');
  expect(() => breadthFirst(sharedPages, small, { checkpoint: { folder, of: 'it' } })).toThrow(
    /has a checkpoint: go on from it, or remove the folder$/,
  );
  writeFileSync(join(folder, 'checkpoint.json'), '{}');
  expect(resume(folder)).toThrow(/is no checkpoint$/);
});
