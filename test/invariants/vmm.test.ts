import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runner, traces } from '../../generators/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';

const asserted = vmmProperties.filter(
  ({ kind }) =>
    kind === 'invariant' || kind === 'transition' || kind === 'conjecture' || kind === 'within',
);

/** How often each property could have failed, over all scopes. */
const could = new Map<string, number>();

test.each([
  'tiny',
  'fuzz',
  'overcommit',
  'cpu-fuzz',
  'cpu-fuzz-one',
  'cpu-locks-fuzz',
  'cpu-dedicated-fuzz',
  'cpu-credit-fuzz',
  'service-fuzz',
  'migration-fuzz',
  'migration-postcopy-fuzz',
  'migration-pages',
  'migration-hinting-fuzz',
  'migration-crash-fuzz',
  'migration-timed',
  'migration-throttle',
  'mixed',
] as const)('every property holds on random runs in scope %s', { timeout: 60_000 }, (name) => {
  const scope: VmmScope = scopes[name];
  const running = runner(vmmMachine, scope, asserted);
  fc.assert(
    fc.property(traces(vmmMachine, { scope }), (trace) => {
      expect(running.run(trace).failure?.violations).toBeUndefined();
    }),
    { seed: 41, numRuns: 60, endOnFailure: true },
  );
  for (const [id, { couldFail }] of running.tallies) {
    could.set(id, (could.get(id) ?? 0) + couldFail);
  }
});

test('every property could have failed in one of those runs', () => {
  expect([...could].filter(([, times]) => times === 0)).toEqual([]);
  expect(could.size).toBe(asserted.length);
});

/** Families of the specification, and situations that must be reached. */
const memoryForm = /^(MEM|SWP|BAL|KVM|DED)-[ITLS]\d+$/;
const cpuForm =
  /^(CPU-W|(CPU|CR|C2|ST|EV|STL|COS|LHP|DC|MIX|TIME|HB|Q|SD|RES|CAP|SHR|HP|RR)-([ITLNC]?\d*|CN|CAP))$/;
const migrationForm = /^MIG-[SALQFRVWZ]\d+$/;
const idForm = new RegExp(
  `${memoryForm.source}|${cpuForm.source}|${migrationForm.source}|^GOAL-[a-z-]+$`,
);

test('ids and names are given once', () => {
  const ids = vmmProperties.map(({ id }) => id);
  const names = vmmProperties.map(({ name }) => name);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(names).size).toBe(names.length);
  for (const id of ids) expect(id).toMatch(idForm);
});
