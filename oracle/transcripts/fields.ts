/**
 * The table of fields of a system's transcripts: how each field of each kind of record is judged,
 * and why. The readers refuse a field that the table does not list, so nothing is passed over
 * unseen (decision 21 of the design: every field is classed).
 */

import { isObject, type LogRecord } from './log.ts';
import type { Problem } from './verdict.ts';

/**
 * - `command`: an input of the abstraction, believed;
 * - `exact`: one value is possible (or a closed set of answers);
 * - `bounded`: an interval or an order is implied;
 * - `derived`: repeats or summarises other records, compared with those;
 * - `noise`: times, host memory, free text: not judged.
 */
export type FieldClass = 'command' | 'exact' | 'bounded' | 'derived' | 'noise';

/** One row of the table. */
export interface Field {
  /** Kind of record, as the system's reader names it. */
  readonly record: string;
  /** Path in the record; `[]` is any element, a trailing `.**` everything below, `**` all else. */
  readonly path: string;
  readonly class: FieldClass;
  /** One line: what is implied, or why nothing is. */
  readonly reason: string;
  /** Id of the rule in the specification, or its source. */
  readonly spec: string;
}

/** A row as the tables write it; which record it is of is said once for all rows of a part. */
export type Row = readonly [path: string, judged: FieldClass, reason: string, spec: string];

/** The rows of a part of a record, whose paths all begin with the prefix. */
export function rows(record: string, prefix: string, part: readonly Row[]): Field[] {
  return part.map(([path, judged, reason, spec]) => ({
    record,
    path: `${prefix}${path}`,
    class: judged,
    reason,
    spec,
  }));
}

/** A table prepared for look-up. */
export interface FieldTable {
  readonly rows: readonly Field[];
  /** Problems of a record that holds fields the table does not list. */
  unknown(kind: string, record: LogRecord): Problem[];
}

/** Prepares a table. Throws when two rows speak of one field: that is a mistake of the table. */
export function fieldTable(rows: readonly Field[]): FieldTable {
  const exact = new Set<string>();
  const below: string[] = [];
  const rest = new Set<string>();
  for (const row of rows) {
    const key = `${row.record} ${row.path}`;
    if (exact.has(key)) throw new Error(`field listed twice: ${key}`);
    exact.add(key);
    if (row.path.endsWith('.**')) below.push(key.slice(0, -3));
    if (row.path === '**') rest.add(row.record);
  }
  const listed = (key: string): boolean =>
    exact.has(key) || below.some((prefix) => key === prefix || startsBelow(key, prefix));
  const seen = new Map<string, boolean>();
  const known = (key: string): boolean => {
    const before = seen.get(key);
    if (before !== undefined) return before;
    const now = listed(key);
    // Bounded: a log may hold any number of different unknown names.
    if (seen.size < 10_000) seen.set(key, now);
    return now;
  };
  return {
    rows,
    unknown: (kind, record) => {
      const problems: Problem[] = [];
      if (rest.has(kind)) return problems;
      for (const path of leaves(record.value)) {
        if (known(`${kind} ${path}`)) continue;
        const problem = `unknown field in the record (${kind})`;
        problems.push({ line: record.line, path: path.slice(0, 200), problem });
      }
      return problems;
    },
  };
}

function startsBelow(key: string, prefix: string): boolean {
  return key.startsWith(prefix) && (key[prefix.length] === '.' || key[prefix.length] === '[');
}

/** Paths of the leaves of a JSON value; an empty object or array is a leaf. */
export function* leaves(value: unknown, path: string = ''): Generator<string> {
  if (Array.isArray(value)) {
    if (value.length === 0) yield `${path}[]`;
    const inner = new Set<string>();
    for (const item of value) for (const leaf of leaves(item, `${path}[]`)) inner.add(leaf);
    yield* inner;
    return;
  }
  const entries = isObject(value) ? Object.entries(value) : [];
  if (entries.length === 0) yield path;
  for (const [key, item] of entries) yield* leaves(item, path === '' ? key : `${path}.${key}`);
}
