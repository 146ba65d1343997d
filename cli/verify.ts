/** `hypercheck verify`: a plan of everything that can be checked without being told more. */

import type { SearchResult } from '../checker/index.ts';
import { askedIn, detect } from '../generators/index.ts';
import { isConjecture, type Scope, type Tallies, type Tally } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { campaign } from './campaign.ts';
import { storedCase, storedCases, toldCase } from './cases.ts';
import { brokenAtRandom, brokenBy, conjecturesOf } from './conjectures.ts';
import {
  counterexampleOf,
  counterexampleOfRun,
  counterexampleOfSearch,
} from './counterexamples.ts';
import { type ExitCode, exitCodeOf, type Verdict } from './exit.ts';
import { explored, scopesUpTo } from './explored.ts';
import type { VerifyFlags } from './flags.ts';
import { printRun } from './fuzz.ts';
import { type Io, pauses } from './io.ts';
import { deep, lasting, type Plan, quick, type RandomPart } from './plan.ts';
import { type Progress, progress } from './progress.ts';
import { type Broken, conjectureResult } from './report/conjectures.ts';
import type { Counterexample } from './report/counterexample.ts';
import { propertyResult } from './report/properties.ts';
import { type Established, judged, type ScopeResult, type StoredCase } from './report/run.ts';
import { type Clock, clock, type Stop, type StopReason, stopAfter } from './stop.ts';
import { allProperties, faultsOf, type Subject, subjectOf } from './subject.ts';
import { judgeShipped } from './transcripts.ts';

/** The same traces everywhere, unless another seed is given. */
const seedDefault = 1;

export async function runVerify(flags: VerifyFlags, io: Io): Promise<ExitCode> {
  return verify(flags, planOf(flags), io);
}

/** Carries out a plan, prints what it established. */
export async function verify(flags: VerifyFlags, plan: Plan, io: Io): Promise<ExitCode> {
  const verification = new Verification(flags, plan, io);
  await verification.run();
  const document = judged(verification.established());
  printRun(document, flags, io);
  return exitCodeOf(document.verdict);
}

function planOf({ deep: isDeep, for: seconds }: VerifyFlags): Plan {
  if (seconds !== undefined) return lasting(seconds);
  return isDeep ? deep : quick;
}

/** What was established so far, part by part. */
class Verification {
  private runs = 0;
  private commands = 0;
  private readonly tallies = new Map<string, Tally[]>();
  private readonly counterexamples: Counterexample[] = [];
  /** How each conjecture broke that did, by its id. */
  private readonly broken = new Map<string, Broken>();
  private stored: readonly StoredCase[] = [];
  private transcripts: Established['transcripts'];
  private scopes: ScopeResult[] | undefined;
  private faults: Established['faults'];
  private stopped: StopReason | undefined;

  private readonly subject: Subject;
  private readonly seed: number;
  private readonly now: Clock = clock();
  private readonly stop: Stop;
  private readonly shown: Progress;
  private readonly flags: VerifyFlags;
  private readonly plan: Plan;

  constructor(flags: VerifyFlags, plan: Plan, io: Io) {
    this.flags = flags;
    this.plan = plan;
    this.subject = subjectOf(flags);
    this.seed = flags.seed ?? seedDefault;
    this.shown = progress(io);
    this.stop = stopAfter(io, this.now, plan.forSeconds ?? plan.safetySeconds);
  }

  async run(): Promise<void> {
    this.shown.begin('Stored counterexamples');
    this.replayStored();
    if (this.whole) {
      this.shown.begin('Logs of real systems');
      this.transcripts = judgeShipped();
      await this.explore();
    }
    for (let round = 0; !this.ended && (round === 0 || this.timed); round++) {
      for (const part of this.parts) await this.random(part, this.seed + round);
      if (round === 0 && this.whole && this.plan.faultBudget > 0) await this.teeth();
    }
    this.shown.end();
  }

  established(): Established {
    const { subject, seed, runs, commands, counterexamples, stored, stopped } = this;
    const { transcripts, scopes, faults } = this;
    return {
      plan: this.plan.name,
      // When a time was asked for, its end is no reason to doubt.
      ...(stopped === undefined || (this.timed && stopped === 'time') ? {} : { stopped }),
      ...(subject.fault === undefined ? {} : { fault: subject.fault.id }),
      seed,
      runs,
      commands,
      seconds: this.now.seconds(),
      properties: subject.properties
        .filter((each) => !isConjecture(each))
        .map((each) => propertyResult(each, this.tallies.get(each.id) ?? [])),
      conjectures: conjecturesOf(subject).map((each) => {
        return conjectureResult(each, this.tallies.get(each.id) ?? [], this.broken.get(each.id));
      }),
      counterexamples,
      stored,
      ...(transcripts === undefined ? {} : { transcripts }),
      ...(scopes === undefined ? {} : { scopes }),
      ...(faults === undefined ? {} : { faults }),
    };
  }

  /** Nothing was left out on the command line, so what does not depend on it is done too. */
  private get whole(): boolean {
    const { fault, property, scope } = this.flags;
    return fault === undefined && property === undefined && scope === undefined;
  }
  private get timed(): boolean {
    return this.plan.forSeconds !== undefined;
  }
  private get ended(): boolean {
    this.stopped ??= this.stop();
    return this.stopped !== undefined || this.counterexamples.length > 0;
  }
  private get parts(): readonly RandomPart[] {
    const { scope, properties } = this.subject;
    const all = [...this.plan.random, ...this.pairs];
    if (scope !== undefined) {
      return [{ scope: scope.name, runs: all.reduce((sum, { runs }) => sum + runs, 0) }];
    }
    return all.filter((part) => properties.some((each) => askedIn(each, scopeNamed(part.scope))));
  }

  /** Scopes that only properties of two runs name. */
  private get pairs(): readonly RandomPart[] {
    const names = this.subject.properties.flatMap((each) => {
      return each.kind === 'two-run' ? each.scopes : [];
    });
    const known = this.plan.random.map((part) => part.scope);
    return [...new Set(names)]
      .filter((name) => !known.includes(name))
      .map((name) => ({ scope: name, runs: this.plan.pairs }));
  }

  private replayStored(): void {
    const found: StoredCase[] = [];
    for (const each of storedCases(this.flags.out, this.subject.machine.name)) {
      found.push(storedCase(each));
      if ('case' in each && each.replayed.failing !== undefined) {
        this.counterexamples.push(
          toldCase(each.case, each.replayed.failing, each.replayed.property),
        );
      }
    }
    this.stored = found;
  }

  private async random({ scope: name, runs }: RandomPart, seed: number): Promise<void> {
    if (this.ended) return;
    const { machine } = this.subject;
    const scope = scopeNamed(name);
    const properties = this.subject.properties.filter((each) => askedIn(each, scope));
    this.shown.begin(`Random traces in scope ${name}, seed ${seed}`, runs);
    const progress = (done: number): void => this.shown.at(done);
    const common = { machine, scope, properties, seed, runs, stop: this.stop, progress };
    const result = await campaign(common);
    this.runs += result.runs;
    this.commands += result.commands;
    this.count(result.tallies);
    this.stopped ??= result.stopped;
    const subject = { ...this.subject, scope };
    for (const each of conjecturesOf(subject)) {
      const trace = result.broken.get(each.id);
      if (trace === undefined || this.broken.has(each.id)) continue;
      this.broken.set(each.id, brokenAtRandom(subject, each, trace, seed));
    }
    if (result.found === undefined) return;
    this.shown.begin('Shrinking');
    this.counterexamples.push(counterexampleOf(subject, result.found, this.flags.out));
  }

  private count(tallies: Tallies): void {
    for (const [id, tally] of tallies) {
      this.tallies.set(id, [...(this.tallies.get(id) ?? []), tally]);
    }
  }

  /** Visits every state of the small scopes. */
  private async explore(): Promise<void> {
    this.scopes = [];
    for (const scope of scopesUpTo(this.plan.exploredStates)) {
      if (this.ended) return;
      this.shown.begin(`Every state of scope ${scope.name}`);
      const subject = { ...this.subject, scope };
      const since = clock();
      const { stop, shown } = this;
      const { states, runs, pairs } = await explored(subject, {
        stop,
        shown,
        now: since,
        ruleTime: undefined,
      });
      const { distinct, generated, depth } = states;
      const verdict = worstOf([states, ...(runs === undefined ? [] : [runs]), ...pairs]);
      const seconds = since.seconds();
      this.scopes.push({ scope: scope.name, verdict, distinct, generated, depth, seconds });
      this.count(states.tallies);
      for (const each of conjecturesOf(subject)) {
        const trace = states.witnesses.get(each.id);
        if (trace === undefined || this.broken.has(each.id)) continue;
        this.broken.set(each.id, brokenBy(subject, each, trace, 'proved'));
      }
      if (runs !== undefined) this.count(runs.tallies);
      for (const each of pairs) this.count(each.tallies);
      this.stopped ??= verdict === 'inconclusive' ? stop() : undefined;
      const { out } = this.flags;
      for (const each of [states, ...pairs]) {
        if (each.verdict !== 'violated') continue;
        this.counterexamples.push(counterexampleOfSearch(subject, each, 'proved', out));
      }
      for (const each of runs?.violations ?? []) {
        this.counterexamples.push(counterexampleOfRun(subject, each, out));
      }
    }
  }

  /** A property that cannot fail holds too: each seeded bug must be found by one that names it. */
  private async teeth(): Promise<void> {
    const faults = faultsOf(undefined);
    const { faultBudget: budget } = this.plan;
    const missed: string[] = [];
    const pause = pauses();
    let asked = 0;
    this.shown.begin('Seeded bugs', faults.length);
    for (const fault of faults) {
      if (this.ended) break;
      const options = { seed: this.seed, budget, shrinkBudget: 0 };
      const { found } = detect(vmmMachine, fault, allProperties, options);
      if (!found) missed.push(fault.id);
      this.shown.at(++asked);
      await pause();
    }
    if (asked > 0) this.faults = { asked, found: asked - missed.length, missed };
  }
}

/** The verdict of searches one after the other: the first that is not that it holds. */
function worstOf(searches: readonly { readonly verdict: SearchResult['verdict'] }[]): Verdict {
  const found = searches.find(({ verdict }) => verdict !== 'holds')?.verdict ?? 'holds';
  return found === 'reached' ? 'inconclusive' : found;
}

function scopeNamed(name: string): Scope {
  const scope = Object.values(vmmMachine.scopes).find((each) => each.name === name);
  if (scope === undefined) throw new Error(`the plan names a scope '${name}' that is not there`);
  return scope;
}
