import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sharedMemories } from '../../checker/breadth-first/memory.ts';
import {
  type BreadthFirstOptions,
  expanderOptionsOf,
} from '../../checker/breadth-first/options.ts';
import { alone, type Team, tasks } from '../../checker/breadth-first/team.ts';
import { Worker } from '../../checker/breadth-first/worker.ts';
import { Explorer } from '../../checker/explorer.ts';
import { type SharedPages, sharedPages, sharedPagesProperties } from '../../examples/index.ts';
import {
  changeCommand,
  initialState,
  type Machine,
  propertiesOf,
  type Scope,
} from '../../machine/index.ts';
import { randomMachines } from '../machine/random-machine.ts';
import { tape, tapeScope, unmarked } from './tape.ts';

type Options = BreadthFirstOptions<never>;

/** Workers that share what threads share, and take turns at random in the one thread of a test. */
function takingTurns(
  count: number,
  turns: () => number,
  machine: Machine,
  scope: Scope,
  options: Options,
): Team {
  const memories = sharedMemories(new Map());
  const others: Worker<unknown>[] = [];
  let working: Iterator<void>[] = [];
  const task = (worker: Worker<unknown>) =>
    tasks[worker.common.get('task')] as Exclude<(typeof tasks)[number], 'end'>;
  const step = (): void => {
    working = working.filter((each) => turns() % 2 === 0 || !each.next().done);
  };
  return {
    workers: count,
    memories,
    start() {
      for (let id = 1; id < count; id++) {
        const place = { id, workers: count, memories };
        others.push(new Worker(machine, scope, expanderOptionsOf(options), place));
      }
    },
    isReady: () => true,
    begin() {
      working = others.map((worker) => worker[task(worker)]());
      // Some are quicker than the leader.
      for (let i = turns() % 8; i > 0; i--) step();
    },
    isBusy() {
      step();
      return working.length > 0;
    },
    end() {},
  };
}

/** All that a search finds, the order of states included. */
function found(machine: Machine, scope: Scope, options: Options, team: Team) {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const given = { ...expanderOptionsOf(options), maxStates };
  const explorer = new Explorer(machine, scope, given, team);
  for (const _ of explorer.begin(initialState(machine, scope.sizes)));
  while (explorer.ledger.ending === undefined && explorer.ledger.levels.length < maxDepth) {
    const level = explorer.nextLevel();
    let next = level.next();
    while (!next.done) next = level.next();
    if (next.value === 0) break;
  }
  explorer.end();
  const { distinct, ledger } = explorer;
  const { levels, generated, taken, fresh, ending } = ledger;
  const links = Array.from({ length: distinct }, (_, row) => [
    explorer.parentRow(row),
    explorer.callTo(row),
  ]);
  const { how, parent, call } = ending ?? {};
  const tallies = [...ledger.tallies].map(([id, tally]) => ({ id, ...tally }));
  return { levels, generated, taken, fresh, links, how, parent, call, tallies };
}

/** Numbers for the turns; they need not be good. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return state >>> 16;
  };
}

test('on random machines, whoever does what: the same states in the same order', () => {
  fc.assert(
    fc.property(
      randomMachines,
      fc.integer({ min: 2, max: 4 }),
      fc.nat(),
      fc.constantFrom<Options>(
        {},
        { mode: 'fingerprint' },
        { sleepSets: true },
        { deadlocks: true },
      ),
      ({ machine, scope }, count, seed, options) => {
        const limited = { ...options, maxDepth: 5, maxStates: 1000 };
        const team = takingTurns(count, numbers(seed), machine, scope, limited);
        expect(found(machine, scope, limited, team)).toEqual(
          found(machine, scope, limited, alone()),
        );
      },
    ),
    { numRuns: 10 },
  );
});

const { small } = sharedPages.scopes;
const { sometimes, transition } = propertiesOf<{
  readonly state: SharedPages;
  readonly sizes: Readonly<Record<string, number>>;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}>();

test('goals, properties of steps and a violation are the same, with every count up to it', () => {
  const faulted = changeCommand(sharedPages, 'swapOut', (command) => ({
    ...command,
    requires: command.requires.filter(([code]) => code !== 'shared'),
  })) as Machine;
  const properties = [
    ...sharedPagesProperties,
    sometimes({ id: 'full', name: 'no frame is free', reached: ({ after }) => after.free === 0 }),
    transition({ id: 'step', name: 'a step is a step', violation: () => null }),
  ];
  const options = { properties } as Options;
  const one = found(faulted, small, options, alone());
  expect(one.how).toBe('violated');
  expect(one.tallies).toContainEqual(expect.objectContaining({ id: 'full', couldFail: 1 }));
  const team = takingTurns(3, numbers(1), faulted, small, options);
  expect(found(faulted, small, options, team)).toEqual(one);
});

test('states that are too large to be kept whole are told apart by whoever finds them', () => {
  const machine = tape as Machine;
  for (const mode of ['exact', 'fingerprint'] as const) {
    const options = { mode, properties: [unmarked] } as Options;
    const one = found(machine, tapeScope, options, alone());
    expect([one.how, one.levels.length]).toEqual(['violated', 300]);
    const team = takingTurns(3, numbers(2), machine, tapeScope, options);
    expect(found(machine, tapeScope, options, team)).toEqual(one);
  }
});
