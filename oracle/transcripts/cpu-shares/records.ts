/** The shapes of CPU transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import { bad, checked } from '../records.ts';
import type { Problem } from '../verdict.ts';
import { STATISTICS } from './bandwidth.ts';
import type { Window } from './window.ts';

const THREADS_MAX = 1_000;

/** Groups of one thread each, with weights. */
export interface SharesRecord extends Window {
  readonly w: readonly number[];
  readonly share: readonly number[];
  readonly want: readonly number[];
  readonly maxAbsErr: number;
}

/** The threads of one group with a limit. Microseconds. */
export interface QuotaRecord extends Window {
  readonly quota: number;
  readonly period: number;
  readonly hogs: number;
  readonly total: number;
  readonly stat0: string;
  readonly stat1: string;
}

/** Threads without groups. */
export interface ThreadsRecord extends Window {
  readonly sum: readonly number[];
}

/** How the time of a core went, in ticks; the note says over how many seconds. */
export interface CoreRecord {
  readonly note: string;
  readonly user: number;
  readonly idle: number;
  readonly steal: number;
}

/** What a write was answered with: an error, or else the value that is read back. */
export interface AnswerRecord {
  readonly errno?: string | undefined;
  readonly then?: string | number | undefined;
}

/** A value written to the setting that the note names. */
export interface WriteRecord extends AnswerRecord {
  readonly note: string;
  readonly v: number;
}

const times = z.object({ secs: z.number().positive().max(1e6) });
const parts = z.array(z.number()).min(1).max(THREADS_MAX);
const counts = z.array(z.number().int()).min(1).max(THREADS_MAX);
const setting = z.number().int();
const threads = { ...times.shape, cpu: parts, wait: parts, slices: counts };

/** The note of a write, and of a core's time. */
const WRITE = /^write (cpu\.shares|quota)$/;
const OVER = /\bover (\d{1,6}(?:\.\d{1,6})?) s\b/;
const CHILD = 'child quota above parent';

/** Whether the write was to the weight of a group; else it was to its quota. */
export function isShares({ note }: WriteRecord): boolean {
  return note.includes('shares');
}

/** The seconds that a note about a core's time speaks of. */
export function secondsOf({ note }: CoreRecord): number {
  return Number(OVER.exec(note)?.[1]);
}

/** Says how many elements each array has where they are not as many. */
function sameLengths(record: object): string | undefined {
  const arrays = Object.entries(record).filter(([, value]) => Array.isArray(value));
  const lengths = arrays.map(([key, value]) => `${key} ${value.length}`);
  return new Set(arrays.map(([, value]) => value.length)).size < 2 ? undefined : lengths.join(', ');
}

function alike<T extends object>(record: T, context: z.RefinementCtx<T>): void {
  const lengths = sameLengths(record);
  if (lengths === undefined) return;
  context.addIssue({ code: 'custom', message: `not one element for each thread: ${lengths}` });
}

function answeredOnce<T extends AnswerRecord>(record: T, context: z.RefinementCtx<T>): void {
  if ((record.errno === undefined) !== (record.then === undefined)) return;
  context.addIssue({ code: 'custom', message: 'expected either errno or then' });
}

const shares: z.ZodType<SharesRecord> = z
  .looseObject({ ...threads, w: counts, share: parts, want: parts, maxAbsErr: z.number() })
  .superRefine(alike);
const quota: z.ZodType<QuotaRecord> = z
  .looseObject({
    ...threads,
    quota: setting,
    period: setting,
    hogs: setting,
    total: z.number(),
    stat0: z.string().regex(STATISTICS, 'expected cpu.stat with its lines joined by ;'),
    stat1: z.string().regex(STATISTICS, 'expected cpu.stat with its lines joined by ;'),
  })
  .superRefine(alike);
const ofThreads: z.ZodType<ThreadsRecord> = z
  .looseObject({ ...threads, sum: parts })
  .superRefine(alike);
const core: z.ZodType<CoreRecord> = z.looseObject({
  note: z.string().max(1_000).regex(OVER, 'does not say over how many seconds'),
  user: z.number().int(),
  idle: z.number().int(),
  steal: z.number().int(),
});
const answer = {
  errno: z.string().max(100).optional(),
  // biome-ignore lint/suspicious/noThenProperty: the name in the format; nobody awaits a schema.
  then: z.union([z.number(), z.string().max(100)]).optional(),
};
const write: z.ZodType<WriteRecord> = z
  .looseObject({
    ...answer,
    note: z.string().regex(WRITE, 'expected "write cpu.shares" or "write quota"'),
    v: setting,
  })
  .superRefine(answeredOnce);
const child: z.ZodType<AnswerRecord> = z
  .looseObject({ ...answer, note: z.literal(CHILD) })
  .superRefine(answeredOnce);
const note: z.ZodType<{ readonly note: string }> = z.looseObject({ note: z.string().max(1_000) });

/** A record with its kind, or what is wrong with it. */
export type Parsed =
  | { readonly kind: 'shares'; readonly record: SharesRecord }
  | { readonly kind: 'quota'; readonly record: QuotaRecord }
  | { readonly kind: 'threads'; readonly record: ThreadsRecord }
  | { readonly kind: 'core'; readonly record: CoreRecord }
  | { readonly kind: 'write'; readonly record: WriteRecord }
  | { readonly kind: 'child'; readonly record: AnswerRecord }
  | { readonly kind: 'note'; readonly record: { readonly note: string } }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** The record kind by the keys that name it. */
export function parse({ line, value }: LogRecord): Parsed {
  if ('w' in value) return checked('shares', shares.safeParse(value), line);
  if ('quota' in value) return checked('quota', quota.safeParse(value), line);
  if ('cpu' in value) return checked('threads', ofThreads.safeParse(value), line);
  if ('steal' in value) return checked('core', core.safeParse(value), line);
  if ('v' in value) return checked('write', write.safeParse(value), line);
  if ('errno' in value || 'then' in value) {
    return checked('child', child.safeParse(value), line);
  }
  if ('note' in value) return checked('note', note.safeParse(value), line);
  return bad('no CPU record: none of w, quota, cpu, steal, v, errno, then, note', line);
}
