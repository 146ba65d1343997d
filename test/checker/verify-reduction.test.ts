import { afterEach, expect, test, vi } from 'vitest';
import { Footprints } from '../../checker/breadth-first/sleep-sets.ts';
import {
  type BreadthFirstOptions,
  breadthFirst,
  type Symmetry,
  selfTest,
  verifyReduction,
} from '../../checker/index.ts';
import { sharedPages, sharedPagesProperties } from '../../examples/shared-pages.ts';
import { changeCommand, packed } from '../../machine/index.ts';

const { small } = sharedPages.scopes;
const { layout } = packed(sharedPages, small);
const trusted = (): Symmetry =>
  selfTest(sharedPages, small, layout, { seed: 1, samples: 20 }).symmetry;

afterEach(() => {
  vi.restoreAllMocks();
});

function compared(reduction: BreadthFirstOptions<unknown>, machine: unknown = sharedPages) {
  const options = { properties: sharedPagesProperties, ...reduction };
  const given = machine as typeof sharedPages;
  const reduced = breadthFirst(given, small, options as never);
  return verifyReduction(given, small, options as never, reduced, 10_000);
}

test('symmetry and sleep sets find what a search without them finds', () => {
  const agrees = { agrees: 'yes', differences: [], distinct: 5307 };
  expect(compared({ symmetry: trusted() })).toEqual(agrees);
  expect(compared({ sleepSets: true })).toEqual(agrees);
});

test('a counterexample must be as short with the reduction as without', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  }));
  expect(compared({ sleepSets: true }, faulted)).toMatchObject({ agrees: 'yes', differences: [] });
});

test('canonical forms that put different states into one class are caught', () => {
  const symmetry = trusted();
  // What the first guest expects in a page is forgotten.
  const { offset } = layout.values.find(({ path }) => /expected/.test(path)) ?? { offset: 0 };
  const careless: Symmetry = {
    ...symmetry,
    canonical(from, at, into, intoAt) {
      symmetry.canonical(from, at, into, intoAt);
      const word = intoAt + (offset >> 2);
      into[word] = (into[word] as number) & ~(255 << ((offset & 3) << 3));
    },
  };
  const { agrees, differences } = compared({ symmetry: careless, properties: [] });
  expect(agrees).toBe('no');
  expect(differences[0]).toMatch(/^the .* is \d+ with the reduction, \d+ without$/);
});

test('canonical forms that tell equal states apart are caught', () => {
  const symmetry = trusted();
  const idle: Symmetry = {
    ...symmetry,
    canonical(from, at, into, intoAt) {
      for (let i = 0; i < Math.ceil(layout.bytes / 4); i++) into[intoAt + i] = from[at + i] ?? 0;
    },
  };
  expect(compared({ symmetry: idle })).toMatchObject({ agrees: 'no', distinct: 5307 });
});

test('sleep sets in which everything commutes are caught', () => {
  const { add } = Footprints.prototype;
  vi.spyOn(Footprints.prototype, 'add').mockImplementation(function (
    this: Footprints,
    rank,
    from,
    at,
  ) {
    add.call(this, rank, Int32Array.of(from[at] ?? 0, 0, 0, 0), 0);
  });
  const { agrees, differences } = compared({ sleepSets: true });
  expect(agrees).toBe('no');
  expect(differences).toContainEqual(expect.stringMatching(/^the number of states at depth/));
});

test('what has more states than may be kept is not compared', () => {
  const options = { properties: sharedPagesProperties, sleepSets: true };
  const reduced = breadthFirst(sharedPages, small, options);
  const check = verifyReduction(sharedPages, small, options, reduced, 100);
  expect(check).toMatchObject({ agrees: 'unknown', differences: [] });
});
