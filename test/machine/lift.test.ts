import { expect, test } from 'vitest';
import {
  array,
  bool,
  type Call,
  type Change,
  type Infer,
  index,
  int,
  liftProperty,
  type Places,
  propertiesOf,
  record,
  table,
  type View,
} from '../../machine/index.ts';

const host = index('host');
const part = record({ n: int(9), on: bool });
interface Part extends Infer<typeof part> {}
const whole = record({ hosts: array(host, part) });
interface Whole extends Infer<typeof whole> {}
interface Rest {
  readonly sizes: { readonly host: number };
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
interface PartModel extends Rest {
  readonly state: Part;
}
interface WholeModel extends Rest {
  readonly state: Whole;
}
const places: Places<WholeModel, PartModel> = {
  count: (size) => size.host,
  at: (state, place) => state.hosts.at(place),
  of: ({ call }) => Number((call as Call).args.host),
  args: ['host'],
};
const { invariant, transition, conjecture, within, sometimes, twoRun, eventually, leadsTo } =
  propertiesOf<PartModel>();
const size = { host: 2 };

const stateOf = (...parts: readonly Part[]): View<Whole> => ({
  hosts: table({ host: parts.length }, host, (id) => parts[id] ?? { n: 0, on: false }),
});
/** What happens when the part at a host changes. */
function changeAt(place: number, before: Part, after: Part): Change<WholeModel> {
  const other = { n: 9, on: true };
  const around = (part: Part) => (place === 0 ? stateOf(part, other) : stateOf(other, part));
  const call = { kind: 'act', args: { host: place } } as never;
  return { before: around(before), call, after: around(after), events: [], size };
}
const off = { n: 0, on: false };

test('an invariant of the part is asked at every place where its premise holds', () => {
  const low = invariant({
    id: 'low',
    name: 'n is low',
    when: ({ on }) => on,
    violation: ({ n }, { host }) => (n < 3 ? null : `${n} of ${host} is high`),
  });
  const lifted = liftProperty(places, low);
  if (lifted.kind !== 'invariant') throw new Error(lifted.kind);
  expect(lifted).toMatchObject({ id: 'low', name: 'n is low' });
  const states: [Part, Part, boolean, string | null][] = [
    [{ n: 1, on: true }, { n: 2, on: true }, true, null],
    [{ n: 1, on: true }, { n: 5, on: true }, true, '5 of 2 is high'],
    [{ n: 1, on: true }, { n: 5, on: false }, true, null],
    [{ n: 7, on: false }, { n: 5, on: false }, false, null],
  ];
  for (const [one, other, when, message] of states) {
    expect(lifted.when?.(stateOf(one, other), size)).toBe(when);
    expect(lifted.violation(stateOf(one, other), size)).toBe(message);
  }
  const { when: _, ...always } = low;
  const plain = liftProperty(places, always);
  if (plain.kind !== 'invariant') throw new Error(plain.kind);
  expect(plain.when).toBeUndefined();
  expect(plain.violation(stateOf(off, { n: 4, on: false }), size)).toBe('4 of 2 is high');
});

test('a transition property sees the part that the command changed', () => {
  const grows = transition({
    id: 'grows',
    name: 'n grows',
    commands: ['act'],
    when: ({ before }) => before.on,
    violation: ({ before, after }) => (after.n > before.n ? null : `${before.n} to ${after.n}`),
  });
  const lifted = liftProperty(places, grows);
  if (lifted.kind !== 'transition') throw new Error(lifted.kind);
  expect(lifted.commands).toEqual(['act']);
  const falls = changeAt(1, { n: 3, on: true }, { n: 2, on: true });
  expect(lifted.when?.(falls)).toBe(true);
  expect(lifted.violation(falls)).toBe('3 to 2');
  expect(lifted.violation(changeAt(0, { n: 3, on: true }, { n: 4, on: true }))).toBe(null);
  expect(lifted.when?.(changeAt(0, off, off))).toBe(false);
  const { when: _, ...always } = grows;
  expect('when' in liftProperty(places, always)).toBe(false);
});

test('a conjecture stays one, of the part that the command changed', () => {
  const small = conjecture({
    id: 'small',
    name: 'n is small',
    violation: ({ after }) => (after.n < 9 ? null : `${after.n} is large`),
  });
  const lifted = liftProperty(places, small);
  if (lifted.kind !== 'conjecture') throw new Error(lifted.kind);
  expect(lifted.violation(changeAt(1, off, { n: 9, on: true }))).toBe('9 is large');
  expect(lifted.violation(changeAt(1, { n: 9, on: true }, off))).toBe(null);
});

test('a goal is reached by the part that the command changed', () => {
  const on = sometimes({ id: 'on', name: 'it is on', reached: ({ after }) => after.on });
  const lifted = liftProperty(places, on);
  if (lifted.kind !== 'sometimes' || !('reached' in lifted)) throw new Error(lifted.kind);
  expect(lifted.reached(changeAt(1, off, off))).toBe(false);
  expect(lifted.reached(changeAt(1, off, { n: 0, on: true }))).toBe(true);
});

test('promises are numbered place by place', () => {
  const soon = within({
    id: 'soon',
    name: 'it happens soon',
    instances: () => 3,
    starts: ({ n }, i) => n === i,
    bound: ({ n }, i, { host }) => n * 100 + i * 10 + host,
    counts: ({ after }, i) => after.n === i,
    assuming: ({ before }, i) => before.n === i,
    done: ({ on }) => on,
  });
  const lifted = liftProperty(places, soon);
  if (lifted.kind !== 'within') throw new Error(lifted.kind);
  expect(lifted.instances(size)).toBe(6);
  const state = stateOf({ n: 1, on: false }, { n: 2, on: true });
  const each = [0, 1, 2, 3, 4, 5];
  expect(each.filter((i) => lifted.starts(state, i, size))).toEqual([1, 5]);
  expect(each.map((i) => lifted.bound(state, i, size))).toEqual([102, 112, 122, 202, 212, 222]);
  expect(each.filter((i) => lifted.done(state, i, size))).toEqual([3, 4, 5]);
  const change = changeAt(0, { n: 0, on: false }, { n: 2, on: false });
  expect(each.filter((i) => lifted.counts(change, i))).toEqual([2]);
  // What happens at one place neither counts at another nor breaks a premise there.
  expect(each.filter((i) => lifted.assuming(change, i))).toEqual([0, 3, 4, 5]);
  const both = stateOf({ n: 2, on: false }, { n: 2, on: false });
  expect(each.filter((i) => lifted.counts({ ...change, after: both }, i))).toEqual([2]);
});

test('a property of two runs stays as it is', () => {
  const secret = twoRun({
    id: 'secret',
    name: 'nothing shows',
    scopes: ['test'],
    vary: (call) => call,
    observe: () => undefined,
  });
  expect(liftProperty(places, secret)).toBe(secret);
});

test('what a run must come to, it must come to at every place, and what is fair is fair at each', () => {
  const fairness = [{ commands: ['act'], strength: 'weak', each: ['task'] }] as const;
  const answered = leadsTo({
    id: 'answered',
    name: 'it is answered',
    instances: () => 2,
    starts: ({ n }, i) => n === i,
    done: ({ on }, _, { host }) => on && host === 2,
    fairness,
  });
  const lifted = liftProperty(places, answered);
  if (lifted.kind !== 'leads-to') throw new Error(lifted.kind);
  expect(lifted.instances?.(size)).toBe(4);
  expect(lifted.fairness).toEqual([
    { commands: ['act'], strength: 'weak', each: ['host', 'task'] },
  ]);
  const state = stateOf({ n: 0, on: true }, { n: 1, on: false });
  const each = [0, 1, 2, 3];
  expect(each.filter((i) => lifted.starts(state, i, size))).toEqual([0, 3]);
  expect(each.filter((i) => lifted.done(state, i, size))).toEqual([0, 1]);
  const once = liftProperty(
    places,
    eventually({
      id: 'on',
      name: 'it is on',
      holds: ({ on }) => on,
      fairness: [{ commands: ['act'], strength: 'strong' }],
    }),
  );
  if (once.kind !== 'eventually') throw new Error(once.kind);
  expect(once.instances?.(size)).toBe(2);
  expect(once.fairness).toEqual([{ commands: ['act'], strength: 'strong', each: ['host'] }]);
  expect([0, 1].filter((i) => once.holds(state, i, size))).toEqual([0]);
});
