/** `hypercheck drive -- COMMAND`: a system in a process of its own, held against the model. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { readTrace, type Trace, traceFile, traces, writeTrace } from '../generators/index.ts';
import {
  Disagreed,
  lockstepAsync,
  logHead,
  logLine,
  Malformed,
  type Oracle,
  oracle,
  PeerDied,
  resuming,
  type SystemUnderTest,
  startSystem,
} from '../oracle/index.ts';
import { BadInput, badInput, type ExitCode, exitCodeOf, exitCodes } from './exit.ts';
import { readWhole, write } from './files.ts';
import type { DriveFlags } from './flags.ts';
import { freshSeed } from './fuzz.ts';
import type { Io } from './io.ts';
import { progress } from './progress.ts';
import { jsonText } from './report/document.ts';
import { type Disagreement, type DriveDocument, driveCases, driveText } from './report/drive.ts';
import { junitXml } from './report/junit.ts';
import { shrunkWhile } from './shrunk-while.ts';
import { clock, type Stop, type StopReason, stopAfter } from './stop.ts';
import type { ScopedSubject } from './subject.ts';
import { targetOf } from './target.ts';

const runsDefault = 1_000;
/** A failure is made smaller for so many seconds. */
const shrinkSeconds = 60;
/** With fewer commands carried out than this share, nothing can be said. */
const answeredMin = 0.5;

export async function runDrive(
  command: readonly string[],
  flags: DriveFlags,
  io: Io,
): Promise<ExitCode> {
  const { json, junit, seed = freshSeed() } = flags;
  const subject = await targetOf(flags.model, { ...flags, fault: undefined, property: undefined });
  const trace = flags.trace === undefined ? undefined : traceOf(flags.trace, subject);
  const system = await started(subject, command, flags.timeout, seed);
  try {
    const reference = referenceOf(subject, system, flags);
    const now = clock();
    const run = { subject, system, reference, seed, stop: stopOf(flags, io) };
    const result = await (trace === undefined ? random(run, flags, io) : once(run, trace));
    const document = documentOf(run, result, command, { out: flags.out, seconds: now.seconds() });
    io.out(json ? jsonText(document) : driveText(document, io));
    if (junit !== undefined) {
      write(junit, junitXml('hypercheck drive', document.seconds, driveCases(document)));
    }
    return document.verdict === 'bad-input' ? exitCodes.badInput : exitCodeOf(document.verdict);
  } finally {
    system.close();
  }
}

interface DriveRun {
  readonly subject: ScopedSubject;
  readonly system: SystemUnderTest;
  readonly reference: Oracle;
  readonly seed: number;
  readonly stop: Stop;
}

/** What a run came to. */
interface DriveResult {
  readonly runs: number;
  readonly failed?: {
    readonly trace: Trace;
    readonly error: Disagreed;
    readonly path: string | null;
  };
  readonly stopped?: StopReason;
}

async function started(
  { machine, scope }: ScopedSubject,
  command: readonly string[],
  timeoutMs: number,
  seed: number,
): Promise<SystemUnderTest> {
  try {
    return await startSystem(machine, scope, { command, timeoutMs, seed });
  } catch (error) {
    if (!(error instanceof PeerDied) && !(error instanceof Malformed)) throw error;
    throw badInput(
      command.join(' '),
      `it must answer hello (see docs/protocol.md), but ${error.message}`,
    );
  }
}

/** The oracle that a system's own description asks for; throws what is wrong with it. */
function referenceOf(
  { machine }: ScopedSubject,
  { options, scope }: SystemUnderTest,
  { compare }: DriveFlags,
): Oracle {
  if (scope.commands.length === 0) {
    throw badInput('hello.commands', `has no command of scope '${scope.name}'`);
  }
  try {
    return oracle(machine, { ...options, compare });
  } catch (error) {
    throw badInput('hello', error instanceof Error ? error.message : String(error));
  }
}

function stopOf({ for: seconds }: DriveFlags, io: Io): Stop {
  return stopAfter(io, clock(), seconds ?? Number.POSITIVE_INFINITY);
}

function traceOf(path: string, { machine, scope }: ScopedSubject): Trace {
  const read = readTrace(machine, readWhole(path, 2 ** 26));
  if (!read.ok) {
    throw new BadInput(
      read.problems.map(({ path: place, problem }) => ({ where: `${path} ${place}`, problem })),
    );
  }
  if (JSON.stringify(read.scope.sizes) !== JSON.stringify(scope.sizes)) {
    throw badInput(`${path} scope`, `is ${read.scope.name}: give it with --model, and --set`);
  }
  return read.file.commands;
}

async function once({ system, reference }: DriveRun, trace: Trace): Promise<DriveResult> {
  try {
    await lockstepAsync(trace, system, reference);
    return { runs: 1 };
  } catch (error) {
    if (!(error instanceof Disagreed)) throw error;
    return { runs: 1, failed: { trace, error, path: null } };
  }
}

async function random(run: DriveRun, flags: DriveFlags, io: Io): Promise<DriveResult> {
  const { subject, system, reference, seed, stop } = run;
  const timed = flags.for !== undefined;
  const numRuns = flags.runs ?? (timed ? 2 ** 31 - 1 : runsDefault);
  const shown = progress(io);
  shown.begin(`Traces in scope ${subject.scope.name}, seed ${seed}`, timed ? undefined : numRuns);
  let runs = 0;
  let stopped: StopReason | undefined;
  let failed: { readonly trace: Trace; readonly error: Disagreed } | undefined;
  let shrinking = clock();
  // What is no answer at all is a mistake of the adapter, which a smaller trace does not explain.
  const smaller = (): boolean =>
    stop() === undefined &&
    shrinking.seconds() < shrinkSeconds &&
    failed?.error.finding.reason !== 'malformed';
  const drawn = shrunkWhile(traces(subject.machine, { scope: system.scope }), smaller);
  // A whole trace at once takes no longer than a part of it.
  const batched = system.batch !== undefined && reference.compare === 'reply';
  const resumed = batched ? undefined : resuming(system);
  const property = fc.asyncProperty(drawn, async (trace) => {
    // What is left is passed over: fast-check cannot be told to end a run without a failure.
    if (failed === undefined) stopped ??= stop();
    if (stopped !== undefined) return;
    const adapter = failed === undefined ? system : (resumed?.(trace) ?? system);
    try {
      await lockstepAsync(trace, adapter, reference);
    } catch (error) {
      if (!(error instanceof Disagreed)) throw error;
      if (failed === undefined) {
        shown.begin('Shrinking');
        shrinking = clock();
      } else if (failed.error.finding.reason !== error.finding.reason) return;
      failed = { trace, error };
      throw error;
    }
    if (failed === undefined) shown.at(++runs);
  });
  const details = await fc.check(property, { seed, numRuns });
  shown.end();
  // An error of our own, not one of the system's.
  if (details.failed && failed === undefined) throw details.errorInstance;
  const early = stopped === undefined || (timed && stopped === 'time') ? {} : { stopped };
  if (failed === undefined) return { runs, ...early };
  return { runs: runs + 1, failed: { ...failed, path: details.counterexamplePath ?? null } };
}

function documentOf(
  run: DriveRun,
  { runs, failed, stopped }: DriveResult,
  command: readonly string[],
  { out, seconds }: { readonly out: string; readonly seconds: number },
): DriveDocument {
  const { subject, system, reference, seed } = run;
  const { counts, kindCounts } = reference;
  const common = {
    system: system.hello.system ?? command.join(' '),
    scope: subject.scope.name,
    seed,
    runs,
    commands: counts.commands,
    seconds,
    counts,
    starts: system.starts,
    kinds: [...kindCounts].map(([kind, each]) => ({ kind, ...each })),
    ...(stopped === undefined ? {} : { stopped }),
  };
  if (failed === undefined) {
    const { commands, unsupported, unknown, skipped } = counts;
    const asked = commands + unsupported + unknown + skipped;
    const enough = commands >= answeredMin * asked && commands > 0;
    return { verdict: enough && stopped === undefined ? 'holds' : 'inconclusive', ...common };
  }
  const disagreement = stored(run, failed, command, out);
  return { verdict: verdictOf(failed.error), ...common, disagreement };
}

function verdictOf({ finding: { reason } }: Disagreed): DriveDocument['verdict'] {
  if (reason === 'malformed') return 'bad-input';
  return reason === 'too-many-states' ? 'inconclusive' : 'violated';
}

/** Stores the trace, so that it can be run again, and what was answered, so that it can be judged. */
function stored(
  { subject, system, seed }: DriveRun,
  { trace, error, path }: NonNullable<DriveResult['failed']>,
  command: readonly string[],
  out: string,
): Disagreement {
  const { machine, scope } = subject;
  const { finding, followed, message } = error;
  const text = writeTrace(
    traceFile(machine, scope, trace, { seed, path, message: finding.message }),
  );
  const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
  const file = join(out, `drive-${finding.reason}-${digest}.json`);
  write(file, text);
  const { scope: _, ...options } = system.options;
  // A command that was left out did not happen; only the last one may have no reply.
  const happened = followed.filter(
    ({ reply }, i) => reply !== undefined || i === followed.length - 1,
  );
  const lines = happened.map((each) => logLine(machine, each));
  const log = join(out, `drive-${finding.reason}-${digest}.jsonl`);
  write(log, `${[logHead(machine, scope, options), ...lines].join('\n')}\n`);
  const replay = `npx hypercheck drive --model ${scope.name} --trace ${file} -- ${command.join(' ')}`;
  return { ...finding, report: message, trace, followed, file, log, replay, stderr: system.stderr };
}
