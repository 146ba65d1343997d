/** Seeded bugs of the reference model: found, and shrunk to what exhaustive search proves shortest. */
import { describe, expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import { detect } from '../../generators/index.ts';
import { changeCommand, dropGuard, type Fault, type Machine } from '../../machine/index.ts';

type Shared = Machine<SharedPages>;
interface Args {
  readonly vm: number;
  readonly page: number;
  readonly kept: number;
  readonly freed: number;
}
type Effect = (state: SharedPages, args: Args, context: unknown) => void;

/** A command whose effect is followed by something that it should not do. */
function spoil(kind: string, spoiled: (effect: Effect) => Effect): (machine: Shared) => Shared {
  return (machine) =>
    changeCommand(machine, kind, (command) => ({
      ...command,
      // A table of commands forgets what each one's state and arguments are.
      effect: spoiled(command.effect as unknown as Effect) as unknown as typeof command.effect,
    }));
}

function fault(
  id: string,
  killedBy: readonly string[],
  apply: (machine: Shared) => Shared,
): Fault<Shared> {
  return { id, seam: 'command', story: id, origin: 'made for this test', killedBy, apply };
}

const faults: readonly Fault<Shared>[] = [
  fault(
    'a broken share keeps its reference',
    ['references'],
    spoil('breakShare', (effect) => (s, a, c) => {
      const { at } = s.guests.at(a.vm).pages.at(a.page);
      effect(s, a, c);
      if (at.kind === 'mapped') s.frames.at(at.frame).references++;
    }),
  ),
  fault(
    'a ballooned page keeps its slot',
    ['slots'],
    spoil('inflate', (effect) => (s, a, c) => {
      const { at } = s.guests.at(a.vm).pages.at(a.page);
      const before = at.kind === 'swapped' ? s.slots.at(at.slot).content : 0;
      effect(s, a, c);
      if (at.kind === 'swapped') s.slots.at(at.slot).content = before;
    }),
  ),
  fault('a page is swapped into a frame in use', ['references', 'preserved'], (machine) =>
    dropGuard(machine, 'swapIn', 'frame-in-use'),
  ),
  fault('a shared page is written in place', ['preserved'], (machine) =>
    dropGuard(machine, 'write', 'shared'),
  ),
  fault(
    'deflating leaves the size of the balloon',
    ['balloon'],
    spoil('deflate', (effect) => (s, a, c) => {
      effect(s, a, c);
      s.guests.at(a.vm).balloon++;
    }),
  ),
  fault('a shared page is swapped out', ['references', 'content'], (machine) =>
    dropGuard(machine, 'swapOut', 'shared'),
  ),
];

/** Four pages must be touched and merged in pairs before the wrong merge. */
const deep = fault(
  'merging two shared frames counts one reference too few',
  ['references'],
  spoil('dedup', (effect) => (s, a, c) => {
    const [kept, freed] = [s.frames.at(a.kept).references, s.frames.at(a.freed).references];
    effect(s, a, c);
    if (kept > 1 && freed > 1) s.frames.at(a.kept).references--;
  }),
);
const deepShortest = 7;

const scope = {
  ...sharedPages.scopes.large,
  sizes: { vm: 2, page: 3, frame: 4, content: 2, slot: 2, balloon: 1 },
};

describe.each(faults)('$id', (each) => {
  test('is found, and shrunk to the shortest trace that there is', () => {
    const found = breadthFirst(each.apply(sharedPages), scope, {
      properties: sharedPagesProperties,
      maxStates: 20_000,
    });
    const shortest = found.verdict === 'violated' ? found.trace.length : undefined;
    for (const seed of [1, 2, 3]) {
      const result = detect<SharedPages>(sharedPages, each, sharedPagesProperties, { seed, scope });
      expect(result.found).toBe(true);
      expect(each.killedBy.some((id) => result.foundBy.includes(id))).toBe(true);
      expect(result.trace?.length).toBeLessThanOrEqual(result.commands);
      expect(result.shrunk?.trace.length).toBe(shortest);
      expect(result.shrunk?.minimal).toBe('among-subsequences');
    }
  });
});

test('a fault that search does not reach is shrunk as far as it goes', () => {
  for (const seed of [1, 2]) {
    const result = detect<SharedPages>(sharedPages, deep, sharedPagesProperties, { seed, scope });
    expect(result.shrunk?.trace.length).toBe(deepShortest);
  }
});

describe('detect', () => {
  const sound = fault('nothing is wrong', ['references'], (machine) => machine);

  test('the sound machine raises no alarm, and the budget is spent', () => {
    const result = detect<SharedPages>(sharedPages, sound, sharedPagesProperties, {
      seed: 1,
      scope,
      budget: 2000,
    });
    expect(result).toMatchObject({ seed: 1, found: false, commands: 2000, foundBy: [] });
    expect(result.trace).toBeUndefined();
  });

  test('another property than the named ones is not enough', () => {
    const [first] = faults;
    if (first === undefined) return;
    const result = detect<SharedPages>(
      sharedPages,
      { ...first, killedBy: ['balloon'] },
      sharedPagesProperties,
      { seed: 1, scope, budget: 3000 },
    );
    expect(result.found).toBe(false);
    expect(result.foundBy).toContain('references');
  });

  test('depends on the seed alone', () => {
    const [first] = faults;
    if (first === undefined) return;
    const once = () =>
      detect<SharedPages>(sharedPages, first, sharedPagesProperties, { seed: 5, scope });
    expect(once()).toEqual(once());
    const unshrunk = detect<SharedPages>(sharedPages, first, sharedPagesProperties, {
      seed: 5,
      scope,
      shrinkBudget: 0,
    });
    expect(unshrunk).toEqual({ ...once(), shrunk: undefined });
  });

  test('a rule that throws is reported', () => {
    const throwing = fault(
      'a throw',
      ['references'],
      spoil('deflate', () => () => {
        throw new Error('a bug');
      }),
    );
    const result = detect<SharedPages>(sharedPages, throwing, sharedPagesProperties, {
      seed: 1,
      scope,
      budget: 2000,
    });
    expect(result).toMatchObject({ found: false, threw: 'Error: a bug' });
  });

  test('faults may remove and add commands', () => {
    const renamed = fault('deflate under another name', ['references'], (machine) => {
      const { deflate, ...commands } = machine.commands;
      return deflate === undefined
        ? machine
        : { ...machine, commands: { ...commands, pop: deflate } };
    });
    const result = detect<SharedPages>(sharedPages, renamed, sharedPagesProperties, {
      seed: 1,
      scope,
      budget: 500,
    });
    expect(result.commands).toBe(500);
  });
});
