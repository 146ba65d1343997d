/** Properties of two runs, asked of every two runs there are. */
import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { migrationFaults } from '../../faults/migration.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { type Machine, pairOf, twoRun } from '../../machine/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

function propertyOfTwo(id: string) {
  const property = vmmProperties.find((each) => each.id === id);
  if (property?.kind !== 'two-run') throw new Error(`${id} is no property of two runs`);
  return property;
}

function searched(machine: Machine<never>, scope: VmmScope, id: string) {
  const pair = pairOf(machine, scope, propertyOfTwo(id));
  return breadthFirst(pair.machine, scope, { properties: [pair.property] });
}
const plain = vmmMachine as unknown as Machine<never>;

test('moved or not, a guest sees the same: the run without migrations is a function of the one with', () => {
  const scope: VmmScope = scopes['migration-transparent'];
  const { verdict, distinct, generated, depth, tallies } = searched(plain, scope, 'MIG-A8');
  expect(verdict).toBe('holds');
  // As many pairs of states as states: what a guest without migrations has follows from the other.
  expect(scope.explored).toMatchObject({ complete: true, distinct, generated, depth });
  expect(tallies.get('MIG-A8')?.couldFail).toBe(18_972);
});

test('a page that is sent before it is marked clean is what a guest would notice of it', () => {
  const fault = migrationFaults.find(({ id }) => id === 'migration/X1');
  const faulted = fault?.apply(vmmMachine) as unknown as Machine<never>;
  const scope: VmmScope = scopes['migration-transparent'];
  const found = searched(faulted, scope, 'MIG-A8');
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(found.violations[0]?.message).toBe(
    'the observer sees [1] in one run and [0] in the other',
  );
  const ask = twoRun(faulted, scope, propertyOfTwo('MIG-A8'));
  expect(ask(found.trace).leak).toEqual({ step: found.trace.length, here: '[1]', there: '[0]' });
  expect(ask(found.trace.slice(0, -1)).leak).toBeNull();
  expect(found.trace.at(-1)?.kind).toBe('memory.read');
});

test('without salts of their own the shortest way for a VM to learn what another holds has 7 commands', () => {
  const salted: VmmScope = scopes['secrets-small'];
  const scope = { ...salted, sizes: { ...salted.sizes, salted: 0 } };
  const found = searched(plain, scope, 'DED-S1');
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(found.trace.map(({ kind }) => kind)).toEqual([
    ...['memory.map', 'memory.map', 'memory.populate', 'memory.populate'],
    ...['memory.write', 'memory.merge-page', 'memory.write'],
  ]);
});
