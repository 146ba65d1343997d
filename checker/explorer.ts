/**
 * Finds the states of a machine level by level, in rounds: the steps of some states of a level are
 * taken, then all of them are looked up, and what is new is ranked by the state it was found from
 * and the call. So the order of states depends on nothing but the machine and the scope.
 */
import type { Call, Evaluation, Machine, Packed, Scope } from '../machine/index.ts';
import { type Ending, Expander, type ExpanderOptions } from './breadth-first/expander.ts';
import { Known } from './breadth-first/known.ts';
import { ranked } from './breadth-first/ranking.ts';
import { type SearchProgress, statesInPiece } from './pieces.ts';
import { Rows } from './rows.ts';
import type { Symmetry } from './symmetry.ts';

export interface ExplorerOptions extends ExpanderOptions {
  /** How many states may be kept. */
  readonly maxStates: number;
}

/** Steps of a round: at least so many, at most so many, and between them twice the states known. */
const roomLeast = 1024;
const roomMost = 2 ** 21;

/** Says how far it is, and ends early when it is told to. */
type Pieces<R = void> = Generator<SearchProgress, R, boolean | undefined>;

export class Explorer<S> {
  readonly host: Packed<S>;
  readonly asked: Evaluation;
  readonly symmetry: Symmetry | undefined;
  /** The states found: the row of the state before, and the call. */
  private readonly links = new Rows(2);
  /** How many states were found at each depth. */
  readonly levels: number[] = [];
  /** States found by each call. */
  readonly fresh: Int32Array;
  /** What ended the search. */
  ending: Ending | undefined;
  stopped = false;

  private readonly expander: Expander<S>;
  private readonly known: Known;
  private readonly maxStates: number;
  private readonly level: { now: Rows; next: Rows };
  /** The row of the first state of the level that is expanded, and of the next. */
  private levelStart = 0;
  private nextStart = 0;

  constructor(machine: Machine<S>, scope: Scope, options: ExplorerOptions) {
    this.symmetry = options.symmetry;
    this.maxStates = options.maxStates;
    this.level = { now: new Rows(0), next: new Rows(0) };
    this.expander = new Expander(machine, scope, this.level, options);
    const { form, questions } = this.expander;
    this.level.now = new Rows(form.rowWords);
    this.level.next = new Rows(form.rowWords);
    this.host = form.host;
    this.asked = questions.asked;
    this.known = new Known(form.keyWords, form.leftWords);
    this.fresh = new Int32Array(this.host.calls);
  }

  /** States found. */
  get distinct(): number {
    return this.links.count;
  }
  /** Steps taken, those to a known state included. */
  get generated(): number {
    return this.expander.generated;
  }
  get taken(): Int32Array {
    return this.expander.taken;
  }
  /** Bytes that are kept. */
  bytes = 0;

  /** The call of a number: the same object each time. */
  callOf(number: number): Call {
    return this.expander.callOf(number);
  }
  /** The row of the state that a state was found from, and the number of the call; -1 for none. */
  parentRow(row: number): number {
    return this.links.chunk(row)[this.links.at(row)] as number;
  }
  callTo(row: number): number {
    return this.links.chunk(row)[this.links.at(row) + 1] as number;
  }
  /** The canonical form of the state that the host is in; undefined without symmetry. */
  form(): Int32Array | undefined {
    return this.expander.form.canonicalForm();
  }
  /** The row of the state whose steps are taken. */
  get expanded(): number {
    return this.rowOf(this.expander.rank);
  }
  /** The row of a state of this level. */
  rowOf(rank: number): number {
    return this.levelStart + rank;
  }

  /** Finds the initial state. */
  begin(initial: S): void {
    const { expander } = this;
    this.host.write(initial);
    this.asked.promises.open(this.host.view);
    expander.begin(this.known.partCount, roomLeast);
    expander.arrive(-1, -1);
    const order = this.lookUp(-1, 0);
    for (const _ of this.settle(order));
    this.ending = expander.ending;
  }

  /** Expands the states found last; returns how many states it finds. */
  *nextLevel(): Pieces<number> {
    const { level, expander } = this;
    this.levels.push(level.next.count);
    this.levelStart = this.nextStart;
    this.nextStart = this.distinct;
    [level.now, level.next] = [level.next, level.now];
    level.next.clear();
    expander.nextLevel();
    const size = level.now.count;
    for (let rank = 0; rank < size && this.ending === undefined && !this.stopped; ) {
      rank = yield* this.round(rank, size);
    }
    return level.next.count;
  }

  /** Takes the steps of the states from a rank on; returns the rank of the first one left. */
  private *round(first: number, size: number): Pieces<number> {
    const { expander, known, asked } = this;
    const before = { counts: asked.counts(), taken: this.taken.slice(), generated: this.generated };
    known.split();
    const room = Math.min(roomMost, Math.max(roomLeast, 2 * this.distinct));
    expander.begin(known.partCount, room);
    let end = first;
    while (end < size && !expander.isFull && expander.ending === undefined && !this.stopped) {
      expander.expand(end++);
      if (end % statesInPiece === 0) yield* this.pause();
    }
    const ranks = this.lookUp(first, end);
    yield* this.settle(ranks);
    const { ending } = expander;
    if (ending !== undefined) {
      asked.recount(before.counts);
      this.taken.set(before.taken);
      expander.generated = before.generated;
      this.cut(first, ending, ranks.first);
    }
    for (let row = this.nextStart + ranks.first; row < this.distinct; row++) {
      (this.fresh[this.callTo(row)] as number)++;
    }
    return end;
  }

  private *pause(): Pieces {
    const { distinct, generated, levels, bytes } = this;
    const said = yield { distinct, generated, depth: levels.length - 1, bytes };
    this.stopped ||= said === true;
  }

  /** Looks up what arrived from the states of some ranks, and ranks what is new. */
  private lookUp(first: number, end: number): Ranked {
    const { known, expander, links } = this;
    known.begin();
    for (let part = 0; part < known.partCount; part++) known.absorb(part, [expander.arrivals]);
    const { found } = known;
    const order = ranked([found], first, end);
    const firstNew = this.distinct - this.nextStart;
    for (const i of order) {
      pair[0] = this.levelStart + found.parent(i);
      pair[1] = found.call(i);
      links.push(pair, 0);
    }
    // Where there are too many states, the search ends with the state that led to the first of them.
    if (this.distinct > this.maxStates && this.maxStates >= this.distinct - order.length) {
      const parent = this.parentRow(this.maxStates) - this.levelStart;
      expander.end({ how: 'full', parent, call: Number.POSITIVE_INFINITY });
    }
    const { now, next } = this.level;
    const rows = now.count + next.count + order.length;
    this.bytes =
      known.bytes +
      expander.form.rests.bytes +
      expander.arrivals.bytes +
      4 * rows * now.width +
      8 * links.count;
    return { first: firstNew, order };
  }

  /** Keeps the new states for the next level, and asks what is to be asked of them. */
  private *settle({ first, order }: Ranked): Pieces {
    const { expander, known } = this;
    for (let n = 0; n < order.length; n++) {
      const i = order[n] as number;
      const parent = known.found.parent(i);
      if (expander.ending !== undefined && parent > expander.ending.parent) return;
      expander.settle(parent, known.found.call(i), first + n, known.found, i);
      if (n % statesInPiece === statesInPiece - 1) yield* this.pause();
      if (this.stopped) return this.forget(first + n + 1);
    }
  }

  /** Forgets the states found, from a rank on. */
  private forget(rank: number): void {
    this.links.truncate(this.nextStart + rank);
    this.level.next.truncate(rank);
  }

  /**
   * Ends the search when the state before the ending has taken all its steps: forgets what was found
   * later, and asks and counts the round again up to there.
   */
  private cut(first: number, ending: Ending, firstNew: number): void {
    const { expander } = this;
    const last = ending.parent;
    for (let rank = first; rank <= last; rank++) expander.repeat(rank);
    let next = firstNew;
    for (; next < this.distinct - this.nextStart; next++) {
      const row = this.nextStart + next;
      const parent = this.parentRow(row) - this.levelStart;
      if (parent > last) break;
      expander.judge(parent, this.callTo(row), next);
    }
    this.forget(next);
    this.ending = ending;
  }
}

/** The states found in a round: the rank of the first of them, and all in their order. */
interface Ranked {
  readonly first: number;
  readonly order: Int32Array;
}

const pair = new Int32Array(2);
