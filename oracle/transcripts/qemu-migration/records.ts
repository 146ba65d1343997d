/** The shapes of migration transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import { count, type MachineParsed, name, parseMachine } from '../qemu/records.ts';
import { bad, checked } from '../records.ts';

/** Counters of guest memory, as `query-migrate` names them. Bytes and pages. */
export interface Ram {
  readonly [key: string]: unknown;
  readonly total: number;
  readonly transferred: number;
  readonly remaining: number;
  readonly duplicate: number;
  readonly normal: number;
  readonly 'dirty-sync-count': number;
  readonly 'dirty-pages-rate'?: number | undefined;
  readonly 'postcopy-requests'?: number | undefined;
  readonly 'precopy-bytes'?: number | undefined;
  readonly 'downtime-bytes'?: number | undefined;
  readonly 'postcopy-bytes'?: number | undefined;
  readonly 'normal-bytes'?: number | undefined;
  readonly 'page-size'?: number | undefined;
}

/** One poll of `query-migrate`. Times in milliseconds. */
export interface Sample {
  readonly [key: string]: unknown;
  readonly status: string;
  readonly downtimeMs?: number | undefined;
  readonly error?: string | undefined;
  readonly throttle?: number | undefined;
  readonly ram?: Ram | undefined;
}

/** A poll of a machine. */
export interface SampleRecord {
  readonly vm: string;
  readonly sample: Sample;
}

/** What the recording script noted. */
export interface NoteRecord {
  readonly [key: string]: unknown;
  readonly note: string;
}

/** The comparison of two machines' memory and registers. */
export interface Comparison {
  readonly [key: string]: unknown;
  /** Digests by the machine's name. */
  readonly sha256: Readonly<Record<string, string>>;
  readonly pagesA: number;
  readonly pagesB: number;
  /** Pages that differ, and the first of them. */
  readonly differing: number;
  readonly first: readonly number[];
  /** Words that differ, and the bits in which they do. */
  readonly words?: number | undefined;
  readonly xorOr?: string | undefined;
  readonly registersEqual?: boolean | undefined;
  readonly registerLinesDiffering?: readonly unknown[] | undefined;
}

const optional = count.optional();
const ram: z.ZodType<Ram> = z.looseObject({
  total: count,
  transferred: count,
  remaining: count,
  duplicate: count,
  normal: count,
  'dirty-sync-count': count,
  'dirty-pages-rate': optional,
  'postcopy-requests': optional,
  'precopy-bytes': optional,
  'downtime-bytes': optional,
  'postcopy-bytes': optional,
  'normal-bytes': optional,
  'page-size': optional,
});
const poll: z.ZodType<Sample> = z.looseObject({
  status: z.string().max(100),
  downtimeMs: count.optional(),
  error: z.string().max(10_000).optional(),
  throttle: count.optional(),
  ram: ram.optional(),
});
const sample: z.ZodType<SampleRecord> = z.looseObject({ vm: name, sample: poll });
const note: z.ZodType<NoteRecord> = z.looseObject({ note: z.string().max(1_000) });
const comparison: z.ZodType<Comparison> = z.looseObject({
  sha256: z.record(z.string(), z.string().max(200)),
  pagesA: count,
  pagesB: count,
  differing: count,
  first: z.array(count).max(100_000),
  words: optional,
  xorOr: z.string().max(100).optional(),
  registersEqual: z.boolean().optional(),
  registerLinesDiffering: z.array(z.unknown()).max(100_000).optional(),
});

/** A record with its kind, or what is wrong with it. */
export type Parsed =
  | MachineParsed
  | { readonly kind: 'sample'; readonly record: SampleRecord }
  | { readonly kind: 'comparison'; readonly record: Comparison }
  | { readonly kind: 'note'; readonly record: NoteRecord };

/** The record kind by the keys that name it. */
export function parse(record: LogRecord): Parsed {
  const { line, value } = record;
  if ('note' in value && 'sha256' in value) {
    return checked('comparison', comparison.safeParse(value), line);
  }
  if ('note' in value) return checked('note', note.safeParse(value), line);
  if ('sample' in value) return checked('sample', sample.safeParse(value), line);
  const problem = 'no migration record: none of argv, dir, agent, sample, stderr, exit, note';
  return parseMachine(record) ?? bad(problem, line);
}

/** A `query-migrate` reply, whole or shortened, as a poll; undefined when it is none. */
export function pollOf(result: unknown): Sample | undefined {
  const whole = z.looseObject({ status: z.string() }).safeParse(result);
  if (!whole.success) return undefined;
  const { data } = whole;
  const parsed = poll.safeParse({
    downtimeMs: data.downtime,
    error: data['error-desc'],
    throttle: data['cpu-throttle-percentage'],
    ...data,
  });
  return parsed.success ? parsed.data : undefined;
}
