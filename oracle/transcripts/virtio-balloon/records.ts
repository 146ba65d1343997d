/** The shapes of balloon transcript records (transcripts/README.md). */
import * as z from 'zod';
import type { LogRecord } from '../log.ts';
import type { Problem } from '../verdict.ts';

const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const name = z.string().min(1).max(200);
const id = z.union([count, z.string().max(200)]);
const problem = z.looseObject({ class: z.string().max(200), desc: z.string().max(10_000) });

const steps = z.array(z.tuple([z.number(), z.number()])).max(100_000);
const schemas = {
  start: z.looseObject({ vm: name, argv: z.array(z.string().max(100_000)).max(10_000) }),
  sent: z.looseObject({
    vm: name,
    dir: z.literal('>'),
    msg: z.looseObject({
      execute: z.string().max(200),
      id: id.optional(),
      arguments: z.looseObject({}).optional(),
    }),
  }),
  received: z.looseObject({
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
  }),
  asked: z.looseObject({ vm: name, agent: z.literal('>'), msg: z.string().max(10_000) }),
  answered: z.looseObject({
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
  }),
  stderr: z.looseObject({ vm: name, stderr: z.string().max(100_000) }),
  exit: z.looseObject({ vm: name, exit: z.number().int().nullable(), signal: z.string().nullable() }),
  note: z.looseObject({
    note: z.string().max(1_000),
    vm: name.optional(),
    targetMiB: z.number().optional(),
    finalMiB: z.number().optional(),
    steps: steps.optional(),
    events: count.optional(),
    deflateOnOom: z.string().optional(),
    exited: z.boolean().optional(),
    tail: z.string().optional(),
    err: z.string().optional(),
  }),
};

export type StartRecord = z.infer<typeof schemas.start>;
export type SentRecord = z.infer<typeof schemas.sent>;
export type ReceivedRecord = z.infer<typeof schemas.received>;
export type AskedRecord = z.infer<typeof schemas.asked>;
export type AnsweredRecord = z.infer<typeof schemas.answered>;
export type StderrRecord = z.infer<typeof schemas.stderr>;
export type ExitRecord = z.infer<typeof schemas.exit>;
export type NoteRecord = z.infer<typeof schemas.note>;

/** A record with its kind, or what is wrong with it. */
export type Parsed =
  | { readonly kind: 'start'; readonly record: StartRecord }
  | { readonly kind: 'sent'; readonly record: SentRecord }
  | { readonly kind: 'received'; readonly record: ReceivedRecord }
  | { readonly kind: 'asked'; readonly record: AskedRecord }
  | { readonly kind: 'answered'; readonly record: AnsweredRecord }
  | { readonly kind: 'stderr'; readonly record: StderrRecord }
  | { readonly kind: 'exit'; readonly record: ExitRecord }
  | { readonly kind: 'note'; readonly record: NoteRecord }
  | { readonly kind: 'bad'; readonly problems: readonly Problem[] };

/** The record kind by the keys that name it. */
export function parse({ line, value }: LogRecord): Parsed {
  const bad = (text: string): Parsed => {
    return { kind: 'bad', problems: [{ line, path: '', problem: text }] };
  };
  if ('format' in value || 'version' in value) {
    return bad('a record of another format or version: balloon transcripts have no header');
  }
  if ('note' in value) return checked('note', schemas.note.safeParse(value), line);
  if ('argv' in value) return checked('start', schemas.start.safeParse(value), line);
  if ('stderr' in value) return checked('stderr', schemas.stderr.safeParse(value), line);
  if ('exit' in value) return checked('exit', schemas.exit.safeParse(value), line);
  if (value['agent'] === '>') return checked('asked', schemas.asked.safeParse(value), line);
  if (value['agent'] === '<') return checked('answered', schemas.answered.safeParse(value), line);
  if (value['dir'] === '>') return checked('sent', schemas.sent.safeParse(value), line);
  if (value['dir'] === '<') return checked('received', schemas.received.safeParse(value), line);
  return bad('no balloon record: none of argv, dir, agent, stderr, exit, note');
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
