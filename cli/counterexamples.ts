/** Counterexamples: made small, told, and stored as trace files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type LivenessViolation, violationAlong } from '../checker/index.ts';
import {
  type Failure,
  judge,
  optimum,
  shrink,
  type Trace,
  traceFile,
  writeTrace,
} from '../generators/index.ts';
import { isLiveness, printDifference } from '../machine/index.ts';
import type { FoundFailure } from './campaign.ts';
import { write } from './files.ts';
import { type Counterexample, type Minimal, shownSteps } from './report/counterexample.ts';
import { sequencesOf } from './sequence.ts';
import type { ScopedSubject, Subject } from './subject.ts';
import { timelinesOf } from './timeline.ts';

/** A trace, and how it fails. */
export interface Failing {
  readonly trace: Trace;
  readonly failure: Failure;
  /** The run goes on for ever: it repeats its commands from the one after so many on. */
  readonly loop?: number | undefined;
}

/** Whether a property is one of whole runs. */
export function isOfRuns({ properties }: Subject, id: string | null): boolean {
  return properties.some((each) => each.id === id && isLiveness(each));
}

/** How a whole run fails; undefined where it does not. */
export function failureOfRun(
  { machine, scope, properties }: ScopedSubject,
  trace: Trace,
  loop: number | undefined,
): Failing | undefined {
  const lasso = { stem: trace.slice(0, loop), loop: loop === undefined ? [] : trace.slice(loop) };
  const violations = properties
    .filter(isLiveness)
    .flatMap((each) => violationAlong(machine, scope, each, lasso) ?? []);
  if (violations.length === 0) return undefined;
  const found = violations.map(({ property }) => property);
  return { trace, loop, failure: { step: trace.length, violations, found } };
}

/** How a trace fails; undefined where it does not. */
export function failureOf(subject: ScopedSubject, trace: Trace): Failing | undefined {
  const { machine, scope, properties } = subject;
  const failure = judge(machine, scope, properties).failure(trace);
  return failure === undefined ? undefined : { trace, failure };
}

export interface Smaller extends Failing {
  readonly minimal: Minimal;
  /** States that were searched to prove it. */
  readonly states?: number;
}

/** The smallest trace that is found whose first violation is of this property too. */
export function smaller(
  subject: ScopedSubject,
  failing: Failing,
  property: string,
  states: number,
): Smaller {
  const { machine, scope } = subject;
  const each = judge(machine, scope, subject.properties);
  const failureBy = (candidate: Trace): Failure | undefined => {
    try {
      const failure = each.failure(candidate);
      return failure?.violations.some((v) => v.property === property) ? failure : undefined;
    } catch {
      // A rule that throws before anything is violated is another failure than this one.
      return undefined;
    }
  };
  const shrunk = shrink(machine, scope, failing.trace, (t) => failureBy(t) !== undefined);
  const properties = subject.properties.filter(({ id }) => id === property);
  const best = optimum({ machine, scope, properties, trace: shrunk.trace, states });
  const failure = failureBy(best.trace);
  if (failure !== undefined) {
    const { trace, proved, states: searched } = best;
    if (proved) return { trace, failure, minimal: 'proved', states: searched };
    return { trace, failure, minimal: shrunk.minimal };
  }
  // The shortest trace violates something else before.
  const { trace, minimal } = shrunk;
  return { trace, failure: failureBy(trace) ?? failing.failure, minimal };
}

/** The violation to tell: of a property that must find the seeded bug, if one is among them. */
function chosen(subject: Subject, { violations }: Failure): string {
  const named = violations.find((v) => subject.fault?.killedBy.includes(v.property));
  return (named ?? violations[0])?.property ?? '';
}

/** States that the search for a shorter trace may keep while somebody waits for the first report. */
export const quickStates = 2_000;

/** Shrinks a failure and stores it in a folder. */
export function counterexampleOf(
  subject: ScopedSubject,
  found: FoundFailure,
  out: string,
): Counterexample {
  const { seed, path } = found;
  const property = chosen(subject, found.failure);
  const small = smaller(subject, found, property, quickStates);
  return stored(subject, { ...small, property, seed, path }, inFolder(out, property));
}

/** Stores what a search found. */
export function counterexampleOfSearch(
  subject: ScopedSubject,
  { trace, distinct }: { readonly trace: Trace; readonly distinct: number },
  minimal: Minimal,
  out: string,
): Counterexample {
  const failing = failureOf(subject, trace);
  if (failing === undefined) throw new Error('the counterexample does not replay');
  const property = chosen(subject, failing.failure);
  const origin = { property, seed: null, path: null };
  const found = { ...failing, ...origin, minimal, states: distinct };
  return stored(subject, found, inFolder(out, property));
}

/** A file of its own for each counterexample of a property. */
function inFolder(folder: string, property: string): (text: string) => string {
  return (text) => {
    const digest = createHash('sha256').update(text).digest('hex').slice(0, 8);
    return join(folder, `${property}-${digest}.json`);
  };
}

/** Stores a run that was found. */
export function counterexampleOfRun(
  subject: ScopedSubject,
  { property, lasso: { stem, loop } }: LivenessViolation,
  out: string,
): Counterexample {
  const goesOn = loop.length > 0 ? stem.length : undefined;
  const failing = failureOfRun(subject, [...stem, ...loop], goesOn);
  if (failing === undefined) throw new Error('the counterexample does not replay');
  const origin = { property, seed: null, path: null };
  return stored(subject, { ...failing, ...origin }, inFolder(out, property));
}

interface ToStore extends Failing {
  readonly minimal?: Minimal;
  readonly states?: number;
  readonly property: string;
  readonly seed: number | null;
  readonly path: string | null;
}

/** Writes the trace file of a counterexample, and tells it. */
export function stored(
  subject: ScopedSubject,
  { trace, failure, loop, minimal, states, property, seed, path }: ToStore,
  fileOf: (text: string) => string,
): Counterexample {
  const { machine, scope } = subject;
  const { step } = failure;
  const message = failure.violations.find((v) => v.property === property)?.message ?? '';
  const text = writeTrace(
    traceFile(machine, scope, trace, {
      seed,
      path,
      property,
      step,
      message,
      ...(loop === undefined ? {} : { loop }),
    }),
  );
  const file = fileOf(text);
  write(file, text);
  const searched = {
    ...(minimal === undefined ? {} : { minimal }),
    ...(states === undefined ? {} : { states }),
  };
  const told = { ...toldOf(subject, { trace, failure, loop }, property), file, ...searched };
  const origin = seed === null || path === null ? {} : { seed, path };
  return { ...told, ...origin, replay: replayCommand(file, subject) };
}

/** The command that runs a stored trace again. */
export function replayCommand(path: string, { file }: Subject): string {
  const machine = file === undefined ? '' : ` --machine ${shellWord(file)}`;
  return `npx hypercheck replay ${shellWord(path)}${machine}`;
}

/** A failing trace as reports tell it. */
export function toldOf(
  subject: ScopedSubject,
  { trace, failure, loop }: Failing,
  property: string,
): Omit<Counterexample, 'replay'> {
  const { machine, scope, fault } = subject;
  const { step, violations } = failure;
  const violation = violations.find((v) => v.property === property) ?? violations[0];
  const steps = shownSteps(machine, scope, trace, Math.max(step, 1));
  return {
    property: violation?.property ?? property,
    name: violation?.name ?? '',
    message: violation?.message ?? '',
    trace,
    length: trace.length,
    step,
    ...(loop === undefined ? {} : { loop }),
    difference: (steps[step - 1]?.changes ?? []).map((change) => printDifference([change])),
    steps,
    timelines: timelinesOf(subject, scope, trace.slice(0, steps.length), loop),
    sequences: sequencesOf(subject, scope, trace.slice(0, steps.length)),
    scope: scope.name,
    ...(fault === undefined ? {} : { fault: fault.id }),
  };
}

/** A path as a shell reads it. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
