import { expect, test } from 'vitest';
import { breadthFirst, breadthFirstInPieces, RuleThrew } from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import {
  changeCommand,
  dropGuard,
  history,
  type Infer,
  inPlace,
  int,
  type Machine,
  OutOfBounds,
  propertiesOf,
  record,
  type Scope,
} from '../../machine/index.ts';

const { small, medium } = sharedPages.scopes;

test('the small reference scope has the counts that other checkers report', () => {
  const found = breadthFirst(sharedPages, small, { properties: sharedPagesProperties });
  expect(found).toMatchObject({ verdict: 'holds', distinct: 5307, generated: 53_560, depth: 7 });
  for (const tally of found.tallies.values()) {
    expect(tally).toEqual({ evaluations: 5307, couldFail: 5307, skipped: 0, violations: 0 });
  }
});

test('three guests differ from two: the medium reference scope, to depth 4', () => {
  // All of it is 232,905 states and 2,835,384 steps.
  const { verdict, distinct, generated } = breadthFirst(sharedPages, medium, { maxDepth: 4 });
  expect({ verdict, distinct, generated }).toEqual({
    verdict: 'inconclusive',
    distinct: 14_781,
    generated: 69_096,
  });
});

test('a fault is found with a shortest trace that replays', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  const found = breadthFirst(faulted, small, { properties: sharedPagesProperties });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  // Two pages of equal content, one frame for both, and one of them swapped out.
  expect(found.trace.map(({ kind }) => kind)).toEqual(['touch', 'touch', 'dedup', 'swapOut']);
  expect(found.depth).toBe(4);
  const host = inPlace(faulted, small);
  const state = host.initial();
  for (const call of found.trace) expect(host.step(state, call).ok).toBe(true);
  const wrong = sharedPagesProperties.filter((p) => p.violation(state, small.sizes) !== null);
  expect(found.violations.map(({ property }) => property)).toEqual(wrong.map(({ id }) => id));
  expect(found.violations[0]?.message).toBe(
    `frame ${found.trace[2]?.args.kept} counts 0 references but 1 pages map it`,
  );
  // All states found from the same one are asked.
  expect(found.tallies.get('references')?.violations).toBe(2);
});

test('a bound that a command exceeds is an error with the trace', () => {
  const faulted = dropGuard(sharedPages, 'inflate', 'balloon-full');
  const search = (): unknown => breadthFirst(faulted, small);
  expect(search).toThrow('inflate: guests[0].balloon = 2 is outside 0..1');
  try {
    search();
  } catch (error) {
    if (!(error instanceof RuleThrew)) throw error;
    expect(error.cause).toBeInstanceOf(OutOfBounds);
    expect(error.trace.map(({ kind }) => kind)).toEqual(['inflate', 'inflate']);
    expect(error.counts.levels.slice(0, 2)).toEqual([1, 28]);
  }
});

test('a property that throws is told with the trace too, also on the initial state', () => {
  const fragile = (n: number) =>
    invariant({
      id: 'fragile',
      name: 'a test',
      violation(state) {
        if (state.n === n) throw new Error('oops');
        return null;
      },
    });
  const thrownAt = (n: number): RuleThrew => {
    try {
      breadthFirst(counter, scope, { properties: [fragile(n)] });
    } catch (error) {
      if (error instanceof RuleThrew) return error;
    }
    throw new Error('nothing was thrown');
  };
  expect(thrownAt(3)).toMatchObject({ message: 'oops', trace: [add(1), add(2)] });
  expect(thrownAt(0)).toMatchObject({ message: 'oops', trace: [] });
});

test('a search in pieces tells how far it is and stops when told', () => {
  const whole = breadthFirstInPieces(sharedPages, small);
  const pieces = [];
  let next = whole.next();
  for (; !next.done; next = whole.next()) pieces.push(next.value);
  expect(next.value).toMatchObject({ verdict: 'holds', distinct: 5307, generated: 53_560 });
  expect(pieces.length).toBeGreaterThan(50);
  expect(pieces.at(-1)?.depth).toBe(7);

  const cut = breadthFirstInPieces(sharedPages, small);
  let piece = cut.next();
  while (!piece.done && piece.value.distinct < 1000) piece = cut.next();
  // What was begun is counted to its end, without a further look.
  expect(cut.next(true)).toMatchObject({ done: true, value: { verdict: 'inconclusive' } });
});

test('a goal that is reached comes with a shortest trace', () => {
  const reaching = (n: number) =>
    sometimes({ id: `n${n}`, name: 'a test', reached: ({ after }) => after.n === n });
  const { witnesses } = breadthFirst(counter, scope, { properties: [reaching(5), reaching(6)] });
  expect([...witnesses]).toEqual([['n5', [add(1), add(2), add(2)]]]);
});

test('a conjecture that breaks comes with a shortest trace, and the search goes on', () => {
  const below = (n: number) =>
    conjecture({
      id: `below-${n}`,
      name: 'a test',
      violation: ({ after }) => (after.n < n ? null : `${after.n} is not`),
    });
  const found = breadthFirst(counter, scope, { properties: [below(4), below(6)] });
  expect(found).toMatchObject({ verdict: 'holds', distinct: 6 });
  expect([...found.witnesses]).toEqual([['below-4', [add(2), add(2)]]]);
  const counts = [...found.tallies].map(([id, { couldFail, violations }]) => [
    id,
    couldFail,
    violations,
  ]);
  // Three steps from 0, three from 1, and those from 2 to 3 and 4: then it is not asked again.
  expect(counts).toEqual([
    ['below-4', 8, 1],
    ['below-6', found.generated, 0],
  ]);
});

const Counter = record({ n: int(5), total: history(int(1000)) });
interface Count extends Infer<typeof Counter> {}
interface M {
  readonly state: Count;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const { invariant, conjecture, sometimes, transition, within } = propertiesOf<M>();
const scope: Scope = { name: 'five', purpose: 'A test.', sizes: {} };
const counter: Machine<Count> = {
  name: 'counter',
  version: 1,
  shape: Counter,
  commands: {
    add: {
      actor: 'host',
      summary: 'Adds one or two.',
      args: { by: int(2, 1) },
      requires: [['over', ['by'], (s: Count, a: { by: number }) => s.n + a.by > 5]],
      effect: (d: Count, a: { by: number }) => {
        d.n += a.by;
        d.total++;
      },
    },
    clear: {
      actor: 'host',
      summary: 'Begins again.',
      args: {},
      requires: [],
      effect: (d: Count) => {
        d.n = 0;
        d.total++;
      },
    },
  },
  operations: {},
  initial: () => ({ n: 0, total: 0 }),
  scopes: { five: scope },
};
const add = (by: number) => ({ kind: 'add', args: { by } });
const counts = { distinct: 6, generated: 15, depth: 3 };

test('a complete search counts states, steps and depth; history makes no states', () => {
  expect(breadthFirst(counter, scope)).toMatchObject({
    ...counts,
    verdict: 'holds',
    tallies: new Map(),
  });
});

test('limits make a search inconclusive', () => {
  expect(breadthFirst(counter, scope, { maxDepth: 2 })).toMatchObject({
    verdict: 'inconclusive',
    distinct: 5,
    depth: 2,
  });
  expect(breadthFirst(counter, scope, { maxDepth: 4 })).toMatchObject({
    ...counts,
    verdict: 'holds',
  });
  expect(breadthFirst(counter, scope, { maxStates: 4 })).toMatchObject({
    verdict: 'inconclusive',
    distinct: 5,
  });
  expect(breadthFirst(counter, scope, { maxStates: 6 })).toMatchObject({
    ...counts,
    verdict: 'holds',
  });
});

test('commands and calls can be left out', () => {
  expect(breadthFirst(counter, scope, { commands: ['add'] })).toMatchObject({
    verdict: 'holds',
    distinct: 6,
    generated: 9,
  });
  const twos = breadthFirst(counter, scope, { calls: ({ args }) => args.by !== 1 });
  expect(twos).toMatchObject({ verdict: 'holds', distinct: 3, depth: 2 });
  const goal = breadthFirst(counter, scope, {
    calls: ({ args }) => args.by !== 1,
    goal: ({ n }) => n === 4,
  });
  expect(goal).toMatchObject({ verdict: 'reached', trace: [add(2), add(2)] });
});

test('a goal is reached by a shortest trace, or not at all', () => {
  expect(breadthFirst(counter, scope, { goal: ({ n }) => n === 5 })).toMatchObject({
    verdict: 'reached',
    trace: [add(1), add(2), add(2)],
  });
  expect(breadthFirst(counter, scope, { goal: () => true })).toMatchObject({
    verdict: 'reached',
    trace: [],
  });
  expect(breadthFirst(counter, scope, { goal: ({ n }) => n > 5 }).verdict).toBe('holds');
});

test('the initial state is asked too', () => {
  const some = invariant({
    id: 'some',
    name: 'n is not 0',
    violation: ({ n }) => (n ? null : 'zero'),
  });
  expect(breadthFirst(counter, scope, { properties: [some] })).toMatchObject({
    verdict: 'violated',
    trace: [],
    violations: [{ property: 'some', name: 'n is not 0', message: 'zero' }],
  });
});

test('a transition property is asked of every step, those to known states included', () => {
  const small = transition({
    id: 'small',
    name: 'no step loses four',
    commands: ['clear'],
    when: ({ before }) => before.n > 0,
    violation: ({ before, after }) => (before.n - after.n < 4 ? null : `lost ${before.n}`),
  });
  const found = breadthFirst(counter, scope, { properties: [small] });
  expect(found).toMatchObject({
    verdict: 'violated',
    trace: [add(2), add(2), { kind: 'clear', args: {} }],
    violations: [{ property: 'small', message: 'lost 4' }],
  });
  const never = transition({ id: 'never', name: 'nothing is wrong', violation: () => null });
  const goal = sometimes({ id: 'five', name: 'n is five', reached: ({ after }) => after.n === 5 });
  const { tallies } = breadthFirst(counter, scope, { properties: [never, goal] });
  expect(tallies.get('never')).toMatchObject({ evaluations: 15, couldFail: 15 });
  expect(tallies.get('five')).toMatchObject({ couldFail: 1 });
});

test('a transition property sees what a step adds to history', () => {
  const counted = transition({
    id: 'counted',
    name: 'every step counts itself',
    violation: ({ before, after }) => {
      const more = after.total - before.total;
      return more === 1 ? null : `${more} more`;
    },
  });
  expect(breadthFirst(counter, scope, { properties: [counted] })).toMatchObject({
    ...counts,
    verdict: 'holds',
  });
  const uncounted = changeCommand(counter, 'clear', (command) => ({
    ...command,
    effect: (d: Count) => {
      d.n = 0;
    },
  }));
  expect(breadthFirst(uncounted, scope, { properties: [counted] })).toMatchObject({
    verdict: 'violated',
    trace: [{ kind: 'clear', args: {} }],
    violations: [{ message: '0 more' }],
  });
});

const cleared = (bound: number) =>
  within({
    id: 'cleared',
    name: 'a count is cleared soon',
    instances: () => 1,
    starts: ({ n }) => n > 0,
    bound: () => bound,
    counts: () => true,
    assuming: () => true,
    done: ({ n }) => n === 0,
  });

test('a promise is followed along every run', () => {
  // Five steps of one can follow the first; every run clears before a sixth.
  const kept = breadthFirst(counter, scope, { properties: [cleared(4)] });
  expect(kept.verdict).toBe('holds');
  // States with the same count but another promise are different: 1; 2 by two ways, and so on.
  expect(kept.distinct).toBe(12);
  const broken = breadthFirst(counter, scope, { properties: [cleared(3)] });
  expect(broken).toMatchObject({
    verdict: 'violated',
    trace: [add(1), add(1), add(1), add(1), add(1)],
    violations: [
      { property: 'cleared', message: 'the promise for instance 0 was not kept in its bound' },
    ],
  });
});

test('a promise of the initial state is open from there', () => {
  const soon = within({
    ...cleared(1),
    starts: () => true,
    done: ({ n }) => n === 5,
  });
  expect(breadthFirst(counter, scope, { properties: [soon] })).toMatchObject({
    verdict: 'violated',
    trace: [add(1), add(1)],
  });
});

test('a deadlock is found with a shortest trace, when asked for', () => {
  const stuck = { ...counter, commands: { add: counter.commands.add } } as typeof counter;
  expect(breadthFirst(stuck, scope).verdict).toBe('holds');
  expect(breadthFirst(stuck, scope, { deadlocks: true })).toMatchObject({
    verdict: 'violated',
    trace: [add(1), add(2), add(2)],
    violations: [{ property: 'deadlock', message: 'no call may happen' }],
  });
  expect(breadthFirst(counter, scope, { deadlocks: true }).verdict).toBe('holds');
  // Calls that may not happen are no way out; the initial state can be a deadlock too.
  const none = breadthFirst(counter, scope, { deadlocks: true, calls: () => false });
  expect(none).toMatchObject({ verdict: 'violated', trace: [], distinct: 1 });
});
