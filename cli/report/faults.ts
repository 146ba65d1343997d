/** What `faults` reports: how soon each seeded bug is found, and how short its counterexample is. */
import type { Verdict } from '../exit.ts';
import type { StopReason } from '../stop.ts';
import type { TestCase } from './junit.ts';
import { count, duration, paint, plural, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

/** One fault looked for with one seed. */
export interface SeedResult {
  readonly seed: number;
  readonly found: boolean;
  readonly foundBy: readonly string[];
  /** Commands drawn until then. */
  readonly commands: number;
  /** How its counterexample left the last pass of the shrinker. */
  readonly shrunk?: LastPass;
}

export interface LastPass {
  /** Commands of the counterexample. */
  readonly length: number;
  /** There is none with fewer in this scope. */
  readonly proved: boolean;
  /** States that were searched to prove it. */
  readonly states: number;
  readonly seconds: number;
}

export interface FaultResult {
  readonly id: string;
  /** The scope in which it was looked for. */
  readonly scope: string;
  readonly killedBy: readonly string[];
  readonly results: readonly SeedResult[];
}

export interface FaultEntry {
  readonly id: string;
  readonly scope: string;
  readonly killedBy: readonly string[];
  readonly foundBy: readonly string[];
  readonly seeds: number;
  /** How many seeds found it. */
  readonly found: number;
  /** Over the seeds, one that did not find it counting as infinite, which is null. */
  readonly commandsMedian: number | null;
  readonly shrunkMean: number | null;
  readonly shrunkMax: number | null;
  /** The fewest commands of a counterexample that any seed led to. */
  readonly shortest: number | null;
  /** Seeds whose counterexample is proved to be shortest. */
  readonly proved: number;
  /** The most states that a proof searched, and the seconds of the slowest last pass. */
  readonly states: number | null;
  readonly slowest: number | null;
}

export interface FaultsDocument {
  readonly verdict: Verdict;
  readonly stopped?: StopReason;
  readonly seed: number;
  readonly seeds: number;
  readonly budget: number;
  readonly seconds: number;
  readonly faults: readonly FaultEntry[];
  readonly summary: {
    readonly faults: number;
    /** Faults found with every seed. */
    readonly found: number;
    readonly commandsMedian: number | null;
    readonly commandsP90: number | null;
    /** Mean of shrunk length over shortest known length. */
    readonly shrunkOverShortest: number | null;
    /** Of all counterexamples. */
    readonly provedShare: number;
    /** Of all counterexamples, those proved within five seconds. */
    readonly provedSoonShare: number;
    readonly slowest: number | null;
  };
}

type Settings = Pick<FaultsDocument, 'stopped' | 'seed' | 'seeds' | 'budget' | 'seconds'>;

export function faultsDocument(all: readonly FaultResult[], settings: Settings): FaultsDocument {
  const faults = all.map(faultEntry);
  const found = faults.filter((each) => each.seeds > 0 && each.found === each.seeds).length;
  const complete = settings.stopped === undefined && found === faults.length;
  const spent = all.flatMap(({ results }) => results.map(commandsOf));
  const passes = all.map(({ results }) => passesOf(results));
  const ratios = passes.flatMap((each) => each.map(({ length }) => length / shortestOf(each)));
  const every = passes.flat();
  const proved = every.filter((each) => each.proved);
  return {
    // A bug that was not found says that the search was too short, not that the model is wrong.
    verdict: complete ? 'holds' : 'inconclusive',
    ...settings,
    faults,
    summary: {
      faults: faults.length,
      found,
      commandsMedian: quantile(spent, 0.5),
      commandsP90: quantile(spent, 0.9),
      shrunkOverShortest: mean(ratios),
      provedShare: share(proved, every),
      provedSoonShare: share(
        proved.filter(({ seconds }) => seconds <= soon),
        every,
      ),
      slowest: most(every.map(({ seconds }) => seconds)),
    },
  };
}

/** Seconds for which somebody waits gladly. */
const soon = 5;

function faultEntry({ id, scope, killedBy, results }: FaultResult): FaultEntry {
  const passes = passesOf(results);
  const lengths = passes.map(({ length }) => length);
  const proved = passes.filter((each) => each.proved);
  return {
    id,
    scope,
    killedBy,
    foundBy: [...new Set(results.flatMap(({ foundBy }) => foundBy))].sort(),
    seeds: results.length,
    found: results.filter(({ found }) => found).length,
    commandsMedian: quantile(results.map(commandsOf), 0.5),
    shrunkMean: mean(lengths),
    shrunkMax: most(lengths),
    shortest: passes.length === 0 ? null : shortestOf(passes),
    proved: proved.length,
    states: most(proved.map(({ states }) => states)),
    slowest: most(passes.map(({ seconds }) => seconds)),
  };
}

const share = (part: readonly unknown[], whole: readonly unknown[]): number =>
  whole.length === 0 ? 0 : part.length / whole.length;

const most = (values: readonly number[]): number | null =>
  values.length === 0 ? null : Math.max(...values);

const commandsOf = ({ found, commands }: SeedResult): number =>
  found ? commands : Number.POSITIVE_INFINITY;

function passesOf(results: readonly SeedResult[]): readonly LastPass[] {
  return results.flatMap(({ shrunk }) => shrunk ?? []);
}

const shortestOf = (passes: readonly LastPass[]): number =>
  Math.min(...passes.map(({ length }) => length));

function mean(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The smallest value that at least this share of the values does not exceed. */
export function quantile(values: readonly number[], of: number): number | null {
  const sorted = [...values].sort((a, b) => a - b);
  const value = sorted[Math.max(0, Math.ceil(of * sorted.length) - 1)];
  return value === undefined || !Number.isFinite(value) ? null : value;
}

export function faultsText(document: FaultsDocument, style: Style): string {
  const right = 'right' as const;
  const columns = [
    { title: 'FAULT' },
    { title: 'SCOPE' },
    { title: 'FOUND', align: right },
    { title: 'COMMANDS', align: right },
    { title: 'SHRUNK', align: right },
    { title: 'MAX', align: right },
    { title: 'SHORTEST', align: right },
    { title: 'PROVED', align: right },
    { title: 'STATES', align: right },
    { title: 'SECONDS', align: right },
    { title: 'MUST BE FOUND BY' },
    { title: 'FOUND BY' },
  ];
  const rows = document.faults.map((each) => [
    each.id,
    each.scope,
    ofSeeds(each.found, each, style),
    numberText(each.commandsMedian),
    each.shrunkMean?.toFixed(1) ?? '-',
    numberText(each.shrunkMax),
    numberText(each.shortest),
    ofSeeds(each.proved, each, style),
    numberText(each.states),
    each.slowest?.toFixed(1) ?? '-',
    each.killedBy.join(' '),
    each.foundBy.join(' '),
  ]);
  return `${table(columns, rows, style)}\n${summaryText(document, style)}`;
}

function ofSeeds(some: number, { seeds }: FaultEntry, style: Style): string {
  const text = `${some}/${seeds}`;
  return some === seeds ? text : paint(style).yellow(text);
}

const percent = (of: number): string => `${Math.round(of * 1000) / 10} %`;

const numberText = (value: number | null): string => (value === null ? '-' : count(value));

function summaryText(document: FaultsDocument, style: Style): string {
  const { summary, verdict, seed, seeds, budget, seconds, stopped } = document;
  const seedsText = seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
  const [proved, soonProved] = [percent(summary.provedShare), percent(summary.provedSoonShare)];
  const slowest = summary.slowest === null ? '-' : duration(summary.slowest);
  const ratio = summary.shrunkOverShortest?.toFixed(3) ?? '-';
  return [
    `Commands until found: median ${numberText(summary.commandsMedian)}, `,
    `p90 ${numberText(summary.commandsP90)} of ${count(budget)}\n`,
    `Shrunk over shortest known: ${ratio}; proved shortest: ${proved}, `,
    `${soonProved} within ${soon} s; the slowest last pass took ${slowest}\n`,
    stopped === undefined ? '' : 'interrupted; this is what was established so far\n',
    `${verdictWord(verdict, style)}  ${summary.found} of ${plural(summary.faults, 'fault')} `,
    `found with every seed  ${scopesText(document)}, ${seedsText}, ${duration(seconds)}\n`,
  ].join('');
}

/** One test for each fault. */
export function faultCases({ faults, budget }: FaultsDocument): readonly TestCase[] {
  return faults.map(({ id, killedBy, foundBy, found, seeds }): TestCase => {
    const named = { name: id, group: 'hypercheck faults' };
    if (found === seeds) return named;
    const message = `found with ${found} of ${seeds} seeds in ${budget} commands`;
    const details = `must be found by ${killedBy.join(' or ')}; violated: ${foundBy.join(' ')}`;
    return { ...named, failure: { message, details } };
  });
}

/** More scopes than these are counted; the table names them. */
const scopesShown = 5;

function scopesText({ faults }: FaultsDocument): string {
  const scopes = [...new Set(faults.map(({ scope }) => scope))];
  if (scopes.length > scopesShown) return plural(scopes.length, 'scope');
  return `scope${scopes.length === 1 ? '' : 's'} ${scopes.join(', ')}`;
}
