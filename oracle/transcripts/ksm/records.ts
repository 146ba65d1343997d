/** The shapes of KSM transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { Problem } from '../verdict.ts';
import type { LogRecord } from '../log.ts';

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
  pfn: z.string().regex(/^[0-9a-f]{1,16}$/, 'expected a frame number in hexadecimal').optional(),
  read: pages.optional(),
  value: z.string().regex(/^[0-9a-f]{16}$/, 'expected 16 hexadecimal digits').optional(),
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

const schemas = {
  ksm: z.looseObject({ ksm: counters, label: z.string().max(1_000).optional() }),
  start: z.looseObject({
    proc: name,
    argv: z.tuple([program, seed, pages, pages, pages, pages]),
  }),
  ask: z.looseObject({ proc: name, in: z.string().max(1_000) }),
  answer: z.looseObject({ proc: name, out }),
  note: z.looseObject({
    ...z.looseObject(counterShape).partial().shape,
    note: z.string().max(1_000),
    v: digits.optional(),
    run: digits.optional(),
    use_zero_pages: digits.optional(),
    max_page_sharing: digits.optional(),
    equal: z.boolean().optional(),
    after: counters.optional(),
    w: out.optional(),
    a: out.optional(),
    b: out.optional(),
  }),
};

export type KsmRecord = z.infer<typeof schemas.ksm>;
export type StartRecord = z.infer<typeof schemas.start>;
export type AskRecord = z.infer<typeof schemas.ask>;
export type AnswerRecord = z.infer<typeof schemas.answer>;
export type NoteRecord = z.infer<typeof schemas.note>;

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
  if ('format' in value || 'version' in value) {
    const problem = 'a record of another format or version: KSM transcripts have no header';
    return { kind: 'bad', problems: [{ line, path: '', problem }] };
  }
  if ('ksm' in value) return checked('ksm', schemas.ksm.safeParse(value), line);
  if ('note' in value) return checked('note', schemas.note.safeParse(value), line);
  if ('argv' in value) return checked('start', schemas.start.safeParse(value), line);
  if ('in' in value) return checked('ask', schemas.ask.safeParse(value), line);
  if ('out' in value) return checked('answer', schemas.answer.safeParse(value), line);
  const problem = 'no KSM record: none of ksm, note, argv, in, out';
  return { kind: 'bad', problems: [{ line, path: '', problem }] };
}

type Result<T> = { success: true; data: T } | { success: false; error: z.ZodError };

function checked<K extends string, T>(
  kind: K,
  result: Result<T>,
  line: number,
): { kind: K; record: T } | { kind: 'bad'; problems: Problem[] } {
  if (result.success) return { kind, record: result.data };
  const problems = result.error.issues.map((issue) => ({
    line,
    path: issue.path.join('.'),
    problem: issue.message,
  }));
  return { kind: 'bad', problems };
}
