/**
 * One of those who search together. Each takes up some states of the level and takes their steps;
 * then each looks up what arrived at its share of the known states; then each takes up some of the
 * new states and asks what is to be asked of them. Between these tasks all wait for one another.
 */
import type { Machine, Scope } from '../../machine/index.ts';
import { statesInPiece } from '../pieces.ts';
import type { Arrivals } from './arrivals.ts';
import { Common, told, type Widths } from './common.ts';
import { type Ending, Expander, type ExpanderOptions, hows } from './expander.ts';
import { Known } from './known.ts';
import type { Memories } from './memory.ts';

/** Stops now and then, so that other work can run. */
type Pieces = Generator<void, void, void>;

export class Worker<S> {
  readonly id: number;
  readonly common: Common;
  readonly expander: Expander<S>;
  readonly known: Known;
  private level = 0;

  constructor(
    machine: Machine<S>,
    scope: Scope,
    options: ExpanderOptions,
    place: { readonly id: number; readonly workers: number; readonly memories: Memories },
  ) {
    const { id, workers, memories } = place;
    this.id = id;
    const make = (widths: Widths): Common => new Common(workers, widths, memories);
    this.expander = new Expander(machine, scope, options, id, memories, make);
    this.common = this.expander.common;
    const { keyWords } = this.expander.form;
    const [found] = this.common.found.slice(id);
    if (found === undefined) throw new Error(`there is no worker ${id}`);
    this.known = new Known(keyWords, found, id, workers);
  }

  /** Takes the steps of states of this level, until there is no room for more. */
  *expand(): Pieces {
    const { common, expander } = this;
    if (this.level < common.get('level')) {
      this.level++;
      common.nextLevel();
      expander.nextLevel();
    }
    const size = common.get('size');
    common.now.reach(size);
    expander.begin();
    while (!expander.isFull && common.get('stop') === 0) {
      const from = common.take();
      if (from >= size) break;
      const end = Math.min(from + common.get('piece'), size);
      for (let rank = from; rank < end && rank <= common.get('limit'); rank++) {
        expander.expand(rank);
        if (rank % statesInPiece === statesInPiece - 1) {
          this.live();
          yield;
        }
      }
      if (expander.ending !== undefined) common.limitTo(expander.ending.parent);
    }
    expander.tell();
  }

  /** Looks up what arrived. */
  *absorb(): Pieces {
    const { common, known } = this;
    const parts = common.get('parts');
    for (const each of common.arrivals) each.see(parts * common.workers);
    known.absorb(parts, common.arrivals);
    yield;
    const { bytes } = common.arrivals[this.id] as Arrivals;
    const all = common.told[this.id] as Int32Array;
    all[told.kilobytes] = Math.ceil((known.bytes + bytes) / 1024);
  }

  /** Keeps new states for the next level, and asks what is to be asked of them. */
  *settle(): Pieces {
    const { common, expander } = this;
    const end = common.get('endNew');
    common.next.reach(end);
    common.links.reach(common.get('nextStart') + end);
    expander.beginSettling();
    for (let from = common.take(); from < end; from = common.take()) {
      const last = Math.min(from + common.get('piece'), end);
      for (let rank = from; rank < last; rank++) {
        expander.settle(rank);
        if (rank % statesInPiece === statesInPiece - 1) {
          this.live();
          yield;
        }
      }
      if (expander.ending !== undefined) common.limitTo(expander.ending.parent);
    }
    expander.tell();
  }

  private live(): void {
    Atomics.add(this.common.told[this.id] as Int32Array, told.sign, 1);
  }

  /** What a worker tells that ends the search. */
  endingOf(worker: number): Ending | undefined {
    const { told: all } = this.common;
    const from = all[worker] as Int32Array;
    const how = hows[from[told.how] as number];
    const [parent, call] = [from[told.parent] as number, from[told.call] as number];
    return how && { how, parent, call };
  }
}
