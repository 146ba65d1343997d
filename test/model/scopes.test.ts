import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

/** Scopes for random runs, and those that a search goes through. */
const searched = Object.values<VmmScope>(scopes).filter(({ explored }) => explored !== undefined);

test('every scope is there for random runs or is searched', () => {
  const others = Object.values<VmmScope>(scopes).filter((scope) => !searched.includes(scope));
  expect(others.map(({ name }) => name)).toEqual([
    'tiny',
    'fuzz',
    'overcommit',
    'secrets',
    'cpu-fuzz',
    'cpu-fuzz-one',
    'cpu-stride-two',
    'cpu-locks-fuzz',
    'cpu-credit-fuzz',
    'cpu-credit-moves',
    'cpu-credit2-fuzz',
    'service-fuzz',
    'migration-fuzz',
  ]);
});

test('a scope goes by the name that it has in the table', () => {
  expect(Object.values(scopes).map(({ name }) => name)).toEqual(Object.keys(scopes));
});

test.each(searched)('scope $name has the states that it says', { timeout: 60_000 }, (scope) => {
  const { distinct, generated, depth, complete } = scope.explored as NonNullable<
    VmmScope['explored']
  >;
  const found = breadthFirst(vmmMachine, scope, complete ? {} : { maxDepth: depth });
  expect(found.verdict).toBe(complete ? 'holds' : 'inconclusive');
  expect([found.distinct, found.generated, found.depth]).toEqual([distinct, generated, depth]);
  if (!complete) return;
  const never = [...found.commands].filter(([, { taken }]) => taken === 0).map(([kind]) => kind);
  expect(never, 'commands that the scope names and nothing enables').toEqual([]);
});
