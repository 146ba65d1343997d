/**
 * Finds the states of a machine level by level, in rounds: the steps of some states of a level are
 * taken, then all of them are looked up, and what is new is ranked by the state it was found from
 * and the call. So the order of states depends on nothing but the machine and the scope, however
 * many workers take part in a round.
 */
import type { Call, Evaluation, Machine, Packed, Property, Scope } from '../machine/index.ts';
import type { Checkpoint, CheckpointWriter, Summary } from './breadth-first/checkpoint.ts';
import { type Common, noLimit, told } from './breadth-first/common.ts';
import { type Ending, type ExpanderOptions, isEarlier } from './breadth-first/expander.ts';
import { type Found, partsFor } from './breadth-first/known.ts';
import { Worker } from './breadth-first/worker.ts';
import { ranked } from './breadth-first/ranking.ts';
import { keysOf, levelOf, restoreLevel, rowsFrom } from './breadth-first/snapshot.ts';
import { type Task, type Team, tasks } from './breadth-first/team.ts';
import type { SearchProgress } from './pieces.ts';
import type { Symmetry } from './symmetry.ts';

export interface ExplorerOptions extends ExpanderOptions {
  /** How many states may be kept. */
  readonly maxStates: number;
}

/** A step that was found: the row of the state before, and the call. */
export interface FoundStep {
  readonly row: number;
  /** Absent where it is the state itself that was found. */
  readonly call: Call | undefined;
  /** The canonical form of the state after, where symmetry may have renamed the call. */
  readonly after: Int32Array | undefined;
}

/** Steps of a round: at least so many, at most so many, and between them twice the states known. */
const roomLeast = 1024;
const roomMost = 2 ** 21;
/** With sleep sets the footprint of every step of a round is kept too. */
const roomMostNoted = 2 ** 19;
/** Calls of the states that a worker takes up together. */
const callsTogether = 4096;
/** Milliseconds without a sign of life after which the work of others is looked into. */
const patience = 5000;
/** States of a checkpoint that are made known together. */
const restoredTogether = 2 ** 16;
/** New states that a worker takes up together. */
const settledTogether = 64;

/** A goal in a checkpoint. */
type SavedGoal = readonly [
  string,
  { readonly row: number; readonly call: Call; readonly after?: readonly number[] },
];

/** Says how far it is, and ends early when it is told to. */
type Pieces<R = void> = Generator<SearchProgress, R, boolean | undefined>;

export class Explorer<S> {
  readonly host: Packed<S>;
  readonly asked: Evaluation;
  readonly symmetry: Symmetry | undefined;
  /** How many states were found at each depth. */
  readonly levels: number[] = [];
  /** Steps taken, those to a known state included. */
  generated = 0;
  /** By the number of a call: steps taken, and states found. */
  readonly taken: Int32Array;
  readonly fresh: Int32Array;
  /** The goals that were reached, by the id of the property. */
  readonly goals: Map<string, FoundStep> = new Map();
  /** What ended the search. */
  ending: Ending | undefined;
  stopped = false;
  /** Bytes that are kept. */
  bytes = 0;

  private readonly worker: Worker<S>;
  private readonly common: Common;
  private readonly team: Team;
  private readonly maxStates: number;
  /** Counts of the properties, up to this round; and where in them goals say whether reached. */
  private readonly counts: Float64Array;
  private readonly goalsAt: readonly number[];
  private level = 0;

  constructor(machine: Machine<S>, scope: Scope, options: ExplorerOptions, team: Team) {
    this.symmetry = options.symmetry;
    this.maxStates = options.maxStates;
    this.team = team;
    const { workers, memories } = team;
    this.worker = new Worker(machine, scope, options, { id: 0, workers, memories });
    const { common, expander } = this.worker;
    this.common = common;
    this.host = expander.host;
    this.asked = expander.questions.asked;
    this.taken = new Int32Array(this.host.calls);
    this.fresh = new Int32Array(this.host.calls);
    this.counts = this.asked.counts();
    this.goalsAt = options.properties.flatMap(({ kind }: Property, i) =>
      kind === 'sometimes' ? [2 + 3 * i + 1] : [],
    );
    const piece = Math.floor(callsTogether / (this.host.calls + 1));
    this.pieceOfLevel = Math.max(1, Math.min(32, piece));
  }
  private readonly pieceOfLevel: number;

  /** States found. */
  get distinct(): number {
    return this.common.links.count;
  }
  /** The call of a number: the same object each time. */
  callOf(number: number): Call {
    return this.worker.expander.callOf(number);
  }
  /** The row of the state that a state was found from, and the number of the call; -1 for none. */
  parentRow(row: number): number {
    return this.common.links.word(row, 0);
  }
  callTo(row: number): number {
    return this.common.links.word(row, 1);
  }
  /** The canonical form of the state that the host is in; undefined without symmetry. */
  form(): Int32Array | undefined {
    return this.worker.expander.form.canonicalForm();
  }
  /** The row of a state of this level. */
  rowOf(rank: number): number {
    return this.common.get('levelStart') + rank;
  }
  /** Notes that a goal was reached by a call of the state whose steps are taken. */
  reach(id: string, call: Call): void {
    const row = this.rowOf(this.worker.expander.rank);
    this.goals.set(id, { row, call, after: this.form() });
  }

  /** Finds the initial state. */
  *begin(initial: S): Pieces {
    const { host, asked, team, worker } = this;
    team.start();
    while (!team.isReady()) yield* this.pause();
    this.beginRound(0, 0);
    yield* this.together('expand', 1, worker.expand());
    host.write(initial);
    asked.promises.open(host.view);
    worker.expander.arrive(-1, -1);
    yield* this.lookUp(-1, 0);
    yield* this.together('settle', settledTogether, worker.settle());
    this.endRound(-1, 0);
  }

  /** Goes on from a checkpoint. */
  *resume(saved: Checkpoint): Pieces {
    const { common, team, worker } = this;
    const { levels, last, generated, taken, fresh, counts, goals } = saved.summary;
    team.start();
    while (!team.isReady()) yield* this.pause();
    for (const size of [...levels, last]) {
      const start = this.distinct;
      yield* this.restoreKeys(saved, size);
      const links = new Int32Array(2 * size);
      saved.next(links);
      for (let i = 0; i < size; i++) common.links.push(links, 2 * i);
      common.set('levelStart', common.get('nextStart'));
      common.set('nextStart', start);
    }
    restoreLevel(worker, saved.level);
    this.levels.push(...levels);
    this.generated = generated;
    this.taken.set(taken);
    this.fresh.set(fresh);
    this.counts.set(counts);
    for (const at of this.goalsAt) common.reached[at] = (counts[at] as number) > 0 ? 1 : 0;
    for (const [id, { row, call, after }] of goals as readonly SavedGoal[]) {
      this.goals.set(id, { row, call, after: after && Int32Array.from(after) });
    }
  }

  /** Makes states known again, in rounds that take no steps. */
  private *restoreKeys(saved: Checkpoint, size: number): Pieces {
    const { common, worker } = this;
    const { keyWords } = worker.expander.form;
    for (let from = 0; from < size; ) {
      const keys = new Int32Array(Math.min(restoredTogether, size - from) * keyWords);
      saved.next(keys);
      this.beginRound(0, 0);
      common.set('room', restoredTogether);
      common.set('parts', partsFor((this.distinct + size) / common.workers, keyWords));
      yield* this.together('expand', 1, worker.expand());
      for (let at = 0; at < keys.length; at += keyWords) {
        worker.expander.restore(keys.subarray(at, at + keyWords));
      }
      yield* this.together('absorb', 0, worker.absorb());
      from += restoredTogether;
    }
  }

  /** Writes the states found last. */
  save(writer: CheckpointWriter): void {
    const { worker, common } = this;
    for (const words of keysOf(worker)) writer.add(words);
    for (const words of rowsFrom(common.links, common.get('nextStart'))) writer.add(words);
  }

  /** Writes a checkpoint when it is time, and at the last. */
  checkpoint(writer: CheckpointWriter, isLast: boolean): void {
    const { worker, common, levels, generated, goals } = this;
    const summary = (): Summary => ({
      levels,
      last: common.next.count,
      generated,
      taken: [...this.taken],
      fresh: [...this.fresh],
      counts: [...this.counts],
      goals: [...goals].map(([id, { row, call, after }]) => [
        id,
        { row, call, after: after && [...after] },
      ]),
    });
    writer.write(summary, () => levelOf(worker), isLast);
  }

  /** Expands the states found last; returns how many states it finds. */
  *nextLevel(): Pieces<number> {
    const { common } = this;
    const size = common.next.count;
    this.levels.push(size);
    common.set('levelStart', common.get('nextStart'));
    common.set('nextStart', this.distinct);
    common.set('level', ++this.level);
    common.set('endNew', 0);
    for (let rank = 0; rank < size && this.ending === undefined && !this.stopped; ) {
      rank = yield* this.round(rank, size);
    }
    return this.distinct - common.get('nextStart');
  }

  /** Takes the steps of the states from a rank on; returns the rank of the first one left. */
  private *round(first: number, size: number): Pieces<number> {
    this.beginRound(first, size);
    yield* this.together('expand', this.pieceOfLevel, this.worker.expand());
    const end = Math.min(this.common.get('cursor'), size);
    yield* this.lookUp(first, end);
    yield* this.together('settle', settledTogether, this.worker.settle());
    this.endRound(first, end);
    return end;
  }

  private beginRound(first: number, size: number): void {
    const { common, distinct, worker } = this;
    const most = common.sleeping === undefined ? roomMost : roomMostNoted;
    const room = Math.min(most, Math.max(roomLeast, 2 * distinct));
    const states = Math.ceil(distinct / common.workers);
    common.set('first', first);
    common.set('size', size);
    common.set('cursor', first);
    common.set('limit', noLimit);
    common.set('room', Math.ceil(room / common.workers));
    common.set('parts', partsFor(states, worker.expander.form.keyWords));
  }

  /** Lets all workers work on a task, and waits for them. */
  private *together(task: Task, piece: number, own: Iterable<void>): Pieces {
    const { common, team } = this;
    common.set('task', tasks.indexOf(task));
    common.set('piece', piece);
    team.begin();
    for (const _ of own) yield* this.pause();
    let [signs, since] = [this.signs, performance.now()];
    while (team.isBusy()) {
      yield* this.pause();
      if (this.signs !== signs) [signs, since] = [this.signs, performance.now()];
      if (performance.now() - since < patience) continue;
      yield* this.follow(task);
      since = Number.POSITIVE_INFINITY;
    }
  }
  /** Changes while any worker gets on. */
  private get signs(): number {
    return this.common.told.reduce((sum, each) => sum + Atomics.load(each, told.sign), 0);
  }

  /**
   * Does what all have taken up: where another worker is stuck in a rule that does not end, it is
   * stuck here too, and whoever watches this search sees in which rule.
   */
  private *follow(task: Task): Pieces {
    const { common, worker } = this;
    const first = common.get('first');
    const [from, end] = task === 'settle' ? [common.get('firstNew'), 'endNew'] : [first, 'size'];
    const taken = Math.min(common.get('cursor'), common.get(end as 'endNew' | 'size'));
    for (let rank = from; rank < taken && task !== 'absorb'; rank++) {
      if (task === 'expand') worker.expander.repeat(rank);
      else {
        const row = common.get('nextStart') + rank;
        const parent = this.parentRow(row) - common.get('levelStart');
        worker.expander.judge(parent, this.callTo(row), rank);
      }
      yield* this.pause();
    }
    // What this counted and found is not to count.
    this.followed = true;
  }
  private followed = false;

  /** Looks up what arrived from the states of some ranks, and ranks what is new. */
  private *lookUp(first: number, end: number): Pieces {
    const { common, worker } = this;
    yield* this.together('absorb', 0, worker.absorb());
    const { found, links, next } = common;
    for (const each of found) each.see();
    const order = ranked(found, first, end);
    const [levelStart, nextStart] = [common.get('levelStart'), common.get('nextStart')];
    const firstNew = this.distinct - nextStart;
    const endNew = firstNew + order.length;
    next.reach(endNew);
    for (let n = 0; n < order.length; n++) {
      const list = found[(order[n] as number) % found.length] as Found;
      const i = Math.floor((order[n] as number) / found.length);
      pair[0] = levelStart + list.parent(i);
      pair[1] = list.call(i);
      links.push(pair, 0);
      const rank = firstNew + n;
      worker.expander.form.keepLeft(list.words, list.leftAt(i), next.chunk(rank), next.at(rank));
    }
    common.set('firstNew', firstNew);
    common.set('endNew', endNew);
    common.set('cursor', firstNew);
    this.full = undefined;
    if (this.distinct <= this.maxStates) return;
    // Where there are too many states, the search ends with the state that led to the first of them.
    const parent = this.parentRow(this.maxStates) - levelStart;
    this.full = { how: 'full', parent, call: noLimit };
    common.limitTo(parent);
  }
  private full: Ending | undefined;

  /** Counts what the round did; where it has an ending, what it did up to there. */
  private endRound(first: number, end: number): void {
    const { common, worker, full, counts, goalsAt } = this;
    const { expander } = worker;
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
      ending !== undefined || this.followed || (common.workers > 1 && goalsAt.some(isReached));
    this.followed = false;
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
      const call = this.callTo(common.get('nextStart') + rank);
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
    const { common, goals } = this;
    const { expander } = this.worker;
    expander.forget();
    for (const [id, { row }] of goals) if (row >= this.rowOf(first)) goals.delete(id);
    for (let rank = Math.max(0, first); rank <= last; rank++) expander.repeat(rank);
    const [levelStart, nextStart] = [common.get('levelStart'), common.get('nextStart')];
    let next = common.get('firstNew');
    for (; next < common.get('endNew'); next++) {
      const parent = this.parentRow(nextStart + next) - levelStart;
      if (parent > last) break;
      expander.judge(parent, this.callTo(nextStart + next), next);
    }
    common.links.reach(nextStart + next);
    common.next.reach(next);
    expander.tell();
  }

  /** Lets the team go; the tallies are of the whole search then. */
  end(): void {
    this.team.end();
    this.asked.recount(this.counts);
  }

  private *pause(): Pieces {
    if (this.stopped) return;
    const { distinct, generated, levels, bytes } = this;
    const said = yield { distinct, generated, depth: Math.max(0, levels.length - 1), bytes };
    this.stopped = said === true;
    if (this.stopped) this.common.set('stop', 1);
  }
}

const pair = new Int32Array(2);
