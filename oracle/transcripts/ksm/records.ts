/** The shapes of KSM transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import { bad, checked } from '../records.ts';
import type { Problem } from '../verdict.ts';
import type { Counters } from './state.ts';

/** More pages than this in one process, or 2^20 in all, are outside what is judged. */
export const PAGES_MAX: number = 1 << 20;

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const pages = count.max(PAGES_MAX);
const digits = z.string().regex(/^\d{1,15}$/, 'expected a decimal number as text');
const name = z.string().min(1).max(64);

const counterShape = {
  pages_shared: count,
  pages_sharing: count,
  pages_unshared: count,
  pages_volatile: count,
  full_scans: count,
  ksm_zero_pages: count,
  stable_node_chains: count,
  stable_node_dups: count,
  pages_skipped: count,
  pages_scanned: count,
};

const out = z.looseObject({
  frame: pages.optional(),
  pfn: z
    .string()
    .regex(/^[0-9a-f]{1,16}$/, 'expected a frame number in hexadecimal')
    .optional(),
  read: pages.optional(),
  value: z
    .string()
    .regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits')
    .optional(),
  write: pages.optional(),
  framesDiffer: z.boolean().optional(),
  writes: count.optional(),
  unmerge: z.number().int().optional(),
  merge: z.number().int().optional(),
  ksm_stat: z.string().max(2_000).optional(),
  ready: z.boolean().optional(),
  pages: count.optional(),
  madvise: z.number().int().optional(),
});

const counters = z.looseObject(counterShape);
const program = z.string().max(4_096);
const seed = z.number().int();

/** What a test process answered; which keys there are depends on the step. */
export interface Out {
  readonly [key: string]: unknown;
  readonly frame?: number | undefined;
  readonly pfn?: string | undefined;
  readonly read?: number | undefined;
  readonly value?: string | undefined;
  readonly write?: number | undefined;
  readonly framesDiffer?: boolean | undefined;
  readonly writes?: number | undefined;
  readonly unmerge?: number | undefined;
  readonly merge?: number | undefined;
  readonly ksm_stat?: string | undefined;
  readonly ready?: boolean | undefined;
  readonly pages?: number | undefined;
  readonly madvise?: number | undefined;
}

/** A reading of the counters while something named by the label goes on. */
export interface KsmRecord {
  readonly ksm: Counters;
  readonly label?: string | undefined;
}

/** A test process and its arguments: program, seed, then page counts by kind. */
export interface StartRecord {
  readonly proc: string;
  readonly argv: readonly [string, number, number, number, number, number];
}

/** A step that a process is asked for. */
export interface AskRecord {
  readonly proc: string;
  readonly in: string;
}

/** Its answer. */
export interface AnswerRecord {
  readonly proc: string;
  readonly out: Out;
}

/** What the recording script noted: counters, settings, copies of answers. */
export interface NoteRecord
  extends Partial<{ readonly [K in keyof Counters]: number | undefined }> {
  readonly note: string;
  readonly v?: string | undefined;
  readonly run?: string | undefined;
  readonly use_zero_pages?: string | undefined;
  readonly max_page_sharing?: string | undefined;
  readonly equal?: boolean | undefined;
  readonly after?: Counters | undefined;
  /** Copies of answers. */
  readonly w?: unknown;
  readonly a?: unknown;
  readonly b?: unknown;
}

const ksm: z.ZodType<KsmRecord> = z.looseObject({
  ksm: counters,
  label: z.string().max(1_000).optional(),
});
const start: z.ZodType<StartRecord> = z.looseObject({
  proc: name,
  argv: z.tuple([program, seed, pages, pages, pages, pages]),
});
const ask: z.ZodType<AskRecord> = z.looseObject({ proc: name, in: z.string().max(1_000) });
const answer: z.ZodType<AnswerRecord> = z.looseObject({ proc: name, out });
const note: z.ZodType<NoteRecord> = z.looseObject({
  ...z.looseObject(counterShape).partial().shape,
  note: z.string().max(1_000),
  v: digits.optional(),
  run: digits.optional(),
  use_zero_pages: digits.optional(),
  max_page_sharing: digits.optional(),
  equal: z.boolean().optional(),
  after: counters.optional(),
  w: z.unknown().optional(),
  a: z.unknown().optional(),
  b: z.unknown().optional(),
});

/** A record with its kind, or what is wrong with it. */
export type Parsed =
  | { readonly kind: 'ksm'; readonly record: KsmRecord }
  | { readonly kind: 'start'; readonly record: StartRecord }
  | { readonly kind: 'ask'; readonly record: AskRecord }
  | { readonly kind: 'answer'; readonly record: AnswerRecord }
  | { readonly kind: 'note'; readonly record: NoteRecord }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** The record kind by the keys that name it. */
export function parse({ line, value }: LogRecord): Parsed {
  if ('ksm' in value) return checked('ksm', ksm.safeParse(value), line);
  if ('note' in value) return checked('note', note.safeParse(value), line);
  if ('argv' in value) return checked('start', start.safeParse(value), line);
  if ('in' in value) return checked('ask', ask.safeParse(value), line);
  if ('out' in value) return checked('answer', answer.safeParse(value), line);
  return bad('no KSM record: none of ksm, note, argv, in, out', line);
}
