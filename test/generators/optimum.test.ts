import { expect, test } from 'vitest';
import { optimum } from '../../generators/index.ts';
import type { Call, Property, TwoRun } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

const create = (vm: number): Call => ({
  kind: 'memory.create-vm',
  args: { host: 0, vm, size: 1, reservation: 1, mode: 'refill', huge: false, overhead: [] },
});

test('of two runs a shorter pair is found, and the shortest is proved', () => {
  const spy: TwoRun = {
    kind: 'two-run',
    id: 'SPY',
    name: 'nobody sees that the second run has no VM 1',
    scopes: ['tiny'],
    vary: (call) => (call.kind === 'memory.create-vm' && call.args.vm === 1 ? create(0) : call),
    observe: (_, outcome) => outcome.ok,
  };
  const options = {
    machine: vmmMachine,
    scope: scopes.tiny,
    properties: [spy as TwoRun<never>],
    states: 5000,
  };
  const longer = [create(0), { kind: 'memory.destroy-vm', args: { host: 0, vm: 0 } }];
  const trace = [...longer, create(0), create(1)];
  const found = optimum({ ...options, trace });
  expect([found.trace.length, found.proved]).toEqual([2, true]);
  expect(found.trace.map(({ args }) => args.vm)).toEqual([0, 1]);
  const both = [spy, { ...spy, id: 'SPY-2' }] as TwoRun<never>[];
  expect(optimum({ ...options, properties: both, trace }).proved).toBe(false);
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
