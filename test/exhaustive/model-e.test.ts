/** Model E of the specification, chapter 7: what is asked of CPUs, in each of its states. */
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { isConjecture, isLiveness, keysOf } from '../../machine/index.ts';
import { schedulers, scopes, type VmmScope, vmmMachine } from '../../model/index.ts';
import { asExplored } from '../model/explored.ts';

const modelE = Object.values<VmmScope>(scopes).filter(
  ({ name }) => name === 'cpu-stride' || name.startsWith('cpu-e-'),
);
const families = /^(CPU|RR|CR|C2|ST|EV)-/;
const asked = vmmProperties.filter(
  (each) => families.test(each.id) && !isLiveness(each) && each.kind !== 'two-run',
);

test('it is there under all five schedulers, on one CPU and on two', () => {
  const places = modelE.map(({ sizes }) => `${sizes.scheduler} on ${sizes.pcpu}`);
  expect(keysOf(schedulers).length).toBe(5);
  expect(places.sort()).toEqual([0, 1, 2, 3, 4].flatMap((s) => [`${s} on 1`, `${s} on 2`]));
});

/** Of more states than these, steps are not asked: that would take minutes. */
const fewStates = 100_000;

test.each(modelE)('every property of CPUs holds in $name', (scope) => {
  const few = (scope.explored?.distinct ?? 0) <= fewStates;
  const properties = asked.filter(({ kind }) => few || kind === 'invariant');
  const { witnesses } = asExplored(scope, properties);
  const broken = asked.filter(isConjecture).filter(({ id }) => witnesses.has(id));
  expect(broken.map(({ id }) => id)).toEqual([]);
});

const forAllTime = modelE.filter(({ sizes }) => sizes.horizon === 0);
const turns = vmmProperties.filter(isLiveness).filter(({ id }) => /^CPU-L[14]$/.test(id));
test.each(forAllTime)('every run of $name gives turns', (scope) => {
  expect(liveness(vmmMachine, scope, turns).verdict).toBe('holds');
});
