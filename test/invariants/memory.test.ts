import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { runner, traces } from '../../generators/index.ts';
import { memoryProperties, vmmProperties } from '../../invariants/index.ts';
import {
  type Change,
  copier,
  inPlace,
  type Property,
  type Sizes,
  type StateShape,
  valuesOf,
} from '../../machine/index.ts';
import {
  type CheckedMemory,
  type Memory,
  memory,
  scopes,
  type VmmScope,
  vmmMachine,
} from '../../model/index.ts';

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
      { seed: 41, numRuns: 100, endOnFailure: true },
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

/** Memory in states of random runs, each with the command that led there. */
function* changes(scope: VmmScope, runs: number): Generator<Change<CheckedMemory>> {
  const host = inPlace(vmmMachine, scope);
  const copies = copier(memory);
  for (const trace of fc.sample(traces(vmmMachine, { scope }), { seed: 7, numRuns: runs })) {
    const state = host.initial();
    const part: Memory = { host: state.hosts.at(0).memory, guests: state.guests };
    let before = copies.copy(part);
    for (const call of trace) {
      const step = host.step(state, call);
      if (!step.ok) continue;
      const after = copies.copy(part);
      yield { before, call, after, events: step.events, size: scope.sizes };
      before = after;
    }
  }
}

/** Gives one leaf of a state another value of its shape. */
function corrupt(random: (below: number) => number, sizes: Sizes, state: Memory): void {
  const go = (
    shape: StateShape,
    holder: Record<string | number, unknown>,
    key: string | number,
  ) => {
    const value = holder[key];
    if (shape.form === 'record') {
      const names = Object.keys(shape.fields);
      const name = names[random(names.length)] ?? '';
      const field = shape.fields[name];
      if (field !== undefined) go(field, value as Record<string, unknown>, name);
    } else if (shape.form === 'array') {
      const items = value as unknown[];
      go(shape.of, items as never, random(items.length));
    } else if (shape.form === 'variant') {
      const kinds = Object.keys(shape.cases);
      const kind = kinds[random(kinds.length)] ?? '';
      const fields = Object.entries(shape.cases[kind] ?? {});
      const drawn = fields.map(([name, of]) => [name, draw(of)]);
      holder[key] = { kind, ...Object.fromEntries(drawn) };
    } else if (shape.form !== 'list') holder[key] = draw(shape);
  };
  const draw = (shape: Parameters<typeof valuesOf>[0]): unknown => {
    // Totals are as large as numbers get.
    if (shape.form === 'int' && shape.max === 999_999) return random(5);
    const values = valuesOf(shape, sizes);
    return values[random(values.length)];
  };
  go(memory, { state } as never, 'state');
}

const isRead = (property: Property<CheckedMemory>) =>
  (property.kind === 'invariant' || property.kind === 'transition') && property.reads !== undefined;

test('what a property does not read cannot change what it says', { timeout: 60_000 }, () => {
  const scope = scopes.fuzz;
  const copies = copier(memory);
  let seed = 1;
  const random = (below: number): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  const reading = memoryProperties.filter(isRead);
  let unread = 0;
  for (const { after: before, call, events } of changes(scope, 30)) {
    const after = copies.copy(before as Memory);
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
  expect(unread).toBeGreaterThan(10_000);
});
