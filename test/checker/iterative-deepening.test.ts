import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  breadthFirst,
  iterativeDeepening,
  iterativeDeepeningInPieces,
} from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { changeCommand } from '../../machine/index.ts';
import { randomMachines } from '../machine/random-machine.ts';
import { graph, neverAt, places, scope, sometimes } from './graph.ts';

const { small } = sharedPages.scopes;

test('it holds when a round meets no bound', () => {
  const options = { properties: sharedPagesProperties };
  const { levels } = breadthFirst(sharedPages, small);
  const found = iterativeDeepening(sharedPages, small, options);
  // The states furthest away take 7 steps; that they lead nowhere else shows in the round after.
  expect(found).toMatchObject({ verdict: 'holds', distinct: 5307, depth: 7, levels, rounds: 8 });
  expect(found.tallies.get('references')?.evaluations).toBe(5307);
});

test('the trace to a fault is as short as that of breadth-first', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  const found = iterativeDeepening(faulted, small, { properties: sharedPagesProperties });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(found.trace.map(({ kind }) => kind)).toEqual(['touch', 'touch', 'dedup', 'swapOut']);
  expect(found.rounds).toBe(4);
  expect(found.violations.map(({ property }) => property)).toEqual(['references', 'preserved']);
});

test('on random machines it agrees with breadth-first', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(randomMachines, ({ machine, scope }) => {
      const limits = { maxDepth: 4, maxStates: 1000 };
      const all = breadthFirst(machine, scope, limits);
      fc.pre(all.distinct <= 1000);
      const { verdict, levels, rounds } = iterativeDeepening(machine, scope, limits);
      expect({ verdict, levels }).toEqual({ verdict: all.verdict, levels: all.levels });
      expect(rounds).toBe(Math.min(all.depth + 1, 4));
    }),
    { numRuns: 12 },
  );
});

const detour = graph({ 0: [1, 2], 2: [3], 3: [4], 1: [4], 4: [5], 5: [6] });

test('goals come with a shortest trace, whichever round was the last', () => {
  const at4 = sometimes({ id: 'at-4', name: 'at 4', reached: ({ after }) => after.at === 4 });
  const { witnesses, rounds } = iterativeDeepening(detour, scope, { properties: [at4] });
  expect(rounds).toBe(5);
  expect(places(witnesses.get('at-4') ?? [])).toEqual([1, 4]);
  const found = iterativeDeepening(detour, scope, { goal: ({ at }) => at === 5 });
  if (found.verdict !== 'reached') throw new Error(found.verdict);
  expect([places(found.trace), found.rounds]).toEqual([[1, 4, 5], 3]);
});

test('it ends at its limits', () => {
  const properties = [neverAt(6)];
  const cut = iterativeDeepening(detour, scope, { properties, maxDepth: 3 });
  expect(cut).toMatchObject({ verdict: 'inconclusive', rounds: 3, depth: 3 });
  const none = iterativeDeepening(detour, scope, { properties, maxDepth: 0 });
  expect(none).toMatchObject({ verdict: 'inconclusive', rounds: 1, distinct: 1 });
  const full = iterativeDeepening(detour, scope, { properties, maxStates: 3 });
  expect(full).toMatchObject({ verdict: 'inconclusive', rounds: 2, distinct: 4 });
  expect(iterativeDeepening(detour, scope, { properties })).toMatchObject({
    verdict: 'violated',
    rounds: 4,
  });
});

test('it stops when told, within a round', () => {
  const search = iterativeDeepeningInPieces(sharedPages, small);
  expect(search.next()).toMatchObject({ done: false });
  expect(search.next(true)).toMatchObject({
    done: true,
    value: { verdict: 'inconclusive', rounds: 2 },
  });
});
