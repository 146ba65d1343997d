/**
 * The dining philosophers: each takes the fork at the left, then the one at the right, eats, and
 * puts both down. All may hold their left fork and wait for ever.
 */
import { expect, test } from 'vitest';
import { breadthFirst, depthFirst, iterativeDeepening } from '../../../checker/index.ts';
import {
  array,
  commandsOf,
  enabled,
  enumOf,
  type Infer,
  index,
  inPlace,
  type Machine,
  plans,
  record,
  ref,
  type Scope,
  table,
  type View,
} from '../../../machine/index.ts';

const seat = index('seat');
const shape = record({ philosophers: array(seat, enumOf('thinking', 'waiting', 'eating')) });
interface Dinner extends Infer<typeof shape> {}
type Sizes = Readonly<Record<'seat', number>>;
interface Model {
  readonly state: Dinner;
  readonly sizes: Sizes;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
type State = View<Dinner>;
const command = commandsOf<Model>();
const args = { seat: ref(seat) };

/** The fork at the left of a seat is held by who sits there or, once that one eats, by the left neighbour. */
const leftForkTaken = ({ philosophers }: State, at: number): boolean => {
  const neighbour = (at + philosophers.length - 1) % philosophers.length;
  return philosophers.at(at) !== 'thinking' || philosophers.at(neighbour) === 'eating';
};

const machine: Machine<Dinner> = {
  name: 'dining-philosophers',
  version: 1,
  shape,
  commands: {
    takeLeft: command({
      actor: 'guest',
      summary: 'A philosopher takes the fork at the left.',
      args,
      requires: [
        ['not-thinking', ['seat'], (s, a) => s.philosophers.at(a.seat) !== 'thinking'],
        ['taken', ['seat'], (s, a) => leftForkTaken(s, a.seat)],
      ],
      effect(d, a) {
        d.philosophers[a.seat] = 'waiting';
      },
    }),
    takeRight: command({
      actor: 'guest',
      summary: 'A philosopher takes the fork at the right too, and eats.',
      args,
      requires: [
        ['not-waiting', ['seat'], (s, a) => s.philosophers.at(a.seat) !== 'waiting'],
        ['taken', ['seat'], (s, a) => leftForkTaken(s, (a.seat + 1) % s.philosophers.length)],
      ],
      effect(d, a) {
        d.philosophers[a.seat] = 'eating';
      },
    }),
    putDown: command({
      actor: 'guest',
      summary: 'A philosopher puts both forks down.',
      args,
      requires: [['not-eating', ['seat'], (s, a) => s.philosophers.at(a.seat) !== 'eating']],
      effect(d, a) {
        d.philosophers[a.seat] = 'thinking';
      },
    }),
  },
  operations: {},
  initial: (sizes: Sizes) => ({ philosophers: table(sizes, seat, () => 'thinking') }),
  scopes: {},
};
const around = (seats: number): Scope => ({
  name: `${seats}-seats`,
  purpose: 'Small enough to count by hand.',
  sizes: { seat: seats },
});

/** Every row of 0 (thinking), 1 (waiting) and 2 (eating) in which no fork is held twice. */
function countByHand(seats: number): { readonly distinct: number; readonly generated: number } {
  let distinct = 0;
  let generated = 0;
  for (let code = 0; code < 3 ** seats; code++) {
    const row = Array.from({ length: seats }, (_, seat) => Math.floor(code / 3 ** seat) % 3);
    const right = (seat: number): number => row[(seat + 1) % seats] as number;
    const left = (seat: number): number => row[(seat + seats - 1) % seats] as number;
    if (row.some((one, seat) => one === 2 && right(seat) !== 0)) continue;
    distinct++;
    // One step at most for each: left fork free, right fork free, or forks to put down.
    generated += row.filter(
      (one, seat) =>
        one === 2 || (one === 1 && right(seat) === 0) || (one === 0 && left(seat) !== 2),
    ).length;
  }
  return { distinct, generated };
}

// The rows are closed walks of a graph: (1 + √2)^n + (1 - √2)^n of them.
test.each([
  { seats: 3, distinct: 14 },
  { seats: 5, distinct: 82 },
  { seats: 8, distinct: 1154 },
])(
  '$seats philosophers reach every seating in which no fork is held twice',
  ({ seats, distinct }) => {
    const byHand = countByHand(seats);
    expect(byHand.distinct).toBe(distinct);
    expect(breadthFirst(machine, around(seats))).toMatchObject({ verdict: 'holds', ...byHand });
    expect(depthFirst(machine, around(seats))).toMatchObject({ verdict: 'holds', ...byHand });
    expect(iterativeDeepening(machine, around(seats))).toMatchObject({
      verdict: 'holds',
      distinct,
    });
  },
);

test('the only deadlock is that all hold their left fork, five steps away for five', () => {
  const { engine } = inPlace(machine, around(5));
  const all = plans(engine);
  const stuck = (state: State): boolean => enabled(engine, all, state).length === 0;
  const found = breadthFirst(machine, around(5), { goal: stuck });
  if (found.verdict !== 'reached') throw new Error(found.verdict);
  expect(found.trace).toEqual(
    [0, 1, 2, 3, 4].map((seat) => ({ kind: 'takeLeft', args: { seat } })),
  );
  const deepened = iterativeDeepening(machine, around(5), { deadlocks: true });
  // It is seen when its steps are taken: one step beyond.
  expect(deepened).toMatchObject({
    verdict: 'violated',
    trace: [4, 3, 2, 1, 0].map((seat) => ({ kind: 'takeLeft', args: { seat } })),
    rounds: 6,
  });
  const other = (state: State): boolean =>
    stuck(state) && state.philosophers.some((one) => one !== 'waiting');
  expect(breadthFirst(machine, around(5), { goal: other }).verdict).toBe('holds');
});
