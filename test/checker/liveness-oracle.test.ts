/**
 * The search for fair runs, held against a plain definition on random small graphs: a run goes round
 * a set of states for ever, so every set of states is tried.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import {
  type AnyCommand,
  type Fairness,
  type Infer,
  int,
  type Liveness,
  type Machine,
  record,
  type Scope,
} from '../../machine/index.ts';

interface Edge {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}
interface Graph {
  readonly states: number;
  readonly edges: readonly Edge[];
}
/** What is to be done: begun in some states (or by the first one alone), done in others. */
interface Asked {
  readonly begins: readonly boolean[] | 'first';
  readonly done: readonly boolean[];
  readonly fairness: readonly Fairness[];
  readonly ceasing: readonly string[];
}
interface Case {
  readonly graph: Graph;
  readonly asked: Asked;
}

const kinds = ['a', 'b', 'c'] as const;

const fairness: fc.Arbitrary<readonly Fairness[]> = fc.array(
  fc.record({
    commands: fc.subarray([...kinds], { minLength: 1 }),
    strength: fc.constantFrom('weak', 'strong'),
    each: fc.constantFrom([], ['to']),
  }),
  { maxLength: 3 },
);
const cases: fc.Arbitrary<Case> = fc.integer({ min: 1, max: 6 }).chain((states) => {
  const state = fc.nat(states - 1);
  const edge = fc.record({ kind: fc.constantFrom(...kinds), from: state, to: state });
  const some = fc.array(fc.boolean(), { minLength: states, maxLength: states });
  const few = fc.array(
    fc.integer({ min: 0, max: 3 }).map((n) => n === 0),
    { minLength: states, maxLength: states },
  );
  return fc.record({
    graph: fc.record({
      states: fc.constant(states),
      edges: fc.array(edge, { maxLength: 3 * states }),
    }),
    asked: fc.record({
      begins: fc.oneof(fc.constant('first' as const), some),
      done: few,
      fairness,
      ceasing: fc.subarray([...kinds], { maxLength: 1 }),
    }),
  });
});

const Place = record({ at: int('last') });
interface Place extends Infer<typeof Place> {}

/** A machine that walks on the graph: a command for each kind of edge. */
function walker({ states, edges }: Graph): { machine: Machine<Place>; scope: Scope } {
  const scope = { name: 'test', purpose: 'A test.', sizes: { last: states - 1 } };
  const command = (kind: string): AnyCommand => {
    const leads = (from: number, to: number): boolean =>
      edges.some((edge) => edge.kind === kind && edge.from === from && edge.to === to);
    return {
      actor: 'host',
      summary: 'A test.',
      args: { to: int('last') },
      requires: [['no-edge', ['to'], (s: Place, a: { to: number }) => !leads(s.at, a.to)]],
      effect: (d: Place, a: { to: number }) => {
        d.at = a.to;
      },
    };
  };
  const machine: Machine<Place> = {
    name: 'walker',
    version: 1,
    shape: Place,
    commands: Object.fromEntries(kinds.map((kind) => [kind, command(kind)])),
    operations: {},
    initial: () => ({ at: 0 }),
    scopes: { test: scope },
  };
  return { machine, scope };
}

function propertyOf({ begins, done, fairness, ceasing }: Asked): Liveness<never> {
  const named = { id: 'x', name: 'it is done', fairness, ceasing };
  const isDone = ({ at }: Place): boolean => done[at] === true;
  const property =
    begins === 'first'
      ? { kind: 'eventually' as const, ...named, holds: isDone }
      : {
          kind: 'leads-to' as const,
          ...named,
          starts: ({ at }: Place) => begins[at] === true,
          done: isDone,
        };
  return property as Liveness<never>;
}

/** How many steps lead to a run that is wrong from there on; undefined where there is none. */
type Check = (each: Case) => number | undefined;

const searched: Check = ({ graph, asked }) => {
  const { machine, scope } = walker(graph);
  return liveness(machine, scope, [propertyOf(asked)]).violations[0]?.lasso.stem.length;
};

const tried: Check = ({ graph, asked }) => {
  const distances = owing(graph, asked);
  const wrong = subsets(graph.states).filter(
    (states) =>
      states.every((state) => asked.done[state] === false) &&
      (isEnd(graph, states) ||
        (isConnected(graph, states, asked) &&
          asked.fairness.every((each) => isFair(graph, states, asked, each)))),
  );
  const lengths = wrong.flat().map((state) => distances[state] as number);
  const least = Math.min(...lengths);
  return least === Number.POSITIVE_INFINITY ? undefined : least;
};

function subsets(states: number): number[][] {
  const all = Array.from({ length: states }, (_, i) => i);
  return Array.from({ length: 2 ** states }, (_, bits) => all.filter((i) => (bits >> i) & 1));
}

const isEnd = ({ edges }: Graph, [only, ...others]: readonly number[]): boolean =>
  only !== undefined && others.length === 0 && edges.every(({ from }) => from !== only);

/** Whether each state of a set is reached from each by one step or more inside. */
function isConnected(
  { states, edges }: Graph,
  set: readonly number[],
  { ceasing }: Asked,
): boolean {
  const reached = Array.from({ length: states }, () => new Array<boolean>(states).fill(false));
  for (const { kind, from, to } of edges) {
    if (ceasing.includes(kind)) continue;
    if (set.includes(from) && set.includes(to)) (reached[from] as boolean[])[to] = true;
  }
  for (const over of set) {
    for (const from of set) {
      for (const to of set) {
        if (reached[from]?.[over] && reached[over]?.[to]) (reached[from] as boolean[])[to] = true;
      }
    }
  }
  return set.length > 0 && set.every((from) => set.every((to) => reached[from]?.[to] === true));
}

/** Whether a run that visits exactly a set for ever, and takes all edges inside, is fair. */
function isFair(
  { states, edges }: Graph,
  set: readonly number[],
  { ceasing }: Asked,
  { commands, strength, each = [] }: Fairness,
): boolean {
  const groups =
    each.length === 0
      ? [edges]
      : Array.from({ length: states }, (_, to) => edges.filter((edge) => edge.to === to));
  return groups
    .map((group) => group.filter(({ kind }) => commands.includes(kind)))
    .every((group) => {
      const goesOn = group.filter(({ kind }) => !ceasing.includes(kind));
      if (goesOn.some(({ from, to }) => set.includes(from) && set.includes(to))) return true;
      const possible = set.filter((state) => group.some(({ from }) => from === state));
      return strength === 'weak' ? possible.length < set.length : possible.length === 0;
    });
}

/** For each state, the fewest steps to it in runs that have something to do there. */
function owing({ states, edges }: Graph, { begins, done }: Asked): number[] {
  const begun = (state: number, isFirst: boolean): boolean =>
    begins === 'first' ? isFirst : begins[state] === true;
  const never = Number.POSITIVE_INFINITY;
  const [free, owes] = [
    new Array<number>(states).fill(never),
    new Array<number>(states).fill(never),
  ];
  const arrive = (state: number, owed: boolean, steps: number, isFirst: boolean): void => {
    const distances = done[state] === false && (owed || begun(state, isFirst)) ? owes : free;
    distances[state] = Math.min(distances[state] as number, steps);
  };
  arrive(0, false, 0, true);
  // No shortest run is longer than there are states, with something to do and without.
  for (let round = 0; round < 2 * states; round++) {
    for (const { from, to } of edges) {
      arrive(to, false, (free[from] as number) + 1, false);
      arrive(to, true, (owes[from] as number) + 1, false);
    }
  }
  return owes;
}

const agrees = (check: Check) =>
  fc.property(cases, (each) => {
    expect(check(each)).toBe(tried(each));
  });

test('the search agrees with trying every set of states, and its stems are shortest', () => {
  fc.assert(agrees(searched), { numRuns: 2000 });
});

/** The search, with another fairness than it was asked for. */
const withFairness =
  (change: (each: Fairness) => readonly Fairness[]): Check =>
  ({ graph, asked }) =>
    searched({ graph, asked: { ...asked, fairness: asked.fairness.flatMap(change) } });

test.each<[what: string, Check]>([
  ['ignores strong fairness', withFairness((each) => (each.strength === 'strong' ? [] : [each]))],
  ['ignores weak fairness', withFairness((each) => (each.strength === 'weak' ? [] : [each]))],
  ['takes strong fairness for weak', withFairness((each) => [{ ...each, strength: 'weak' }])],
  ['takes weak fairness for strong', withFairness((each) => [{ ...each, strength: 'strong' }])],
  ['joins what is fair by itself', withFairness((each) => [{ ...each, each: [] }])],
  [
    'splits by command what is fair as one',
    withFairness((each) => each.commands.map((kind) => ({ ...each, commands: [kind] }))),
  ],
  [
    'lets go on what ceases',
    ({ graph, asked }) => searched({ graph, asked: { ...asked, ceasing: [] } }),
  ],
  [
    'forgets when it was to be done',
    ({ graph, asked }) => searched({ graph, asked: { ...asked, begins: 'first' } }),
  ],
])('a search that %s is caught', (_, broken) => {
  expect(fc.check(agrees(broken), { seed: 1, numRuns: 2000, endOnFailure: true }).failed).toBe(
    true,
  );
});
