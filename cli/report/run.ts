/** What `verify` and `fuzz` report: everything that a run established, also when it was cut short. */
import type { Verdict } from '../exit.ts';
import type { StopReason } from '../stop.ts';
import { type ConjectureResult, conjecturesText } from './conjectures.ts';
import { type Counterexample, counterexampleText } from './counterexample.ts';
import type { TestCase } from './junit.ts';
import { type PropertyResult, propertiesText } from './properties.ts';
import { duration, paint, plural, type Style } from './table.ts';
import { verdictWord } from './verdict.ts';

/** A counterexample of an earlier run, replayed. */
export interface StoredCase {
  readonly file: string;
  /** `skipped`: of another machine, or not to be read. */
  readonly verdict: Verdict | 'skipped';
  readonly reason?: string;
}

export interface TranscriptResult {
  readonly file: string;
  readonly system: string;
  readonly verdict: Verdict;
  readonly events: number;
  /** Names of the properties that it shows to be violated. */
  readonly violations: readonly string[];
  /** The verdict and the violations are those that the log is known for. */
  readonly expected: boolean;
}

/** Seeded bugs that the run looked for, to show that the properties have teeth. */
export interface TeethResult {
  readonly asked: number;
  readonly found: number;
  readonly missed: readonly string[];
}

/** A scope of which every state was visited. */
export interface ScopeResult {
  readonly scope: string;
  readonly verdict: Verdict;
  readonly distinct: number;
  readonly generated: number;
  readonly depth: number;
  readonly seconds: number;
}

export interface RunDocument {
  readonly verdict: Verdict;
  readonly plan?: string;
  /** Why not all of the work was done. */
  readonly stopped?: StopReason;
  readonly fault?: string;
  readonly seed: number;
  readonly runs: number;
  readonly commands: number;
  readonly seconds: number;
  readonly properties: readonly PropertyResult[];
  /** Their breaking is told, and makes no verdict. */
  readonly conjectures: readonly ConjectureResult[];
  readonly counterexamples: readonly Counterexample[];
  readonly stored: readonly StoredCase[];
  readonly transcripts?: readonly TranscriptResult[];
  readonly scopes?: readonly ScopeResult[];
  readonly faults?: TeethResult;
}

export type Established = Omit<RunDocument, 'verdict'>;

/** The verdict of what was established. */
export function judged(run: Established): RunDocument {
  return { verdict: verdictOf(run), ...run };
}

function verdictOf(run: Established): Verdict {
  const { counterexamples, transcripts = [], stopped, faults, properties, conjectures } = run;
  if (counterexamples.length > 0) return 'violated';
  if (transcripts.some(({ expected }) => !expected)) return 'violated';
  if (stopped !== undefined || (faults?.missed.length ?? 0) > 0) return 'inconclusive';
  // When nothing could fail, nothing was said.
  const said =
    properties.some(({ verdict }) => verdict === 'holds') ||
    conjectures.some(({ couldFail }) => couldFail > 0);
  return said ? 'holds' : 'inconclusive';
}

export function runText(run: RunDocument, style: Style): string {
  return [
    ...run.counterexamples.map((example) => `${counterexampleText(example, style)}\n`),
    run.properties.length === 0 ? '' : propertiesText(run.properties, style),
    conjecturesText(run.conjectures, style),
    storedText(run.stored, style),
    transcriptsText(run.transcripts, style),
    scopesText(run.scopes, style),
    teethText(run.faults, style),
    '\n',
    closingText(run, style),
  ].join('');
}

function storedText(stored: readonly StoredCase[], style: Style): string {
  if (stored.length === 0) return '';
  const skipped = stored.filter(({ verdict }) => verdict === 'skipped');
  const failing = stored.filter(({ verdict }) => verdict === 'violated');
  const replayed = stored.length - skipped.length;
  const fate = failing.length === 0 ? 'none fails any more' : `${failing.length} still violated`;
  const head = `Stored counterexamples: ${replayed} replayed, ${fate}\n`;
  const lines = skipped.map(({ file, reason }) => {
    return paint(style).dim(`  ${file} was left out: ${reason}`);
  });
  return lines.length === 0 ? head : `${head}${lines.join('\n')}\n`;
}

function transcriptsText(transcripts: RunDocument['transcripts'], style: Style): string {
  if (transcripts === undefined) return '';
  const events = transcripts.reduce((sum, each) => sum + each.events, 0);
  const unexpected = transcripts.filter(({ expected }) => !expected);
  const broken = transcripts.filter(({ violations }) => violations.length > 0);
  const head = `Logs of real systems: ${transcripts.length} (${plural(events, 'event')})`;
  if (unexpected.length === 0) {
    const show = broken.length === 1 ? 'shows' : 'show';
    return `${head}, every one possible; ${broken.length} ${show} the violation known of it\n`;
  }
  const files = unexpected.map(({ file }) => file).join(', ');
  return `${head}, ${paint(style).red('not judged as known')}: ${files}\n`;
}

function scopesText(scopes: RunDocument['scopes'], style: Style): string {
  if (scopes === undefined) return '';
  const whole = scopes.filter(({ verdict }) => verdict === 'holds');
  const sum = (field: 'distinct' | 'generated'): number =>
    scopes.reduce((total, each) => total + each[field], 0);
  const bound = `${plural(sum('distinct'), 'state')}, ${plural(sum('generated'), 'step')}`;
  const head = `Every state: ${plural(whole.length, 'scope')} explored whole (${bound})`;
  const violated = scopes.filter(({ verdict }) => verdict === 'violated').map((each) => each.scope);
  if (violated.length === 0) return `${head}\n`;
  return `${head}, ${paint(style).red('violated')}: ${violated.join(', ')}\n`;
}

function teethText(faults: RunDocument['faults'], style: Style): string {
  if (faults === undefined) return '';
  const { asked, found, missed } = faults;
  const head = `Seeded bugs: ${found} of ${asked} found by a property that must find them`;
  if (missed.length === 0) return `${head}\n`;
  return `${head}, ${paint(style).yellow('missed')}: ${missed.join(', ')}\n`;
}

const whyStopped: Readonly<Record<StopReason, string>> = {
  interrupted: 'interrupted; this is what was established so far',
  time: 'it took too long; this is what was established so far',
};

function closingText(run: RunDocument, style: Style): string {
  const { verdict, plan, seed, runs, commands, seconds, stopped } = run;
  const word = verdictWord(verdict, style);
  const bound = [
    plural(runs, 'trace'),
    plural(commands, 'command'),
    duration(seconds),
    `seed ${seed}`,
  ].join(', ');
  const named = plan === undefined ? '' : ` (plan ${plan})`;
  const why = stopped === undefined ? '' : `${whyStopped[stopped]}\n`;
  return `${why}${word}${named}  ${bound}\n`;
}

/**
 * One test for each property and each conjecture; a counterexample is the failure of its property. A
 * conjecture that broke is none.
 */
export function runCases(
  run: Pick<RunDocument, 'properties' | 'conjectures' | 'counterexamples'>,
): readonly TestCase[] {
  const conjectures = run.conjectures.map(({ id, name, verdict, broken }): TestCase => {
    const named = { name: `${id} ${name}`, group: 'hypercheck' };
    if (verdict === 'held') return named;
    const how = broken === undefined ? 'could not break' : `broke: ${broken.message}`;
    return { ...named, skipped: `a conjecture, which ${how}` };
  });
  const properties = run.properties.map(({ id, name, verdict }): TestCase => {
    const named = { name: `${id} ${name}`, group: 'hypercheck' };
    const example = run.counterexamples.find(({ property }) => property === id);
    if (example !== undefined) {
      const details = counterexampleText(example, { colours: false });
      return { ...named, failure: { message: example.message, details } };
    }
    if (verdict === 'violated') return { ...named, failure: { message: name, details: '' } };
    return verdict === 'holds' ? named : { ...named, skipped: 'never could have failed' };
  });
  return [...properties, ...conjectures];
}
