/** SWP-M1: a host that evicts what its guest evicts next pages everything twice. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { create, hostOf, map, pageOut, Story, swapIn, swapOut, write } from './story.ts';

const pages = [0, 1, 2, 3, 4, 5, 6, 7];
const scope = hostOf('resonance', {
  ...{ vm: 1, page: 8, virtual: 8, frame: 10, slot: 8, block: 8, content: 2 },
});

/** A round: the guest writes all pages in an order; the host evicts some; the guest pages out some. */
interface Round {
  readonly order: readonly number[];
  readonly evictions: number;
  readonly pageOuts: number;
}
/** Which pages the host evicts, given all of them, those longest unused first. */
type Policy = (oldestFirst: readonly number[], count: number, round: number) => readonly number[];

const leastRecentlyUsed: Policy = (oldestFirst, count) => oldestFirst.slice(0, count);
const randomVictims = (seed: number): Policy => {
  const orders = fc.sample(fc.shuffledSubarray(pages, { minLength: 8 }), { seed, numRuns: 8 });
  return (_, count, round) => orders[round]?.slice(0, count) ?? [];
};

/** The guest, too, evicts what it has not used for longest. Returns how much was paged twice. */
function doublePagings(rounds: readonly Round[], policy: Policy): number {
  const story = new Story(scope);
  story.run(create(0, 8, { reservation: 1 }));
  rounds.forEach(({ order, evictions, pageOuts }, round) => {
    for (const page of order) use(story, page);
    for (const page of policy(order, evictions, round)) {
      const slot = story.memory.slots.findIndex(({ use }) => use.kind === 'free');
      story.run(...swapOut(0, page, slot));
    }
    for (const page of order.slice(0, pageOuts)) {
      story.run(pageOut(0, page, page));
      if (story.vm(0).stalled === null) continue;
      story.run(swapIn(0, page, story.frame()), pageOut(0, page, page));
    }
  });
  return story.vm(0).doublePagings;
}

/** The guest writes a page, wherever it is now. */
function use(story: Story, page: number): void {
  const { kind } = story.vm(0).pages.at(page).at;
  if (kind === 'unbacked') {
    story.firstWrite(0, page, 1);
    return;
  }
  if (kind === 'swapped') story.run(swapIn(0, page, story.frame()));
  if (story.guest(0).table.at(page).kind !== 'present') story.run(map(0, page));
  story.run(write(0, page, 1));
}

const anyOrder = fc.shuffledSubarray(pages, { minLength: 8 });
const few = fc.integer({ min: 0, max: 5 });
const anyRound = fc.record({ order: anyOrder, evictions: few, pageOuts: few });

test('SWP-M1: where both evict by age, every page-out of a page that the host evicted pages it twice', () => {
  fc.assert(
    fc.property(fc.array(anyRound, { minLength: 1, maxLength: 3 }), (rounds) => {
      const met = rounds.map(({ evictions, pageOuts }) => Math.min(evictions, pageOuts));
      const expected = met.reduce((sum, count) => sum + count, 0);
      expect(doublePagings(rounds, leastRecentlyUsed)).toBe(expected);
    }),
    { seed: 1, numRuns: 10 },
  );
});

test('SWP-M1: random victims break the resonance: on the same guest their mean is smaller', () => {
  const rounds = fc
    .sample(anyOrder, { seed: 1, numRuns: 3 })
    .map((order) => ({ order, evictions: 3, pageOuts: 3 }));
  expect(doublePagings(rounds, leastRecentlyUsed)).toBe(9);
  const seeds = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  const counts = seeds.map((seed) => doublePagings(rounds, randomVictims(seed)));
  const mean = counts.reduce((sum, count) => sum + count, 0) / seeds.length;
  expect(Math.max(...counts)).toBeLessThanOrEqual(9);
  // 3 victims of 8 pages meet 3 page-outs in 9 / 8 pages a round.
  expect(mean).toBeLessThan(9 / 2);
});
