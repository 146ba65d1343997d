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
  /** Commands of the shrunk counterexample. */
  readonly shrunk?: number;
}

export interface FaultResult {
  readonly id: string;
  /** The scope in which it was looked for. */
  readonly scope: string;
  readonly killedBy: readonly string[];
  readonly results: readonly SeedResult[];
  /** The fewest commands of a counterexample that anything found. */
  readonly shortest: number | null;
  /** An exhaustive search found nothing shorter. */
  readonly proved: boolean;
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
  readonly shortest: number | null;
  readonly proved: boolean;
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
    readonly provedShare: number;
  };
}

type Settings = Pick<FaultsDocument, 'stopped' | 'seed' | 'seeds' | 'budget' | 'seconds'>;

export function faultsDocument(all: readonly FaultResult[], settings: Settings): FaultsDocument {
  const faults = all.map(faultEntry);
  const found = faults.filter((each) => each.seeds > 0 && each.found === each.seeds).length;
  const complete = settings.stopped === undefined && found === faults.length;
  const spent = all.flatMap(({ results }) => results.map(commandsOf));
  const ratios = all.flatMap(({ results, shortest }) =>
    lengths(results).map((length) => length / (shortest ?? length)),
  );
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
      provedShare:
        faults.length === 0
          ? 0
          : share(
              faults.filter((each) => each.proved),
              faults,
            ),
    },
  };
}

function faultEntry({ id, scope, killedBy, results, shortest, proved }: FaultResult): FaultEntry {
  const shrunk = lengths(results);
  return {
    id,
    scope,
    killedBy,
    foundBy: [...new Set(results.flatMap(({ foundBy }) => foundBy))].sort(),
    seeds: results.length,
    found: results.filter(({ found }) => found).length,
    commandsMedian: quantile(results.map(commandsOf), 0.5),
    shrunkMean: mean(shrunk),
    shrunkMax: shrunk.length === 0 ? null : Math.max(...shrunk),
    shortest,
    proved,
  };
}

const share = (part: readonly unknown[], whole: readonly unknown[]): number =>
  part.length / whole.length;

const commandsOf = ({ found, commands }: SeedResult): number =>
  found ? commands : Number.POSITIVE_INFINITY;

function lengths(results: readonly SeedResult[]): readonly number[] {
  return results.flatMap(({ shrunk }) => shrunk ?? []);
}

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
    { title: 'FOUND', align: right },
    { title: 'COMMANDS', align: right },
    { title: 'SHRUNK', align: right },
    { title: 'MAX', align: right },
    { title: 'SHORTEST', align: right },
    { title: 'MUST BE FOUND BY' },
    { title: 'FOUND BY' },
  ];
  const rows = document.faults.map((each) => [
    each.id,
    foundText(each, style),
    numberText(each.commandsMedian),
    each.shrunkMean?.toFixed(1) ?? '-',
    numberText(each.shrunkMax),
    each.shortest === null ? '-' : `${each.shortest}${each.proved ? '' : '?'}`,
    each.killedBy.join(' '),
    each.foundBy.join(' '),
  ]);
  return `${table(columns, rows, style)}\n${summaryText(document, style)}`;
}

function foundText({ found, seeds }: FaultEntry, style: Style): string {
  const text = `${found}/${seeds}`;
  return found === seeds ? text : paint(style).yellow(text);
}

const numberText = (value: number | null): string => (value === null ? '-' : count(value));

function summaryText(document: FaultsDocument, style: Style): string {
  const { summary, verdict, seed, seeds, budget, seconds, stopped } = document;
  const seedsText = seeds === 1 ? `seed ${seed}` : `seeds ${seed} to ${seed + seeds - 1}`;
  const proved = `${Math.round(summary.provedShare * 100)} %`;
  const ratio = summary.shrunkOverShortest?.toFixed(3) ?? '-';
  return [
    `Commands until found: median ${numberText(summary.commandsMedian)}, `,
    `p90 ${numberText(summary.commandsP90)} of ${count(budget)}\n`,
    `Shrunk over shortest known: ${ratio}; proved shortest: ${proved} (? marks the others)\n`,
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

function scopesText({ faults }: FaultsDocument): string {
  const scopes = [...new Set(faults.map(({ scope }) => scope))];
  return `scope${scopes.length === 1 ? '' : 's'} ${scopes.join(', ')}`;
}
