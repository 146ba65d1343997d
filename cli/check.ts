/** `hypercheck check SCOPE|FILE`: every state that a machine can reach. */
import {
  CheckpointProblem,
  type LivenessResult,
  livenessInPieces,
  pairsInPieces,
  type ReductionCheck,
  RuleThrew,
  refuseReductions,
  type SearchCounts,
  type SearchProgress,
  type SearchResult,
  type SelfTest,
  Unsound,
  verifyReduction,
} from '../checker/index.ts';
import {
  isConjecture,
  isLiveness,
  isTwoRun,
  type Liveness,
  type Property,
  type Tally,
  type TwoRun,
} from '../machine/index.ts';
import { brokenBy } from './conjectures.ts';
import { counterexampleOfRun, counterexampleOfSearch } from './counterexamples.ts';
import { badInput, type ExitCode, exitCodeOf, exitCodes, type InputProblem } from './exit.ts';
import { write } from './files.ts';
import type { CheckFlags } from './flags.ts';
import { type Pace, peakMb, type Run, toItsEnd } from './in-pieces.ts';
import type { Io } from './io.ts';
import { progress } from './progress.ts';
import {
  brokenText,
  type CheckDocument,
  checkText,
  type Established,
  type Limit,
  madeOf,
  type PairsSearched,
} from './report/check.ts';
import { conjectureResult } from './report/conjectures.ts';
import { type Counterexample, type Minimal, shownSteps } from './report/counterexample.ts';
import { jsonText } from './report/document.ts';
import { junitXml } from './report/junit.ts';
import { problemsText } from './report/problems.ts';
import { runCases } from './report/run.ts';
import { noted } from './rule-time.ts';
import { isAsked, tested } from './searched.ts';
import { clock, stopAfter } from './stop.ts';
import { searchOf } from './strategy.ts';
import type { ScopedSubject } from './subject.ts';
import { targetOf } from './target.ts';
import { whatThrew } from './what-threw.ts';

export async function runCheck(target: string, flags: CheckFlags, io: Io): Promise<ExitCode> {
  const subject = await targetOf(target, flags);
  const asked = subject.properties.filter((each) => isAsked(each, subject.scope, flags));
  const ofRuns = asked.filter(isLiveness);
  const ofPairs = asked.filter(isTwoRun);
  if (ofRuns.length + ofPairs.length > 0) refuseForRuns(flags);
  const now = clock();
  const shown = progress(io);
  shown.begin(`Every state of ${subject.machine.name} in scope ${subject.scope.name}`);
  const stop = stopAfter(io, now, flags.for ?? Number.POSITIVE_INFINITY);
  const given = { ...subject, properties: asked };
  // Our own rules end, and need not be slowed down.
  const watched = subject.file === undefined ? undefined : noted(given);
  const ruleTime = watched && flags.ruleTime;
  const search = {
    subject: watched?.subject ?? given,
    flags,
    pace: { stop, now, shown, ruleTime },
  };
  const symmetry = flags.symmetry ? tested(search.subject) : undefined;
  const states = await explore(target, search, symmetry);
  const { result } = states;
  const reduction =
    flags.verifyReduction && states.threw === undefined && states.limit === undefined
      ? compared(search, symmetry, result)
      : undefined;
  const runs =
    result.verdict === 'holds' && ofRuns.length > 0 ? await exploreRuns(search) : undefined;
  const upToRuns = runs?.verdict ?? result.verdict;
  const pairs =
    upToRuns === 'holds' && ofPairs.length > 0 ? await explorePairs(search, ofPairs) : undefined;
  shown.end();
  const { limit, threw, endless } = { ...states, ...runs, ...pairs };
  const tallies = new Map([result, runs, pairs].flatMap((each) => [...(each?.tallies ?? [])]));
  const counts = { ...result, tallies };
  const reached = asked.filter((each) => isOfStates(each) || counts.tallies.has(each.id));
  const established: Established = {
    machine: subject.machine.name,
    ...(subject.fault === undefined ? {} : { fault: subject.fault.id }),
    scope: subject.scope,
    strategy: flags.strategy,
    // Walks keep fingerprints alone.
    mode: flags.strategy === 'random' ? 'fingerprint' : flags.mode,
    counts,
    seconds: now.seconds(),
    peakMb: peakMb(),
    asked: reached,
    conjectures: asked.filter(isConjecture).map((each) => {
      const trace = counts.witnesses.get(each.id);
      const how = trace && brokenBy(subject, each, trace, minimalOf(flags));
      return conjectureResult(each, [counts.tallies.get(each.id) ?? []].flat(), how);
    }),
    leftOut: subject.properties.filter((each) => !reached.includes(each)),
    symmetry,
    sleepSets: flags.sleepSets,
    workers: flags.workers,
    limit,
    reduction,
    pairs: pairs?.searched,
  };
  if (endless && watched !== undefined) {
    return told(watched.problem(flags.ruleTime), established, flags, io);
  }
  if (threw !== undefined) return broken(subject, threw, established, flags, io);
  const verdict = pairs?.verdict ?? upToRuns;
  const wrong = reduction?.agrees === 'no';
  const found = result.verdict === 'violated' ? result : pairs?.violated;
  const counterexample =
    found !== undefined
      ? counterexampleOf(subject, found, flags)
      : runs?.violations
          .slice(0, 1)
          .map((each) => counterexampleOfRun(subject, each, flags.out))[0];
  const document: CheckDocument = {
    ...madeOf(wrong ? 'internal-error' : verdict, established),
    ...(counterexample === undefined ? {} : { counterexample }),
  };
  print(document, checkText(document, io), flags, io);
  return wrong ? exitCodes.internal : exitCodeOf(verdict);
}

/** Whole runs, and two of them, need every state and every step. */
function refuseForRuns({ strategy, symmetry, sleepSets }: CheckFlags): void {
  if (strategy === 'random') {
    throw badInput('--strategy', 'random walks do not see every run: take another one');
  }
  try {
    refuseReductions({ symmetry, sleepSets });
  } catch (error) {
    if (error instanceof Unsound) throw badInput('flags', error.message);
    throw error;
  }
}

/** States that the search without a reduction may keep. */
const comparedStates = 500_000;

function compared(
  { subject, flags, pace }: Search,
  symmetry: SelfTest | undefined,
  result: SearchResult,
): ReductionCheck {
  const { machine, scope, properties } = subject;
  pace.shown.begin('The same without the reduction');
  const reductions = symmetry === undefined ? {} : { symmetry: symmetry.symmetry };
  const options = { properties, ...reductions, sleepSets: flags.sleepSets };
  return verifyReduction(machine, scope, options, result, comparedStates);
}

interface Search {
  readonly subject: ScopedSubject;
  readonly flags: CheckFlags;
  readonly pace: Pace;
}

interface Cut {
  /** What ended it before all was seen. */
  readonly limit?: Limit;
  readonly threw?: RuleThrew;
  /** A rule did not end. */
  readonly endless?: boolean;
}
type Found = Exclude<SearchResult, { verdict: 'reached' }>;
interface Explored extends Cut {
  readonly result: Found | (SearchCounts & { readonly verdict: 'inconclusive' });
}

async function explore(
  target: string,
  { subject, flags, pace }: Search,
  symmetry: SelfTest | undefined,
): Promise<Explored> {
  const { strategy, maxStates } = flags;
  let run: Run<SearchResult>;
  try {
    run = await toItsEnd(searchOf(target, subject, flags, symmetry), pace);
  } catch (error) {
    if (error instanceof Unsound) throw badInput('flags', error.message);
    if (error instanceof CheckpointProblem) throw badInput('--checkpoint', error.message);
    if (!(error instanceof RuleThrew)) throw error;
    return { result: { ...error.counts, verdict: 'inconclusive' }, limit: 'error', threw: error };
  }
  if (!run.ended) return { result: countedUntil(run.progress), limit: 'error', endless: true };
  const result = run.found as Found;
  if (result.verdict !== 'inconclusive') return { result };
  const reach = strategy === 'random' ? 'walks' : 'depth';
  const bounded = result.distinct > (maxStates ?? Number.POSITIVE_INFINITY) ? 'states' : reach;
  return { result, limit: pace.stop() ?? bounded };
}

/** A search that was cut off in the middle of a rule tells no more than its progress. */
function countedUntil(progress: SearchProgress): Explored['result'] {
  const none = { levels: [], commands: new Map(), tallies: new Map(), witnesses: new Map() };
  return { ...progress, ...none, verdict: 'inconclusive' };
}

interface ExploredRuns extends Cut, Pick<LivenessResult, 'verdict' | 'violations' | 'tallies'> {}

/** Asks what every fair run comes to, once every state was seen. */
async function exploreRuns({ subject, pace }: Search): Promise<ExploredRuns> {
  const { machine, scope, properties } = subject;
  const nothing = { verdict: 'inconclusive', violations: [], tallies: new Map() } as const;
  pace.shown.begin(`Every run of ${machine.name} in scope ${scope.name}`);
  const ofRuns: readonly Liveness<never>[] = properties.filter(isLiveness);
  let run: Run<LivenessResult>;
  try {
    run = await toItsEnd(livenessInPieces(machine, scope, ofRuns), pace);
  } catch (error) {
    if (!(error instanceof RuleThrew)) throw error;
    return { ...nothing, limit: 'error', threw: error };
  }
  if (!run.ended) return { ...nothing, limit: 'error', endless: true };
  const limit = run.found.verdict === 'inconclusive' ? pace.stop() : undefined;
  return limit === undefined ? run.found : { ...run.found, limit };
}

interface ExploredPairs extends Cut {
  readonly verdict: Found['verdict'];
  readonly violated?: Violated;
  readonly tallies: SearchCounts['tallies'];
  readonly searched: readonly PairsSearched[];
}

/** Asks of every two runs what is asked of two, property by property. */
async function explorePairs(
  { subject, flags, pace }: Search,
  properties: readonly TwoRun<never>[],
): Promise<ExploredPairs> {
  const { machine, scope } = subject;
  const { maxStates } = flags;
  const limits = maxStates === undefined ? {} : { maxStates };
  const tallies = new Map<string, Tally>();
  const searched: PairsSearched[] = [];
  const cut = { verdict: 'inconclusive', tallies, searched } as const;
  for (const property of properties) {
    pace.shown.begin(`Every two runs of ${machine.name} in scope ${scope.name}`);
    let run: Run<SearchResult>;
    try {
      run = await toItsEnd(pairsInPieces(machine, scope, property, limits), pace);
    } catch (error) {
      if (!(error instanceof RuleThrew)) throw error;
      return { ...cut, limit: 'error', threw: error };
    }
    if (!run.ended) return { ...cut, limit: 'error', endless: true };
    const result = run.found as Found;
    const { verdict, distinct, generated, depth } = result;
    for (const [id, tally] of result.tallies) tallies.set(id, tally);
    searched.push({ property: property.id, verdict, distinct, generated, depth });
    if (verdict === 'violated') return { verdict, violated: result, tallies, searched };
    if (verdict === 'inconclusive') return { ...cut, limit: pace.stop() ?? 'states' };
  }
  return { verdict: 'holds', tallies, searched };
}

const isOfStates = (property: Property<never>): boolean =>
  !isLiveness(property) && !isTwoRun(property);

type Violated = Extract<SearchResult, { verdict: 'violated' }>;
function counterexampleOf(
  subject: ScopedSubject,
  found: Violated,
  flags: CheckFlags,
): Counterexample {
  return counterexampleOfSearch(subject, found, minimalOf(flags), flags.out);
}

/** What a trace that a search found is known to be: fingerprints may hide a state, and a shorter one. */
function minimalOf({ strategy, mode }: CheckFlags): Minimal {
  const nearestFirst = strategy === 'breadth-first' || strategy === 'iterative-deepening';
  return nearestFirst && mode === 'exact' ? 'proved' : 'budget';
}

function print(document: CheckDocument, text: string, flags: CheckFlags, io: Io): void {
  const { json, junit } = flags;
  io.out(json ? jsonText(document) : text);
  if (junit === undefined) return;
  const { counterexample, properties, conjectures, seconds } = document;
  const counterexamples = counterexample === undefined ? [] : [counterexample];
  const cases = runCases({ properties, conjectures, counterexamples });
  write(junit, junitXml('hypercheck check', seconds, cases));
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
