import fc from 'fast-check';
import { expect, test } from 'vitest';
import { breadthFirst, Unsound } from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import {
  commandsOf,
  counter,
  type Infer,
  int,
  type Machine,
  propertiesOf,
  record,
  type Scope,
  strict,
} from '../../machine/index.ts';
import { randomMachines } from '../machine/random-machine.ts';

const { small, medium } = sharedPages.scopes;

test('sleep sets find the states of the reference model by fewer steps', () => {
  const found = breadthFirst(sharedPages, small, {
    properties: sharedPagesProperties,
    sleepSets: true,
  });
  const all = breadthFirst(sharedPages, small);
  expect(found).toMatchObject({ verdict: 'holds', distinct: 5307, generated: 34_404, depth: 7 });
  expect(found.levels).toEqual(all.levels);
  const deep = breadthFirst(sharedPages, medium, { sleepSets: true, maxDepth: 5 });
  expect(deep.levels).toEqual(breadthFirst(sharedPages, medium, { maxDepth: 5 }).levels);
});

test('on random machines every state is found at its least depth', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(randomMachines, ({ machine, scope }) => {
      const limits = { maxDepth: 5, maxStates: 2000 };
      const all = breadthFirst(machine, scope, limits);
      // Where states are too many, the two stop at different steps of one level.
      fc.pre(all.distinct <= 2000);
      const found = breadthFirst(machine, scope, { ...limits, sleepSets: true });
      expect(found.levels).toEqual(all.levels);
      expect(found.generated).toBeLessThanOrEqual(all.generated);
    }),
    { numRuns: 15 },
  );
});

/** Two commands that add to one number, and one that looks at it. */
function counting(n: ReturnType<typeof int>, second: 'adds' | 'sets') {
  const shape = record({ n, seen: int(4) });
  interface Count extends Infer<typeof shape> {}
  interface M {
    readonly state: Count;
    readonly sizes: Readonly<Record<string, number>>;
    readonly operations: Readonly<Record<string, never>>;
    readonly event: never;
  }
  const command = commandsOf<M>();
  const machine: Machine<Count> = {
    name: 'count',
    version: 1,
    shape,
    commands: {
      one: command({
        actor: 'host',
        summary: 'One more.',
        args: {},
        requires: [['full', [], (s) => s.n > 2]],
        effect: (d) => {
          d.n++;
        },
      }),
      two: command({
        actor: 'host',
        summary: 'Two more, or two.',
        args: {},
        requires: [['seen', [], (s) => s.seen > 0]],
        effect: (d) => {
          if (second === 'adds') d.n += 2;
          else d.n = 2;
        },
      }),
      look: command({
        actor: 'host',
        summary: 'Looks.',
        args: {},
        requires: [['little', [], (s) => s.n < 2]],
        effect: (d) => {
          d.seen = 1;
        },
      }),
    },
    operations: {},
    initial: () => ({ n: 0, seen: 0 }),
    scopes: {},
  };
  return { machine, properties: propertiesOf<M>() };
}
const scope: Scope = { name: 'count', purpose: 'A test.', sizes: {} };

test('a number that is set, not added to, is no counter: the strict host says so', () => {
  const { machine } = counting(counter(int(9)), 'sets');
  const host = strict(machine, scope);
  expect(() => host.step(host.initial(), { kind: 'two', args: {} })).toThrow(
    'two: n is a counter: an effect may add to it, not set it',
  );
  const { machine: adding } = counting(counter(int(9)), 'adds');
  const good = strict(adding, scope);
  expect(good.step(good.initial(), { kind: 'two', args: {} }).state).toEqual({ n: 2, seen: 0 });
});

test('properties of steps are refused: they would not see the steps left out', () => {
  const { machine, properties } = counting(int(9), 'adds');
  const rising = properties.transition({ id: 'up', name: 'n rises', violation: () => null });
  const search = (): unknown =>
    breadthFirst(machine, scope, { properties: [rising], sleepSets: true });
  expect(search).toThrow(Unsound);
  expect(search).toThrow('sleep sets leave out steps, and up must see every step');
});
