/** Visits of the sharing scanner: which choice the host has, and what a visit leaves alone. */
import { expect, test } from 'vitest';
import type { VmmSizes } from '../../../model/index.ts';
import { create, endScan, hostOf, on, Story, scan } from './story.ts';

const into = (page: number, frame: number) => on('scan-page', { vm: 0, page, into: frame });
const result = (page: number, what: string) => [{ type: 'scanned', vm: 0, page, result: what }];

/** One VM whose pages hold these contents and were visited once, so that their checksums are known. */
function visited(contents: readonly number[], sizes: Partial<VmmSizes> = {}): Story {
  const pages = contents.length;
  const scope = { vm: 1, page: pages, virtual: pages, frame: pages + 1, slot: 0, content: 4 };
  const story = new Story(hostOf('scanned', { ...scope, hashes: 4, maxSharing: 3, ...sizes }));
  story.run(create(0, pages));
  for (const [page, content] of contents.entries()) story.firstWrite(0, page, content);
  for (const page of contents.keys()) story.run(scan(0, page));
  story.run(endScan);
  return story;
}
/** Pages 0 and 1 share the frame of page 0. */
function shared(contents: readonly number[], sizes: Partial<VmmSizes> = {}): [Story, number] {
  const story = visited(contents, sizes);
  const { at } = story.vm(0).pages.at(0);
  if (at.kind !== 'mapped') throw new Error(at.kind);
  story.run(scan(0, 0), scan(0, 1));
  return [story, at.frame];
}

test('a page for which there is a shared frame is merged, into that frame and no other', () => {
  const [story, frame] = shared([1, 1, 1]);
  expect(story.refusal(scan(0, 2))).toBe('no-candidate');
  expect(story.refusal(into(2, frame + 1))).toBe('no-candidate');
  expect(story.run(into(2, frame))).toEqual(result(2, 'merged'));
});

test('a page that changed since its last visit is only noted, though a frame is equal to it', () => {
  const [story, frame] = shared([1, 1, 2]);
  story.run(on('write', { vm: 0, virtual: 2, content: 1 }));
  expect(story.refusal(into(2, frame))).toBe('no-candidate');
  expect(story.run(scan(0, 2))).toEqual(result(2, 'volatile'));
});

test('a page that is shared already stays where it is', () => {
  const [story, frame] = shared([1, 1]);
  expect(story.refusal(into(1, frame))).toBe('no-candidate');
  expect(story.run(scan(0, 1))).toEqual(result(1, 'already-shared'));
});

test('a frame with as many pages as may share one takes no more', () => {
  const [story, frame] = shared([1, 1, 1], { maxSharing: 2 });
  expect(story.refusal(into(2, frame))).toBe('no-candidate');
  expect(story.run(scan(0, 2))).toEqual(result(2, 'inserted'));
});

test('a candidate that was written, or that a device holds now, is not merged with', () => {
  for (const meanwhile of [
    on('write', { vm: 0, virtual: 0, content: 2 }),
    on('pin', { vm: 0, page: 0 }),
  ]) {
    const story = visited([1, 1]);
    expect(story.run(scan(0, 0))).toEqual(result(0, 'inserted'));
    story.run(meanwhile);
    expect(story.run(scan(0, 1))).toEqual(result(1, 'inserted'));
  }
});

test('where zero pages are not special they share a frame like others', () => {
  const [story, frame] = shared([0, 0, 0], { useZero: 0 });
  expect(story.memory.zero.references).toBe(0);
  expect(story.refusal(scan(0, 2))).toBe('no-candidate');
  expect(story.run(into(2, frame))).toEqual(result(2, 'merged'));
});

test('a page of the hypervisor’s own cannot be shared', () => {
  const story = new Story(hostOf('special', { vm: 1, hypervisor: 1 }));
  const frame = story.memory.frames.findIndex(({ use }) => use.kind === 'hypervisor');
  story.run(create(0, 1), on('map-special', { vm: 0, page: 0, frame }));
  expect(story.refusal(scan(0, 0))).toBe('not-sharable');
});
