import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breadthFirst, depthFirst, depthFirstInPieces, RuleThrew } from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { changeCommand, dropGuard, inPlace } from '../../machine/index.ts';
import { randomMachines } from '../machine/random-machine.ts';
import { graph, neverAt, places, scope, sometimes, transition, within } from './graph.ts';

const { small } = sharedPages.scopes;

test('without a bound every state is expanded once', () => {
  const found = depthFirst(sharedPages, small, { properties: sharedPagesProperties });
  expect(found).toMatchObject({ verdict: 'holds', distinct: 5307, generated: 53_560 });
  for (const tally of found.tallies.values()) {
    expect(tally).toEqual({ evaluations: 5307, couldFail: 5307, skipped: 0, violations: 0 });
  }
  const { commands } = breadthFirst(sharedPages, small);
  const taken = (counts: typeof commands) => [...counts].map(([kind, each]) => [kind, each.taken]);
  expect(taken(found.commands)).toEqual(taken(commands));
});

test.each([
  { maxDepth: 4, verdict: 'inconclusive' },
  { maxDepth: 7, verdict: 'inconclusive' },
  { maxDepth: 8, verdict: 'holds' },
])('under a bound of $maxDepth it finds what breadth-first finds', ({ maxDepth, verdict }) => {
  const { levels, distinct } = breadthFirst(sharedPages, small, { maxDepth });
  expect(depthFirst(sharedPages, small, { maxDepth })).toMatchObject({ verdict, levels, distinct });
});

test('a state that is met again by fewer steps is expanded again', () => {
  // 4 is found by way of 2 and 3, where the bound cuts, and then by way of 1, where 5 is in reach.
  const machine = graph({ 0: [1, 2], 2: [3], 3: [4], 1: [4], 4: [5] });
  const options = { properties: [neverAt(5)], maxDepth: 3 };
  const found = depthFirst(machine, scope, options);
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(places(found.trace)).toEqual([1, 4, 5]);
  // The other way round it is the way by 2 that is short.
  const mirrored = graph({ 0: [1, 2], 1: [3], 3: [4], 2: [4], 4: [5] });
  expect(depthFirst(mirrored, scope, options)).toMatchObject({ verdict: 'violated', depth: 3 });
});

test('what is shortened makes what comes after it shorter too', () => {
  // By way of 2 and 3 all of 4 to 6 are found within the bound, one step further than need be.
  const machine = graph({ 0: [1, 2], 2: [3], 3: [4], 1: [4], 4: [5], 5: [6], 6: [7] });
  const found = depthFirst(machine, scope, { maxDepth: 5 });
  // 4, 5 and 6 are each expanded anew: the last of them at a bound that it met before.
  expect(found).toMatchObject({
    verdict: 'inconclusive',
    distinct: 8,
    generated: 10,
    levels: [1, 2, 2, 1, 1, 1],
  });
});

test('on random machines it agrees with breadth-first', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(randomMachines, ({ machine, scope }) => {
      const limits = { maxDepth: 4, maxStates: 2000 };
      const all = breadthFirst(machine, scope, limits);
      fc.pre(all.distinct <= 2000);
      const { verdict, levels, generated } = depthFirst(machine, scope, limits);
      expect({ verdict, levels }).toEqual({ verdict: all.verdict, levels: all.levels });
      expect(generated).toBeGreaterThanOrEqual(all.generated);
      if (all.verdict !== 'holds') return;
      const unbounded = depthFirst(machine, scope);
      expect(unbounded).toMatchObject({
        verdict: 'holds',
        distinct: all.distinct,
        generated: all.generated,
      });
    }),
    { numRuns: 12 },
  );
});

test('a fault is found, with a trace that replays', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  for (const bound of [{}, { maxDepth: 6 }]) {
    const found = depthFirst(faulted, small, { properties: sharedPagesProperties, ...bound });
    if (found.verdict !== 'violated') throw new Error(found.verdict);
    const host = inPlace(faulted, small);
    const state = host.initial();
    for (const call of found.trace) expect(host.step(state, call).ok).toBe(true);
    const wrong = sharedPagesProperties.filter((p) => p.violation(state, small.sizes) !== null);
    expect(found.violations.map(({ property }) => property)).toEqual(wrong.map(({ id }) => id));
  }
});

test('a rule that throws is told with the trace', () => {
  const faulted = dropGuard(sharedPages, 'inflate', 'balloon-full');
  try {
    depthFirst(faulted, small, { commands: ['inflate'], maxDepth: 3 });
    throw new Error('nothing was thrown');
  } catch (error) {
    if (!(error instanceof RuleThrew)) throw error;
    expect(error.message).toContain('balloon = 2 is outside 0..1');
    expect(error.trace.at(-1)?.kind).toBe('inflate');
    expect(error.counts.distinct).toBeGreaterThan(1);
  }
});

test('a property that throws on the initial state is told with no calls', () => {
  const fragile = {
    ...neverAt(0),
    violation: () => {
      throw new Error('oops');
    },
  };
  try {
    depthFirst(graph({}), scope, { properties: [fragile] });
    throw new Error('nothing was thrown');
  } catch (error) {
    expect(error).toBeInstanceOf(RuleThrew);
    expect(error).toMatchObject({ message: 'oops', trace: [] });
  }
});

const ring = graph({ 0: [1], 1: [2, 0], 2: [3], 3: [0] });

test('the initial state is asked, and may be the goal', () => {
  expect(depthFirst(ring, scope, { properties: [neverAt(0)] })).toMatchObject({
    verdict: 'violated',
    trace: [],
  });
  expect(depthFirst(ring, scope, { goal: ({ at }) => at === 0 })).toMatchObject({
    verdict: 'reached',
    trace: [],
    distinct: 1,
  });
});

test('a goal is reached, or not at all', () => {
  const found = depthFirst(ring, scope, { goal: ({ at }) => at === 3 });
  if (found.verdict !== 'reached') throw new Error(found.verdict);
  expect(places(found.trace)).toEqual([1, 2, 3]);
  expect(depthFirst(ring, scope, { goal: ({ at }) => at === 4 }).verdict).toBe('holds');
});

test('steps are asked, those to known states included', () => {
  const forward = transition({
    id: 'forward',
    name: 'nobody turns back from 3',
    when: ({ before }) => before.at === 3,
    violation: ({ before, after }) => (after.at < before.at ? `back to ${after.at}` : null),
  });
  const found = depthFirst(ring, scope, { properties: [forward] });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(places(found.trace)).toEqual([1, 2, 3, 0]);
  expect(found.violations).toMatchObject([{ property: 'forward', message: 'back to 0' }]);
  const home = sometimes({
    id: 'home',
    name: 'home again',
    reached: ({ after }) => after.at === 0,
  });
  const { witnesses } = depthFirst(ring, scope, { properties: [home] });
  const [[id, trace] = []] = [...witnesses];
  expect(id).toBe('home');
  expect(places(trace ?? []).at(-1)).toBe(0);
});

test.each([1, 2, 3])('a promise to be kept in %d steps is followed along every run', (bound) => {
  const back = within({
    id: 'back',
    name: 'who left comes back soon',
    instances: () => 1,
    starts: ({ at }) => at > 0,
    bound: () => bound,
    counts: () => true,
    assuming: () => true,
    done: ({ at }) => at === 0,
  });
  const { verdict, distinct } = breadthFirst(ring, scope, { properties: [back] });
  expect(verdict).toBe(bound < 2 ? 'violated' : 'holds');
  const found = depthFirst(ring, scope, { properties: [back] });
  expect(found.verdict).toBe(verdict);
  if (verdict === 'holds') expect(found.distinct).toBe(distinct);
});

test('a deadlock is found when asked for', () => {
  const stuck = graph({ 0: [1, 2], 1: [0], 2: [3] });
  expect(depthFirst(stuck, scope).verdict).toBe('holds');
  const found = depthFirst(stuck, scope, { deadlocks: true });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(places(found.trace)).toEqual([2, 3]);
  expect(found.violations).toMatchObject([{ property: 'deadlock' }]);
  const none = depthFirst(ring, scope, { deadlocks: true, calls: () => false });
  expect(none).toMatchObject({ verdict: 'violated', trace: [], distinct: 1 });
});

test('only the calls that may happen do', () => {
  const found = depthFirst(ring, scope, { calls: ({ args }) => args.to !== 3 });
  expect(found).toMatchObject({ verdict: 'holds', distinct: 3, generated: 3 });
  expect(depthFirst(ring, scope, { commands: [] })).toMatchObject({ distinct: 1, generated: 0 });
});

test('a search with too many states is inconclusive', () => {
  expect(depthFirst(ring, scope, { maxStates: 2 })).toMatchObject({
    verdict: 'inconclusive',
    distinct: 3,
  });
  expect(depthFirst(ring, scope, { maxStates: 4 }).verdict).toBe('holds');
  expect(depthFirst(ring, scope, { maxDepth: 0 })).toMatchObject({
    verdict: 'inconclusive',
    levels: [1],
  });
});

test('a search in pieces tells how far it is and stops when told', () => {
  const search = depthFirstInPieces(sharedPages, small);
  const first = search.next();
  expect(first.value).toMatchObject({ depth: 7 });
  const { done, value } = search.next(true);
  expect([done, value]).toMatchObject([true, { verdict: 'inconclusive' }]);
});
