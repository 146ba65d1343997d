/** `hypercheck check SCOPE|FILE`: every state that a machine can reach. */
import {
  CheckpointProblem,
  type ReductionCheck,
  RuleThrew,
  type SearchCounts,
  type SearchProgress,
  type SearchResult,
  type SelfTest,
  Unsound,
  verifyReduction,
} from '../checker/index.ts';
import { BrokenRule, inPlace, monitor, OutOfBounds, type Property } from '../machine/index.ts';
import { counterexampleOfSearch } from './counterexamples.ts';
import { badInput, type ExitCode, exitCodeOf, exitCodes, type InputProblem } from './exit.ts';
import { write } from './files.ts';
import type { CheckFlags } from './flags.ts';
import { type Io, pauses } from './io.ts';
import { type Progress, progress } from './progress.ts';
import {
  brokenText,
  type CheckDocument,
  checkText,
  type Established,
  type Limit,
  madeOf,
} from './report/check.ts';
import { type Counterexample, shownSteps } from './report/counterexample.ts';
import { jsonText } from './report/document.ts';
import { junitXml } from './report/junit.ts';
import { problemsText } from './report/problems.ts';
import { runCases } from './report/run.ts';
import { count } from './report/table.ts';
import { interrupted, noted } from './rule-time.ts';
import { isAsked, tested } from './searched.ts';
import { type Clock, clock, type Stop, stopAfter } from './stop.ts';
import { searchOf } from './strategy.ts';
import type { ScopedSubject } from './subject.ts';
import { targetOf } from './target.ts';

export async function runCheck(target: string, flags: CheckFlags, io: Io): Promise<ExitCode> {
  const subject = await targetOf(target, flags);
  const asked = subject.properties.filter((each) => isAsked(each, subject.scope, flags));
  const now = clock();
  const shown = progress(io);
  shown.begin(`Every state of ${subject.machine.name} in scope ${subject.scope.name}`);
  const stop = stopAfter(io, now, flags.for ?? Number.POSITIVE_INFINITY);
  const given = { ...subject, properties: asked };
  // Our own rules end, and need not be slowed down.
  const watched = subject.file === undefined ? undefined : noted(given);
  const search = { subject: watched?.subject ?? given, flags, stop, now, shown };
  const symmetry = flags.symmetry ? tested(search.subject) : undefined;
  const { result, limit, threw, endless } = await explore(target, search, symmetry);
  const reduction =
    flags.verifyReduction && threw === undefined && limit === undefined
      ? compared(search, symmetry, result)
      : undefined;
  shown.end();
  const established: Established = {
    machine: subject.machine.name,
    ...(subject.fault === undefined ? {} : { fault: subject.fault.id }),
    scope: subject.scope,
    strategy: flags.strategy,
    // Walks keep fingerprints alone.
    mode: flags.strategy === 'random' ? 'fingerprint' : flags.mode,
    counts: result,
    seconds: now.seconds(),
    peakMb: peakMb(),
    asked,
    leftOut: subject.properties.filter((each) => !asked.includes(each)),
    symmetry,
    sleepSets: flags.sleepSets,
    workers: flags.workers,
    limit,
    reduction,
  };
  if (endless && watched !== undefined) {
    return told(watched.problem(flags.ruleTime), established, flags, io);
  }
  if (threw !== undefined) return broken(subject, threw, established, flags, io);
  const { verdict } = result;
  const wrong = reduction?.agrees === 'no';
  const document: CheckDocument = {
    ...madeOf(wrong ? 'internal-error' : verdict, established),
    ...(result.verdict === 'violated'
      ? { counterexample: counterexampleOf(subject, result, flags) }
      : {}),
  };
  print(document, checkText(document, io), flags, io);
  return wrong ? exitCodes.internal : exitCodeOf(verdict);
}

/** States that the search without a reduction may keep. */
const comparedStates = 500_000;

function compared(
  { subject, flags, shown }: Search,
  symmetry: SelfTest | undefined,
  result: SearchResult,
): ReductionCheck {
  const { machine, scope, properties } = subject;
  shown.begin('The same without the reduction');
  const reductions = symmetry === undefined ? {} : { symmetry: symmetry.symmetry };
  const options = { properties, ...reductions, sleepSets: flags.sleepSets };
  return verifyReduction(machine, scope, options, result, comparedStates);
}

interface Search {
  readonly subject: ScopedSubject;
  readonly flags: CheckFlags;
  readonly stop: Stop;
  readonly now: Clock;
  readonly shown: Progress;
}

type Found = Exclude<SearchResult, { verdict: 'reached' }>;
interface Explored {
  readonly result: Found | (SearchCounts & { readonly verdict: 'inconclusive' });
  /** What ended it before every state was seen. */
  readonly limit?: Limit;
  readonly threw?: RuleThrew;
  /** A rule did not end. */
  readonly endless?: boolean;
}

async function explore(
  target: string,
  { subject, flags, stop, now, shown }: Search,
  symmetry: SelfTest | undefined,
): Promise<Explored> {
  const { strategy, maxStates } = flags;
  const search = searchOf(target, subject, flags, symmetry);
  const pause = pauses();
  let next: IteratorResult<SearchProgress, SearchResult> = { done: false, value: nothingYet };
  /** Goes on until it is time to let other work run. */
  const proceed = (): Promise<void> | undefined => {
    for (;;) {
      next = search.next(stop() !== undefined);
      if (next.done) return undefined;
      const pausing = pause();
      if (pausing !== undefined) return pausing;
    }
  };
  const { ruleTime } = flags;
  try {
    while (!next.done) {
      const before = next.value;
      const ran =
        subject.file === undefined ? { value: proceed() } : interrupted(proceed, ruleTime);
      if (ran === undefined) {
        return { result: countedUntil(before), limit: 'error', endless: true };
      }
      const last = next as IteratorResult<SearchProgress, SearchResult>;
      if (last.done) break;
      const { distinct, depth } = last.value;
      const rate = Math.round(distinct / now.seconds());
      shown.at(distinct, `, ${count(rate)} a second, level ${depth}, ${count(peakMb())} MB`);
      await ran.value;
    }
    const result = next.value as Found;
    if (result.verdict !== 'inconclusive') return { result };
    const reach = strategy === 'random' ? 'walks' : 'depth';
    const bounded = result.distinct > (maxStates ?? Number.POSITIVE_INFINITY) ? 'states' : reach;
    return { result, limit: stop() ?? bounded };
  } catch (error) {
    if (error instanceof Unsound) throw badInput('flags', error.message);
    if (error instanceof CheckpointProblem) throw badInput('--checkpoint', error.message);
    if (!(error instanceof RuleThrew)) throw error;
    return { result: { ...error.counts, verdict: 'inconclusive' }, limit: 'error', threw: error };
  }
}

const nothingYet: SearchProgress = { distinct: 1, generated: 0, depth: 0, bytes: 0 };

/** A search that was cut off in the middle of a rule tells no more than its progress. */
function countedUntil(progress: SearchProgress): Explored['result'] {
  const none = { levels: [], commands: new Map(), tallies: new Map(), witnesses: new Map() };
  return { ...progress, ...none, verdict: 'inconclusive' };
}

/** Memory of the process at its highest. */
function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}

function counterexampleOf(
  subject: ScopedSubject,
  found: Extract<SearchResult, { verdict: 'violated' }>,
  { strategy, mode, out }: CheckFlags,
): Counterexample {
  // Fingerprints may hide a state, and with it a shorter trace.
  const nearestFirst = strategy === 'breadth-first' || strategy === 'iterative-deepening';
  const minimal = nearestFirst && mode === 'exact' ? 'proved' : 'budget';
  return counterexampleOfSearch(subject, found, minimal, out);
}

function print(document: CheckDocument, text: string, flags: CheckFlags, io: Io): void {
  const { json, junit } = flags;
  io.out(json ? jsonText(document) : text);
  if (junit === undefined) return;
  const { counterexample, properties, seconds } = document;
  const counterexamples = counterexample === undefined ? [] : [counterexample];
  write(junit, junitXml('hypercheck check', seconds, runCases({ properties, counterexamples })));
}

/** Prints what was established until a rule threw. A rule of the user's is theirs to mend. */
function broken(
  subject: ScopedSubject,
  threw: RuleThrew,
  established: Established,
  flags: CheckFlags,
  io: Io,
): ExitCode {
  const { machine, scope, file } = subject;
  const given = file !== undefined || Object.keys(flags.set).length > 0;
  const problem = whatThrew(subject, threw);
  const steps = shownSteps(machine, scope, threw.trace.slice(0, -1), threw.trace.length);
  const document: CheckDocument = {
    ...madeOf(given ? 'bad-input' : 'internal-error', established),
    problems: [problem],
    trace: threw.trace,
  };
  print(document, `${brokenText(steps, threw.trace, io)}${checkText(document, io)}`, flags, io);
  if (given) {
    io.err(problemsText([problem], { colours: false }));
    return exitCodes.badInput;
  }
  io.err(`internal error: ${problem.where}: ${problem.problem}\nPlease report this bug.\n`);
  return exitCodes.internal;
}

/** Prints what was established until something of the user's had to be given up. */
function told(
  problem: InputProblem,
  established: Established,
  flags: CheckFlags,
  io: Io,
): ExitCode {
  const document: CheckDocument = { ...madeOf('bad-input', established), problems: [problem] };
  print(document, checkText(document, io), flags, io);
  io.err(problemsText([problem], { colours: false }));
  return exitCodes.badInput;
}

/** Which rule or property threw, and at what. */
function whatThrew(subject: ScopedSubject, { cause, trace }: RuleThrew): InputProblem {
  const place = subject.file ?? subject.machine.name;
  const last = trace.at(-1);
  const rule = { where: `${place} command ${last?.kind}` };
  if (cause instanceof OutOfBounds) {
    const problem = `${cause.path} ${cause.problem}: refuse the command there, or raise the bound`;
    return { ...rule, problem };
  }
  if (cause instanceof BrokenRule) return { ...rule, problem: `${cause.path} ${cause.problem}` };
  const message = cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause);
  const problem = `threw ${message}`;
  const property = subject.properties.find((each) => throwsAlong(each, subject, trace));
  return property === undefined
    ? { ...rule, problem }
    : { where: `${place} property ${property.id}`, problem };
}

/** Whether a property throws where the rules do not. */
function throwsAlong(
  property: Property<never>,
  { machine, scope }: ScopedSubject,
  trace: RuleThrew['trace'],
): boolean {
  const host = inPlace(machine, scope);
  const state = host.initial();
  const watch = monitor(machine, scope, [property]);
  let asking = true;
  try {
    watch.start(state);
    for (const call of trace) {
      asking = false;
      const step = host.step(state, call);
      asking = true;
      if (step.ok) watch.after(call, step.events);
    }
    return false;
  } catch {
    return asking;
  }
}
