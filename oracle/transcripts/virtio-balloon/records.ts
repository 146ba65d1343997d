/** The shapes of balloon transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import { count, type MachineParsed, name, parseMachine } from '../qemu/records.ts';
import { bad, checked } from '../records.ts';

/** What the recording script noted; without a machine's name, of the machine spoken of last. */
export interface NoteRecord {
  readonly [key: string]: unknown;
  readonly note: string;
  readonly vm?: string | undefined;
  readonly targetMiB?: number | undefined;
  /** Null when nothing could be read any more. */
  readonly finalMiB?: number | null | undefined;
  readonly steps?: readonly (readonly [number, number | null])[] | undefined;
  readonly events?: number | undefined;
  readonly deflateOnOom?: string | undefined;
  readonly exited?: boolean | undefined;
  readonly tail?: string | undefined;
  readonly err?: string | undefined;
}

const note: z.ZodType<NoteRecord> = z.looseObject({
  note: z.string().max(1_000),
  vm: name.optional(),
  targetMiB: z.number().optional(),
  finalMiB: z.number().nullish(),
  steps: z
    .array(z.tuple([z.number(), z.number()]))
    .max(100_000)
    .optional(),
  events: count.optional(),
  deflateOnOom: z.string().max(100).optional(),
  exited: z.boolean().optional(),
  tail: z.string().max(100_000).optional(),
  err: z.string().max(100_000).optional(),
});

/** A record with its kind, or what is wrong with it. */
export type Parsed = MachineParsed | { readonly kind: 'note'; readonly record: NoteRecord };

/** The record kind by the keys that name it. */
export function parse(record: LogRecord): Parsed {
  const { line, value } = record;
  if ('note' in value) return checked('note', note.safeParse(value), line);
  const problem = 'no balloon record: none of argv, dir, agent, stderr, exit, note';
  return parseMachine(record) ?? bad(problem, line);
}
