/** What a reader of one system's transcripts offers to the validator. */
import type { FieldTable } from './fields.ts';
import type { LogRecord } from './log.ts';
import { type Bad, bad } from './records.ts';
import type { Broken, Contradiction, Place, Problem } from './verdict.ts';

/** What became of one record: judged possible, impossible, or not to be judged. */
export type Outcome =
  | {
      readonly kind: 'possible';
      readonly checked: number;
      /** Properties that the system is seen to break in this record; reading goes on. */
      readonly broken?: readonly Broken[];
    }
  | { readonly kind: 'impossible'; readonly contradiction: Contradiction }
  | { readonly kind: 'bad-input'; readonly problems: readonly Problem[] };

/** Reads the records of one log in order. Not to be used after an outcome that is not possible. */
export interface Reader {
  read(record: LogRecord): Outcome;
}

/** A kind of transcript. */
export interface System {
  readonly name: string;
  readonly title: string;
  readonly fields: FieldTable;
  /** What is wrong with the form of one record, whatever came before. */
  form(record: LogRecord): readonly Problem[];
  start(): Reader;
}

/** What a kind of transcript is put together from; records are of kinds `P`. */
export interface Parts<P extends { readonly kind: string }> {
  readonly name: string;
  readonly title: string;
  readonly fields: FieldTable;
  parse(record: LogRecord): P | Bad;
  /** Begins a log: judges its records in order. */
  start(): (parsed: P, record: LogRecord) => Outcome;
}

/** Puts a kind of transcript together: no record is judged that has a field of no table. */
export function system<P extends { readonly kind: string }>(parts: Parts<P>): System {
  const { name, title, fields } = parts;
  const formed = (record: LogRecord): { readonly parsed: P } | Bad => {
    if ('format' in record.value || 'version' in record.value) {
      return bad(`a record of another format or version: ${name} logs have no header`, record.line);
    }
    const parsed = parts.parse(record);
    if (isBad(parsed)) return parsed;
    const problems = fields.unknown(parsed.kind, record);
    return problems.length > 0 ? { kind: 'bad', problems } : { parsed };
  };
  return {
    name,
    title,
    fields,
    form: (record) => {
      const found = formed(record);
      return 'parsed' in found ? [] : found.problems;
    },
    start: () => {
      const judge = parts.start();
      return {
        read: (record) => {
          const found = formed(record);
          if ('parsed' in found) return judge(found.parsed, record);
          return { kind: 'bad-input', problems: found.problems };
        },
      };
    },
  };
}

function isBad(parsed: { readonly kind: string } | Bad): parsed is Bad {
  return parsed.kind === 'bad';
}

/** An outcome with one problem. */
export function badInput(line: number, path: string, problem: string): Outcome {
  return { kind: 'bad-input', problems: [{ line, path, problem }] };
}

/** An outcome of `checked` comparisons that all held. */
export function possible(checked: number): Outcome {
  return { kind: 'possible', checked };
}

/** The outcome that a contradiction is. */
export function impossible(contradiction: Contradiction): Outcome {
  return { kind: 'impossible', contradiction };
}

/** A value that differs from the only one possible, or nothing. */
export function differs(
  field: string,
  observed: unknown,
  allowed: unknown,
  because?: Place,
): Contradiction | undefined {
  if (observed === allowed) return undefined;
  const numbers = typeof observed === 'number' && typeof allowed === 'number';
  const difference = numbers ? `${Math.abs(observed - allowed)}` : 'another value';
  const blame = because === undefined ? {} : { because };
  return { field, observed: show(observed), allowed: show(allowed), difference, ...blame };
}

/** The values from `low` to `high`, both included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** A number outside an interval, or nothing; `what` tells how it comes from the record's fields. */
export function outside(
  field: string,
  value: number,
  { low, high }: Interval,
  { what, because }: { readonly what?: string; readonly because?: Place | undefined } = {},
): Contradiction | undefined {
  if (value >= low && value <= high) return undefined;
  return {
    field,
    observed: what === undefined ? `${value}` : `${what} = ${decimal(value)}`,
    allowed: between(decimal(low), decimal(high)),
    difference:
      value < low ? `${decimal(low - value)} too few` : `${decimal(value - high)} too many`,
    ...(because === undefined ? {} : { because }),
  };
}

function between(low: number, high: number): string {
  if (high < low) return 'nothing';
  if (low === high) return `${low}`;
  if (high === Number.POSITIVE_INFINITY) return `at least ${low}`;
  return low === Number.NEGATIVE_INFINITY ? `at most ${high}` : `${low} to ${high}`;
}

/** Without the digits that binary fractions add. */
function decimal(value: number): number {
  return Number.isFinite(value) ? Number(value.toFixed(6)) : value;
}

/** A value as a report prints it. */
export function show(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  return text.length > 200 ? `${text.slice(0, 200)}...` : text;
}
