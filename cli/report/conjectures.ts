/** What is told of conjectures: how many held, and how those that broke did. */
import type { Call, Conjecture, Tally } from '../../machine/index.ts';
import { type Minimal, type ShownStep, stepLines } from './counterexample.ts';
import { propertyResult } from './properties.ts';
import { paint, plural, type Style } from './table.ts';

/** How a conjecture broke. */
export interface Broken {
  /** What is wrong, in one sentence. */
  readonly message: string;
  readonly scope: string;
  /** The seed of the random run in which it broke; none where a search found it. */
  readonly seed?: number;
  readonly trace: readonly Call[];
  readonly minimal: Minimal;
  readonly steps: readonly ShownStep[];
}

export interface ConjectureResult {
  readonly id: string;
  readonly name: string;
  readonly evaluations: number;
  /** Evaluations in which it could have been broken. */
  readonly couldFail: number;
  readonly verdict: 'held' | 'broken' | 'could-not-break';
  readonly broken?: Broken;
}

export function conjectureResult(
  conjecture: Conjecture<never>,
  tallies: readonly Tally[],
  broken: Broken | undefined,
): ConjectureResult {
  const { id, name, evaluations, couldFail } = propertyResult(conjecture, tallies);
  const result = { id, name, evaluations, couldFail };
  if (broken !== undefined) return { ...result, verdict: 'broken', broken };
  return { ...result, verdict: couldFail === 0 ? 'could-not-break' : 'held' };
}

export function conjecturesText(results: readonly ConjectureResult[], style: Style): string {
  if (results.length === 0) return '';
  const colours = paint(style);
  const idsOf = (verdict: ConjectureResult['verdict']): readonly string[] =>
    results.filter((each) => each.verdict === verdict).map(({ id }) => id);
  const [held, broken, silent] = [idsOf('held'), idsOf('broken'), idsOf('could-not-break')];
  const named = (ids: readonly string[]): string =>
    ids.length === 0 ? '' : ` (${ids.join(', ')})`;
  const fate = broken.length === 0 ? '0 broken' : colours.yellow(`${broken.length} broken`);
  const rest = silent.length === 0 ? '' : `, ${silent.length} could not break${named(silent)}`;
  const head = `Conjectures: ${held.length} held${named(held)}, ${fate} in this run${rest}\n`;
  return head + results.map((each) => brokenText(each, style)).join('');
}

function brokenText({ id, name, broken }: ConjectureResult, style: Style): string {
  if (broken === undefined) return '';
  const { message, scope, seed, trace, steps } = broken;
  const from = seed === undefined ? `scope ${scope}` : `scope ${scope}, seed ${seed}`;
  const lines = [
    `  ${paint(style).yellow(`broken: ${id}`)}  ${name}`,
    `    ${message}`,
    `    ${from}, ${plural(trace.length, 'command')}, ${howShort[broken.minimal]}`,
    ...steps.flatMap((step, i) => stepLines({ ...step, changes: [] }, i + 1, false, style)),
  ];
  return `${lines.join('\n')}\n`;
}

const howShort: Readonly<Record<Minimal, string>> = {
  proved: 'none is shorter',
  'among-subsequences': 'none of its subsequences is shorter',
  budget: 'a shorter one may be found',
};
