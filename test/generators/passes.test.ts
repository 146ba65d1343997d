/** Each pass of the shrinker proposes something that no other pass does. */
import { describe, expect, test } from 'vitest';
import type { Trace } from '../../generators/index.ts';
import { passes } from '../../generators/shrink/passes.ts';
import type { Pass } from '../../generators/shrink/proposal.ts';
import { Surgeon } from '../../generators/shrink/subject.ts';
import { beginning, candidates } from '../../generators/shrink/tree.ts';
import type { Call } from '../../machine/index.ts';
import { create, destroy, give, map, toggle, toy, tune, unmap } from './toy.ts';

const surgeon = new Surgeon(toy, toy.scopes.toy);
const text = (trace: Trace): string => JSON.stringify(trace);

/** All that a pass proposes when nothing fails, repaired. */
function proposalsOf(pass: Pass, trace: Trace): readonly string[] {
  const found = [...pass(surgeon.examine(trace), surgeon, undefined)];
  return found.map((proposal) => text(surgeon.repair(proposal).calls));
}

interface Case {
  readonly pass: string;
  readonly does: string;
  readonly trace: Trace;
  readonly simpler: Trace;
}

const busy: Trace = [
  create(0),
  create(1),
  create(2),
  toggle,
  map(1, 0, 1),
  give(0, 3),
  toggle,
  give(1, 4),
  map(2, 1, 2),
  give(2, 5),
  map(0, 2, 3),
  toggle,
  unmap(1, 0),
  give(2, 6),
];
const drop = (trace: Trace, ...places: readonly number[]): Trace =>
  trace.filter((_, i) => !places.includes(i));

const hinted: Trace = [
  tune('fast', [], 2),
  toggle,
  tune('slow', [], 2),
  tune('slow', [], 1),
  toggle,
  tune('fastest', [], 2),
  create(0),
  toggle,
  tune('slow', [3], 2),
  give(0, 1),
];

const cases: readonly Case[] = [
  {
    pass: 'prefixes',
    does: 'keeps the first three of seven',
    trace: drop(busy, 7, 8, 9, 10, 11, 12, 13),
    simpler: busy.slice(0, 3),
  },
  {
    pass: 'entities',
    does: 'drops all about a VM',
    trace: hinted,
    simpler: drop(hinted, 0, 2, 5, 8),
  },
  { pass: 'kinds', does: 'drops all toggles', trace: busy, simpler: drop(busy, 3, 6, 11) },
  {
    pass: 'kinds',
    does: 'drops all that was refused',
    trace: [map(0, 0, 0), create(0), unmap(0, 0), give(0, 1), give(2, 1), toggle, destroy(1)],
    simpler: [create(0), give(0, 1), toggle],
  },
  { pass: 'chunks', does: 'drops three in a row', trace: busy, simpler: drop(busy, 8, 9, 10) },
  {
    pass: 'pairs',
    does: 'drops two that are apart',
    trace: drop(busy, 0, 5, 10),
    simpler: drop(busy, 0, 5, 10, 6, 9),
  },
  {
    pass: 'triples',
    does: 'drops three that are apart',
    trace: drop(busy, 0, 5, 10, 12),
    simpler: drop(busy, 0, 5, 10, 12, 3, 7, 9),
  },
  {
    pass: 'unify',
    does: 'lets one VM do what two did',
    trace: [create(0), create(1), map(0, 0, 0), toggle, map(1, 1, 1), give(1, 7)],
    simpler: [create(0), map(0, 0, 0), toggle, map(0, 1, 1), give(0, 7)],
  },
  {
    pass: 'unify',
    does: 'gives one VM the pages of two',
    trace: [create(0), create(1), map(0, 0, 0), toggle, map(1, 0, 1), unmap(1, 0)],
    simpler: [create(0), map(0, 0, 0), toggle, map(0, 1, 1), unmap(0, 1)],
  },
  {
    pass: 'redraw',
    does: 'adds a number to another one',
    trace: [create(0), give(0, 10), toggle, give(0, 18)],
    simpler: [create(0), toggle, give(0, 28)],
  },
  {
    pass: 'unify',
    does: 'adds the numbers of two VMs',
    trace: [create(0), create(1), give(0, 2), give(1, 3), map(0, 1, 0), map(1, 1, 1), toggle],
    simpler: [create(0), give(0, 5), give(0, 3), map(0, 1, 0), map(0, 0, 1), toggle],
  },
  {
    pass: 'redraw',
    does: 'takes two sets at once',
    trace: [tune('fast', [1], 0), tune('slow', [3], 1)],
    simpler: [tune('slow', [1, 3], 1)],
  },
  {
    pass: 'redraw',
    does: 'gives the other command another page',
    trace: [create(0), map(0, 0, 0), toggle, map(0, 1, 1)],
    simpler: [create(0), toggle, map(0, 2, 1)],
  },
  {
    pass: 'redraw',
    does: 'raises all other numbers to the most',
    trace: [create(0), give(0, 10), give(0, 12), give(0, 18), toggle],
    simpler: [create(0), give(0, 31), give(0, 31), toggle],
  },
  {
    pass: 'replace',
    does: 'unmaps instead of destroying and creating',
    trace: [create(0), map(0, 0, 0), destroy(0), create(0)],
    simpler: [create(0), map(0, 0, 0), unmap(0, 0)],
  },
  {
    pass: 'lowerTogether',
    does: 'lowers one page in all commands',
    trace: [create(0), map(0, 3, 0), unmap(0, 3), map(0, 3, 1)],
    simpler: [create(0), map(0, 1, 0), unmap(0, 1), map(0, 1, 1)],
  },
  {
    pass: 'lowerTogether',
    does: 'lowers equal numbers in all commands',
    trace: [create(0), create(1), give(0, 9), give(1, 9)],
    simpler: [create(0), create(1), give(0, 5), give(1, 5)],
  },
  {
    pass: 'lowerTogether',
    does: 'exchanges a VM with a lower one',
    trace: [create(1), give(1, 3), create(0), toggle],
    simpler: [create(0), give(0, 3), create(1), toggle],
  },
  {
    pass: 'lowerAlone',
    does: 'lowers one of two equal numbers',
    trace: [create(0), create(1), give(0, 9), give(1, 9)],
    simpler: [create(0), create(1), give(0, 9), give(1, 5)],
  },
  {
    pass: 'lowerAlone',
    does: 'lowers a member of a set',
    trace: [tune('fast', [1, 4], 2), tune('fast', [0, 3], 2), tune('fast', [4], 2)],
    simpler: [tune('fast', [1, 3], 2), tune('fast', [0, 3], 2), tune('fast', [4], 2)],
  },
  {
    pass: 'lowerAlone',
    does: 'takes a member from a set',
    trace: [tune('fast', [1, 4], 2), tune('fast', [1, 4], 2)],
    simpler: [tune('fast', [1, 4], 2), tune('fast', [1], 2)],
  },
  {
    pass: 'lowerAlone',
    does: 'takes an option away',
    trace: [tune('fast', [1, 4], 2)],
    simpler: [tune('fast', [1, 4], null)],
  },
  {
    pass: 'sort',
    does: 'exchanges neighbours',
    trace: [toggle, create(0), give(0, 3)],
    simpler: [create(0), toggle, give(0, 3)],
  },
];

test('every pass has its case', () => {
  const names = passes.map(({ name }) => name);
  expect([...new Set(cases.map(({ pass }) => pass))]).toEqual(names);
});

describe.each(cases)('$pass', ({ pass: name, does, trace, simpler }) => {
  test(`${does}, which no other pass does`, () => {
    const proposing = passes.filter((pass) => proposalsOf(pass, trace).includes(text(simpler)));
    expect(proposing.map((pass) => pass.name)).toEqual([name]);
    expect(surgeon.simpler(simpler, trace)).toBe(true);
    expect(surgeon.simpler(trace, simpler)).toBe(false);
  });

  test(`${does}: that is a candidate of the tree`, () => {
    const subject = surgeon.examine(trace);
    const found = [...candidates(subject, surgeon, beginning, new Set())];
    expect(found.map(({ subject: { calls } }) => text(calls))).toContain(text(simpler));
  });
});

describe('bisection builds on what passed', () => {
  test('a resumed generator goes up, a cursor goes down', () => {
    const subject = surgeon.examine(Array.from({ length: 8 }, () => toggle));
    const [prefixes] = passes;
    const lengths = (from: readonly number[] | undefined): readonly number[] =>
      prefixes === undefined
        ? []
        : [...prefixes(subject, surgeon, from)].map(({ calls }) => calls.length);
    expect(lengths(undefined)).toEqual([4, 6, 7]);
    expect(lengths([6])).toEqual([7]);
  });
});

describe('candidates', () => {
  test('are simpler than the subject, come once, and not when they were tried', () => {
    const subject = surgeon.examine(busy);
    const tried = new Set<string>();
    const first = [...candidates(subject, surgeon, beginning, tried)];
    const texts = first.map((candidate) => text(candidate.subject.calls));
    expect(new Set(texts).size).toBe(texts.length);
    expect(first.every(({ subject: { calls } }) => surgeon.simpler(calls, busy))).toBe(true);
    expect([...candidates(subject, surgeon, beginning, tried)]).toEqual([]);
  });

  test('from any place on, all passes come around', () => {
    const subject = surgeon.examine(busy);
    const all = (pass: number, from?: readonly number[]): ReadonlySet<string> =>
      new Set(
        [...candidates(subject, surgeon, { pass, from }, new Set())].map((candidate) =>
          text(candidate.subject.calls),
        ),
      );
    const everything = [...all(0)];
    for (const found of [all(3, [3, 7]), all(9, [2])]) {
      expect(everything.filter((candidate) => !found.has(candidate))).toEqual([]);
    }
  });
});

describe('repair', () => {
  const repaired = (before: Trace, after: Trace): Trace => {
    const { accepted } = surgeon.examine(before);
    const verdicts = after.map((call) => accepted[before.indexOf(call)] === true);
    return surgeon.repair({ calls: after, accepted: verdicts }).calls;
  };

  test('what is no longer accepted falls out', () => {
    const trace: Trace = [create(0), map(0, 0, 0), unmap(0, 0), toggle];
    expect(repaired(trace, trace.slice(1))).toEqual([toggle]);
  });

  test('where the host chooses, it chooses anew', () => {
    const trace: Trace = [create(0), map(0, 0, 0), destroy(0), create(0), map(0, 1, 0)];
    const after = [0, 1, 4].map((i) => trace[i] as Call);
    expect(repaired(trace, after)).toEqual([create(0), map(0, 0, 0), map(0, 1, 1)]);
  });

  test('what was refused on purpose stays as it is', () => {
    const refused = map(2, 0, 0);
    const trace: Trace = [create(0), refused, toggle];
    expect(repaired(trace, [refused, toggle])).toEqual([refused, toggle]);
  });
});
