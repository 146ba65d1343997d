/** What `check` reports: how much was explored, what of it could have failed, and why it ended. */
import type { Mode, ReductionCheck, SearchCounts, SelfTest } from '../../checker/index.ts';
import {
  type Call,
  isConjecture,
  type Property,
  type Scope,
  type Sizes,
} from '../../machine/index.ts';
import type { InputProblem, Verdict } from '../exit.ts';
import type { StopReason } from '../stop.ts';
import { type ConjectureResult, conjecturesText } from './conjectures.ts';
import {
  type Counterexample,
  counterexampleText,
  type ShownStep,
  stepLines,
} from './counterexample.ts';
import { type PropertyResult, propertiesText, propertyResult } from './properties.ts';
import { count, duration, paint, plural, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

/** What ends a search before every state was seen. */
export type Limit = StopReason | 'states' | 'depth' | 'walks' | 'error';

interface CommandResult {
  readonly command: string;
  /** Steps that it took; none where it was never enabled. */
  readonly taken: number;
  /** Of these, steps to a state that was not known. */
  readonly fresh: number;
}
/** A property of two runs, and the pairs of states that were searched for it. */
export interface PairsSearched {
  readonly property: string;
  readonly verdict: Verdict;
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
}
interface GoalResult {
  readonly id: string;
  readonly name: string;
  readonly reached: boolean;
  /** A shortest trace that reaches it. */
  readonly witness: readonly Call[] | null;
}

export interface CheckDocument {
  readonly verdict: Verdict | 'bad-input' | 'internal-error';
  /** Every state of the scope was seen. */
  readonly complete: boolean;
  readonly scope: string;
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  readonly seconds: number;
  readonly peakMb: number;
  /** The order in which states were searched. */
  readonly strategy: string;
  readonly workers: number;
  /** What was left out because something else stands for it. */
  readonly reductions: readonly string[];
  readonly counterexample?: Counterexample;
  readonly machine: string;
  readonly fault?: string;
  readonly sizes: Sizes;
  readonly mode: Mode;
  readonly stopped?: Limit;
  /** How likely it is that two states had one fingerprint, so that one was not seen. */
  readonly collision?: { readonly probability: number; readonly formula: string };
  /** Index sets whose members the test of the symmetry told apart, and how. */
  readonly asymmetries?: readonly { readonly set: string; readonly problem: string }[];
  /** What a search without the reduction says of it. */
  readonly reduction?: ReductionCheck;
  /** What was searched of pairs of runs, after all states of one. */
  readonly pairs?: readonly PairsSearched[];
  /** States found at each depth. */
  readonly levels: readonly number[];
  readonly commands: readonly CommandResult[];
  readonly properties: readonly PropertyResult[];
  /** Ids of properties that could not have failed in any state or step. */
  readonly vacuous: readonly string[];
  readonly goals: readonly GoalResult[];
  /** Their breaking is told, and makes no verdict. */
  readonly conjectures: readonly ConjectureResult[];
  /** Ids of properties that a search does not ask. */
  readonly leftOut: readonly string[];
  /** Where a rule threw. */
  readonly problems?: readonly InputProblem[];
  readonly trace?: readonly Call[];
}

export interface Established {
  readonly machine: string;
  readonly fault?: string;
  readonly scope: Scope;
  readonly strategy: string;
  readonly mode: Mode;
  readonly counts: SearchCounts;
  readonly seconds: number;
  readonly peakMb: number;
  readonly asked: readonly Property<never>[];
  readonly conjectures: readonly ConjectureResult[];
  readonly leftOut: readonly Property<never>[];
  readonly limit: Limit | undefined;
  readonly symmetry: SelfTest | undefined;
  readonly sleepSets: boolean;
  readonly workers: number;
  readonly reduction: ReductionCheck | undefined;
  readonly pairs: readonly PairsSearched[] | undefined;
}

export function madeOf(verdict: CheckDocument['verdict'], found: Established): CheckDocument {
  const { machine, fault, scope, mode, counts, seconds, peakMb, asked, leftOut, limit } = found;
  const { strategy, workers, symmetry, sleepSets, reduction, pairs, conjectures } = found;
  const { distinct, generated, depth, levels, witnesses } = counts;
  const promised = asked.filter((each) => !isConjecture(each));
  const results = promised.map((each) => {
    const tally = counts.tallies.get(each.id);
    return propertyResult(each, tally === undefined ? [] : [tally]);
  });
  const properties = results.filter(({ kind }) => kind !== 'sometimes');
  const goals = results.filter(({ kind }) => kind === 'sometimes');
  return {
    verdict,
    complete: verdict === 'holds',
    scope: scope.name,
    distinct,
    generated,
    depth,
    seconds,
    peakMb,
    strategy,
    workers,
    reductions: [
      ...(symmetry === undefined
        ? []
        : [`symmetry of ${symmetry.trusted.join(', ') || 'nothing'}`]),
      ...(sleepSets ? ['sleep sets'] : []),
    ],
    machine,
    ...(fault === undefined ? {} : { fault }),
    sizes: scope.sizes,
    mode,
    ...(limit === undefined ? {} : { stopped: limit }),
    ...(mode === 'exact' ? {} : { collision: collisionAmong(distinct) }),
    ...(symmetry === undefined
      ? {}
      : { asymmetries: symmetry.refused.map(({ set, problem }) => ({ set, problem })) }),
    ...(reduction === undefined ? {} : { reduction }),
    ...(pairs === undefined ? {} : { pairs }),
    levels,
    commands: [...counts.commands].map(([command, each]) => ({ command, ...each })),
    properties,
    vacuous: properties.filter(({ couldFail }) => couldFail === 0).map(({ id }) => id),
    goals: goals.map(({ id, name }) => {
      const witness = witnesses.get(id) ?? null;
      return { id, name, reached: witness !== null, witness };
    }),
    conjectures,
    leftOut: leftOut.map(({ id }) => id),
  };
}

/** Pairs of states over fingerprints of 64 bits: the birthday bound. */
function collisionAmong(states: number): { probability: number; formula: string } {
  return { probability: states ** 2 / 2 ** 65, formula: 'n^2 / 2^65' };
}

export function checkText(document: CheckDocument, style: Style): string {
  const { counterexample } = document;
  return [
    ...(counterexample === undefined ? [] : [`${counterexampleText(counterexample, style)}\n`]),
    commandsText(document, style),
    '\n',
    document.properties.length === 0 ? '' : propertiesText(document.properties, style),
    goalsText(document, style),
    conjecturesText(document.conjectures, style),
    leftOutText(document, style),
    '\n',
    closingText(document, style),
  ].join('');
}

function commandsText({ commands }: CheckDocument, style: Style): string {
  const right = 'right' as const;
  const columns = [
    { title: 'COMMAND' },
    { title: 'STEPS', align: right },
    { title: 'NEW STATES', align: right },
  ];
  const used = commands.filter(({ taken }) => taken > 0);
  const rows = used.map(({ command, taken, fresh }) => [command, count(taken), count(fresh)]);
  const never = commands.filter(({ taken }) => taken === 0).map(({ command }) => command);
  return `${table(columns, rows, style)}${listed('Never enabled', never, style)}`;
}

/** More goals than these are counted; their witnesses are in the JSON. */
const goalsShown = 20;

function goalsText({ goals }: CheckDocument, style: Style): string {
  if (goals.length === 0) return '';
  const reached = goals.filter((each) => each.reached);
  const missed = goals.filter((each) => !each.reached).map(({ id }) => id);
  const columns = [
    { title: 'GOAL' },
    { title: 'COMMANDS', align: 'right' as const },
    { title: 'REACHED BY' },
  ];
  const rows = reached.map(({ id, witness }) => [
    id,
    count(witness?.length ?? 0),
    (witness ?? []).map(({ kind }) => kind).join(', '),
  ]);
  const shown = rows.length === 0 || rows.length > goalsShown ? '' : table(columns, rows, style);
  const head = `Goals reached: ${reached.length} of ${goals.length}\n`;
  return `${shown}${head}${listed('Goals never reached', missed, style)}`;
}

function leftOutText({ leftOut, reductions }: CheckDocument, style: Style): string {
  if (leftOut.length === 0) return '';
  const what = plural(leftOut.length, 'property', 'properties');
  const why =
    reductions.length === 0 ? '' : ', or of steps and runs, which a reduced search leaves out';
  return paint(style).dim(
    `Not asked: ${what} of refusals, or of other scopes and commands${why}\n`,
  );
}

function listed(title: string, ids: readonly string[], style: Style): string {
  if (ids.length === 0) return '';
  return `${paint(style).yellow(`${title} (${ids.length})`)}: ${ids.join(', ')}\n`;
}

const whyStopped: Readonly<Record<Limit, string>> = {
  interrupted: 'Interrupted: this is what was established so far.',
  time: 'Time is up: this is what was established so far.',
  states: 'As many states as --max-states allows were found; there are more.',
  depth: 'Traces of as many commands as --max-depth allows were followed; there are longer ones.',
  walks: 'All walks were taken: nothing wrong was met, and that shows no more than that.',
  error: 'A rule threw or did not end: this is what was established until then.',
};

/** A search that goes deep first goes thousands of steps deep. */
const levelsShown = 40;

function closingText(document: CheckDocument, style: Style): string {
  const { verdict, complete, machine, scope, sizes, levels, stopped, collision } = document;
  const { distinct, generated, depth, seconds, peakMb, reductions, asymmetries = [] } = document;
  const { reduction, pairs = [] } = document;
  const shownSizes = Object.entries(sizes).map(([name, size]) => `${name} ${size}`);
  const bound = [
    plural(distinct, 'state'),
    plural(generated, 'step'),
    `depth ${depth}`,
    duration(seconds),
    `${count(peakMb)} MB`,
  ].join(', ');
  const more = levels.length > levelsShown ? ', and further' : '';
  const lines = [
    `${machine} in scope ${scope}: ${shownSizes.join(', ')}`,
    `States by depth: ${levels.slice(0, levelsShown).map(count).join(', ')}${more}`,
    ...(collision === undefined
      ? []
      : [
          `A state may have been missed with probability ${collision.probability.toExponential(1)} (${collision.formula} for n states of 64-bit fingerprints)`,
        ]),
    ...(reductions.length === 0 ? [] : [`Reduced by ${reductions.join(' and ')}`]),
    ...asymmetries.map(({ set, problem }) => `  not by symmetry of ${set}: ${problem}`),
    ...(reduction === undefined ? [] : reductionLines(reduction)),
    ...pairs.map(pairsLine),
    ...(stopped === undefined ? [] : [whyStopped[stopped]]),
    `${wordFor(verdict, style)}${complete ? ' (every state)' : ''}  ${bound}`,
  ];
  return `${lines.join('\n')}\n`;
}

function pairsLine({ property, distinct, generated, depth }: PairsSearched): string {
  const bound = [plural(distinct, 'pair of states', 'pairs of states'), plural(generated, 'step')];
  return `Two runs (${property}): ${[...bound, `depth ${depth}`].join(', ')}`;
}

function reductionLines({ agrees, differences, distinct }: ReductionCheck): readonly string[] {
  switch (agrees) {
    case 'yes':
      return [
        `Verified: without the reduction ${plural(distinct, 'state')}, and the same findings`,
      ];
    case 'unknown':
      return [
        `Not verified: there are more than ${count(distinct - 1)} states without the reduction; try smaller sizes with --set`,
      ];
    case 'no':
      return [
        'The reduction is wrong, which is a bug of hypercheck:',
        ...differences.map((each) => `  ${each}`),
      ];
  }
}

function wordFor(verdict: CheckDocument['verdict'], style: Style): string {
  return verdict === 'bad-input' || verdict === 'internal-error'
    ? paint(style).red(verdict)
    : verdictWord(verdict, style);
}

/** The trace to the state in which a rule threw, and the call at which it did. */
export function brokenText(
  steps: readonly ShownStep[],
  trace: readonly Call[],
  style: Style,
): string {
  const last = trace.at(-1);
  const lines = [
    paint(style).red('A rule threw at the last of these commands:'),
    ...steps.flatMap((step, i) => stepLines(step, i + 1, false, style)),
    ...(last === undefined
      ? ['> the initial state']
      : stepLines({ call: last, events: [], changes: [] }, trace.length, true, style)),
  ];
  return `${lines.join('\n')}\n\n`;
}
