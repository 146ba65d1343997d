/**
 * The shapes of records that all transcripts of QEMU have: a machine, QMP in both directions, the
 * agent in the guest, what QEMU printed and how it ended (transcripts/README.md).
 */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import { checked } from '../records.ts';
import type { Problem } from '../verdict.ts';

export const count: z.ZodType<number> = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
export const name: z.ZodType<string> = z.string().min(1).max(200);
const id = z.union([count, z.string().max(200)]);
const problem = z.looseObject({ class: z.string().max(200), desc: z.string().max(10_000) });

/** A machine and its command line. */
export interface StartRecord {
  readonly vm: string;
  readonly argv: readonly string[];
}

/** A QMP command as it was sent. */
export interface SentRecord {
  readonly vm: string;
  readonly msg: {
    readonly execute: string;
    readonly id?: number | string | undefined;
    readonly arguments?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** A QMP reply, event or greeting as it was received. */
export interface ReceivedRecord {
  readonly vm: string;
  readonly msg: {
    readonly QMP?: Readonly<Record<string, unknown>> | undefined;
    readonly id?: number | string | undefined;
    readonly return?: unknown;
    readonly error?: { readonly class: string; readonly desc: string } | undefined;
    readonly event?: string | undefined;
    readonly data?: Readonly<Record<string, unknown>> | undefined;
  };
}

/** A step that the agent in the guest is asked for. */
export interface AskedRecord {
  readonly vm: string;
  readonly msg: string;
}

/** What the agent said. Memory in KiB. */
export interface AnsweredRecord {
  readonly vm: string;
  readonly msg: {
    readonly [key: string]: unknown;
    readonly ready?: boolean | undefined;
    readonly modules?: number | undefined;
    readonly moduleErrors?: number | undefined;
    readonly memTotalKb?: number | undefined;
    readonly memFreeKb?: number | undefined;
    readonly memAvailableKb?: number | undefined;
    readonly cpusOnline?: number | undefined;
    readonly cpusConf?: number | undefined;
  };
}

/** What QEMU printed. */
export interface StderrRecord {
  readonly vm: string;
  readonly stderr: string;
}

/** How QEMU ended. */
export interface ExitRecord {
  readonly vm: string;
  readonly exit: number | null;
  readonly signal: string | null;
}

const start: z.ZodType<StartRecord> = z.looseObject({
  vm: name,
  argv: z.array(z.string().max(100_000)).max(10_000),
});
const sent: z.ZodType<SentRecord> = z.looseObject({
  vm: name,
  dir: z.literal('>'),
  msg: z.looseObject({
    execute: z.string().max(200),
    id: id.optional(),
    arguments: z.looseObject({}).optional(),
  }),
});
const received: z.ZodType<ReceivedRecord> = z.looseObject({
  vm: name,
  dir: z.literal('<'),
  msg: z.looseObject({
    QMP: z.looseObject({}).optional(),
    id: id.optional(),
    return: z.unknown().optional(),
    error: problem.optional(),
    event: z.string().max(200).optional(),
    data: z.looseObject({}).optional(),
  }),
});
const asked: z.ZodType<AskedRecord> = z.looseObject({
  vm: name,
  agent: z.literal('>'),
  msg: z.string().max(10_000),
});
const answered: z.ZodType<AnsweredRecord> = z.looseObject({
  vm: name,
  agent: z.literal('<'),
  msg: z.looseObject({
    ready: z.boolean().optional(),
    modules: count.optional(),
    moduleErrors: count.optional(),
    memTotalKb: count.optional(),
    memFreeKb: count.optional(),
    memAvailableKb: count.optional(),
    cpusOnline: count.optional(),
    cpusConf: count.optional(),
  }),
});
const stderr: z.ZodType<StderrRecord> = z.looseObject({
  vm: name,
  stderr: z.string().max(100_000),
});
const exit: z.ZodType<ExitRecord> = z.looseObject({
  vm: name,
  exit: z.number().int().min(0).max(255).nullable(),
  signal: z
    .string()
    .regex(/^SIG[A-Z0-9]{1,10}$/, 'not a signal')
    .nullable(),
});
/** A record with its kind, or what is wrong with it. */
export type MachineParsed =
  | { readonly kind: 'start'; readonly record: StartRecord }
  | { readonly kind: 'sent'; readonly record: SentRecord }
  | { readonly kind: 'received'; readonly record: ReceivedRecord }
  | { readonly kind: 'asked'; readonly record: AskedRecord }
  | { readonly kind: 'answered'; readonly record: AnsweredRecord }
  | { readonly kind: 'stderr'; readonly record: StderrRecord }
  | { readonly kind: 'exit'; readonly record: ExitRecord }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** The record kind by the keys that name it; undefined when it is none of these. */
export function parseMachine({ line, value }: LogRecord): MachineParsed | undefined {
  if ('argv' in value) return checked('start', start.safeParse(value), line);
  if ('stderr' in value) return checked('stderr', stderr.safeParse(value), line);
  if ('exit' in value) return checked('exit', exit.safeParse(value), line);
  if (value.agent === '>') return checked('asked', asked.safeParse(value), line);
  if (value.agent === '<') return checked('answered', answered.safeParse(value), line);
  if (value.dir === '>') return checked('sent', sent.safeParse(value), line);
  if (value.dir === '<') return checked('received', received.safeParse(value), line);
  return undefined;
}
