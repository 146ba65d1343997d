import { expect, test } from 'vitest';
import { breadthFirst, shorterThan } from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/shared-pages.ts';
import { changeCommand, dropGuard, propertiesOf } from '../../machine/index.ts';

/** That projections agree with whole states on every seeded bug is tested where those are searched. */
const limits = { states: 5_000, work: 200_000 };
const { small } = sharedPages.scopes;

test('what is not there is not found, at any length', () => {
  const options = { ...limits, length: 5, work: 2_000_000 };
  const { verdict, states } = shorterThan(sharedPages, small, sharedPagesProperties, options);
  expect(verdict).toBe('none');
  expect(states).toBeLessThan(201);
});

test('a counterexample on which every field of the state has a part is found', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  const plain = breadthFirst(faulted, small, { properties: sharedPagesProperties });
  if (plain.verdict !== 'violated') throw new Error(plain.verdict);
  const found = shorterThan(faulted, small, sharedPagesProperties, { ...limits, length: 9 });
  expect([found.verdict, found.trace?.length]).toEqual(['found', plain.trace.length]);
});

test('work that is spent proves nothing', () => {
  const faulted = dropGuard(sharedPages, 'swapOut', 'shared');
  const spent = { states: 5_000, work: 10, length: 4 };
  expect(shorterThan(faulted, small, sharedPagesProperties, spent).verdict).toBe('unknown');
  const crowded = { states: 1, work: 200_000, length: 4 };
  expect(shorterThan(faulted, small, sharedPagesProperties, crowded).verdict).toBe('unknown');
});

test('a promise is not asked of projections', () => {
  const { within } = propertiesOf();
  const promise = within({
    id: 'SOON',
    name: 'all is soon well',
    instances: () => 1,
    starts: () => true,
    bound: () => 1,
    counts: () => true,
    assuming: () => true,
    done: () => false,
  });
  expect(shorterThan(sharedPages, small, [promise], { ...limits, length: 3 }).verdict).toBe(
    'unknown',
  );
});
