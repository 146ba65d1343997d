/** Makes copies of a log in which one field of one record says something else. */
import {
  describeFields,
  type FieldClass,
  type SystemName,
} from '../../../oracle/transcripts/index.ts';

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
type Path = readonly (string | number)[];

/** A log with one falsified field. */
export interface Falsified {
  readonly log: readonly string[];
  readonly line: number;
  readonly field: string;
  readonly class: FieldClass;
  readonly how: string;
}

/**
 * Falsifications of the fields of the given classes, in the order of the log, one in `every` so
 * many; a prime, so that the fields of records alike take turns.
 */
export function* falsifications(
  system: SystemName,
  log: readonly string[],
  classes: readonly FieldClass[],
  every: number = 1,
): Generator<Falsified> {
  let at = 0;
  const rows = describeFields(system);
  for (const [index, text] of log.entries()) {
    const value: Json = JSON.parse(text);
    const kind = kindOf(system, value);
    for (const [path, field, leaf] of leaves(value, [], '')) {
      const row =
        rows.find((each) => each.record === kind && each.path === field) ??
        rows
          .filter((each) => each.record === kind && isBelow(field, each.path))
          // The row that says most of where it stands.
          .toSorted((one, other) => other.path.length - one.path.length)[0];
      if (row === undefined) throw new Error(`${kind} ${field} is in no table`);
      // The first of each pair in `steps` is a time.
      if (!classes.includes(row.class) || (field === 'steps[][]' && path.at(-1) === 0)) continue;
      for (const [how, other] of others(field, leaf, row.class)) {
        at += 1;
        if (at % every !== 0) continue;
        const copy = [...log];
        copy[index] = JSON.stringify(replaced(value, path, other));
        yield { log: copy, line: index + 1, field, class: row.class, how };
      }
    }
  }
}

/** The kind of a record, by the keys that the format's page gives. */
export function kindOf(system: SystemName, value: Json): string {
  const has = (key: string): boolean => typeof value === 'object' && value !== null && key in value;
  const is = (key: string, text: string): boolean =>
    has(key) && JSON.stringify(value).includes(`"${key}":"${text}"`);
  if (system === 'cpu-shares') {
    const named = [
      ['w', 'shares'],
      ['quota', 'quota'],
      ['cpu', 'threads'],
      ['steal', 'core'],
      ['v', 'write'],
      ['errno', 'child'],
    ] as const;
    return named.find(([key]) => has(key))?.[1] ?? 'note';
  }
  if (has('sha256')) return 'comparison';
  if (has('note')) return 'note';
  if (has('sample')) return 'sample';
  if (has('argv')) return 'start';
  if (system === 'ksm') return has('ksm') ? 'ksm' : has('in') ? 'ask' : 'answer';
  if (has('stderr')) return 'stderr';
  if (has('exit')) return 'exit';
  if (has('agent')) return is('agent', '>') ? 'asked' : 'answered';
  return is('dir', '>') ? 'sent' : 'received';
}

function isBelow(field: string, path: string): boolean {
  if (path === '**') return true;
  return path.endsWith('.**') && `${field}.`.startsWith(path.slice(0, -2));
}

function* leaves(value: Json, path: Path, field: string): Generator<[Path, string, Json]> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield* leaves(item, [...path, index], `${field}[]`);
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, item] of Object.entries(value)) {
      yield* leaves(item, [...path, key], field === '' ? key : `${field}.${key}`);
    }
  } else yield [path, field, value];
}

/** Exact and derived fields change a little; bounded ones go far outside. */
function others(field: string, leaf: Json, judged: FieldClass): [string, Json][] {
  if (typeof leaf === 'boolean') return [['flipped', !leaf]];
  if (leaf === null) return [['a signal', 'SIGKILL']];
  if (typeof leaf === 'number') return numbers(field, leaf, judged);
  if (typeof leaf !== 'string') return [];
  if (field.endsWith('ksm_stat')) {
    return [
      ...counts(leaf, 1, 'one more'),
      ['merge any', leaf.replace('merge_any: no', 'merge_any: yes')],
    ];
  }
  if (field.startsWith('stat')) return counts(leaf, 1e12, 'far more');
  if (!/^[0-9a-f]+$/.test(leaf)) return [['another text', `not ${leaf}`]];
  return [['a digit', `${leaf.slice(0, -1)}${leaf.endsWith('0') ? '1' : '0'}`]];
}

function numbers(field: string, leaf: number, judged: FieldClass): [string, Json][] {
  if (judged === 'bounded') return [['far more', leaf + 1e12]];
  const unit = unitOf(field, leaf);
  return [
    ['one more', leaf + unit],
    ['one fewer', leaf - unit],
  ];
}

function unitOf(field: string, leaf: number): number {
  // More than the rounding of the parts that it is computed from can explain.
  if (!Number.isInteger(leaf)) return 0.002;
  return /actual$|memory$|caches$/.test(field) ? 4096 : field.endsWith('Kb') ? 4 : 1;
}

/** Each of the numbers in a text that has a name before it. */
function counts(text: string, by: number, how: string): [string, Json][] {
  return [...text.matchAll(/(?<=[ :])\d+/g)].map(({ 0: digits, index }): [string, Json] => {
    const more = `${Number(digits) + by}`;
    return [how, text.slice(0, index) + more + text.slice(index + digits.length)];
  });
}

function replaced(value: Json, path: Path, leaf: Json): Json {
  const [head, ...rest] = path;
  if (head === undefined) return leaf;
  if (Array.isArray(value)) {
    return value.map((item, index) => (index === head ? replaced(item, rest, leaf) : item));
  }
  if (typeof value !== 'object' || value === null) return leaf;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === head ? replaced(item, rest, leaf) : item,
    ]),
  );
}
