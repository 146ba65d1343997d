/** What `validate` prints. */
import type {
  Counts,
  Field,
  Impossible,
  ImpossibleEvent,
  Validation,
  Violation,
} from '../../oracle/index.ts';
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
  /** Where the verdict is `violated`. */
  readonly violations?: readonly Violation[];
  readonly impossible?: Impossible;
}

export function validationDocument(
  system: string,
  file: string,
  judged: Judged,
): ValidationDocument {
  const { verdict, events, checked } = judged;
  const found = { verdict, system, file, events, checked };
  if (judged.verdict === 'holds') return found;
  const { violations, impossible } = judged;
  const shown = violations.length > 0 ? { violations } : {};
  return { ...found, ...shown, ...(impossible === undefined ? {} : { impossible }) };
}

export function validationText(document: ValidationDocument, style: Style): string {
  const { verdict, system, file, events, checked, violations = [], impossible } = document;
  const bound = `${plural(events, 'event')}, ${plural(checked, 'comparison')}`;
  const head = `${verdictWord(verdict, style)}  ${file} (${system}: ${bound})\n`;
  const shown = violations.map((violation) => `\n${violationText(violation, style)}`).join('');
  return impossible === undefined
    ? `${head}${shown}`
    : `${head}${shown}\n${impossibleText(impossible, style)}`;
}

/** A log of the project's own format, judged. */
export interface LogDocument {
  readonly verdict: Verdict;
  readonly model: string;
  readonly file: string;
  readonly events: number;
  readonly counts: Counts;
  readonly impossible?: ImpossibleEvent;
}

export function logText(
  { verdict, model, file, events, counts, impossible }: LogDocument,
  style: Style,
): string {
  const states = counts.statesMax === 1 ? '' : `, up to ${plural(counts.statesMax, 'state')}`;
  const bound = `${plural(events, 'event')}, ${plural(counts.commands, 'reply', 'replies')}${states}`;
  const head = `${verdictWord(verdict, style)}  ${file} (${model}: ${bound})\n`;
  if (impossible !== undefined) return `${head}\n${impossibleText(impossible, style)}`;
  return verdict === 'holds' ? head : `${head}no command was ever accepted: it shows nothing\n`;
}

function violationText({ event, line, property, name, observed, pages }: Violation, style: Style) {
  const rows = [
    ['property', `${property}  ${name}`],
    ['observed', observed],
    ...(pages === undefined ? [] : [['pages', pages.join(' ')]]),
  ];
  const title = `Event ${event} (line ${line}): violated: ${name}`;
  return `${paint(style).bold(title)}\n${rowsText(rows)}`;
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
  return `${paint(style).bold(`Event ${event} (line ${line}) is impossible`)}\n${rowsText(rows)}`;
}

function rowsText(rows: readonly (readonly string[])[]): string {
  return rows.map(([name = '', value = '']) => `  ${name.padEnd(12)} ${value}\n`).join('');
}

export function fieldsText(fields: readonly Field[], style: Style): string {
  const columns = ['RECORD', 'FIELD', 'CLASS', 'SOURCE', 'WHY'].map((title) => ({ title }));
  const rows = fields.map((f) => [f.record, f.path, f.class, f.spec, f.reason]);
  return table(columns, rows, style);
}
