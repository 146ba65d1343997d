/** What the workers of a search share: one worker in one thread, or several in several threads. */
import { Rows } from '../rows.ts';
import { Arrivals } from './arrivals.ts';
import { Found } from './known.ts';
import type { Memories } from './memory.ts';
import { Footprints } from './sleep-sets.ts';

/** Words of the control: what is to be done, and how far it is. */
export const word = {
  /** What begins when this rises, and how many workers have ended it. */
  phase: 0,
  task: 1,
  done: 2,
  /** The next state that nobody has taken up, and how many are taken up together. */
  cursor: 3,
  piece: 4,
  /** Set when a worker cannot go on. */
  failed: 5,
  /** States of a higher rank need not be expanded, nor what they lead to be asked. */
  limit: 6,
  /** Set when the search is to end early. */
  stop: 7,
  /** The first state that a round expands, and the states of its level. */
  first: 8,
  size: 9,
  /** Parts of the known states that a worker has, and arrivals that a worker makes room for. */
  parts: 10,
  room: 11,
  /** The rows of the first state of this level and of the next, and the ranks of what is new. */
  levelStart: 12,
  nextStart: 13,
  firstNew: 14,
  endNew: 15,
  /** How many levels were expanded. */
  level: 16,
} as const;
export const controlWords: number = 17;

/**
 * Words of what a worker tells of a round: steps, the ending if it has one, and its memory; and at
 * any time a sign of life, which changes while it gets on.
 */
export const told = { generated: 0, how: 1, parent: 2, call: 3, kilobytes: 4, sign: 5 } as const;
const toldWords = 6;

/** Ranks are below this. */
export const noLimit: number = 2 ** 31 - 1;

export interface Widths {
  readonly leftWords: number;
  readonly rowWords: number;
  readonly calls: number;
  readonly counts: number;
  readonly sleepSets: boolean;
}

export class Common {
  readonly workers: number;
  readonly control: Int32Array;
  now: Rows;
  next: Rows;
  /** The states found: the row of the state before, and the number of the call. */
  readonly links: Rows;
  readonly arrivals: readonly Arrivals[];
  readonly found: readonly Found[];
  /** Of each worker: what it tells, how often it took each call, and counts of the properties. */
  readonly told: readonly Int32Array[];
  readonly taken: readonly Int32Array[];
  readonly counts: readonly Int32Array[];
  /** The goals that were reached in earlier rounds, as counts of the properties. */
  readonly reached: Int32Array;
  /** The calls that sleep in the states of this level and of the next; the steps of a round. */
  readonly sleeping: { now: Footprints; next: Footprints; readonly steps: Footprints } | undefined;

  constructor(workers: number, widths: Widths, memories: Memories) {
    const { leftWords, rowWords, calls, counts, sleepSets } = widths;
    this.workers = workers;
    const each = <T>(make: (worker: number) => T): readonly T[] =>
      Array.from({ length: workers }, (_, worker) => make(worker));
    this.control = memories('control').reach(controlWords);
    this.now = new Rows(rowWords, memories('rows').chunk);
    this.next = new Rows(rowWords, memories('other rows').chunk);
    this.links = new Rows(2, memories('links').chunk);
    this.arrivals = each((m) => new Arrivals(leftWords, `arrivals ${m}`, memories));
    this.found = each((m) => new Found(leftWords, memories(`found ${m}`)));
    this.told = each((m) => memories(`told ${m}`).reach(toldWords));
    this.taken = each((m) => memories(`taken ${m}`).reach(calls));
    this.counts = each((m) => memories(`counts ${m}`).reach(counts));
    this.reached = memories('reached').reach(counts);
    if (sleepSets) {
      this.sleeping = {
        now: new Footprints('sleeping', workers, memories),
        next: new Footprints('other sleeping', workers, memories),
        steps: new Footprints('steps', workers, memories),
      };
    }
  }

  get(which: keyof typeof word): number {
    return Atomics.load(this.control, word[which]);
  }
  set(which: keyof typeof word, value: number): void {
    Atomics.store(this.control, word[which], value);
  }
  /** Takes up the next states: the first of them. */
  take(): number {
    return Atomics.add(this.control, word.cursor, this.get('piece'));
  }
  /** Lowers the limit. */
  limitTo(rank: number): void {
    for (;;) {
      const known = this.get('limit');
      if (known <= rank) return;
      if (Atomics.compareExchange(this.control, word.limit, known, rank) === known) return;
    }
  }

  /** The states found become those that are expanded. */
  nextLevel(): void {
    [this.now, this.next] = [this.next, this.now];
    if (this.sleeping === undefined) return;
    const { now, next } = this.sleeping;
    [this.sleeping.now, this.sleeping.next] = [next, now];
  }
}
