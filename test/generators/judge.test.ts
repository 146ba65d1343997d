import { expect, test } from 'vitest';
import { askedIn, judge } from '../../generators/index.ts';
import type { Call, Outcome, Property } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

const create = (vm: number): Call => ({
  kind: 'memory.create-vm',
  args: { host: 0, vm, size: 1, reservation: 1, mode: 'refill', huge: false, overhead: [] },
});
const trace = [create(0), create(1)];

/** Two runs that differ in whether there is a second VM, seen by an observer. */
function twoRun(id: string, observe: (call: Call, outcome: Outcome) => unknown): Property<never> {
  const vary = (call: Call): Call => (call.args.vm === 1 ? { ...call, kind: 'memory.read' } : call);
  const name = 'a secret stays one';
  const property: Property = { kind: 'two-run', id, name, scopes: ['tiny'], vary, observe };
  return property as unknown as Property<never>;
}
const deaf = twoRun('DEAF', () => undefined);
const spy = twoRun('SPY', (_, outcome) => outcome.ok);

test('a property of two runs is violated where the observer sees a difference', () => {
  const { failure, tallies } = judge(vmmMachine, scopes.tiny, [deaf, spy]);
  expect(failure(trace)).toEqual({
    step: 2,
    violations: [
      {
        property: 'SPY',
        name: 'a secret stays one',
        message: 'the observer sees true in one run and false in the other',
      },
    ],
    found: ['SPY'],
  });
  const counted = { evaluations: 1, couldFail: 1, skipped: 0 };
  expect(tallies.get('DEAF')).toEqual({ ...counted, violations: 0 });
  expect(tallies.get('SPY')).toEqual({ ...counted, violations: 1 });
});

test('without a secret nothing could have failed', () => {
  const { failure, tallies } = judge(vmmMachine, scopes.tiny, [spy]);
  expect(failure([create(0)])).toBeUndefined();
  expect(tallies.get('SPY')).toMatchObject({ evaluations: 1, couldFail: 0 });
});

test('a property of two runs is asked only in its own scope', () => {
  expect([askedIn(spy, scopes.tiny), askedIn(spy, scopes.fuzz)]).toEqual([true, false]);
  const { failure, tallies } = judge(vmmMachine, scopes.fuzz, [spy]);
  expect(failure(trace)).toBeUndefined();
  expect(tallies.has('SPY')).toBe(false);
});
