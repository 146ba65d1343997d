import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  breadthFirst,
  type RandomWalksResult,
  RuleThrew,
  randomWalks,
  randomWalksInPieces,
} from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { changeCommand, dropGuard } from '../../machine/index.ts';
import { randomMachines } from '../machine/random-machine.ts';
import { graph, neverAt, places, scope, sometimes, transition } from './graph.ts';

const { small, medium } = sharedPages.scopes;
const covered = ({ distinct, generated, levels, commands }: RandomWalksResult) => ({
  distinct,
  generated,
  levels,
  commands: [...commands],
});
const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
  ...command,
  requires: command.requires.filter(([code]) => code !== 'shared'),
}));

test('walks of one seed are the same walks, and those of another are others', () => {
  const walk = (seed: number) =>
    covered(randomWalks(sharedPages, medium, { seed, walks: 5, length: 20 }));
  expect(walk(1)).toEqual(walk(1));
  expect(walk(1)).not.toEqual(walk(2));
});

test('a fault is found, and the walk that found it can be walked alone', () => {
  const options = { properties: sharedPagesProperties, seed: 4, length: 5 };
  const found = randomWalks(faulted, medium, { ...options, walks: 200 });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(found.walks).toBeGreaterThan(1);
  expect(found.trace.at(-1)?.kind).toBe('swapOut');
  expect(found.violations[0]?.property).toBe('references');
  const again = randomWalks(faulted, medium, { ...options, first: found.walks - 1, walks: 1 });
  if (again.verdict !== 'violated') throw new Error(again.verdict);
  expect(again.trace).toEqual(found.trace);
  expect(again.walks).toBe(1);
});

test('on random machines they see nothing that breadth-first does not', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(randomMachines, fc.nat(), ({ machine, scope }, seed) => {
      const all = breadthFirst(machine, scope, { maxDepth: 4, maxStates: 2000 });
      fc.pre(all.distinct <= 2000);
      const found = randomWalks(machine, scope, { seed, walks: 4, length: 4 });
      expect(found.verdict).toBe('inconclusive');
      expect(found.distinct).toBeLessThanOrEqual(all.distinct);
      expect(found.depth).toBeLessThanOrEqual(all.depth + 3);
    }),
    { numRuns: 12 },
  );
});

const ring = graph({ 0: [1], 1: [2, 0], 2: [3], 3: [0] });
const few = { seed: 1, walks: 10, length: 8 };

test('that all was seen does not show that it holds', () => {
  const found = randomWalks(ring, scope, { ...few, properties: [neverAt(4)] });
  expect(found).toMatchObject({ verdict: 'inconclusive', distinct: 4, walks: 10, depth: 3 });
  expect(found.tallies.get('never-at-4')?.evaluations).toBe(4);
});

test('a trace has as many calls as a walk has steps, at most', () => {
  const properties = [neverAt(3)];
  expect(randomWalks(ring, scope, { ...few, properties, length: 2 }).verdict).toBe('inconclusive');
  const found = randomWalks(ring, scope, { ...few, properties, length: 3 });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(places(found.trace)).toEqual([1, 2, 3]);
  expect(randomWalks(ring, scope, { ...few, length: 0 })).toMatchObject({ generated: 0 });
});

test('steps beside the walk are asked too', () => {
  const everywhere = graph({ 0: [1, 2, 3, 4, 5, 6, 7, 8, 9] });
  const found = randomWalks(everywhere, scope, { seed: 1, walks: 1, length: 1 });
  expect(found).toMatchObject({ distinct: 10, generated: 9, levels: [1, 9] });
});

test('a command that seldom leads to new states is preferred to one that does', () => {
  // 'touch' always has many calls; a walk by calls alone seldom does anything else.
  const { commands } = randomWalks(sharedPages, medium, { seed: 1, walks: 20, length: 40 });
  for (const { fresh } of commands.values()) expect(fresh).toBeGreaterThan(0);
});

test('goals and steps are asked as in other searches', () => {
  const home = sometimes({ id: 'home', name: 'home', reached: ({ after }) => after.at === 0 });
  const { witnesses } = randomWalks(ring, scope, { ...few, properties: [home] });
  expect(places(witnesses.get('home') ?? [])).toEqual([1, 0]);
  const found = randomWalks(ring, scope, { ...few, goal: ({ at }) => at === 2 });
  if (found.verdict !== 'reached') throw new Error(found.verdict);
  expect(places(found.trace).at(-1)).toBe(2);
  const forward = transition({
    id: 'forward',
    name: 'nobody turns back',
    violation: ({ before, after }) => (after.at < before.at ? `back to ${after.at}` : null),
  });
  expect(randomWalks(ring, scope, { ...few, properties: [forward] })).toMatchObject({
    verdict: 'violated',
    violations: [{ property: 'forward', message: 'back to 0' }],
  });
});

test('a walk ends in a state without steps, which is a deadlock when asked for', () => {
  const line = graph({ 0: [1], 1: [2] });
  const found = randomWalks(line, scope, few);
  expect(found).toMatchObject({ verdict: 'inconclusive', distinct: 3, generated: 20, walks: 10 });
  const stuck = randomWalks(line, scope, { ...few, deadlocks: true });
  if (stuck.verdict !== 'violated') throw new Error(stuck.verdict);
  expect([places(stuck.trace), stuck.walks]).toEqual([[1, 2], 1]);
});

test('the initial state is asked before any walk', () => {
  const found = randomWalks(ring, scope, { ...few, properties: [neverAt(0)] });
  expect(found).toMatchObject({ verdict: 'violated', trace: [], walks: 0 });
});

test('a rule that throws is told with the trace', () => {
  const broken = dropGuard(sharedPages, 'inflate', 'balloon-full');
  try {
    randomWalks(broken, small, few);
    throw new Error('nothing was thrown');
  } catch (error) {
    if (!(error instanceof RuleThrew)) throw error;
    expect(error.message).toContain('balloon = 2 is outside 0..1');
    expect(error.trace.filter(({ kind }) => kind === 'inflate').length).toBeGreaterThan(1);
  }
});

test('walks end at as many states as may be kept, and when told', () => {
  const found = randomWalks(sharedPages, medium, { ...few, maxStates: 50 });
  expect(found.distinct).toBeGreaterThan(50);
  expect(found).toMatchObject({ verdict: 'inconclusive' });
  expect(found.distinct).toBeLessThan(100);
  const search = randomWalksInPieces(sharedPages, medium, few);
  expect(search.next()).toMatchObject({ done: false, value: { depth: 7 } });
  expect(search.next(true)).toMatchObject({ done: true, value: { walks: 1 } });
});
