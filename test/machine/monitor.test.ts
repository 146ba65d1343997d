import { expect, test } from 'vitest';
import {
  array,
  asPromised,
  bool,
  type Infer,
  index,
  int,
  type Machine,
  monitor,
  type Property,
  propertiesOf,
  record,
  type Tally,
  table,
} from '../../machine/index.ts';

const task = index('task');
const shape = record({ tasks: array(task, record({ wants: bool, bound: int(3) })), up: bool });
interface State extends Infer<typeof shape> {}
interface M {
  readonly state: State;
  readonly sizes: { readonly task: number };
  readonly operations: Readonly<Record<string, never>>;
  readonly event: { readonly type: 'told'; readonly n: number };
}
const { invariant, transition, conjecture, within, sometimes, twoRun, eventually, leadsTo } =
  propertiesOf<M>();
const scope = { name: 'test', purpose: 'A test.', sizes: { task: 2 } };

type Change = (state: State) => unknown;
/** A command that does what its argument says. */
const command: Machine['commands'][string] = {
  actor: 'host',
  summary: 'A test.',
  args: {},
  requires: [],
  effect: (state: State, { change }: { readonly change: Change }) => change(state),
};
const machine: Machine<State> = {
  name: 'test',
  version: 1,
  shape,
  commands: { work: command, rest: command },
  operations: {},
  initial: (sizes: M['sizes']) => ({
    tasks: table(sizes, task, () => ({ wants: false, bound: 2 })),
    up: true,
  }),
  scopes: {},
};
const start = (): State => machine.initial(scope.sizes as never);

function watch(...properties: readonly Property<M>[]) {
  const watched = monitor(machine, scope, properties);
  const state = start();
  watched.start(state);
  return {
    watched,
    state,
    /** Messages after a command that changed the state. */
    run: (change: Change, kind = 'work', events: { type: string }[] = []): string[] => {
      change(state);
      return watched.after({ kind, args: { change } }, events).map((each) => each.message);
    },
    tally: (id: string): Tally | undefined => watched.tallies.get(id),
  };
}
const nothing: Change = () => undefined;

test('an invariant is asked of the first state and after every command', () => {
  const up = invariant({
    id: 'up',
    name: 'it is up',
    when: (s) => s.tasks.at(0).wants,
    violation: (s, size) => (s.up ? null : `down with ${size.task} tasks`),
  });
  const { watched, state, run, tally } = watch(up);
  expect(tally('up')).toEqual({ evaluations: 1, couldFail: 0, skipped: 0, violations: 0 });
  state.up = false;
  expect(watched.start(state)).toEqual([]);
  expect(run(nothing)).toEqual([]);
  state.tasks.at(0).wants = true;
  expect(watched.start(state)).toEqual([
    { property: 'up', name: 'it is up', message: 'down with 2 tasks' },
  ]);
  expect(run(nothing)).toEqual(['down with 2 tasks']);
  expect(run((s) => (s.up = true))).toEqual([]);
  expect(tally('up')).toEqual({ evaluations: 6, couldFail: 3, skipped: 0, violations: 2 });
});

test('a transition property sees both states, the call and the events', () => {
  const seen: unknown[] = [];
  const only = transition({
    id: 'only',
    name: 'only work changes',
    commands: ['rest'],
    when: ({ before }) => before.up,
    violation: ({ before, after, call, events, size }) => {
      seen.push(before.tasks.at(0).bound, after.tasks.at(0).bound, call.kind, [...events], size);
      return before.tasks.at(0).bound === after.tasks.at(0).bound ? null : 'rest changed it';
    },
  });
  const every = transition({ id: 'every', name: 'nothing is wrong', violation: () => null });
  const { run, tally } = watch(only, every);
  expect(run((s) => (s.tasks.at(0).bound = 1))).toEqual([]);
  const event = { type: 'told', n: 1 };
  expect(run((s) => (s.tasks.at(0).bound = 3), 'rest', [event])).toEqual(['rest changed it']);
  expect(seen).toEqual([1, 3, 'rest', [event], scope.sizes]);
  run((s) => (s.up = false), 'rest');
  run(nothing, 'rest');
  expect(tally('only')).toEqual({ evaluations: 3, couldFail: 2, skipped: 1, violations: 1 });
  expect(tally('every')).toEqual({ evaluations: 4, couldFail: 4, skipped: 0, violations: 0 });
});

test('a conjecture is counted until it breaks, and violates nothing', () => {
  const believed = conjecture({
    id: 'believed',
    name: 'nothing is bound to 0',
    commands: ['work'],
    reads: { parts: 1, changed: ({ before, after }) => (before.up === after.up ? 1 : 0) },
    when: ({ before }) => before.up,
    violation: ({ after }) => (after.tasks.at(0).bound > 0 ? null : 'task 0 is'),
  });
  const { run, tally } = watch(believed);
  expect(run(nothing)).toEqual([]);
  expect(run(nothing, 'rest')).toEqual([]);
  // It reads nothing of what changes, and then its premise is false.
  expect(run((s) => (s.up = false))).toEqual([]);
  expect(run(nothing)).toEqual([]);
  expect(run((s) => (s.up = true))).toEqual([]);
  expect(tally('believed')).toEqual({ evaluations: 2, couldFail: 1, skipped: 3, violations: 0 });
  expect(run((s) => (s.tasks.at(0).bound = 0))).toEqual([]);
  expect(run(nothing)).toEqual([]);
  expect(tally('believed')).toEqual({ evaluations: 3, couldFail: 2, skipped: 4, violations: 1 });
  const promised = watch(asPromised(believed));
  expect(promised.run((s) => (s.tasks.at(0).bound = 0))).toEqual(['task 0 is']);
});

const served = within({
  id: 'served',
  name: 'a task that wants is served',
  instances: (size) => size.task,
  starts: (s, i) => s.tasks.at(i).wants,
  bound: (s, i) => s.tasks.at(i).bound,
  counts: ({ call }) => call.kind === 'work',
  assuming: ({ after }) => after.up,
  done: (s, i) => !s.tasks.at(i).wants,
});
const late = (i: number): string => `the promise for instance ${i} was not kept in its bound`;

test('a promise is broken by the first counted command beyond its bound', () => {
  const { run, tally } = watch(served);
  // The command that starts a promise does not count against it.
  expect(run((s) => (s.tasks.at(1).wants = true))).toEqual([]);
  expect(run(nothing)).toEqual([]);
  expect(run(nothing, 'rest')).toEqual([]);
  expect(run(nothing)).toEqual([]);
  expect(run(nothing, 'rest')).toEqual([]);
  expect(run(nothing)).toEqual([late(1)]);
  expect(tally('served')).toEqual({ evaluations: 6, couldFail: 2, skipped: 0, violations: 1 });
  // It was opened again by the state that broke it, and its bound counts from there.
  expect([run(nothing), run(nothing), run(nothing)]).toEqual([[], [], [late(1)]]);
});

test('a promise is kept by the last command of its bound', () => {
  const { run, tally } = watch(served);
  run((s) => (s.tasks.at(0).wants = true));
  run(nothing);
  run(nothing);
  expect(run((s) => (s.tasks.at(0).wants = false))).toEqual([]);
  for (let i = 0; i < 5; i++) expect(run(nothing)).toEqual([]);
  expect(tally('served')?.couldFail).toBe(1);
});

test('a promise is void when what it assumes breaks', () => {
  const { run, tally } = watch(served);
  run((s) => (s.tasks.at(0).wants = true));
  expect(run((s) => (s.up = false))).toEqual([]);
  // As long as that lasts it is opened and void again.
  for (let i = 0; i < 4; i++) expect(run(nothing)).toEqual([]);
  run((s) => (s.up = true), 'rest');
  expect([run(nothing), run(nothing), run(nothing)]).toEqual([[], [], [late(0)]]);
  expect(tally('served')?.violations).toBe(1);
});

test('promises of different instances run beside each other', () => {
  const { run } = watch(served);
  run((s) => {
    s.tasks.at(0).wants = true;
    s.tasks.at(0).bound = 0;
    s.tasks.at(1).wants = true;
    s.tasks.at(1).bound = 1;
  });
  expect(run(nothing)).toEqual([late(0)]);
  expect(run(nothing)).toEqual([late(0), late(1)]);
});

test('a bound is read in the state that starts the promise', () => {
  const { run } = watch(served);
  run((s) => {
    s.tasks.at(0).wants = true;
    s.tasks.at(0).bound = 1;
  });
  run((s) => (s.tasks.at(0).bound = 3), 'rest');
  expect([run(nothing), run(nothing)]).toEqual([[], [late(0)]]);
});

test('what is done already promises nothing, and a start forgets what was open', () => {
  const always = { ...served, id: 'always', starts: () => true };
  const { watched, state, run, tally } = watch(always);
  expect(tally('always')?.couldFail).toBe(0);
  state.tasks.at(0).wants = true;
  watched.start(state);
  expect(tally('always')?.couldFail).toBe(1);
  expect([run(nothing), run(nothing)]).toEqual([[], []]);
  watched.start(state);
  expect([run(nothing), run(nothing), run(nothing)]).toEqual([[], [], [late(0)]]);
});

test.each([-1, 0.5, 65_534, Number.NaN])('a bound of %d is an error', (bound) => {
  const wrong = { ...served, starts: () => true, done: () => false, bound: () => bound };
  expect(() => watch(wrong)).toThrow(`property 'served' has the bound ${bound}, not 0..65533`);
});

test('a goal is asked until it was reached once', () => {
  const down = sometimes({ id: 'down', name: 'it goes down', reached: ({ after }) => !after.up });
  const { run, tally } = watch(down);
  run(nothing);
  expect(tally('down')).toEqual({ evaluations: 1, couldFail: 0, skipped: 0, violations: 0 });
  run((s) => (s.up = false));
  run(nothing);
  run(nothing);
  expect(tally('down')).toEqual({ evaluations: 2, couldFail: 1, skipped: 0, violations: 0 });
});

test('a property of two runs is not asked of one, and ids are unique', () => {
  const secret = twoRun({
    id: 'secret',
    name: 'nothing shows',
    scopes: ['test'],
    vary: (call) => call,
    observe: () => undefined,
  });
  const { run, tally } = watch(secret);
  expect(run(nothing)).toEqual([]);
  expect(tally('secret')).toEqual({ evaluations: 0, couldFail: 0, skipped: 0, violations: 0 });
  expect(() => watch(secret, secret)).toThrow("two properties have the id 'secret'");
});

test('what only whole runs can violate is never asked, and its count says so', () => {
  const fairness = [{ commands: ['work'], strength: 'weak' }] as const;
  const { watched, run } = watch(
    eventually({ id: 'down', name: 'it goes down', holds: ({ up }) => !up, fairness }),
    leadsTo({ id: 'up', name: 'it comes up', starts: () => true, done: () => false, fairness }),
  );
  expect(run(() => undefined)).toEqual([]);
  const nothing = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };
  expect([...watched.tallies.values()]).toEqual([nothing, nothing]);
});

test('what no command of the scope concerns is not asked, and counts as skipped', () => {
  const properties = [
    invariant({ id: 'i', name: 'i', commands: ['rest'], violation: () => 'never' }),
    transition({ id: 't', name: 't', commands: ['rest'], violation: () => 'never' }),
    sometimes({ id: 'g', name: 'g', commands: ['rest'], reached: () => true }),
  ];
  const judged = (commands: readonly string[]) => {
    const watched = monitor(machine, { ...scope, commands }, properties);
    watched.start(start());
    const kind = commands[0] as string;
    return { found: watched.after({ kind, args: { change: nothing } }, []), watched };
  };
  expect(judged(['rest']).found.map(({ property }) => property)).toEqual(['t', 'i']);
  const { found, watched } = judged(['work']);
  expect(found).toEqual([]);
  const skipped = (count: number) => ({
    evaluations: 0,
    couldFail: 0,
    skipped: count,
    violations: 0,
  });
  expect(watched.tallies.get('i')).toEqual(skipped(2));
  expect(watched.tallies.get('t')).toEqual(skipped(1));
  expect(watched.tallies.get('g')).toEqual(skipped(0));
});
