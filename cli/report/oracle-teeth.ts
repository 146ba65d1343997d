/** What `faults --oracle` prints. */
import type { OperatorScore } from '../../oracle/index.ts';
import type { Verdict } from '../exit.ts';
import { count, duration, plural, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

export interface TeethDocument {
  readonly verdict: Verdict;
  readonly scope: string;
  readonly seed: number;
  readonly traces: number;
  readonly commands: number;
  readonly seconds: number;
  /** True traces, and mutants that the model permits, that were called impossible. */
  readonly falseAlarms: number;
  /** `share`: of the mutants that the model does not permit. */
  readonly operators: readonly (OperatorScore & { readonly share: number })[];
}

export function oracleTeethText(document: TeethDocument, style: Style): string {
  const { verdict, scope, seed, traces, commands, seconds, falseAlarms, operators } = document;
  const right = 'right' as const;
  const columns = [
    { title: 'OPERATOR' },
    { title: 'MUTANTS', align: right },
    { title: 'PERMITTED', align: right },
    { title: 'CAUGHT', align: right },
    { title: 'SHARE', align: right },
  ];
  const rows = operators.map(({ operator, mutants, caught, permitted, share }) => [
    operator,
    count(mutants),
    count(permitted),
    count(caught),
    `${(share * 100).toFixed(1)} %`,
  ]);
  const missed = operators.flatMap(({ operator, missed: first }) =>
    first === undefined ? [] : [`missed by ${operator}: ${JSON.stringify(first)}\n`],
  );
  const alarms = `true traces, and permitted mutants, called impossible: ${falseAlarms}\n`;
  const bound = [plural(traces, 'trace'), plural(commands, 'command'), duration(seconds)];
  const closing = `${verdictWord(verdict, style)}  (scope ${scope}: ${bound.join(', ')}, seed ${seed})\n`;
  return `${table(columns, rows, style)}\n${missed.join('')}${alarms}${closing}`;
}
