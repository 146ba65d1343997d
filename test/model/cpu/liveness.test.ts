/** That every thread gets its turn, in every run of a scope in which time goes on. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';

const turns = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'CPU-L1');
const scope = {
  ...scopes['cpu-round-robin'],
  sizes: { ...scopes['cpu-round-robin'].sizes, pcpu: 1, quantum: 1, patience: 3 },
};
const verdictOf = (machine: Machine) => {
  const { verdict, violations } = liveness(machine, scope, turns);
  return { verdict, violated: violations.map(({ property }) => property) };
};

test('CPU-L1: under round robin every ready thread runs in the end', { timeout: 60_000 }, () => {
  expect(verdictOf(vmmMachine as Machine)).toEqual({ verdict: 'holds', violated: [] });
});

test('CPU-L1 sees who goes on for good, and a storm of wakes', { timeout: 60_000 }, () => {
  for (const id of ['cpu/R1', 'cpu/R2']) {
    const fault = vmmFaults.find((each) => each.id === id) ?? expect.fail(id);
    const faulted = fault.apply(vmmMachine) as Machine;
    expect(verdictOf(faulted), id).toMatchObject({ verdict: 'violated' });
  }
});
