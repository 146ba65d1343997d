import { expect, test } from 'vitest';
import { explorePool, holdPool } from '../../examples/own-machine.ts';

test('every state of the pool keeps the quotas', () => {
  // Each of four blocks has one of two owners or none; one client never has all four.
  expect(explorePool()).toMatchObject({ verdict: 'holds', distinct: 3 ** 4 - 2 });
});

test('the stack of free blocks holds, and its bug is found in two commands', () => {
  expect(holdPool(false, 1).failed).toBe(false);
  const [found = []] = holdPool(true, 1).counterexample ?? [];
  expect(found.map(({ kind }) => kind)).toEqual(['allocate', 'free']);
});
