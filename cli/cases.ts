/** Trace files of earlier runs: read, and replayed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readTrace, type TraceFile } from '../generators/index.ts';
import {
  type Failing,
  failureOf,
  failureOfRun,
  isOfRuns,
  replayCommand,
  toldOf,
} from './counterexamples.ts';
import { BadInput, badInput } from './exit.ts';
import { exists, readWhole } from './files.ts';
import { subjectOfFile } from './machine-file.ts';
import type { Counterexample } from './report/counterexample.ts';
import type { StoredCase } from './report/run.ts';
import { type ScopedSubject, type Subject, subjectNamed } from './subject.ts';

export interface Case {
  readonly path: string;
  readonly file: TraceFile;
  readonly subject: ScopedSubject;
}

export interface CaseOptions {
  /** Reads a trace of an older model too; its commands must still be commands. */
  readonly anyModel: boolean;
}

/** More than any trace file has. */
const fileBytesMax = 2 ** 26;

/** Reads a trace of a user's machine, or one of the package where there is no machine file. */
export async function readCaseOf(
  path: string,
  { machine, anyModel }: CaseOptions & { readonly machine?: string | undefined },
): Promise<Case> {
  const subject = machine === undefined ? undefined : await subjectOfFile(machine);
  return readCase(path, { anyModel }, subject);
}

/** Reads a trace file; throws what is wrong with it as bad input, with JSON paths. */
function readCase(path: string, options: CaseOptions, given?: Subject): Case {
  const text = readWhole(path, fileBytesMax);
  const subject = given ?? subjectIn(path, text);
  const read = readTrace(subject.machine, text, options);
  if (!read.ok) {
    throw new BadInput(
      read.problems.map(({ path: place, problem }) => ({ where: `${path} ${place}`, problem })),
    );
  }
  return { path, file: read.file, subject: { ...subject, scope: read.scope } };
}

/** The subject of the package that a text names. What is no trace file is told when it is read. */
function subjectIn(path: string, text: string): Subject {
  const name = machineIn(text);
  const subject = subjectNamed(typeof name === 'string' ? name : 'vmm');
  if (subject !== undefined) return subject;
  throw badInput(
    `${path} machine`,
    `is ${JSON.stringify(name)}, which is none of hypercheck: give its file with --machine FILE`,
  );
}

/** The machine that a text names, before anything else is known of it. */
function machineIn(text: string): unknown {
  try {
    const data: unknown = JSON.parse(text);
    return typeof data === 'object' && data !== null && 'machine' in data
      ? data.machine
      : undefined;
  } catch {
    return undefined;
  }
}

export interface Replayed {
  readonly failing: Failing | undefined;
  /** The violation to tell: the stored one where it happened again. */
  readonly property: string;
  /** The same property at the same step as stored; also when both say that nothing is violated. */
  readonly asStored: boolean;
}

export function replay({ file, subject }: Case): Replayed {
  const failing = isOfRuns(subject, file.property)
    ? failureOfRun(subject, file.commands, file.loop)
    : failureOf(subject, file.commands);
  if (failing === undefined) {
    return { failing, property: file.property ?? '', asStored: file.property === null };
  }
  const { step, violations } = failing.failure;
  const same = violations.find(({ property }) => property === file.property);
  const property = (same ?? violations[0])?.property ?? '';
  return { failing, property, asStored: same !== undefined && step === file.step };
}

/** A failing case as reports tell it. */
export function toldCase(
  { path, file, subject }: Case,
  failing: Failing,
  property: string,
): Counterexample {
  const { seed, path: drawn } = file;
  return {
    ...toldOf(subject, failing, property),
    ...(seed === null || drawn === null ? {} : { seed, path: drawn }),
    file: path,
    replay: replayCommand(path, subject),
  };
}

/** A stored case, read: replayed, or left out with the reason. */
export type Stored =
  | { readonly case: Case; readonly replayed: Replayed }
  | { readonly path: string; readonly reason: string };

/** Replays the trace files of a folder that are of this machine; what cannot be read is told. */
export function* storedCases(folder: string, machine: string): Generator<Stored> {
  if (!exists(folder)) return;
  for (const name of readdirSync(folder).sort()) {
    if (!name.endsWith('.json')) continue;
    const path = join(folder, name);
    try {
      const found = readCase(path, { anyModel: true });
      if (found.subject.machine.name !== machine) {
        yield { path, reason: `it is of ${found.subject.machine.name}` };
      } else yield { case: found, replayed: replay(found) };
    } catch (error) {
      if (!(error instanceof BadInput)) throw error;
      yield { path, reason: error.problems[0]?.problem ?? 'it cannot be read' };
    }
  }
}

export function storedCase(stored: Stored): StoredCase {
  if ('reason' in stored) {
    return { file: stored.path, verdict: 'skipped', reason: stored.reason };
  }
  const verdict = stored.replayed.failing === undefined ? 'holds' : 'violated';
  return { file: stored.case.path, verdict };
}
