/** That migrations end and doubts are resolved, in every fair run of a scope in which things break. */
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import { vmmFaults } from '../../faults/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { isLiveness, type Liveness, type Machine } from '../../machine/index.ts';
import { scopes, type VmmScope, type VmmSizes, vmmMachine } from '../../model/index.ts';

const broken: VmmScope = scopes['migration-broken'];
const recovers = scopes['migration-postcopy-recover'];
const asked: readonly Liveness<never>[] = vmmProperties
  .filter(isLiveness)
  .filter(({ id }) => id.startsWith('MIG-'));
const machine = vmmMachine as Machine;

function verdictOf(of: Machine, properties = asked, without = '', scope = broken) {
  const { verdict, violations } = liveness(of, scope, properties, {
    calls: ({ kind }) => kind !== without,
  });
  return { verdict, violated: violations.map(({ property }) => property), violations };
}

test('every fair run ends its migrations and resolves what is in doubt', () => {
  expect(verdictOf(machine)).toMatchObject({ verdict: 'holds', violated: [] });
});

test('MIG-L1: a user who never stops the guest nor cancels lets it write for ever', () => {
  const unfair = asked
    .filter(({ id }) => id === 'MIG-L1')
    .map((each) => ({
      ...each,
      fairness: each.fairness.filter(({ commands }) => commands[0] !== 'migration.freeze'),
    }));
  const { violations } = verdictOf(machine, unfair);
  const loop = violations.flatMap(({ lasso }) => lasso.loop.map(({ kind }) => kind));
  expect([...new Set(loop)]).toEqual(['memory.write']);
});

/** A guest of two pages, of which it writes one; a page goes in a tick. */
const timed = scopes['migration-policy'];
const endsUnder = (sizes: Partial<VmmSizes>) =>
  verdictOf(machine, byId('MIG-L1'), '', { ...timed, sizes: { ...timed.sizes, ...sizes } });
const byId = (id: string) => asked.filter((each) => each.id === id);

test('MIG-L1: QEMU’s policy is met where all that a guest can dirty fits in the downtime', () => {
  expect(endsUnder({})).toMatchObject({ verdict: 'holds' });
});

test('MIG-L1: a guest that dirties as fast as pages are sent is sent again and again by QEMU', () => {
  const { lasso } = endsUnder({ downtime: 0 }).violations[0] ?? expect.fail('a lasso');
  const kinds = lasso.loop.map(({ kind }) => kind);
  const done = [...['memory.write', 'migration.harvest', 'migration.copy'], 'migration.receive'];
  expect(new Set(kinds)).toEqual(new Set([...done, 'cpu.tick']));
});

test('MIG-L1 sees an attempt that never ends, MIG-L2 a source that never asks the store', () => {
  const { apply } = vmmFaults.find(({ id }) => id === 'migration/X16') ?? expect.fail('X16');
  expect(verdictOf(apply(vmmMachine) as Machine, byId('MIG-L1')).violated).toEqual(['MIG-L1']);
  expect(verdictOf(machine, byId('MIG-L2'), 'migration.take-back').violated).toEqual(['MIG-L2']);
});

test('post-copy: every page that is touched arrives, and every migration ends, over new connections', () => {
  expect(verdictOf(machine, asked, '', recovers)).toMatchObject({ verdict: 'holds', violated: [] });
});

test.each(['migration/X24', 'migration/X25'])('MIG-L3 sees a page that never comes: %s', (id) => {
  const { apply } = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
  const found = verdictOf(apply(vmmMachine) as Machine, byId('MIG-L3'), '', recovers);
  expect(found.violated).toEqual(['MIG-L3']);
});

/** A guest that only hints, once. */
const hinting: VmmScope = {
  ...scopes['migration-hinting'],
  sizes: { ...scopes['migration-hinting'].sizes, requests: 1, rounds: 1 },
  commands: ['migration.*', 'hint.*', 'memory.write'],
};

test('KVM-L1: every page that was hinted comes back, unless a cancelled migration tells nobody', () => {
  const comesBack = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'KVM-L1');
  expect(verdictOf(machine, comesBack, '', hinting)).toMatchObject({ verdict: 'holds' });
  const { apply } = vmmFaults.find(({ id }) => id === 'migration/B9') ?? expect.fail('B9');
  const { violated } = verdictOf(apply(vmmMachine) as Machine, comesBack, '', hinting);
  expect(violated).toEqual(['KVM-L1']);
});
