/** Cross rules of chapter 6 where subsystems meet, and that docs/interactions.md names what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { vmmProperties } from '../../invariants/index.ts';
import { scopes, type VmmScope } from '../../model/index.ts';
import {
  breakShare,
  create,
  deflate,
  hostOf,
  inflate,
  loadDriver,
  map,
  mergeInto,
  populate,
  Story,
  scrub,
  setTarget,
  unmap,
  write as writeMemory,
} from './memory/story.ts';
import { begin, copy, copyReadOnly, MigrationStory, step, write } from './migration/story.ts';

test('X2: a page that goes into the balloon is not to be sent, and is again when it is written', () => {
  const { commands: _, ...small } = scopes['migration-small'];
  const scope: VmmScope = small;
  const story = new MigrationStory(scope);
  story.run(loadDriver(0), setTarget(0, 1), ...begin(), copyReadOnly(0), step('harvest'));
  expect(story.toSend).toContain(2);
  story.run(unmap(0, 2), ...inflate(0, 2));
  expect(story.refusal(copy(2))).toBe('page-taken');
  story.run(setTarget(0, 0), ...deflate(0, 2), map(0, 2), scrub(2), populate(0, 2, 2));
  story.run(write(2, 1));
  story.run(copy(2));
});

test('X5: what sharing saved is gone when guests write all that they share, and promises hold', () => {
  // Of six frames one is the hypervisor's and one for emergencies.
  const sizes = { vm: 2, page: 2, virtual: 2, frame: 6, slot: 0, content: 3, emergency: 1 };
  const story = new Story(hostOf('a write storm', { ...sizes, hypervisor: 1 }));
  story.run(create(0, 2, { reservation: 2 }), create(1, 2, { reservation: 2 }));
  for (const vm of [0, 1]) for (const page of [0, 1]) story.firstWrite(vm, page, 1);
  const before = story.memory.freeFrames;
  const frameOf = (vm: number, page: number): number => {
    const { at } = story.vm(vm).pages.at(page);
    return at.kind === 'mapped' ? at.frame : -1;
  };
  const first = frameOf(0, 0);
  story.run(mergeInto(0, 1, first));
  expect(story.memory.freeFrames).toBe(before + 1);
  // The storm: every page gets bytes of its own again, in a frame that was kept for it.
  const free = [...story.memory.frames].findIndex(({ use }) => use.kind === 'free');
  story.run(scrub(free), breakShare(0, 1, free), writeMemory(0, 1, 2));
  expect(story.memory.freeFrames).toBe(before);
});

test('every property and test that the table of interactions names is there', () => {
  const table = readFileSync('docs/interactions.md', 'utf8');
  const ids = new Set(vmmProperties.map(({ id }) => id));
  const named = [...table.matchAll(/`([A-Z]+-[A-Z]\d+)`/g)].map(([, id = '']) => id);
  expect(named.filter((id) => !ids.has(id))).toEqual([]);
  expect(named.length).toBeGreaterThan(0);
  const files = [...table.matchAll(/`((?:model|test)\/[^`]+)`/g)].map(([, file = '']) => file);
  expect(files.filter((file) => !existsSync(file))).toEqual([]);
  const rows = [...table.matchAll(/^\| (X\d) /gm)].map(([, row]) => row);
  expect(rows).toEqual(['X1', 'X2', 'X3', 'X4', 'X5', 'X6']);
});
