/** What `validate` prints. */
import type { Field, Impossible, Validation } from '../../oracle/index.ts';
import type { Verdict } from '../exit.ts';
import { paint, plural, type Style, table } from './table.ts';
import { verdictWord } from './verdict.ts';

/** A judged transcript: not one that is bad input. */
export type Judged = Exclude<Validation, { verdict: 'bad-input' }>;

export interface ValidationDocument {
  readonly verdict: Verdict;
  readonly system: string;
  readonly file: string;
  readonly events: number;
  /** Comparisons that could have failed. */
  readonly checked: number;
  readonly impossible?: Impossible;
}

export function validationDocument(
  system: string,
  file: string,
  judged: Judged,
): ValidationDocument {
  const { verdict, events, checked } = judged;
  const found = { verdict, system, file, events, checked };
  return judged.verdict === 'violated' ? { ...found, impossible: judged.impossible } : found;
}

export function validationText(document: ValidationDocument, style: Style): string {
  const { verdict, system, file, events, checked, impossible } = document;
  const bound = `${plural(events, 'event')}, ${plural(checked, 'comparison')}`;
  const head = `${verdictWord(verdict, style)}  ${file} (${system}: ${bound})\n`;
  return impossible === undefined ? head : `${head}\n${impossibleText(impossible, style)}`;
}

function impossibleText(impossible: Impossible, style: Style): string {
  const { event, line, field, observed, allowed, difference, because } = impossible;
  const rows = [
    ['field', field],
    ['observed', observed],
    ['allowed', allowed],
    ['difference', difference],
  ];
  if (because !== undefined) {
    rows.push(['contradicts', `event ${because.event} (line ${because.line})`]);
  }
  const body = rows.map(([name, value]) => `  ${(name ?? '').padEnd(12)} ${value}\n`).join('');
  return `${paint(style).bold(`Event ${event} (line ${line}) is impossible`)}\n${body}`;
}

export function fieldsText(fields: readonly Field[], style: Style): string {
  const columns = ['RECORD', 'FIELD', 'CLASS', 'SOURCE', 'WHY'].map((title) => ({ title }));
  const rows = fields.map((f) => [f.record, f.path, f.class, f.spec, f.reason]);
  return table(columns, rows, style);
}
