/** Flags: text from the command line, checked into values. Every problem names its flag. */
import { z } from 'zod';
import { keysOf } from '../machine/index.ts';
import { type SchedulerName, schedulers } from '../model/index.ts';
import { BadInput } from './exit.ts';

/** Seeds are what the generator takes: 32-bit integers. */
const seedMin = -(2 ** 31);
const seedMax = 2 ** 31 - 1;

function integer(min: number, max: number) {
  const wrong = `must be an integer from ${min} to ${max}`;
  return z
    .string()
    .regex(/^-?\d{1,15}$/, wrong)
    .transform(Number)
    .refine((value) => value >= min && value <= max, wrong);
}

const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600 };

/** `90s`, `10m`, `2h` in seconds. */
const time = z
  .string()
  .regex(/^[1-9]\d{0,5}[smh]$/, 'must be a time such as 90s, 10m or 2h')
  .transform((text) => Number(text.slice(0, -1)) * (unitSeconds[text.slice(-1)] ?? 1));

/** `500ms`, `2s`, `1m` in milliseconds. */
const shortTime = z
  .string()
  .regex(/^[1-9]\d{0,5}(ms|s|m)$/, 'must be a time such as 500ms, 2s or 1m')
  .transform((text) => {
    if (text.endsWith('ms')) return Number(text.slice(0, -2));
    return Number(text.slice(0, -1)) * (unitSeconds[text.slice(-1)] ?? 1) * 1000;
  });

const sizePattern = /^([\w-]+)=(\d{1,6})$/;

/** `vm=2,frame=3`, maybe several of them. */
const sizes = z
  .array(z.string())
  .default([])
  .transform((given, { issues }) => {
    const all = given
      .flatMap((each) => each.split(','))
      .map((text) => {
        const [, name = '', size] = sizePattern.exec(text.trim()) ?? [];
        if (size === undefined) {
          const message = `'${text}' is not NAME=SIZE, with an integer from 0 to 999999`;
          issues.push({ code: 'custom', message, input: text });
        }
        return [name, Number(size)] as const;
      });
    return Object.fromEntries(all);
  });

const schedulerNames = keysOf(schedulers) as [SchedulerName, ...SchedulerName[]];
const weights = z
  .string()
  .regex(/^[1-9]\d{0,4}(,[1-9]\d{0,4}){1,15}$/, 'must be 2 to 16 weights, such as 5,1,1')
  .transform((text) => text.split(',').map(Number));

const path = z.string().min(1, 'must not be empty');
const ids = z.array(z.string()).optional();
const name = z.string().optional();
const yes = z.boolean().default(false);

const output = { json: yes };
const stored = { anyModel: yes, machine: path.optional() };
const subject = { fault: name, property: ids, scope: name };
const model = { model: path.default('fuzz'), scope: name, set: sizes };
const running = {
  ...output,
  ...subject,
  seed: integer(seedMin, seedMax).optional(),
  junit: path.optional(),
  out: path.default('counterexamples'),
};

export interface OutputFlags {
  readonly json: boolean;
}
/** What is run: the model or one of its faults, in a scope, under some properties. */
export interface SubjectFlags {
  readonly fault?: string | undefined;
  readonly property?: readonly string[] | undefined;
  readonly scope?: string | undefined;
}
export interface RunFlags extends OutputFlags, SubjectFlags {
  readonly seed?: number | undefined;
  readonly junit?: string | undefined;
  /** The folder of counterexamples. */
  readonly out: string;
  /** Seconds. */
  readonly for?: number | undefined;
}
export interface VerifyFlags extends RunFlags {
  readonly quick: boolean;
  readonly deep: boolean;
}
export interface FuzzFlags extends RunFlags {
  readonly runs?: number | undefined;
}
/** How a trace file is read. */
interface CaseFlags {
  /** Takes a trace of another model too. */
  readonly anyModel: boolean;
  /** The file of the machine, where it is not of the package. */
  readonly machine?: string | undefined;
}
export const strategies = [
  'breadth-first',
  'depth-first',
  'iterative-deepening',
  'random',
] as const;
export interface CheckFlags extends OutputFlags, SubjectFlags {
  readonly junit?: string | undefined;
  /** The folder of counterexamples. */
  readonly out: string;
  /** Sizes of the scope that are to be others. */
  readonly set: Readonly<Record<string, number>>;
  readonly strategy: (typeof strategies)[number];
  readonly mode: 'exact' | 'fingerprint';
  /** Of random walks, and how many there are. */
  readonly seed: number;
  readonly walks: number;
  readonly symmetry: boolean;
  readonly sleepSets: boolean;
  /** Threads that search. */
  readonly workers: number;
  /** The folder of a checkpoint, and whether to go on from there. */
  readonly checkpoint?: string | undefined;
  readonly resume: boolean;
  /** Compares with a search without the reduction. */
  readonly verifyReduction: boolean;
  /** Seconds that a rule of the user's may take. */
  readonly ruleTime: number;
  readonly maxStates?: number | undefined;
  readonly maxDepth?: number | undefined;
  /** Seconds. */
  readonly for?: number | undefined;
}
export interface ReplayFlags extends OutputFlags, CaseFlags {
  readonly junit?: string | undefined;
}
export interface ExportFlags extends OutputFlags, CaseFlags {
  readonly format: 'itf' | 'mermaid' | 'vitest';
  readonly out?: string | undefined;
}
export interface ShrinkFlags extends OutputFlags, CaseFlags {
  readonly out?: string | undefined;
  /** States that the search for a shorter trace may keep. */
  readonly states: number;
}
export interface FaultsFlags extends OutputFlags {
  /** Tests the oracle with mutants of replies instead. */
  readonly oracle: boolean;
  readonly fault?: readonly string[] | undefined;
  /** Looks for each in the scope in which a search finds it. */
  readonly ownScope: boolean;
  readonly junit?: string | undefined;
  /** The first seed. */
  readonly seed: number;
  readonly seeds: number;
  /** Commands that may be spent for each fault and seed. */
  readonly budget: number;
  readonly states: number;
}
/** Which model a system is held against. */
export interface ModelFlags {
  /** A scope of the VMM, the reference model, or a machine file. */
  readonly model: string;
  /** The scope of the reference model or of a machine file. */
  readonly scope?: string | undefined;
  readonly set: Readonly<Record<string, number>>;
}
export interface DriveFlags extends OutputFlags, ModelFlags {
  readonly compare: 'reply' | 'reply+view' | 'full';
  readonly seed?: number | undefined;
  readonly runs?: number | undefined;
  /** Seconds. */
  readonly for?: number | undefined;
  /** Milliseconds that a command may take. */
  readonly timeout: number;
  readonly out: string;
  /** A stored trace that is run instead of random ones. */
  readonly trace?: string | undefined;
  readonly junit?: string | undefined;
}
export interface OracleFlags extends ModelFlags {
  readonly stdio: boolean;
  readonly schema: boolean;
}
export interface ValidateFlags extends OutputFlags, Omit<ModelFlags, 'model'> {
  /** The real system that the log is of, or the model that it is held against. */
  readonly system?: string | undefined;
  readonly model?: string | undefined;
  readonly fields: boolean;
  /** Judges a log of another version of the model, too. */
  readonly anyModel: boolean;
}

export interface FairnessFlags extends OutputFlags {
  readonly scheduler?: readonly SchedulerName[] | undefined;
  /** One VM for each. */
  readonly weights?: readonly number[] | undefined;
  readonly ticks: number;
}

interface AllFlags {
  readonly verify: VerifyFlags;
  readonly fuzz: FuzzFlags;
  readonly check: CheckFlags;
  readonly replay: ReplayFlags;
  readonly shrink: ShrinkFlags;
  readonly export: ExportFlags;
  readonly faults: FaultsFlags;
  readonly drive: DriveFlags;
  readonly oracle: OracleFlags;
  readonly validate: ValidateFlags;
  readonly list: OutputFlags;
  readonly fairness: FairnessFlags;
}

const schemas: { readonly [K in keyof AllFlags]: z.ZodType<AllFlags[K]> } = {
  verify: z
    .object({ ...running, quick: yes, deep: yes, for: time.optional() })
    .refine((f) => Number(f.quick) + Number(f.deep) + Number(f.for !== undefined) <= 1, {
      path: ['quick'],
      message: 'only one of --quick, --deep and --for can be given',
    }),
  fuzz: z.object({ ...running, runs: integer(1, 1e9).optional(), for: time.optional() }),
  check: z
    .object({
      ...output,
      ...subject,
      junit: running.junit,
      out: running.out,
      set: sizes,
      strategy: z
        .enum(strategies, `must be one of ${strategies.join(', ')}`)
        .default('breadth-first'),
      seed: integer(seedMin, seedMax).default(1),
      walks: integer(1, 1e9).default(1000),
      mode: z.enum(['exact', 'fingerprint'], 'must be exact or fingerprint').default('exact'),
      symmetry: yes,
      sleepSets: yes,
      workers: integer(1, 64).default(1),
      checkpoint: path.optional(),
      resume: yes,
      verifyReduction: yes,
      ruleTime: time.default(30),
      maxStates: integer(1, 1e9).optional(),
      maxDepth: integer(0, 1e9).optional(),
      for: time.optional(),
    })
    .refine(
      ({ strategy, mode, symmetry, sleepSets }) =>
        strategy === 'breadth-first' || (mode === 'exact' && !symmetry && !sleepSets),
      {
        path: ['strategy'],
        message: 'only breadth-first takes --mode fingerprint, --symmetry and --sleep-sets',
      },
    )
    .refine(
      ({ strategy, workers, checkpoint }) =>
        strategy === 'breadth-first' || (workers === 1 && checkpoint === undefined),
      { path: ['strategy'], message: 'only breadth-first takes --workers and --checkpoint' },
    )
    .refine(({ checkpoint, resume }) => checkpoint !== undefined || !resume, {
      path: ['resume'],
      message: 'needs --checkpoint, the folder to go on from',
    })
    .refine((f) => !f.verifyReduction || f.symmetry || f.sleepSets, {
      path: ['verifyReduction'],
      message: 'there is no reduction to verify without --symmetry or --sleep-sets',
    }),
  replay: z.object({ ...output, ...stored, junit: path.optional() }),
  export: z.object({
    ...output,
    ...stored,
    format: z.enum(['itf', 'mermaid', 'vitest'], 'must be one of itf, mermaid, vitest'),
    out: path.optional(),
  }),
  shrink: z.object({
    ...output,
    ...stored,
    out: path.optional(),
    states: integer(0, 1e9).default(20_000),
  }),
  faults: z
    .object({
      ...output,
      oracle: yes,
      fault: ids,
      ownScope: yes,
      junit: path.optional(),
      seed: integer(seedMin, seedMax - 10_000).default(1),
      seeds: integer(1, 10_000).default(9),
      budget: integer(1, 1e9).default(40_000),
      states: integer(0, 1e9).default(20_000),
    })
    .refine((f) => !f.oracle || (f.fault === undefined && f.junit === undefined && !f.ownScope), {
      path: ['oracle'],
      message: 'takes no --fault, no --own-scope and no --junit',
    }),
  drive: z.object({
    ...output,
    ...model,
    compare: z
      .enum(['reply', 'reply+view', 'full'], 'must be one of reply, reply+view, full')
      .default('reply+view'),
    seed: running.seed,
    runs: integer(1, 1e9).optional(),
    for: time.optional(),
    timeout: shortTime.default(2_000),
    out: running.out,
    trace: path.optional(),
    junit: path.optional(),
  }),
  oracle: z
    .object({ ...model, stdio: yes, schema: yes })
    .refine(({ stdio, schema }) => stdio !== schema, {
      path: ['stdio'],
      message: 'give one of --stdio and --schema',
    }),
  validate: z
    .object({
      ...output,
      ...model,
      model: path.optional(),
      system: name,
      fields: yes,
      anyModel: yes,
    })
    .refine((f) => (f.system === undefined) !== (f.model === undefined), {
      path: ['system'],
      message: 'give one of --system and --model',
    })
    .refine((f) => f.system === undefined || (f.scope === undefined && !f.anyModel), {
      path: ['system'],
      message: 'takes no --scope, --set or --any-model',
    }),
  list: z.object({ ...output }),
  fairness: z.object({
    ...output,
    scheduler: z
      .array(z.enum(schedulerNames, `must be of ${schedulerNames.join(', ')}`))
      .optional(),
    weights: weights.optional(),
    ticks: integer(1, 1e6).default(1200),
  }),
};

/** The values of a command's flags; throws everything that is wrong with them. */
export function parseFlags<K extends keyof AllFlags>(command: K, given: unknown): AllFlags[K] {
  const parsed = schemas[command].safeParse(given);
  if (parsed.success) return parsed.data;
  throw new BadInput(
    parsed.error.issues.map(({ path: at, message }) => ({
      where:
        at.length === 0
          ? 'flags'
          : `--${at
              .map(String)
              .join('.')
              .replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`)}`,
      problem: message,
    })),
  );
}
