/** The closing table of a run: what each property was asked, and what came of it. */
import { isLiveness, type Property, type Tally } from '../../machine/index.ts';
import type { Verdict } from '../exit.ts';
import { count, paint, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

export interface PropertyResult {
  readonly id: string;
  readonly name: string;
  readonly kind: Property['kind'];
  readonly evaluations: number;
  /** Evaluations in which the property could have failed; for a goal: whether it was reached. */
  readonly couldFail: number;
  /** `inconclusive`: it never could have failed, or the goal was never reached. */
  readonly verdict: Verdict;
}

const nothing: Tally = { evaluations: 0, couldFail: 0, skipped: 0, violations: 0 };

/** Sums the counts of one property over several runs. */
export function propertyResult(
  { id, name, kind }: Property<never>,
  tallies: readonly Tally[],
): PropertyResult {
  const sum = tallies.reduce(
    (all, each) => ({
      evaluations: all.evaluations + each.evaluations,
      couldFail: all.couldFail + each.couldFail,
      skipped: all.skipped + each.skipped,
      violations: all.violations + each.violations,
    }),
    nothing,
  );
  const { evaluations, couldFail, violations } = sum;
  const quiet = couldFail === 0 ? 'inconclusive' : 'holds';
  const verdict = violations > 0 ? 'violated' : quiet;
  return { id, name, kind, evaluations, couldFail, verdict };
}

export function propertiesText(results: readonly PropertyResult[], style: Style): string {
  const right = 'right' as const;
  const columns = [
    { title: 'PROPERTY' },
    { title: 'EVALUATIONS', align: right },
    { title: 'COULD FAIL', align: right },
    { title: 'VERDICT' },
    { title: 'WHAT IS TRUE' },
  ];
  // Goals by the hundred say nothing one by one; the text below names those that were missed.
  const asked = results.filter(({ kind }) => kind !== 'sometimes');
  const rows = asked.map(({ id, name, evaluations, couldFail, verdict }) => [
    id,
    count(evaluations),
    count(couldFail),
    verdictWord(verdict, style),
    name,
  ]);
  return `${table(columns, rows, style)}${vacuityText(results, style)}`;
}

/** What the run says nothing about, so that nobody takes its silence for an answer. */
function vacuityText(results: readonly PropertyResult[], style: Style): string {
  const silent = results.filter(({ verdict }) => verdict === 'inconclusive');
  const goals = silent.filter(({ kind }) => kind === 'sometimes');
  const left = silent.filter(isLiveness);
  const others = silent.filter((each) => each.kind !== 'sometimes' && !isLiveness(each));
  const asGoals = results.filter(({ kind }) => kind === 'sometimes');
  return [
    left.length === 0 ? '' : idList('Left to the exhaustive checker', left, style),
    others.length === 0
      ? `Every ${left.length === 0 ? '' : 'other '}property could have failed.\n`
      : idList('Could never have failed in this run', others, style),
    goals.length === 0
      ? reachedText(asGoals.length)
      : idList('Goals never reached in this run', goals, style),
  ].join('');
}

function reachedText(goals: number): string {
  return goals === 0 ? '' : `Every goal was reached (${goals}).\n`;
}

function idList(title: string, results: readonly PropertyResult[], style: Style): string {
  const ids = results.map(({ id }) => id).join(', ');
  return `${paint(style).yellow(`${title} (${results.length})`)}: ${ids}\n`;
}
