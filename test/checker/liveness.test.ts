import { expect, test } from 'vitest';
import { breadthFirst, liveness, RuleThrew, Unsound } from '../../checker/index.ts';
import { replayLasso } from '../../checker/liveness/lasso.ts';
import { type SharedPages, sharedPages } from '../../examples/index.ts';
import {
  type AnyCommand,
  array,
  bool,
  type Call,
  enumOf,
  type Fairness,
  type Infer,
  index,
  int,
  type Liveness,
  type Machine,
  propertiesOf,
  type RecordShape,
  record,
  ref,
  type Scope,
  table,
  type View,
} from '../../machine/index.ts';

interface ModelOf<S> {
  readonly state: S;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const scope: Scope = { name: 'test', purpose: 'A test.', sizes: { task: 2, fork: 3 } };

type Rule<S, A> = readonly [
  may: (state: View<S>, args: A) => boolean,
  effect: (state: S, args: A) => void,
];

/** A machine whose commands have one reason to be refused. */
function machineOf<S>(
  shape: RecordShape<S>,
  initial: () => S,
  rules: Readonly<
    Record<string, Rule<S, never> | readonly [...Rule<S, never>, AnyCommand['args']]>
  >,
): Machine<S> {
  const commands = Object.entries(rules).map(([kind, [may, effect, args = {}]]) => {
    const command: AnyCommand = {
      actor: 'host',
      summary: 'A test.',
      args,
      requires: [['no', Object.keys(args), (s: never, a: never) => !may(s, a)]],
      effect,
    };
    return [kind, command] as const;
  });
  return {
    name: 'test',
    version: 1,
    shape,
    commands: Object.fromEntries(commands),
    operations: {},
    initial,
    scopes: { test: scope },
  };
}
const call = (kind: string, args: Call['args'] = {}): Call => ({ kind, args });
const calls = (...kinds: readonly string[]): Call[] => kinds.map((kind) => call(kind));
const weak = (...commands: readonly string[]): Fairness => ({ commands, strength: 'weak' });
const strong = (...commands: readonly string[]): Fairness => ({ commands, strength: 'strong' });

/** The verdict on one property, with the lasso where it is violated. */
function judged<S>(machine: Machine<S>, property: Liveness<ModelOf<S>>) {
  const { verdict, violations } = liveness(machine, scope, [property as Liveness<never>]);
  return verdict === 'violated' ? violations[0]?.lasso : verdict;
}

// The alternating bit protocol: a channel each way holds one message, and may lose it.
const Channel = enumOf('empty', '0', '1');
const Protocol = record({ sends: bool, message: Channel, expects: bool, acknowledgement: Channel });
interface Protocol extends Infer<typeof Protocol> {}
const bitOf = (bit: boolean) => (bit ? '1' : '0');
const alternatingBit = machineOf<Protocol>(
  Protocol,
  () => ({ sends: false, message: 'empty', expects: false, acknowledgement: 'empty' }),
  {
    send: [
      ({ message }) => message === 'empty',
      (d) => {
        d.message = bitOf(d.sends);
      },
    ],
    loseMessage: [
      ({ message }) => message !== 'empty',
      (d) => {
        d.message = 'empty';
      },
    ],
    receive: [
      ({ message }) => message !== 'empty',
      (d) => {
        if (d.message === bitOf(d.expects)) d.expects = !d.expects;
        d.acknowledgement = d.message;
        d.message = 'empty';
      },
    ],
    loseAcknowledgement: [
      ({ acknowledgement }) => acknowledgement !== 'empty',
      (d) => {
        d.acknowledgement = 'empty';
      },
    ],
    acknowledge: [
      ({ acknowledgement }) => acknowledgement !== 'empty',
      (d) => {
        if (d.acknowledgement === bitOf(d.sends)) d.sends = !d.sends;
        d.acknowledgement = 'empty';
      },
    ],
  },
);
const getsOn = (...fairness: readonly Fairness[]) =>
  propertiesOf<ModelOf<Protocol>>().leadsTo({
    id: 'gets-on',
    name: 'a message sent is acknowledged',
    instances: () => 2,
    starts: ({ sends }, i) => Number(sends) === i,
    done: ({ sends }, i) => Number(sends) !== i,
    fairness,
  });

test('a protocol over lossy channels gets on only if what is delivered again and again arrives', () => {
  const lost = { stem: [], loop: calls('send', 'loseMessage') };
  expect(judged(alternatingBit, getsOn())).toEqual(lost);
  // Each message that is lost was possible to receive, but not from then on.
  const all = Object.keys(alternatingBit.commands);
  expect(judged(alternatingBit, getsOn(...all.map((kind) => weak(kind))))).toEqual({
    stem: [],
    loop: calls('send', 'loseMessage'),
  });
  // Every message arrives, and no acknowledgement does: the next message takes its place.
  const unheard = { stem: calls('send', 'receive'), loop: calls('send', 'receive') };
  expect(judged(alternatingBit, getsOn(strong('receive')))).toEqual(unheard);
  expect(judged(alternatingBit, getsOn(strong('receive'), strong('acknowledge')))).toBe('holds');
  // As one condition, receiving satisfies it for both.
  expect(judged(alternatingBit, getsOn(strong('receive', 'acknowledge')))).toEqual(unheard);
});

test('the first instance that is violated is named', () => {
  const { violations, tallies, verdict, distinct, generated } = liveness(alternatingBit, scope, [
    getsOn() as Liveness<never>,
  ]);
  const search = breadthFirst(alternatingBit, scope);
  expect({ verdict, distinct, generated }).toEqual({
    verdict: 'violated',
    distinct: search.distinct,
    generated: search.generated,
  });
  expect(violations).toMatchObject([
    {
      property: 'gets-on',
      name: 'a message sent is acknowledged',
      message:
        'the run goes on for ever after 0 steps with send, loseMessage and instance 0 is not done',
    },
  ]);
  expect(tallies.get('gets-on')).toEqual({
    evaluations: distinct,
    couldFail: distinct / 2,
    skipped: 0,
    violations: 1,
  });
});

// A lock for readers and a writer: readers overlap.
const Lock = record({ readers: int(2), writer: enumOf('away', 'waits', 'writes') });
interface Lock extends Infer<typeof Lock> {}
/** `queues`: who comes to a lock at which the writer waits, waits too. */
const lock = (queues: boolean): Machine<Lock> =>
  machineOf<Lock>(Lock, () => ({ readers: 0, writer: 'away' }), {
    read: [
      ({ readers, writer }) =>
        readers < 2 && writer !== 'writes' && !(queues && writer === 'waits'),
      (d) => {
        d.readers++;
      },
    ],
    leave: [
      ({ readers }) => readers > 0,
      (d) => {
        d.readers--;
      },
    ],
    want: [
      ({ writer }) => writer === 'away',
      (d) => {
        d.writer = 'waits';
      },
    ],
    write: [
      ({ readers, writer }) => writer === 'waits' && readers === 0,
      (d) => {
        d.writer = 'writes';
      },
    ],
    release: [
      ({ writer }) => writer === 'writes',
      (d) => {
        d.writer = 'away';
      },
    ],
  });
const writes = (...fairness: readonly Fairness[]) =>
  propertiesOf<ModelOf<Lock>>().leadsTo({
    id: 'writes',
    name: 'a writer that waits writes',
    starts: ({ writer }) => writer === 'waits',
    done: ({ writer }) => writer === 'writes',
    fairness,
  });

test('a lock whose readers overlap starves its writer; one with a queue does not', () => {
  const fair = writes(weak('read'), weak('leave'), weak('write'));
  expect(judged(lock(false), fair)).toEqual({ stem: calls('want'), loop: calls('read', 'leave') });
  // That loop has a state in which the writer could write: strong fairness rules it out, and leaves
  // loops that have none.
  expect(judged(lock(false), writes(strong('write')))).toEqual({
    stem: calls('want', 'read'),
    loop: calls('read', 'leave'),
  });
  expect(judged(lock(true), fair)).toBe('holds');
  // Readers that may stay for ever keep the writer out: nothing else happens.
  expect(judged(lock(true), writes(weak('write')))).toBe('holds');
});

// Each philosopher takes the left fork, then the right one, eats, and puts both back.
const fork = index('fork');
const Table = record({ taken: array(fork, bool), hands: array(fork, int(2)) });
interface Table extends Infer<typeof Table> {}
const right = (who: number): number => (who + 1) % 3;
const philosophers = machineOf<Table>(
  Table,
  () => ({
    taken: table(scope.sizes as never, fork, () => false),
    hands: table(scope.sizes as never, fork, () => 0),
  }),
  {
    takeLeft: [
      ({ taken, hands }, { who }: Who) => !taken.at(who) && hands.at(who) === 0,
      (d, { who }: Who) => {
        d.taken[who] = true;
        d.hands[who] = 1;
      },
      { who: ref(fork) },
    ],
    takeRight: [
      ({ taken, hands }, { who }: Who) => !taken.at(right(who)) && hands.at(who) === 1,
      (d, { who }: Who) => {
        d.taken[right(who)] = true;
        d.hands[who] = 2;
      },
      { who: ref(fork) },
    ],
    putBack: [
      ({ hands }, { who }: Who) => hands.at(who) === 2,
      (d, { who }: Who) => {
        d.taken[who] = false;
        d.taken[right(who)] = false;
        d.hands[who] = 0;
      },
      { who: ref(fork) },
    ],
  },
);
interface Who {
  readonly who: number;
}

test('philosophers who all hold their left fork are a deadlock, and a run that ends there', () => {
  const allLeft = [0, 1, 2].map((who) => call('takeLeft', { who }));
  expect(breadthFirst(philosophers, scope, { deadlocks: true })).toMatchObject({
    verdict: 'violated',
    trace: allLeft,
    violations: [{ property: 'deadlock' }],
  });
  const eats = propertiesOf<ModelOf<Table>>().eventually({
    id: 'eats',
    name: 'somebody eats',
    holds: ({ hands }) => hands.some((held) => held === 2),
    fairness: [strong('takeLeft'), strong('takeRight'), strong('putBack')],
  });
  expect(judged(philosophers, eats)).toEqual({ stem: allLeft, loop: [] });
});

const Counter = record({ n: int(4), at: ref(index('task')) });
interface Counter extends Infer<typeof Counter> {}
const start = (): Counter => ({ n: 0, at: 0 });
const tick: Rule<Counter, never> = [
  () => true,
  (d) => {
    d.n = (d.n + 1) % 5;
  },
];
const idle: Rule<Counter, never> = [() => true, () => undefined];
const counts = (to: number, ...fairness: readonly Fairness[]) =>
  propertiesOf<ModelOf<Counter>>().eventually({
    id: 'counts',
    name: `n comes to ${to}`,
    holds: ({ n }) => n === to,
    fairness,
  });

test('a counter comes round, unless something else may happen for ever', () => {
  const counter = machineOf(Counter, start, { tick });
  expect(judged(counter, counts(4))).toBe('holds');
  expect(judged(counter, counts(0))).toBe('holds');
  expect(judged(counter, counts(5))).toEqual({
    stem: [],
    loop: calls('tick', 'tick', 'tick', 'tick', 'tick'),
  });
  const lazy = machineOf(Counter, start, { idle, tick });
  expect(judged(lazy, counts(4))).toEqual({ stem: [], loop: calls('idle') });
  expect(judged(lazy, counts(4, weak('tick')))).toBe('holds');
  // A step that changes nothing is a step.
  expect(judged(lazy, counts(5, weak('idle'), weak('tick')))).toEqual({
    stem: [],
    loop: calls('idle', 'tick', 'tick', 'tick', 'tick', 'tick'),
  });
});

// Tasks ask to be served, again and again.
const task = index('task');
const Tasks = record({ wants: array(task, bool) });
interface Tasks extends Infer<typeof Tasks> {}
interface Which {
  readonly task: number;
}
const server = machineOf<Tasks>(
  Tasks,
  () => ({ wants: table(scope.sizes as never, task, () => false) }),
  {
    ask: [
      ({ wants }, a: Which) => !wants.at(a.task),
      (d, a: Which) => {
        d.wants[a.task] = true;
      },
      { task: ref(task) },
    ],
    serve: [
      ({ wants }, a: Which) => wants.at(a.task),
      (d, a: Which) => {
        d.wants[a.task] = false;
      },
      { task: ref(task) },
    ],
  },
);
const served = (...fairness: readonly Fairness[]) =>
  propertiesOf<ModelOf<Tasks>>().leadsTo({
    id: 'served',
    name: 'who asks is served',
    instances: ({ task: tasks = 0 }) => tasks,
    starts: ({ wants }, i) => wants.at(i),
    done: ({ wants }, i) => !wants.at(i),
    fairness,
  });

test('a group of calls is fair as one, unless it is split by their arguments', () => {
  const first = { task: 0 };
  const second = { task: 1 };
  expect(judged(server, served(weak('serve')))).toEqual({
    stem: [call('ask', first)],
    loop: [call('ask', second), call('serve', second)],
  });
  expect(judged(server, served({ ...weak('serve'), each: ['task'] }))).toBe('holds');
});

test('what is to cease may happen before, but not for ever', () => {
  const lazy = machineOf(Counter, start, { idle, tick });
  expect(judged(lazy, { ...counts(4), ceasing: ['idle'] })).toBe('holds');
  expect(judged(lazy, { ...counts(5), ceasing: ['tick'] })).toEqual({
    stem: [],
    loop: calls('idle'),
  });
  expect(() => judged(lazy, { ...counts(4), ceasing: ['nothing'] })).toThrow(
    "'nothing' is to cease, which is no command",
  );
});

test('a property that throws is told with the calls to the state', () => {
  const counter = machineOf(Counter, start, { tick });
  const property = propertiesOf<ModelOf<Counter>>().eventually({
    id: 'throws',
    name: 'a test',
    fairness: [],
    holds({ n }) {
      if (n === 2) throw new RangeError('two');
      return false;
    },
  });
  let thrown: unknown;
  try {
    judged(counter, property);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(RuleThrew);
  expect(thrown).toMatchObject({ message: 'two', trace: calls('tick', 'tick') });
});

test('a swapped page of the reference model comes back if it is tried for each page', () => {
  const { small } = sharedPages.scopes;
  const isSwapped = ({ guests }: View<SharedPages>, i: number): boolean =>
    guests.at(i >> 1).pages.at(i & 1).at.kind === 'swapped';
  const comesBack = (...fairness: readonly Fairness[]) =>
    liveness(sharedPages, small, [
      propertiesOf<ModelOf<SharedPages>>().leadsTo({
        id: 'comes-back',
        name: 'a swapped page comes back or is given away',
        instances: () => 4,
        starts: isSwapped,
        done: (state, i) => !isSwapped(state, i),
        fairness,
      }) as Liveness<never>,
    ]);
  const found = comesBack();
  expect(found).toMatchObject({ verdict: 'violated', distinct: 5307, generated: 53_560 });
  const [first] = found.violations;
  expect(first?.lasso.stem.map(({ kind }) => kind)).toEqual(['touch', 'swapOut']);
  expect(first?.lasso.loop).toEqual([
    call('inflate', { vm: 0, page: 1 }),
    call('deflate', { vm: 0, page: 1 }),
  ]);
  const tried = weak('swapIn', 'inflate');
  expect(comesBack(tried).verdict).toBe('violated');
  const each = comesBack({ ...tried, each: ['vm', 'page'] });
  expect(each.verdict).toBe('holds');
  expect(each.tallies.get('comes-back')?.evaluations).toBe(4 * 5307);
});

test('a limit makes it inconclusive, and reductions are refused with the reason', () => {
  const properties = [served({ ...weak('serve'), each: ['task'] }) as Liveness<never>];
  expect(liveness(server, scope, properties, { maxStates: 4 })).toMatchObject({
    verdict: 'holds',
    distinct: 4,
  });
  const cut = liveness(server, scope, properties, { maxStates: 3 });
  expect(cut).toMatchObject({ verdict: 'inconclusive', distinct: 4, violations: [] });
  expect(cut.tallies.get('served')).toMatchObject({ evaluations: 0, couldFail: 0 });
  expect(() => liveness(server, scope, properties, { symmetry: true })).toThrow(
    new Unsound(
      'symmetry joins states that a fair run tells apart, as it does who is served: liveness needs them all',
    ),
  );
  expect(() => liveness(server, scope, properties, { sleepSets: true })).toThrow(
    new Unsound(
      'sleep sets leave out steps, and whether a run is fair depends on every step: liveness needs them all',
    ),
  );
});

test('calls that may not happen are not fair, nor possible', () => {
  const fairness: Fairness = { ...weak('serve'), each: ['task'] };
  const properties = [served(fairness) as Liveness<never>];
  const alone = liveness(server, scope, properties, { calls: ({ args }) => args.task === 0 });
  expect(alone).toMatchObject({ verdict: 'holds', distinct: 2 });
  const asking = liveness(server, scope, properties, { commands: ['ask'] });
  expect(asking).toMatchObject({
    verdict: 'violated',
    violations: [
      {
        message: 'the run ends after 2 steps and instance 0 is not done',
        lasso: { stem: [call('ask', { task: 0 }), call('ask', { task: 1 })], loop: [] },
      },
    ],
  });
});

test('what fairness names must be there, and ids must differ', () => {
  const judging = (...fairness: readonly Fairness[]) => judged(server, served(...fairness));
  expect(() => judging(weak('sleep'))).toThrow("fairness names 'sleep', which is no command");
  expect(() => judging({ ...weak('serve'), each: ['page'] })).toThrow(
    "fairness is split by 'page', which is no argument of 'serve'",
  );
  const twice = [served(), served()] as readonly Liveness<never>[];
  expect(() => liveness(server, scope, twice)).toThrow("two properties have the id 'served'");
});

test('a lasso that is no counterexample does not replay', () => {
  const replayed = {
    machine: server,
    scope,
    mayHappen: ({ args }: Call) => args.task !== 2,
    fairness: [weak('serve')],
    duty: {
      begins: (s: unknown) => (s as Tasks).wants[0] === true,
      done: (s: unknown) => (s as Tasks).wants[0] === false,
    },
  };
  const ask0 = call('ask', { task: 0 });
  const ask1 = call('ask', { task: 1 });
  const serve0 = call('serve', { task: 0 });
  const serve1 = call('serve', { task: 1 });
  const replay = (stem: readonly Call[], loop: readonly Call[]) => () =>
    replayLasso(replayed, { stem, loop });
  expect(replay([ask0], [ask1, serve1])).not.toThrow();
  expect(replay([serve0], [])).toThrow("'serve' is refused");
  expect(replay([call('ask', { task: 2 })], [])).toThrow("'ask' may not happen");
  expect(replay([ask1], [serve1, ask1])).toThrow('nothing is to be done after the stem');
  expect(replay([ask0], [])).toThrow('the run does not end after the stem');
  expect(replay([ask0], [serve0, ask0])).toThrow('it is done in the loop');
  expect(replay([ask0], [ask1])).toThrow('the loop does not lead back');
  const fairness: readonly Fairness[] = [{ ...weak('serve'), each: ['task'] }];
  expect(() =>
    replayLasso({ ...replayed, fairness }, { stem: [ask0], loop: [ask1, serve1] }),
  ).toThrow('the loop is not fair');
});
