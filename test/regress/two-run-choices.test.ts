/**
 * Where the secret turned a command into one of another kind, the second run looked for a possible
 * choice by the rules of the first run's kind, found none, and told of a leak that is none.
 */
import { expect, test } from 'vitest';
import {
  bool,
  choice,
  commandsOf,
  type Infer,
  index,
  type Machine,
  type Model,
  record,
  ref,
  set,
  type TwoRun,
  table,
  twoRun,
} from '../../machine/index.ts';

const box = index('box');
const shape = record({ full: set(box), idle: bool });
interface Boxes extends Infer<typeof shape> {}
interface BoxModel extends Model {
  readonly state: Boxes;
  readonly sizes: { readonly box: number };
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<BoxModel>();
const ofBox = { box: choice(ref(box)) };
const machine: Machine<Boxes> = {
  name: 'boxes',
  version: 1,
  shape,
  operations: {},
  scopes: {},
  initial: (sizes) => ({ full: table(sizes, box, () => false), idle: true }),
  commands: {
    'fill-first': command({
      actor: 'host',
      summary: 'Fills the first box.',
      args: ofBox,
      requires: [['not-first', ['box'], (s, a) => a.box !== 0 || s.full.at(0)]],
      effect(s, a) {
        s.full[a.box] = true;
      },
    }),
    fill: command({
      actor: 'host',
      summary: 'Fills an empty box.',
      args: ofBox,
      requires: [['full', ['box'], (s, a) => s.full.at(a.box)]],
      effect(s, a) {
        s.full[a.box] = true;
      },
    }),
    rest: command({
      actor: 'host',
      summary: 'Nothing happens.',
      args: ofBox,
      requires: [],
      effect: () => undefined,
    }),
  },
};
const secret: TwoRun = {
  kind: 'two-run',
  id: 'BOX-S1',
  name: 'nobody learns which boxes are filled',
  scopes: ['boxes'],
  vary: (call) => ({ ...call, kind: 'fill' }),
  observe: (_, outcome) => outcome.ok,
};

test('a command that the secret turned into another takes what choice that one has', () => {
  const scope = { name: 'boxes', purpose: 'A test.', sizes: { box: 2 } };
  const ask = twoRun(machine, scope, secret as TwoRun<never>);
  const calls = ['rest', 'fill-first'].map((kind) => ({ kind, args: { box: 0 } }));
  // The second run fills box 0, then box 1: that box 0 is taken must not show.
  expect(ask(calls)).toEqual({ leak: null, varied: true });
});
