/**
 * Sleep sets of the first arrival: steps that need not be taken, because taking them in another
 * order was seen to lead to the same states.
 *
 * When a state is found by a call, every call that was tried before it from the same state, or that
 * slept there, and that commutes with it, sleeps in the new state: doing it there leads where doing
 * it first led. In breadth-first order with a fixed order of calls, the first arrival at a state
 * follows the least of its shortest paths, and no step of that path ever sleeps, so every state is
 * still found, at the same depth. What is dropped are steps to states that are known by then.
 *
 * That needs the first arrival in the order of ranks and calls, not in that of time: a sleep set is
 * made when the states of a round are ranked, so it does not matter which thread took which step.
 *
 * Two calls commute in a state when neither writes what the other reads or writes; what both only
 * add to does not matter. A call that sleeps has not had anything changed that it reads, so its
 * footprint stays that of the state in which it fell asleep.
 */
import type { Memories, Memory } from './memory.ts';

/** A call with its footprint: what it reads, writes and adds to. */
const width = 4;

/** Entries of calls with their footprints, in groups: one for each state of some ranks. */
export class Footprints {
  /** For each state: who has its group, and where that begins and ends. */
  private readonly index: Memory;
  private readonly entries: readonly Memory[];
  private groups: Int32Array = new Int32Array(0);
  /** The rank of the first state. */
  first = 0;
  /** Of the worker that is at work: the entries, and where they end. */
  private own: Int32Array = new Int32Array(0);
  private end = 0;
  private worker = 0;

  constructor(name: string, workers: number, memories: Memories) {
    this.index = memories(`${name} index`);
    this.entries = Array.from({ length: workers }, (_, worker) => memories(`${name} ${worker}`));
  }

  /** Forgets all, for states from a rank on, up to another one; `worker` adds to its own entries. */
  begin(worker: number, first: number, end: number): void {
    this.worker = worker;
    this.first = first;
    this.end = 0;
    this.groups = this.index.reach(3 * (end - first));
    this.own = (this.entries[worker] as Memory).reach(1);
  }
  /** Has states up to a rank. */
  reach(end: number): void {
    this.groups = this.index.reach(3 * (end - this.first));
  }
  /** Begins the group of a state. */
  open(rank: number): void {
    const at = 3 * (rank - this.first);
    this.groups[at] = this.worker;
    this.groups[at + 1] = this.end;
    this.groups[at + 2] = this.end;
  }
  /** Adds an entry to the group of a state, the one that was opened last. */
  add(rank: number, from: Int32Array, at: number): void {
    const to = this.end;
    this.end += width;
    if (this.end > this.own.length) {
      this.own = (this.entries[this.worker] as Memory).reach(this.end);
    }
    for (let i = 0; i < width; i++) this.own[to + i] = from[at + i] as number;
    this.groups[3 * (rank - this.first) + 2] = this.end;
  }

  /** Adds to the group of a state those of some entries that commute with a step. */
  addCommuting(
    rank: number,
    from: Int32Array,
    start: number,
    stop: number,
    steps: Int32Array,
    step: number,
  ): void {
    const reads = steps[step + 1] as number;
    const writes = steps[step + 2] as number;
    const adds = steps[step + 3] as number;
    const most = this.end + stop - start;
    if (most > this.own.length) this.own = (this.entries[this.worker] as Memory).reach(most);
    const { own } = this;
    let to = this.end;
    for (let at = start; at < stop; at += width) {
      const r = from[at + 1] as number;
      const w = from[at + 2] as number;
      const a = from[at + 3] as number;
      const clash = (w & (reads | writes | adds)) | (writes & (r | a)) | (a & reads) | (adds & r);
      if (clash !== 0) continue;
      own[to] = from[at] as number;
      own[to + 1] = r;
      own[to + 2] = w;
      own[to + 3] = a;
      to += width;
    }
    this.end = to;
    this.groups[3 * (rank - this.first) + 2] = to;
  }

  /** Where the group of a state begins and ends in `of(rank)`. */
  start(rank: number): number {
    return this.groups[3 * (rank - this.first) + 1] as number;
  }
  stop(rank: number): number {
    return this.groups[3 * (rank - this.first) + 2] as number;
  }
  of(rank: number): Int32Array {
    const at = 3 * (rank - this.first);
    return (this.entries[this.groups[at] as number] as Memory).reach(this.groups[at + 2] as number);
  }
  static readonly width: number = width;
}

/**
 * Adds the sleep set of a state of rank `rank` that was found by a call from a state: of what slept
 * there, and of the steps that were taken there before, those that commute with the call.
 */
export function addArrival(
  into: Footprints,
  rank: number,
  slept: Footprints,
  taken: Footprints,
  parent: number,
  call: number,
): void {
  into.open(rank);
  const steps = taken.of(parent);
  const first = taken.start(parent);
  let own = first;
  while (steps[own] !== call) own += width;
  into.addCommuting(rank, slept.of(parent), slept.start(parent), slept.stop(parent), steps, own);
  into.addCommuting(rank, steps, first, own, steps, own);
}
