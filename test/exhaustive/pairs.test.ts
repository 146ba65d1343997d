/** Two runs of the larger scopes. */
import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { isTwoRun, pairOf } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

test.each<[string, keyof typeof scopes, number, number]>([
  ['DED-S1', 'secrets-small', 18_232, 169_815],
  ['MIG-A8', 'migration-transparent-hops', 49_654, 201_216],
  ['MIG-A8', 'migration-transparent-device', 75_368, 357_330],
  ['MIG-A8', 'migration-postcopy-transparent', 9_907, 46_727],
  ['MIG-A8', 'migration-kinds', 2_998, 13_128],
])('%s holds of every two runs of %s', (id, name, distinct, generated) => {
  const [property] = vmmProperties.filter(isTwoRun).filter((each) => each.id === id);
  if (property === undefined) throw new Error(`no property ${id} of two runs`);
  const pair = pairOf(vmmMachine, scopes[name], property);
  const found = breadthFirst(pair.machine, scopes[name], { properties: [pair.property] });
  expect(found).toMatchObject({ verdict: 'holds', distinct, generated });
});
