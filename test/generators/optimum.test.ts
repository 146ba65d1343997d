import { expect, test } from 'vitest';
import { optimum } from '../../generators/index.ts';
import type { Call, Property } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

const create = (vm: number): Call => ({
  kind: 'memory.create-vm',
  args: { host: 0, vm, size: 1, reservation: 1, mode: 'refill', huge: false, overhead: [] },
});

test('a search takes one run at a time, so it proves nothing about two', () => {
  const spy: Property<never> = {
    kind: 'two-run',
    id: 'SPY',
    name: 'nobody sees whether a command is accepted',
    scope: 'tiny',
    vary: (call) => call,
    observe: (_, outcome) => outcome.ok,
  };
  const options = { machine: vmmMachine, scope: scopes.tiny, properties: [spy], states: 1000 };
  const trace = [create(0), create(1)];
  expect(optimum({ ...options, trace })).toEqual({ trace, proved: false, states: 0 });
});

test('a shorter trace is found, and the shortest is proved where the search gets through', () => {
  const early: Property<never> = {
    kind: 'transition',
    id: 'EARLY',
    name: 'no VM is created',
    commands: ['memory.create-vm'],
    violation: () => 'one is',
  };
  const options = { machine: vmmMachine, scope: scopes.tiny, properties: [early] };
  const again = [create(0), create(1), create(0)];
  const found = optimum({ ...options, trace: again, states: 1000 });
  expect([found.trace.length, found.proved]).toEqual([1, true]);
  expect(optimum({ ...options, trace: found.trace, states: 1000 }).proved).toBe(true);
  expect(optimum({ ...options, trace: again, states: 0 })).toEqual({
    trace: again,
    proved: false,
    states: 0,
  });
});
