/** Problems for a shrinker of traces: the exact simplest trace of each. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { shrink, type Trace, traces } from '../../generators/index.ts';
import {
  accepted,
  create,
  destroy,
  give,
  map,
  reaches,
  type Toy,
  toggle,
  toy,
  unmap,
} from './toy.ts';

interface Challenge {
  readonly name: string;
  readonly fails: (trace: Trace) => boolean;
  readonly shortest: Trace;
  /** A failing trace that random testing may hardly draw. */
  readonly example?: Trace;
}

const some = (state: Toy, test: (vm: Toy['vms'][number]) => boolean): boolean =>
  state.vms.some(test);
const mappedPages = (state: Toy): number =>
  state.vms.reduce((sum, vm) => sum + vm.mapped.filter((mapped) => mapped).length, 0);
const gifts = (trace: Trace): readonly number[] =>
  accepted(trace).flatMap(({ kind, args }) => (kind === 'give' ? [Number(args.amount)] : []));
const total = (trace: Trace): number => gifts(trace).reduce((sum, amount) => sum + amount, 0);

const challenges: readonly Challenge[] = [
  {
    name: 'undo pair: two commands that cancel each other go together',
    fails: (trace) => reaches(trace, (s) => !s.masked && some(s, (vm) => vm.mapped.at(2))),
    shortest: [create(0), map(0, 2, 0)],
    example: [toggle, create(1), toggle, toggle, map(1, 2, 4), toggle],
  },
  {
    name: 'split sum: a number given in four parts needs two',
    fails: (trace) => reaches(trace, (s) => some(s, (vm) => vm.given >= 61)),
    shortest: [create(0), give(0, 30), give(0, 31)],
    example: [create(0), give(0, 10), give(0, 18), give(0, 17), give(0, 16)],
  },
  {
    name: 'parity: an odd sum needs one odd number',
    fails: (trace) => total(trace) % 2 === 1,
    shortest: [create(0), give(0, 1)],
    example: [create(2), give(2, 10), give(2, 17), give(2, 2), give(2, 7), give(2, 9)],
  },
  {
    name: 'id shift: the third VM might as well be the first',
    fails: (trace) => reaches(trace, (s) => some(s, (vm) => vm.live && vm.mapped.at(1))),
    shortest: [create(0), map(0, 1, 0)],
    example: [create(0), create(1), create(2), map(2, 1, 5)],
  },
  {
    name: 'replacement: unmapping is shorter than destroying and creating',
    fails: (trace) => reaches(trace, (s) => some(s, (vm) => vm.live && vm.unmapped.at(0))),
    shortest: [create(0), map(0, 0, 0), unmap(0, 0)],
    example: [create(1), map(1, 0, 3), destroy(1), create(1)],
  },
  {
    name: 'two entities: both VMs stay, everything else goes',
    fails: (trace) =>
      reaches(trace, (s) => s.vms.filter((vm) => vm.live && vm.mapped.some((m) => m)).length >= 2),
    shortest: [create(0), create(1), map(0, 0, 0), map(1, 0, 1)],
  },
  {
    name: 'correlated page: one page number in several commands is lowered in all of them',
    fails: (trace) =>
      accepted(trace).some(
        ({ kind, args }, i, all) =>
          kind === 'unmap' &&
          all.slice(i).some((then) => then.kind === 'map' && then.args.page === args.page),
      ),
    shortest: [create(0), map(0, 0, 0), unmap(0, 0), map(0, 0, 1)],
    example: [create(2), map(2, 3, 1), map(2, 1, 2), unmap(2, 3), map(2, 3, 0)],
  },
  {
    name: 'threshold: three pages must be mapped at once',
    fails: (trace) => reaches(trace, (s) => mappedPages(s) >= 3),
    shortest: [create(0), map(0, 0, 0), map(0, 1, 1), map(0, 2, 2)],
  },
  {
    name: 'long prefix: every one of twenty commands is needed',
    fails: (trace) => gifts(trace).filter((amount) => amount > 0).length >= 20,
    shortest: [create(0), ...Array.from({ length: 20 }, () => give(0, 1))],
  },
  {
    name: 'refusal: a command that was refused on purpose may be the point',
    fails: (trace) => accepted(trace, false).some(({ kind }) => kind === 'map'),
    shortest: [map(0, 0, 0)],
  },
];
describe.each(challenges)('$name', ({ fails, shortest, example }) => {
  const property = fc.property(traces(toy), (trace) => !fails(trace));

  test('drawn traces', () => {
    for (const seed of [1, 2]) {
      const { counterexample } = fc.check(property, { seed, numRuns: 2000 });
      expect(counterexample).toEqual([shortest]);
    }
  });

  if (example === undefined) return;
  test('a given trace', () => {
    const given = fc.check(property, { examples: [[example]] });
    expect(given.counterexample).toEqual([shortest]);
    const shrunk = shrink(toy, toy.scopes.toy, example, fails);
    expect(shrunk).toMatchObject({ trace: shortest, minimal: 'among-subsequences' });
  });
});
