/** What every fair run of memory comes to, asked of every run of the scopes that name it. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmFaults } from '../../../faults/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { changeCommand, isLiveness, type Machine } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';

const asked = (id: string) => vmmProperties.filter(isLiveness).filter((each) => each.id === id);

test('a VM that waits for a swapped page goes on in every run of scope swap', () => {
  const found = liveness(vmmMachine, scopes.swap, asked('SWP-L3'));
  expect(found).toMatchObject({ verdict: 'holds', distinct: 9291, generated: 60_509 });
  expect(found.tallies.get('SWP-L3')).toMatchObject({ evaluations: 9291, couldFail: 800 });
});

test('it does not where a swap-in lets nobody go on', () => {
  const machine = changeCommand(vmmMachine, 'memory.swap-in', (command) => ({
    ...command,
    effect: ((m: never, a: { vm: number; page: number }, c: never) => {
      command.effect(m, a as never, c);
      const { vms } = (m as { host: { vms: { at(vm: number): { stalled: number | null } } } }).host;
      vms.at(a.vm).stalled = a.page;
    }) as typeof command.effect,
  }));
  const { verdict, violations } = liveness(machine, scopes.swap, asked('SWP-L3'));
  expect([verdict, violations[0]?.lasso.stem.at(-1)?.kind]).toEqual(['violated', 'memory.read']);
});

test('a balloon comes to its target in every run of scope balloon-units', () => {
  const found = liveness(vmmMachine, scopes['balloon-units'], asked('BAL-L4'));
  expect(found).toMatchObject({ verdict: 'holds', distinct: 3860, generated: 33_820 });
  expect(found.tallies.get('BAL-L4')).toMatchObject({ evaluations: 3860, couldFail: 1632 });
});

test('memory/B13 moves the same page in and out for ever, and is shown as a lasso', () => {
  const fault = vmmFaults.find(({ id }) => id === 'memory/B13') ?? expect.fail();
  const machine = fault.apply(vmmMachine) as Machine;
  const { violations } = liveness(machine, scopes['balloon-units'], asked('BAL-L4'));
  const [lasso] = violations.map((each) => each.lasso);
  expect(lasso?.stem.map(({ kind }) => kind)).toEqual([
    'memory.request-balloon',
    'memory.load-driver',
    'memory.inflate-balloon',
  ]);
  expect(lasso?.loop.map(({ kind, args }) => [kind, args.pages])).toEqual([
    ['memory.acknowledge-inflate', undefined],
    ['memory.deflate-balloon', [0]],
    ['memory.acknowledge-deflate', undefined],
    ['memory.inflate-balloon', [0]],
  ]);
});
