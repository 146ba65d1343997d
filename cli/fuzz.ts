/** `hypercheck fuzz`: random traces of the model, or of a faulted one, until something fails. */

import { askedIn, fuzzScope, scopeOf } from '../generators/index.ts';
import { isConjecture, type Scope } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { campaign } from './campaign.ts';
import { brokenAtRandom, conjecturesOf } from './conjectures.ts';
import { counterexampleOf } from './counterexamples.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import { write } from './files.ts';
import type { FuzzFlags } from './flags.ts';
import type { Io } from './io.ts';
import { progress } from './progress.ts';
import { conjectureResult } from './report/conjectures.ts';
import { jsonText } from './report/document.ts';
import { junitXml } from './report/junit.ts';
import { propertyResult } from './report/properties.ts';
import { judged, type RunDocument, runCases, runText } from './report/run.ts';
import { clock, stopAfter } from './stop.ts';
import { type Subject, subjectOf } from './subject.ts';

/** Traces of a run that neither `--runs` nor `--for` bounds. */
const runsDefault = 1_000;

export async function runFuzz(flags: FuzzFlags, io: Io): Promise<ExitCode> {
  const subject = subjectOf(flags);
  const { machine, fault, scope = defaultScope(subject) } = subject;
  const properties = subject.properties.filter((each) => askedIn(each, scope));
  const { seed = freshSeed(), out } = flags;
  const now = clock();
  const timed = flags.for !== undefined;
  const stop = stopAfter(io, now, flags.for ?? Number.POSITIVE_INFINITY);
  const runs = flags.runs ?? (timed ? Number.MAX_SAFE_INTEGER : runsDefault);
  const shown = progress(io);
  shown.begin(`Random traces in scope ${scope.name}, seed ${seed}`, timed ? undefined : runs);
  const common = { machine, scope, properties, seed, runs, stop };
  const result = await campaign({ ...common, progress: (done) => shown.at(done) });
  const { found, broken, stopped } = result;
  if (found !== undefined || broken.size > 0) shown.begin('Shrinking');
  const scoped = { ...subject, scope, properties };
  const counterexamples = found === undefined ? [] : [counterexampleOf(scoped, found, out)];
  const tallyOf = (id: string) => [result.tallies.get(id) ?? []].flat();
  const conjectures = conjecturesOf(scoped).map((each) => {
    const trace = broken.get(each.id);
    const how = trace && brokenAtRandom(scoped, each, trace, seed);
    return conjectureResult(each, tallyOf(each.id), how);
  });
  shown.end();
  const document = judged({
    // When a time was asked for, its end is no reason to doubt.
    ...(stopped === undefined || (timed && stopped === 'time') ? {} : { stopped }),
    ...(fault === undefined ? {} : { fault: fault.id }),
    seed,
    runs: result.runs,
    commands: result.commands,
    seconds: now.seconds(),
    properties: properties
      .filter((each) => !isConjecture(each))
      .map((each) => propertyResult(each, tallyOf(each.id))),
    conjectures,
    counterexamples,
    stored: [],
  });
  printRun(document, flags, io);
  return exitCodeOf(document.verdict);
}

/** The scope of random testing, unless all properties name another one. */
function defaultScope({ machine, fault, properties }: Subject): Scope {
  if (fault !== undefined) return scopeOf(vmmMachine, fault);
  const usual = fuzzScope(machine);
  if (properties.some((each) => askedIn(each, usual))) return usual;
  const scopes: readonly Scope[] = Object.values(machine.scopes);
  return scopes.find((scope) => properties.some((each) => askedIn(each, scope))) ?? usual;
}

/** Prints a run, and writes it for continuous integration where that was asked for. */
export function printRun(
  document: RunDocument,
  { json, junit }: { readonly json: boolean; readonly junit?: string | undefined },
  io: Io,
): void {
  io.out(json ? jsonText(document) : runText(document, io));
  if (junit !== undefined) {
    write(junit, junitXml('hypercheck', document.seconds, runCases(document)));
  }
}

/** A seed that no run had before; the report names it. */
export function freshSeed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}
