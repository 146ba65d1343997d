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
  /** True traces that were called impossible. */
  readonly falseAlarms: number;
  readonly operators: readonly (OperatorScore & { readonly share: number })[];
}

export function oracleTeethText(document: TeethDocument, style: Style): string {
  const { verdict, scope, seed, traces, commands, seconds, falseAlarms, operators } = document;
  const right = 'right' as const;
  const columns = [
    { title: 'OPERATOR' },
    { title: 'MUTANTS', align: right },
    { title: 'CAUGHT', align: right },
    { title: 'SHARE', align: right },
  ];
  const rows = operators.map(({ operator, mutants, caught, share }) => [
    operator,
    count(mutants),
    count(caught),
    `${(share * 100).toFixed(1)} %`,
  ]);
  const missed = operators.flatMap(({ operator, missed: first }) =>
    first === undefined ? [] : [`missed by ${operator}: ${JSON.stringify(first)}\n`],
  );
  const alarms = `true traces called impossible: ${falseAlarms} of ${count(traces)}\n`;
  const bound = [plural(traces, 'trace'), plural(commands, 'command'), duration(seconds)];
  const closing = `${verdictWord(verdict, style)}  (scope ${scope}: ${bound.join(', ')}, seed ${seed})\n`;
  return `${table(columns, rows, style)}\n${missed.join('')}${alarms}${closing}`;
}
