import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { plantedLog } from '../../../bench/oracle/logs.ts';
import { numbers } from '../../../bench/oracle/random.ts';
import { traces } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { oracleTeeth, permitted, validateLog } from '../../../oracle/index.ts';

test.each(['fuzz', 'cpu-fuzz'] as const)(
  'in %s every mutant of a true reply is caught where it is, or permitted, and the truth never',
  (name) => {
    const scope = scopes[name];
    const numRuns = name === 'fuzz' ? 60 : 12;
    const drawn = fc.sample(traces(vmmMachine, { scope, maxLength: 120 }), { numRuns, seed: 3 });
    const { scores, falseAlarms } = oracleTeeth(vmmMachine, scope, drawn, numbers(3));
    expect(falseAlarms).toBe(0);
    const operators = ['value', 'omission', 'status', 'event', 'boundary'];
    expect(scores.map(({ operator }) => operator)).toEqual(operators);
    for (const { operator, mutants, caught, permitted: allowed, missed } of scores) {
      expect(missed, operator).toBeUndefined();
      expect(caught + allowed).toBe(mutants);
      expect(caught).toBeGreaterThan(numRuns / 2);
      // Only a choice can be another one: memory has some, and CPUs none.
      expect(allowed > 0, operator).toBe(operator === 'value' && name === 'fuzz');
    }
  },
);

test('what the model permits is found by trying every choice', () => {
  const rules = permitted(vmmMachine, scopes.fuzz);
  const state = rules.after([], []);
  const create = {
    kind: 'memory.create-vm',
    args: { host: 0, vm: 0, size: 2, reservation: 1, mode: 'pop', huge: false, overhead: [1] },
  };
  const took = (frame: number) =>
    ({ ok: true, events: [], choices: { overhead: [frame] } }) as const;
  expect(rules.permits(state, create, took(7))).toBe(true);
  // The first frame is the hypervisor's.
  expect(rules.permits(state, create, took(0))).toBe(false);
  expect(rules.permits(state, create, { ok: true, events: [{ type: 'stray' }] })).toBe(false);
  // One choice is refused so, but another one is accepted.
  const inUse = { ok: false, rejection: { code: 'frame-in-use' } } as const;
  expect(rules.permits(state, create, inUse)).toBe(false);
  const again = rules.after([create], [took(7)]);
  expect(rules.permits(again, create, { ok: false, rejection: { code: 'vm-exists' } })).toBe(true);
  expect(rules.permits(again, create, inUse)).toBe(false);
});

test('a planted illegal reply is located at its line', () => {
  const scope = scopes.fuzz;
  const drawn = fc.sample(traces(vmmMachine, { scope, maxLength: 60 }), { numRuns: 60, seed: 5 });
  const below = numbers(5);
  const rules = permitted(vmmMachine, scope);
  const planted = drawn.flatMap(
    (trace) => plantedLog(vmmMachine, scope, trace, below, rules) ?? [],
  );
  expect(planted.length).toBeGreaterThan(25);
  for (const { lines, line } of planted) {
    expect(validateLog(vmmMachine, scope, lines)).toMatchObject({ impossible: { line } });
  }
});
