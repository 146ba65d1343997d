import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

const searched = Object.values<VmmScope>(scopes).filter(({ explored }) => explored !== undefined);

test('the scopes that are small enough are named', () => {
  expect(searched.map(({ name }) => name)).toEqual([
    'swap',
    'balloon',
    'sharing',
    'zero-page',
    'dirty-log',
  ]);
});

test.each(searched)('scope $name has the states that it says', { timeout: 60_000 }, (scope) => {
  const { verdict, distinct, generated, depth } = breadthFirst(vmmMachine, scope);
  expect(verdict).toBe('holds');
  expect({ distinct, generated, depth }).toEqual(scope.explored);
});
