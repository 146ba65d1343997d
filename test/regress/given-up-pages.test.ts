/**
 * A page that the guest has put into the balloon, or reported as free, was still written by the VMM
 * as if it were the guest's, and what a device wrote there counted as something the guest expects.
 */
import { expect, test } from 'vitest';
import {
  create,
  hostOf,
  inflate,
  on,
  overwrite,
  populate,
  Story,
  swapOut,
} from '../model/memory/story.ts';

/** A guest of two pages, page 0 in frame 0, with a driver that reports and should hold one page. */
function story(): Story {
  const told = new Story(hostOf('given up', { vm: 1, reserve: 0 }));
  const driver = { mustTell: true, deflateOnOom: false, reporting: true };
  told.run(
    create(0, 2),
    populate(0, 0, 0),
    on('load-driver', { vm: 0, ...driver, poison: false, poisonValue: 0 }),
    on('set-balloon-target', { vm: 0, target: 1 }),
  );
  return told;
}
const giveUp = [
  on('inflate-balloon', { vm: 0, pages: [0] }),
  on('report-free-pages', { vm: 0, pages: [0] }),
];

test.each(giveUp)('the VMM writes no page that the guest gave up by $kind', (given) => {
  const told = story();
  told.run(given);
  expect(told.refusal(on('host-write', { vm: 0, page: 0, content: 1 }))).toBe('page-given-up');
});

test.each(giveUp)('no swapped page is replaced that the guest gave up by $kind', (given) => {
  const told = story();
  told.run(...swapOut(0, 0, 0), given);
  expect(told.refusal(overwrite(0, 0, 1, 1))).toBe('page-given-up');
});

test('what a device writes into a page of the balloon means nothing to the guest', () => {
  const told = story();
  told.run(on('pin', { vm: 0, page: 0 }), ...inflate(0, 0));
  told.run(on('dma', { vm: 0, page: 0, content: 1 }));
  expect(told.guest(0).unspecified.at(0)).toBe(true);
});
