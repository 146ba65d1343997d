/**
 * Reading a log of JSON lines: one line at a time, so that a file of a million lines needs the
 * memory of one line, and with a bound on the length of a line.
 */
import type { Place, Problem } from './verdict.ts';

/** A line longer than this many UTF-16 units is reported instead of parsed. */
export const LINE_UNITS_MAX: number = 1_000_000;

/** At most this many problems are collected; the rest of the log is not read. */
export const PROBLEMS_MAX: number = 20;

/** A JSON object of the log with its place. */
export interface LogRecord {
  readonly line: number;
  readonly event: number;
  readonly value: Readonly<Record<string, unknown>>;
}

/** Where a record is, without the record: what may be kept of a log of a million lines. */
export function placeOf({ line, event }: Place): Place {
  return { line, event };
}

/** The lines of a text that arrives in pieces. A line over the bound is cut, never kept whole. */
export function* lines(chunks: Iterable<string>): Generator<string> {
  let rest = '';
  for (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf('\n'); end >= 0; end = chunk.indexOf('\n', from)) {
      yield rest + chunk.slice(from, end);
      rest = '';
      from = end + 1;
    }
    // One unit over the bound is enough for the reader of lines to see that it is too long.
    rest = (rest + chunk.slice(from)).slice(0, LINE_UNITS_MAX + 1);
  }
  if (rest !== '') yield rest;
}

/** Each line as a record or as a problem; blank lines are neither. */
export function* records(source: string | Iterable<string>): Generator<LogRecord | Problem> {
  let line = 0;
  let event = 0;
  for (const text of typeof source === 'string' ? lines([source]) : source) {
    line += 1;
    if (text.trim() === '') continue;
    const parsed = parse(text);
    if (typeof parsed === 'string') yield { line, path: '', problem: parsed };
    else {
      event += 1;
      yield { line, event, value: parsed };
    }
  }
  if (line === 0 || (event === 0 && line > 0)) {
    yield { line: 0, path: '', problem: 'the log holds no record' };
  }
}

/** Tells the two things that {@link records} yields apart. */
export function isProblem(item: LogRecord | Problem): item is Problem {
  return 'problem' in item;
}

function parse(text: string): Readonly<Record<string, unknown>> | string {
  if (text.length > LINE_UNITS_MAX) {
    return `the line is longer than ${LINE_UNITS_MAX} characters`;
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return looksCut(text) ? 'not JSON: the line is cut off' : 'not JSON';
  }
  return isObject(value) ? value : 'not a JSON object';
}

/** A record starts like an object; without its closing brace the rest of it is missing. */
function looksCut(text: string): boolean {
  const trimmed = text.trim();
  return trimmed.startsWith('{') && !trimmed.endsWith('}');
}

/** Whether a JSON value is an object (neither array nor null). */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A JSON value with sorted keys, so that equal values give equal texts. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!isObject(value)) return JSON.stringify(value) ?? 'null';
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}
