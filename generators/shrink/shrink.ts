/** Shrinking a trace outside of fast-check: a failure from a file, a log or a search. */
import type { Call, Machine, Scope } from '../../machine/index.ts';
import type { Trace } from '../trace.ts';
import { type Subject, Surgeon } from './subject.ts';
import { beginning, candidates } from './tree.ts';

/** Traces of at most this many commands have every subsequence tried. */
const exhaustiveMax = 12;
/** Of a longer trace, every deletion of at most this many commands is tried. */
const deletionsOfLong = 2;

export interface ShrinkOptions {
  /** How many candidates may be run; 20,000 when absent. */
  readonly budget?: number;
}

export interface Shrunk {
  readonly trace: Trace;
  /**
   * `among-subsequences`: no trace fails that lacks up to `deletions` commands of this one (after
   * repair). `budget`: the budget was spent before that was known.
   */
  readonly minimal: 'among-subsequences' | 'budget';
  /** Every deletion of up to this many commands was tried; the length means every subsequence. */
  readonly deletions: number;
  /** How many candidates were run. */
  readonly evaluations: number;
}

/**
 * The simplest failing trace that the passes of the shrinker find. `fails` runs a candidate, which
 * the model has repaired, and must not depend on anything else; it is never asked about `trace`.
 */
export function shrink<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  fails: (candidate: Trace) => boolean,
  { budget = 20_000 }: ShrinkOptions = {},
): Shrunk {
  const search = new Shrinking(new Surgeon(machine, scope), trace, fails, budget);
  for (;;) {
    search.descend();
    const deletions = search.deletions();
    if (deletions === 'shrunk') continue;
    const { subject, evaluations } = search;
    const minimal = deletions === 'spent' ? 'budget' : 'among-subsequences';
    return {
      trace: subject.calls,
      minimal,
      deletions: deletions === 'spent' ? 0 : deletions,
      evaluations,
    };
  }
}

class Shrinking {
  subject: Subject;
  evaluations = 0;
  private readonly surgeon: Surgeon<unknown>;
  private readonly fails: (candidate: Trace) => boolean;
  private readonly budget: number;
  private tried = new Set<string>();

  constructor(
    surgeon: Surgeon<unknown>,
    trace: Trace,
    fails: (candidate: Trace) => boolean,
    budget: number,
  ) {
    this.surgeon = surgeon;
    this.subject = surgeon.examine(trace);
    this.fails = fails;
    this.budget = budget;
  }

  private get spent(): boolean {
    return this.evaluations >= this.budget;
  }

  /** Follows the first failing candidate until none fails or the budget is spent. */
  descend(): void {
    let place = beginning;
    for (let found = true; found && !this.spent; ) {
      found = false;
      for (const each of candidates(this.subject, this.surgeon, place, this.tried)) {
        if (this.spent) return;
        if (!this.asks(each.subject.calls)) continue;
        this.subject = each.subject;
        place = each.place;
        found = true;
        break;
      }
    }
  }

  /** Tries deletions that the passes do not: the most commands of which every deletion was tried. */
  deletions(): number | 'shrunk' | 'spent' {
    const { calls } = this.subject;
    const most = calls.length <= exhaustiveMax ? calls.length : deletionsOfLong;
    for (let count = 1; count <= most; count++) {
      for (const gone of subsets(calls.length, count)) {
        const shorter = this.without(gone);
        if (shorter === undefined) continue;
        if (this.spent) return 'spent';
        if (!this.asks(shorter.calls)) continue;
        this.subject = shorter;
        return 'shrunk';
      }
    }
    return most;
  }

  private without(gone: readonly number[]): Subject | undefined {
    const { calls, accepted } = this.subject;
    const repaired = this.surgeon.repair({
      calls: calls.filter((_, i) => !gone.includes(i)),
      accepted: accepted.filter((_, i) => !gone.includes(i)),
    });
    const text = JSON.stringify(repaired.calls);
    if (this.tried.has(text)) return undefined;
    this.tried.add(text);
    return repaired;
  }

  private asks(calls: readonly Call[]): boolean {
    this.evaluations++;
    return this.fails(calls);
  }
}

/** The subsets of 0..size-1 with `count` members, ascending. */
function* subsets(size: number, count: number, from = 0): Generator<readonly number[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let first = from; first <= size - count; first++) {
    for (const rest of subsets(size, count - 1, first + 1)) yield [first, ...rest];
  }
}
