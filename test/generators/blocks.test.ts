/** Asking of many steps together tells and counts what asking of one step after the other does. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { vmmFaults } from '../../faults/index.ts';
import { type Run, runner, type Trace, type TraceOutcome, traces } from '../../generators/index.ts';
import { FailureRecord } from '../../generators/trace.ts';
import { vmmProperties } from '../../invariants/index.ts';
import {
  type Change,
  changeCommand,
  type Evaluation,
  engine,
  evaluation,
  initialState,
  inPlace,
  type Machine,
  monitor,
  type Property,
  propertiesOf,
  type Scope,
  type Tallies,
  type Violation,
  versions,
} from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import { type Toy, toy } from './toy.ts';

const { fuzz, tiny } = scopes;
const asserted: readonly Property<never>[] = vmmProperties;

/** Runs traces on the plain host, and asks after every single command. */
function oneByOne<S>(machine: Machine<S>, scope: Scope, properties: readonly Property<never>[]) {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, properties);
  const run = (trace: Trace): Run => {
    const state = host.initial();
    const outcomes: TraceOutcome[] = [];
    const failures = new FailureRecord();
    failures.add(0, watch.start(state));
    for (const call of trace) {
      if (failures.settled(outcomes.length)) break;
      try {
        const step = host.step(state, call);
        if (step.ok) {
          outcomes.push({ ok: true, events: step.events });
          failures.add(outcomes.length, watch.after(call, step.events));
        } else {
          outcomes.push({ ok: false, rejection: step.rejection });
          watch.refused(call, step.rejection.code);
        }
      } catch (error) {
        if (failures.first === undefined) throw error;
        break;
      }
    }
    const failure = failures.result();
    return failure === undefined ? { outcomes } : { outcomes, failure };
  };
  return { run, tallies: watch.tallies };
}

const counts = (tallies: Tallies): unknown =>
  [...tallies].map(([id, { evaluations, couldFail, skipped, violations }]) => {
    return [id, evaluations, couldFail, skipped, violations];
  });

/** What a run comes to, also where it throws. */
function attempt(run: (trace: Trace) => Run, trace: Trace): unknown {
  try {
    return run(trace);
  } catch (error) {
    return String(error);
  }
}

/** Compares both ways over some traces; says how many of them fail. */
function agreeing<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[],
  drawn: readonly Trace[],
): number {
  const together = runner(machine, scope, properties);
  const single = oneByOne(machine, scope, properties);
  let failing = 0;
  for (const trace of drawn) {
    const found = attempt(together.run, trace);
    expect(found).toEqual(attempt(single.run, trace));
    if (typeof found === 'object' && found !== null && 'failure' in found) failing++;
  }
  expect(counts(together.tallies)).toEqual(counts(single.tallies));
  return failing;
}

const sample = <S>(machine: Machine<S>, scope: Scope, numRuns: number): readonly Trace[] =>
  fc.sample(traces(machine, { scope }), { seed: 6, numRuns });

describe('the runner', () => {
  test.each([tiny, fuzz])('agrees on the sound VMM in scope $name', (scope) => {
    expect(agreeing(vmmMachine, scope, asserted, sample(vmmMachine, scope, 10))).toBe(0);
  });

  // A frame lost half-way, promises of swap-in and of the balloon, a copy, a shared frame.
  test.each(['M5', 'M10', 'S1', 'S4', 'B2', 'K2', 'K5'])('agrees on fault %s', (name) => {
    const fault = vmmFaults.find(({ id }) => id === `memory/${name}`);
    if (fault === undefined) throw new Error(name);
    const faulty = fault.apply(vmmMachine);
    expect(agreeing(faulty, fuzz, asserted, sample(faulty, fuzz, 10))).toBeGreaterThan(0);
  });

  const { invariant, transition, sometimes, within } = propertiesOf<{
    readonly state: Toy;
    readonly sizes: Readonly<Record<string, number>>;
    readonly operations: Readonly<Record<string, never>>;
    readonly event: never;
  }>();
  const owned = (state: { readonly owners: readonly (number | null)[] }): number =>
    state.owners.filter((owner) => owner !== null).length;
  const properties = [
    invariant({
      id: 'few',
      name: 'few frames are owned',
      when: (s) => !s.masked,
      violation: (s) => (owned(s as never) > 2 ? 'too many' : null),
    }),
    transition({
      id: 'gentle',
      name: 'nothing is destroyed while the mask is on',
      commands: ['destroy'],
      when: ({ before }) => before.masked,
      violation: () => 'a VM was destroyed',
    }),
    within({
      id: 'unmasked',
      name: 'the mask comes off',
      instances: () => 1,
      starts: (s) => s.masked,
      bound: () => 5,
      counts: () => true,
      assuming: () => true,
      done: (s) => !s.masked,
    }),
    sometimes({ id: 'mask', name: 'the mask is on', reached: ({ after }) => after.masked }),
  ];

  test('agrees on a small machine, and on one whose rules throw', () => {
    const drawn = sample(toy, toy.scopes.toy, 200);
    expect(agreeing(toy, toy.scopes.toy, properties, drawn)).toBeGreaterThan(0);
    const broken = changeCommand(toy, 'destroy', (command) => ({
      ...command,
      effect: () => {
        throw new Error('a bug');
      },
    }));
    expect(agreeing(broken, toy.scopes.toy, properties, drawn)).toBeGreaterThan(0);
  });

  test('agrees where a property throws', () => {
    const delicate = transition({
      id: 'delicate',
      name: 'it can be asked',
      violation: ({ after }) => {
        if (owned(after as never) > 1) throw new Error('cannot be asked');
        return null;
      },
    });
    const drawn = sample(toy, toy.scopes.toy, 100);
    agreeing(toy, toy.scopes.toy, [...properties, delicate], drawn);
  });
});

/** The accepted steps of a trace, each with both of its states. */
function changesOf<S>(machine: Machine<S>, scope: Scope, trace: Trace): readonly Change[] {
  const rules = engine(machine as Machine, scope);
  const run = versions(machine.shape, initialState(machine, scope.sizes));
  let before = run.take();
  return trace.flatMap((call) => {
    const step = rules.step(run.state, call);
    const after = run.take();
    const change = { before, call, after, size: scope.sizes };
    before = after;
    return step.ok ? [{ ...change, events: step.events } as unknown as Change] : [];
  });
}

/** The steps at which promises are broken, where the changes are asked of in blocks. */
function broken(
  changes: readonly Change[],
  blockSteps: number,
  between: (asked: Evaluation) => void = () => undefined,
): readonly string[] {
  const promised = vmmProperties.filter(({ kind }) => kind === 'within');
  const asked = evaluation(vmmMachine as Machine, fuzz, promised as readonly Property[]);
  const told: string[] = [];
  if (changes[0] !== undefined) asked.promises.open(changes[0].before);
  for (let from = 0; from < changes.length; from += blockSteps) {
    const block = changes.slice(from, from + blockSteps);
    between(asked);
    if (asked.block(block)) continue;
    for (const [i, change] of block.entries()) {
      const found: Violation[] = [];
      asked.promises.advance(change, found);
      asked.promises.open(change.after, change);
      for (const { property } of found) told.push(`${from + i} ${property}`);
    }
  }
  return told;
}

test('promises outlast a block, and forgetting them would show', () => {
  const fault = vmmFaults.find(({ id }) => id === 'memory/B2');
  const faulty = fault?.apply(vmmMachine) ?? vmmMachine;
  const runs = sample(faulty, fuzz, 60).map((trace) => changesOf(faulty, fuzz, trace));
  const single = runs.map((changes) => broken(changes, 1));
  expect(single.flat().length).toBeGreaterThan(0);
  for (const length of [2, 5, 64]) {
    expect(runs.map((changes) => broken(changes, length))).toEqual(single);
  }
  const forgetful = (asked: Evaluation): void => asked.promises.clear();
  expect(runs.map((changes) => broken(changes, 5, forgetful))).not.toEqual(single);
});
