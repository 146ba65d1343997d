/**
 * What a search counts and finds, round by round: as if one worker had taken one step after the
 * other, however many there are.
 */
import type { Call, Evaluation, Property, Tallies } from '../../machine/index.ts';
import type { Summary } from './checkpoint.ts';
import { told } from './common.ts';
import { type Ending, isEarlier } from './expander.ts';
import type { Worker } from './worker.ts';

/** A step that was found: the row of the state before, and the call. */
export interface FoundStep {
  readonly row: number;
  /** Absent where it is the state itself that was found. */
  readonly call: Call | undefined;
  /** The canonical form of the state after, where symmetry may have renamed the call. */
  readonly after: Int32Array | undefined;
}

/** A goal in a checkpoint. */
type SavedGoal = readonly [
  string,
  { readonly row: number; readonly call: Call; readonly after?: readonly number[] },
];

export class Ledger<S> {
  /** How many states were found at each depth. */
  readonly levels: number[] = [];
  /** Steps taken, those to a known state included. */
  generated = 0;
  /** By the number of a call: steps taken, and states found. */
  readonly taken: Int32Array;
  readonly fresh: Int32Array;
  /** The goals that were reached and the conjectures that were broken, by the id of the property. */
  readonly goals: Map<string, FoundStep> = new Map();
  /** What ended the search. */
  ending: Ending | undefined;
  /** Bytes that are kept. */
  bytes = 0;

  private readonly worker: Worker<S>;
  private readonly asked: Evaluation;
  /** Counts of the properties, up to this round; and where goals and conjectures say it happened. */
  private readonly counts: Float64Array;
  private readonly goalsAt: readonly number[];

  constructor(worker: Worker<S>, properties: readonly Property[]) {
    const { host, questions } = worker.expander;
    this.worker = worker;
    this.asked = questions.asked;
    this.taken = new Int32Array(host.calls);
    this.fresh = new Int32Array(host.calls);
    this.counts = this.asked.counts();
    this.goalsAt = properties.flatMap(({ kind }, i) => {
      if (kind === 'conjecture') return [2 + 3 * i + 2];
      return kind === 'sometimes' ? [2 + 3 * i + 1] : [];
    });
  }

  /** Notes that a goal was reached, or a conjecture broken, by a call of the state whose steps are taken. */
  reach(id: string, call: Call): void {
    const { common, expander } = this.worker;
    const row = common.get('levelStart') + expander.rank;
    this.goals.set(id, { row, call, after: expander.form.canonicalForm() });
  }

  /** What a checkpoint keeps of it; `last` is how many states were found last. */
  summary(last: number): Summary {
    const { levels, generated, goals } = this;
    return {
      levels,
      last,
      generated,
      taken: [...this.taken],
      fresh: [...this.fresh],
      counts: [...this.counts],
      goals: [...goals].map(([id, { row, call, after }]) => [
        id,
        { row, call, after: after && [...after] },
      ]),
    };
  }
  restore({ levels, generated, taken, fresh, counts, goals }: Summary): void {
    const { reached } = this.worker.common;
    this.levels.push(...levels);
    this.generated = generated;
    this.taken.set(taken);
    this.fresh.set(fresh);
    this.counts.set(counts);
    for (const at of this.goalsAt) reached[at] = (counts[at] as number) > 0 ? 1 : 0;
    for (const [id, { row, call, after }] of goals as readonly SavedGoal[]) {
      this.goals.set(id, { row, call, after: after && Int32Array.from(after) });
    }
  }

  get tallies(): Tallies {
    return this.asked.tallies;
  }
  /** Makes the tallies those of the whole search. */
  close(): void {
    this.asked.recount(this.counts);
  }

  /** Counts what the round did; where it has an ending, what it did up to there. */
  endRound(first: number, end: number, full: Ending | undefined, followed: boolean): void {
    const { worker, counts, goalsAt } = this;
    const { common, expander } = worker;
    const all = common.told
      .map((_, id) => worker.endingOf(id))
      .filter((each) => each !== undefined);
    if (full !== undefined) all.push(full);
    const ending = all.reduce<Ending | undefined>(
      (known, each) => (known === undefined || isEarlier(each, known) ? each : known),
      undefined,
    );
    const isReached = (at: number): boolean =>
      common.counts.some((each) => each[at] !== common.reached[at]);
    // Who was first to reach a goal shows when the steps are taken in their order.
    const repeats =
      ending !== undefined || followed || (common.workers > 1 && goalsAt.some(isReached));
    if (repeats) {
      this.repeat(first, ending?.parent ?? end - 1);
      if (ending !== undefined) this.ending = expander.ending ?? ending;
    }
    for (const [id, each] of common.counts.entries()) {
      if (repeats && id > 0) break;
      for (let i = 0; i < counts.length; i++) {
        (counts[i] as number) += (each[i] as number) - (common.reached[i] as number);
      }
      this.generated += common.told[id]?.[told.generated] as number;
      for (const [call, times] of (common.taken[id] as Int32Array).entries()) {
        (this.taken[call] as number) += times;
      }
    }
    for (const at of goalsAt) common.reached[at] = (counts[at] as number) > 0 ? 1 : 0;
    for (let rank = common.get('firstNew'); rank < common.next.count; rank++) {
      const call = common.links.word(common.get('nextStart') + rank, 1);
      if (call >= 0) (this.fresh[call] as number)++;
    }
    const { now, next, links, told: all2 } = common;
    this.bytes =
      1024 * all2.reduce((sum, each) => sum + (each[told.kilobytes] as number), 0) +
      expander.form.rests.bytes +
      4 * (now.count + next.count) * now.width +
      8 * links.count;
  }

  /**
   * Asks and counts the round again, in the order of ranks and calls, up to the state of a rank: as
   * if no state after it had been expanded. What was found from later ones is forgotten.
   */
  private repeat(first: number, last: number): void {
    const { goals } = this;
    const { common, expander } = this.worker;
    const { links } = common;
    const [levelStart, nextStart] = [common.get('levelStart'), common.get('nextStart')];
    expander.forget();
    for (const [id, { row }] of goals) if (row >= levelStart + first) goals.delete(id);
    for (let rank = Math.max(0, first); rank <= last; rank++) expander.repeat(rank);
    let next = common.get('firstNew');
    for (; next < common.get('endNew'); next++) {
      const parent = links.word(nextStart + next, 0) - levelStart;
      if (parent > last) break;
      expander.judge(parent, links.word(nextStart + next, 1), next);
    }
    links.reach(nextStart + next);
    common.next.reach(next);
    expander.tell();
  }
}
