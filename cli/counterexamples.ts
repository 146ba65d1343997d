/** Counterexamples: made small, told, and stored as trace files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import {
  type Failure,
  judge,
  optimum,
  shrink,
  type Trace,
  traceFile,
  writeTrace,
} from '../generators/index.ts';
import { printDifference } from '../machine/index.ts';
import type { FoundFailure } from './campaign.ts';
import { write } from './files.ts';
import { type Counterexample, type Minimal, shownSteps } from './report/counterexample.ts';
import type { ScopedSubject, Subject } from './subject.ts';

/** A trace, and how it fails. */
export interface Failing {
  readonly trace: Trace;
  readonly failure: Failure;
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
const quickStates = 2_000;

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

interface ToStore extends Smaller {
  readonly property: string;
  readonly seed: number | null;
  readonly path: string | null;
}

/** Writes the trace file of a counterexample, and tells it. */
export function stored(
  subject: ScopedSubject,
  { trace, failure, minimal, states, property, seed, path }: ToStore,
  fileOf: (text: string) => string,
): Counterexample {
  const { machine, scope } = subject;
  const { step } = failure;
  const message = failure.violations.find((v) => v.property === property)?.message ?? '';
  const text = writeTrace(
    traceFile(machine, scope, trace, { seed, path, property, step, message }),
  );
  const file = fileOf(text);
  write(file, text);
  const searched = states === undefined ? {} : { states };
  const told = { ...toldOf(subject, { trace, failure }, property), file, minimal, ...searched };
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
  { trace, failure }: Failing,
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
    difference: (steps[step - 1]?.changes ?? []).map((change) => printDifference([change])),
    steps,
    scope: scope.name,
    ...(fault === undefined ? {} : { fault: fault.id }),
  };
}

/** A path as a shell reads it. */
function shellWord(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
