import { expect, test } from 'vitest';
import {
  breadthFirst,
  selfTest,
  symmetryOf,
  Unsound,
  verifyReduction,
} from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/shared-pages.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { changeCommand, inPlace, type Machine, packed, type Scope } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';

const { small } = sharedPages.scopes;
const symmetryIn = <S>(machine: Machine<S>, scope: Scope) =>
  symmetryOf(machine, scope, packed(machine, scope).layout);

test('with symmetry one state of each class is kept, in either mode', () => {
  const { symmetry, refused } = selfTest(sharedPages, small, packed(sharedPages, small).layout, {
    seed: 1,
    samples: 20,
  });
  expect(refused).toEqual([]);
  for (const mode of ['exact', 'fingerprint'] as const) {
    const found = breadthFirst(sharedPages, small, {
      properties: sharedPagesProperties,
      symmetry,
      mode,
    });
    expect(found).toMatchObject({ verdict: 'holds', distinct: 201, generated: 2214, depth: 7 });
  }
});

test('a counterexample found with symmetry is one of the machine itself, and as short', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  for (const mode of ['exact', 'fingerprint'] as const) {
    const found = breadthFirst(faulted, small, {
      properties: sharedPagesProperties,
      symmetry: symmetryIn(faulted, small),
      mode,
    });
    if (found.verdict !== 'violated') throw new Error(found.verdict);
    expect(found.trace.map(({ kind }) => kind)).toEqual(['touch', 'touch', 'dedup', 'swapOut']);
    const host = inPlace(faulted, small);
    const state = host.initial();
    for (const call of found.trace) expect(host.step(state, call).ok).toBe(true);
    expect(found.violations.map(({ property }) => property)).toContain('references');
  }
});

test('a rule that throws is reported with a trace of the machine itself', () => {
  const faulted = changeCommand(sharedPages, 'inflate', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'balloon-full'),
  }));
  const search = (): unknown =>
    breadthFirst(faulted, small, { symmetry: symmetryIn(faulted, small) });
  expect(search).toThrow(/inflate: guests\[\d\]\.balloon = 2 is outside 0\.\.1/);
  try {
    search();
  } catch (error) {
    const { trace } = error as { trace: { kind: string; args: { vm: number } }[] };
    expect(trace.map(({ kind }) => kind)).toEqual(['inflate', 'inflate']);
    expect(trace[0]?.args.vm).toBe(trace[1]?.args.vm);
  }
});

test('a goal is reached by as short a trace with symmetry as without', () => {
  const goal = (s: { readonly free: number }): boolean => s.free === 0;
  const plain = breadthFirst(sharedPages, small, { goal });
  const found = breadthFirst(sharedPages, small, {
    goal,
    symmetry: symmetryIn(sharedPages, small),
  });
  if (plain.verdict !== 'reached' || found.verdict !== 'reached') throw new Error(found.verdict);
  expect(found.trace.length).toBe(plain.trace.length);
  const host = inPlace(sharedPages, small);
  const state = host.initial();
  for (const call of found.trace) expect(host.step(state, call).ok).toBe(true);
  expect(state.free).toBe(0);
});

test('symmetry and sleep sets together are refused', () => {
  const symmetry = symmetryIn(sharedPages, small);
  expect(() => breadthFirst(sharedPages, small, { symmetry, sleepSets: true })).toThrow(Unsound);
});

test.each([
  ['swap', ['frame', 'page'], 991, 6512],
  ['salts', ['frame', 'vm', 'salt'], 420, 2746],
] as const)(
  'pages of a VM of full size, and salts, are renamed: scope %s',
  (name, sets, distinct, generated) => {
    const scope = scopes[name];
    const properties = vmmProperties.filter(({ kind }) => kind === 'invariant');
    const { layout } = packed(vmmMachine, scope);
    const tested = selfTest(vmmMachine, scope, layout, { seed: 1, samples: 20, properties });
    expect([tested.trusted, tested.refused]).toEqual([sets, []]);
    const options = { symmetry: tested.symmetry };
    const found = breadthFirst(vmmMachine, scope, options);
    expect(found).toMatchObject({ verdict: 'holds', distinct, generated });
    const { agrees, distinct: whole } = verifyReduction(vmmMachine, scope, options, found, 20_000);
    expect([agrees, whole]).toEqual(['yes', scope.explored.distinct]);
  },
);
