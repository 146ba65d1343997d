/** That migrations end and doubts are resolved, in every fair run of a scope in which things break. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness, type Liveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';

const scope = scopes['migration-broken'];
const asked: readonly Liveness<never>[] = vmmProperties
  .filter(isLiveness)
  .filter(({ id }) => id.startsWith('MIG-'));
const machine = vmmMachine as Machine;

function verdictOf(of: Machine, properties = asked, without = '') {
  const { verdict, violations } = liveness(of, scope, properties, {
    calls: ({ kind }) => kind !== without,
  });
  return { verdict, violated: violations.map(({ property }) => property), violations };
}

test('every fair run ends its migrations and resolves what is in doubt', () => {
  expect(verdictOf(machine)).toMatchObject({ verdict: 'holds', violated: [] });
});

test('MIG-L1: without a policy that stops the guest, it may write for ever', () => {
  const unfair = asked
    .filter(({ id }) => id === 'MIG-L1')
    .map((each) => ({
      ...each,
      fairness: each.fairness.filter(
        ({ commands }) => !['migration.freeze', 'migration.abort'].includes(commands[0] ?? ''),
      ),
    }));
  const { violations } = verdictOf(machine, unfair);
  const loop = violations.flatMap(({ lasso }) => lasso.loop.map(({ kind }) => kind));
  expect([...new Set(loop)]).toEqual(['memory.write']);
});

test('MIG-L1 sees an attempt that never ends, MIG-L2 a source that never asks the store', () => {
  const { apply } = vmmFaults.find(({ id }) => id === 'migration/X16') ?? expect.fail('X16');
  const [ends] = asked;
  const [, resolved] = asked;
  if (ends === undefined || resolved === undefined) throw new Error('two are asked');
  expect(verdictOf(apply(vmmMachine) as Machine, [ends]).violated).toEqual(['MIG-L1']);
  expect(verdictOf(machine, [resolved], 'migration.take-back').violated).toEqual(['MIG-L2']);
});
