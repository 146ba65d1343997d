/** What may be swapped out, and how much. */
import { expect, test } from 'vitest';
import { create, endScan, hostOf, on, populate, Story, scan, swapOut } from './story.ts';

const sizes = { vm: 1, page: 2, virtual: 2, frame: 3, slot: 2, emergency: 0 };
const two = [create(0, 2, { reservation: 1 }), populate(0, 0, 0), populate(0, 1, 1)];

test('with admission a VM swaps no more than its reservation does not cover', () => {
  const story = new Story(hostOf('reserved', { ...sizes, reserve: 1 }));
  story.run(...two, ...swapOut(0, 0, 0));
  expect(story.refusal(on('swap-out-begin', { vm: 0, page: 1, slot: 1 }))).toBe('swap-quota');
});

test('without admission a VM may use all of the swap area', () => {
  const story = new Story(hostOf('unreserved', { ...sizes, reserve: 0 }));
  story.run(...two, ...swapOut(0, 0, 0), ...swapOut(0, 1, 1));
  expect(story.memory.freeSlots).toBe(0);
});

test('a page that maps the zero frame is shared, and not to be swapped', () => {
  const story = new Story(hostOf('zeros', { ...sizes, useZero: 1 }));
  story.run(...two, scan(0, 0), endScan, scan(0, 0));
  expect(story.vm(0).pages.at(0).at.kind).toBe('zero');
  expect(story.refusal(on('swap-out-begin', { vm: 0, page: 0, slot: 0 }))).toBe('shared-page');
});
