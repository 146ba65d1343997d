/** Keeps failing traces, and replays them before anything new is drawn. */
import * as fc from 'fast-check';
import type { Machine, Problem, Scope } from '../../machine/index.ts';
import { runner, type Trace } from '../trace.ts';
import { readTrace, traceFile, writeTrace } from '../trace-file.ts';
import { type TraceAt, traceOf } from './trace-of.ts';

/** Texts under names: a folder, a table, a list in a test. */
export interface Store {
  /** All entries, in an order that stays the same. */
  read(): readonly StoredText[];
  /** Adds an entry, under a name of the store's choice; the same text again adds nothing. */
  write(text: string): void;
}
export interface StoredText {
  readonly name: string;
  readonly text: string;
}

/** An entry that does not fit the machine, or that means something else on it than it did. */
export interface StaleEntry {
  readonly name: string;
  readonly problems: readonly Problem[];
}

export interface CorpusOptions extends TraceAt {
  /** The id of the property that is tested, for the files. */
  readonly property?: string;
  /** Takes the stale entries at the end of a run; when absent they fail a run that would pass. */
  readonly onStale?: (entries: readonly StaleEntry[]) => void;
}

/** A failure as it is stored: a trace file with two fields more. */
interface StoredCase {
  /** The values beside the trace, in order. */
  readonly rest: readonly unknown[];
  /** The places of the commands that were refused when the case was stored. */
  readonly refused: readonly number[];
}

/**
 * A plugin that gives a property the stored failures as its first values, and stores what fails.
 * The values beside the trace must be plain data. A stored case that fails again is shrunk on.
 *
 * The cases stand in the place of the first values of the run: replay a `{ seed, path }` without this
 * plugin. An entry whose commands the scope does not have cannot run, and is reported; an entry of
 * which other commands are refused than when it was stored does run, and is reported too.
 */
export function corpus<S>(
  machine: Machine<S>,
  scope: Scope,
  store: Store,
  options: CorpusOptions = {},
): fc.Plugin<unknown> {
  return () => {
    const { cases, stale } = load(machine, scope, store, options);
    return {
      decorateGenerate: (generate) => (random, runId) => {
        const values = runId === undefined ? undefined : cases[runId];
        return values === undefined ? generate(random, runId) : new fc.Value(values, undefined);
      },
      onAllRunsComplete: (details) => {
        save(machine, scope, store, options, details, cases);
        if (stale.length === 0) return;
        if (options.onStale !== undefined) options.onStale(stale);
        else if (!details.failed) throw new StaleCorpus(stale);
      },
    };
  };
}

/** Stored cases that no longer fit: each must be looked at, and deleted or stored anew. */
export class StaleCorpus extends Error {
  readonly entries: readonly StaleEntry[];
  constructor(entries: readonly StaleEntry[]) {
    const lines = entries.map(({ name, problems }) => {
      const [first] = problems;
      return `${name}: ${first?.path ?? ''} ${first?.problem ?? ''}`;
    });
    super(`stored cases no longer fit the machine:\n${lines.join('\n')}`);
    this.name = 'StaleCorpus';
    this.entries = entries;
  }
}

function load<S>(machine: Machine<S>, scope: Scope, store: Store, options: CorpusOptions) {
  const cases: (readonly unknown[])[] = [];
  const stale: StaleEntry[] = [];
  for (const { name, text } of store.read()) {
    const read = readTrace({ ...machine, scopes: { [scope.name]: scope } }, text, {
      // What matters is whether the commands still fit; that is checked below.
      anyModel: true,
    });
    if (!read.ok) {
      stale.push({ name, problems: read.problems });
      continue;
    }
    const { commands } = read.file;
    const { rest, refused } = storedCase(text);
    const problems = differences(machine, scope, commands, refused);
    if (problems.length > 0) stale.push({ name, problems });
    cases.push(rest.toSpliced(options.trace ?? 0, 0, commands));
  }
  return { cases, stale };
}

/** The fields that a trace file does not have; a plain trace file is a case as well. */
function storedCase(text: string): Partial<StoredCase> & Pick<StoredCase, 'rest'> {
  const data: unknown = JSON.parse(text);
  if (typeof data !== 'object' || data === null) return { rest: [] };
  const rest = 'rest' in data && Array.isArray(data.rest) ? data.rest : [];
  const refused = 'refused' in data && Array.isArray(data.refused) ? data.refused : undefined;
  return refused === undefined ? { rest } : { rest, refused };
}

function differences<S>(
  machine: Machine<S>,
  scope: Scope,
  commands: Trace,
  refused: readonly number[] | undefined,
): readonly Problem[] {
  if (refused === undefined) return [];
  const now = new Set(refusedPlaces(machine, scope, commands));
  const then = new Set(refused);
  return commands.flatMap((_, i) => {
    if (now.has(i) === then.has(i)) return [];
    const problem = now.has(i)
      ? 'was accepted when the case was stored, and is refused now'
      : 'was refused when the case was stored, and is accepted now';
    return [{ path: `commands[${i}]`, problem }];
  });
}

function refusedPlaces<S>(machine: Machine<S>, scope: Scope, commands: Trace): readonly number[] {
  try {
    const { outcomes } = runner(machine, scope).run(commands);
    return outcomes.flatMap(({ ok }, i) => (ok ? [] : [i]));
  } catch {
    // A rule throws: that is what the case shows.
    return [];
  }
}

function save<S>(
  machine: Machine<S>,
  scope: Scope,
  store: Store,
  options: CorpusOptions,
  details: fc.RunDetails<unknown>,
  cases: readonly (readonly unknown[])[],
): void {
  const { counterexample, counterexamplePath, errorInstance, seed } = details;
  if (counterexample === null || !Array.isArray(counterexample)) return;
  const known = JSON.stringify(counterexample);
  if (cases.some((each) => JSON.stringify(each) === known)) return;
  const commands = traceOf(counterexample, options);
  const first = Number(counterexamplePath?.split(':')[0]);
  const message = errorInstance instanceof Error ? errorInstance.message.slice(0, 1000) : undefined;
  const file = traceFile(machine, scope, commands, {
    // The path of a stored case leads nowhere without the store.
    ...(first < cases.length ? {} : { seed, path: counterexamplePath }),
    ...(options.property === undefined ? {} : { property: options.property }),
    ...(message === undefined ? {} : { message }),
  });
  const stored: StoredCase = {
    rest: counterexample.toSpliced(options.trace ?? 0, 1),
    refused: refusedPlaces(machine, scope, commands),
  };
  store.write(writeTrace({ ...stored, ...file }));
}
