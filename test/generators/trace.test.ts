import { describe, expect, test } from 'vitest';
import { type Run, run, runner, settleSteps } from '../../generators/index.ts';
import { changeCommand, type Machine, propertiesOf } from '../../machine/index.ts';
import { create, destroy, give, map, type Toy, toggle, toy } from './toy.ts';

const { toy: scope } = toy.scopes;
const { invariant, transition } = propertiesOf<{
  readonly state: Toy;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}>();
const unmasked = invariant({
  id: 'unmasked',
  name: 'the mask is off',
  violation: (s) => (s.masked ? 'the mask is on' : null),
});
const empty = invariant({
  id: 'empty',
  name: 'no frame is owned',
  violation: (s) => (s.owners.some((owner) => owner !== null) ? 'a frame is owned' : null),
});
const gentle = transition({
  id: 'gentle',
  name: 'nothing is destroyed',
  commands: ['destroy'],
  violation: () => 'a VM was destroyed',
});
const properties = [unmasked, empty, gentle];

const failureOf = ({ failure }: Run) => failure && [failure.step, failure.found];

describe('run', () => {
  test('tells what came of every command', () => {
    const { outcomes, failure } = run(toy, scope, [create(0), create(0), toggle], [empty]);
    expect(outcomes).toEqual([
      { ok: true, events: [] },
      { ok: false, rejection: { code: 'exists', vm: 0 } },
      { ok: true, events: [] },
    ]);
    expect(failure).toBeUndefined();
  });

  test('stops a few commands after a violation, with all that was violated until then', () => {
    const trace = [create(0), toggle, give(0, 1), map(0, 0, 0), give(0, 1), destroy(0)];
    const result = run(toy, scope, trace, properties);
    expect(failureOf(result)).toEqual([2, ['unmasked', 'empty']]);
    expect(result.outcomes.length).toBe(2 + settleSteps);
    expect(result.failure?.violations.map(({ property }) => property)).toEqual(['unmasked']);
    expect(failureOf(run(toy, scope, [...trace.slice(0, 3), destroy(0)], properties))).toEqual([
      2,
      ['unmasked', 'gentle'],
    ]);
  });

  test('the initial state is step 0', () => {
    const masked = { ...toy, initial: (sizes: never) => ({ ...toy.initial(sizes), masked: true }) };
    expect(failureOf(run(masked, scope, [create(0)], properties))).toEqual([0, ['unmasked']]);
  });

  test('a runner runs many traces and counts all', () => {
    const { run: again, tallies } = runner(toy, scope, properties);
    expect(failureOf(again([toggle]))).toEqual([1, ['unmasked']]);
    expect(failureOf(again([create(0)]))).toBeUndefined();
    expect(failureOf(again([toggle]))).toEqual([1, ['unmasked']]);
    expect(tallies.get('unmasked')).toMatchObject({ evaluations: 6, violations: 2 });
  });

  test('what a rule throws gets out, unless something was violated before', () => {
    const broken = changeCommand<Machine<never>>(toy as never, 'create', (command) => ({
      ...command,
      effect: () => {
        throw new Error('a bug');
      },
    })) as unknown as typeof toy;
    expect(() => run(broken, scope, [create(0)], properties)).toThrow('a bug');
    const { outcomes, failure } = run(broken, scope, [toggle, create(0)], properties);
    expect([outcomes.length, failure?.found]).toEqual([1, ['unmasked']]);
  });
});
