/**
 * The packed host asks a guard that commands share once a state. It took two arguments of one name
 * for the same where they had equally many values, so a step of one command was judged by the answer
 * for another.
 */
import { expect, test } from 'vitest';
import {
  commandsOf,
  guardsOf,
  type Infer,
  index,
  type Machine,
  packed,
  record,
  type Scope,
  set,
  subset,
} from '../../machine/index.ts';

const page = index('page');
const shape = record({ held: set(page) });
interface State extends Infer<typeof shape> {}
interface M {
  readonly state: State;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<M>();
const held = guardsOf<M>()('held', { pages: subset(page, 2) }, (s, { pages }) =>
  pages.some((each) => s.held.at(each)),
);
const hold = (least: number, most: number) =>
  command({
    actor: 'guest',
    summary: 'Holds pages.',
    args: { pages: subset(page, most, least) },
    requires: [held],
    effect(d, { pages }) {
      for (const each of pages) d.held[each] = true;
    },
  });
const machine: Machine<State> = {
  name: 'holding',
  version: 1,
  shape,
  // Three values each: [0], [1], [0, 1] and [], [0], [1].
  commands: { some: hold(1, 2), few: hold(0, 1) },
  operations: {},
  initial: () => ({ held: [false, true] as never }),
  scopes: {},
};
const scope: Scope = { name: 'two', purpose: 'A test.', sizes: { page: 2 } };

test('a shared guard is asked for the arguments that each command has', () => {
  const host = packed(machine, scope);
  host.write({ held: [false, true] as never });
  const calls: unknown[] = [];
  host.steps((call) => {
    calls.push(host.call(call));
    return false;
  });
  expect(calls).toEqual([
    { kind: 'some', args: { pages: [0] } },
    { kind: 'few', args: { pages: [] } },
    { kind: 'few', args: { pages: [0] } },
  ]);
});
