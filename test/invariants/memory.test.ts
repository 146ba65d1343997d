import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runner, traces } from '../../generators/index.ts';
import { memoryProperties, vmmProperties } from '../../invariants/index.ts';
import { copier, type Property } from '../../machine/index.ts';
import {
  type CheckedMemory,
  memory,
  scopes,
  type VmmScope,
  vmmMachine,
} from '../../model/index.ts';
import { changes, corrupt, randomFrom } from './corrupt.ts';

const asserted = vmmProperties.filter(
  ({ kind }) => kind === 'invariant' || kind === 'transition' || kind === 'within',
);

/** How often each property could have failed, over all scopes. */
const could = new Map<string, number>();

test.each(['tiny', 'fuzz', 'overcommit'] as const)(
  'every property holds on random runs in scope %s',
  { timeout: 60_000 },
  (name) => {
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
  },
);

test('every property could have failed in one of those runs', () => {
  expect([...could].filter(([, times]) => times === 0)).toEqual([]);
  expect(could.size).toBe(asserted.length);
});

test('ids and names are given once', () => {
  const ids = vmmProperties.map(({ id }) => id);
  const names = vmmProperties.map(({ name }) => name);
  expect(new Set(ids).size).toBe(ids.length);
  expect(new Set(names).size).toBe(names.length);
  for (const id of ids) expect(id).toMatch(/^((MEM|SWP|BAL|KVM|DED)-[ITLS]\d+|GOAL-[a-z-]+)$/);
});

const isRead = (property: Property<CheckedMemory>) =>
  (property.kind === 'invariant' || property.kind === 'transition') && property.reads !== undefined;

test('what a property does not read cannot change what it says', { timeout: 60_000 }, () => {
  const scope = scopes.fuzz;
  const copies = copier(memory);
  const random = randomFrom(1);
  const reading = memoryProperties.filter(isRead);
  let unread = 0;
  for (const { after: before, call, events } of changes(scope, 15)) {
    const after = copies.copy(before);
    corrupt(random, scope.sizes, after);
    const change = { before, call, after, events, size: scope.sizes };
    for (const property of reading) {
      if (property.kind !== 'invariant' && property.kind !== 'transition') continue;
      const { reads } = property;
      if (reads === undefined || (reads.changed(change) & reads.parts) !== 0) continue;
      unread++;
      const violation =
        property.kind === 'invariant'
          ? property.violation(after, scope.sizes)
          : property.violation(change);
      expect(violation, property.id).toBeNull();
    }
  }
  expect(unread).toBeGreaterThan(5_000);
});
