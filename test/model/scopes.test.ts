import { expect, test } from 'vitest';
import { scopes, type VmmScope } from '../../model/index.ts';
import { asExplored, isSmall, searched } from './explored.ts';

test('every scope is there for random runs or is searched', () => {
  const others = Object.values<VmmScope>(scopes).filter((scope) => !searched.includes(scope));
  expect(others.map(({ name }) => name)).toEqual([
    'tiny',
    'fuzz',
    'overcommit',
    'secrets',
    'secrets-small',
    'cpu-fuzz',
    'cpu-fuzz-one',
    'cpu-stride-two',
    'cpu-dedicated-fuzz',
    'cpu-locks-fuzz',
    'cpu-credit-fuzz',
    'cpu-credit-moves',
    'cpu-credit2-fuzz',
    'service-fuzz',
    'migration-hinting-fuzz',
    'migration-crash-fuzz',
    'migration-pages',
    'migration-clocks-fuzz',
    'migration-fuzz',
    'migration-timed',
    'migration-postcopy-fuzz',
    'mixed',
  ]);
});

test('a scope goes by the name that it has in the table', () => {
  expect(Object.values(scopes).map(({ name }) => name)).toEqual(Object.keys(scopes));
});

test.each(searched.filter(isSmall))('scope $name has the states that it says', (scope) => {
  asExplored(scope);
});
