/**
 * Finds the states of a machine level by level, in rounds: the steps of some states of a level are
 * taken, then all of them are looked up, and what is new is ranked by the state it was found from
 * and the call. So the order of states depends on nothing but the machine and the scope, however
 * many workers take part in a round.
 */
import type { Call, Machine, Packed, Scope } from '../machine/index.ts';
import type { Checkpoint, CheckpointWriter } from './breadth-first/checkpoint.ts';
import { type Common, noLimit } from './breadth-first/common.ts';
import type { Ending, ExpanderOptions } from './breadth-first/expander.ts';
import { type Found, partsFor } from './breadth-first/known.ts';
import { Lead, type Pieces } from './breadth-first/lead.ts';
import { Ledger } from './breadth-first/ledger.ts';
import { ranked } from './breadth-first/ranking.ts';
import { keysOf, levelOf, restoreLevel, rowsFrom } from './breadth-first/snapshot.ts';
import type { Team } from './breadth-first/team.ts';
import { Worker } from './breadth-first/worker.ts';
import type { SearchProgress } from './pieces.ts';
import type { Symmetry } from './symmetry.ts';

export interface ExplorerOptions extends ExpanderOptions {
  /** How many states may be kept. */
  readonly maxStates: number;
}

/** Steps of a round: at least so many, at most so many, and between them twice the states known. */
const roomLeast = 1024;
const roomMost = 2 ** 21;
/** With sleep sets the footprint of every step of a round is kept too. */
const roomMostNoted = 2 ** 19;
/** Calls of the states that a worker takes up together. */
const callsTogether = 4096;
/** States of a checkpoint that are made known together. */
const restoredTogether = 2 ** 16;
/** New states that a worker takes up together. */
const settledTogether = 64;

export class Explorer<S> {
  readonly host: Packed<S>;
  readonly symmetry: Symmetry | undefined;
  /** What was counted and found. */
  readonly ledger: Ledger<S>;

  private readonly worker: Worker<S>;
  private readonly common: Common;
  private readonly lead: Lead<S>;
  private readonly maxStates: number;
  private readonly pieceOfLevel: number;
  private level = 0;

  constructor(machine: Machine<S>, scope: Scope, options: ExplorerOptions, team: Team) {
    this.symmetry = options.symmetry;
    this.maxStates = options.maxStates;
    const { workers, memories } = team;
    this.worker = new Worker(machine, scope, options, { id: 0, workers, memories });
    const { common, expander } = this.worker;
    this.common = common;
    this.host = expander.host;
    this.ledger = new Ledger(this.worker, options.properties);
    this.lead = new Lead(team, this.worker, () => this.progress);
    const piece = Math.floor(callsTogether / (this.host.calls + 1));
    this.pieceOfLevel = Math.max(1, Math.min(32, piece));
  }

  /** It was told to end. */
  get stopped(): boolean {
    return this.lead.stopped;
  }
  private get progress(): SearchProgress {
    const { generated, levels, bytes } = this.ledger;
    return { distinct: this.distinct, generated, depth: Math.max(0, levels.length - 1), bytes };
  }
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
  /** Finds the initial state. */
  *begin(initial: S): Pieces {
    const { host, lead, ledger, worker } = this;
    yield* lead.gather();
    this.beginRound(0, 0);
    yield* lead.together('expand', 1, worker.expand());
    host.write(initial);
    worker.expander.questions.asked.promises.open(host.view);
    worker.expander.arrive(-1, -1);
    yield* this.lookUp(-1, 0);
    yield* lead.together('settle', settledTogether, worker.settle());
    ledger.endRound(-1, 0, this.full, lead.followed);
  }

  /** Goes on from a checkpoint. */
  *resume(saved: Checkpoint): Pieces {
    const { common, lead, worker } = this;
    yield* lead.gather();
    for (const size of [...saved.summary.levels, saved.summary.last]) {
      const start = this.distinct;
      yield* this.restoreKeys(saved, size);
      const links = new Int32Array(2 * size);
      saved.next(links);
      for (let i = 0; i < size; i++) common.links.push(links, 2 * i);
      common.set('levelStart', common.get('nextStart'));
      common.set('nextStart', start);
    }
    restoreLevel(worker, saved.level);
    this.ledger.restore(saved.summary);
  }

  /** Makes states known again, in rounds that take no steps. */
  private *restoreKeys(saved: Checkpoint, size: number): Pieces {
    const { common, lead, worker } = this;
    const { keyWords } = worker.expander.form;
    for (let from = 0; from < size; ) {
      const keys = new Int32Array(Math.min(restoredTogether, size - from) * keyWords);
      saved.next(keys);
      this.beginRound(0, 0);
      common.set('room', restoredTogether);
      common.set('parts', partsFor((this.distinct + size) / common.workers, keyWords));
      yield* lead.together('expand', 1, worker.expand());
      for (let at = 0; at < keys.length; at += keyWords) {
        worker.expander.restore(keys.subarray(at, at + keyWords));
      }
      yield* lead.together('absorb', 0, worker.absorb());
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
    const { worker, common, ledger } = this;
    writer.write(
      () => ledger.summary(common.next.count),
      () => levelOf(worker),
      isLast,
    );
  }

  /** Expands the states found last; returns how many states it finds. */
  *nextLevel(): Pieces<number> {
    const { common, ledger } = this;
    const size = common.next.count;
    ledger.levels.push(size);
    common.set('levelStart', common.get('nextStart'));
    common.set('nextStart', this.distinct);
    common.set('level', ++this.level);
    common.set('endNew', 0);
    for (let rank = 0; rank < size && ledger.ending === undefined && !this.stopped; ) {
      rank = yield* this.round(rank, size);
    }
    return this.distinct - common.get('nextStart');
  }

  /** Takes the steps of the states from a rank on; returns the rank of the first one left. */
  private *round(first: number, size: number): Pieces<number> {
    const { lead, worker } = this;
    this.beginRound(first, size);
    yield* lead.together('expand', this.pieceOfLevel, worker.expand());
    const end = Math.min(this.common.get('cursor'), size);
    yield* this.lookUp(first, end);
    yield* lead.together('settle', settledTogether, worker.settle());
    this.ledger.endRound(first, end, this.full, lead.followed);
    return end;
  }

  private beginRound(first: number, size: number): void {
    const { common, distinct, lead, worker } = this;
    lead.followed = false;
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

  /** Looks up what arrived from the states of some ranks, and ranks what is new. */
  private *lookUp(first: number, end: number): Pieces {
    const { common, worker } = this;
    yield* this.lead.together('absorb', 0, worker.absorb());
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

  /** Lets the team go; the tallies are of the whole search then. */
  end(): void {
    this.lead.end();
    this.ledger.close();
  }
}

const pair = new Int32Array(2);
