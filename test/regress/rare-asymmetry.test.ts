/**
 * The self-test of symmetry took random runs, which seldom come to a migration that sends pages: the
 * target takes the lowest free frame, and frames counted as alike all the same. Runs go to what was
 * seldom taken now.
 */
import { expect, test } from 'vitest';
import { selfTest } from '../../checker/symmetry.ts';
import { packed } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

test('frames are told apart by where pages of a migration are put, which the self-test finds', () => {
  const scope = scopes['migration-small'];
  const { layout } = packed(vmmMachine, scope);
  const { refused } = selfTest(vmmMachine, scope, layout, { seed: 1, samples: 400 });
  expect(refused.map(({ set, call }) => [set, call?.kind])).toEqual([
    ['frame', 'migration.receive'],
  ]);
});
