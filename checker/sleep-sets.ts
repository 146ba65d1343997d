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
 * Two calls commute in a state when neither writes what the other reads or writes; what both only
 * add to does not matter. A call that sleeps has not had anything changed that it reads, so its
 * footprint stays that of the state in which it fell asleep.
 */
import { longer, type Successors } from './successors.ts';

/** A call with its footprint: what it reads, writes and adds to. */
const width = 4;

/** The sleep sets of the states of a level, by rank. */
export class SleepSets {
  /** For each state, where its entries begin; one more says where the last ones end. */
  private starts: Int32Array = new Int32Array(1024);
  private entries: Int32Array = new Int32Array(4096);
  private states = 0;

  clear(): void {
    this.states = 0;
  }

  start(rank: number): number {
    return this.starts[rank] as number;
  }
  end(rank: number): number {
    return this.starts[rank + 1] as number;
  }
  call(entry: number): number {
    return this.entries[entry * width] as number;
  }

  /** Adds a state with an empty sleep set. */
  addState(): void {
    if (this.states + 2 > this.starts.length) this.starts = longer(this.starts);
    this.states++;
    this.starts[this.states] = this.starts[this.states - 1] as number;
  }

  /**
   * Adds a state that was found by step `i`: of what slept in the state before (`slept`, of `rank`)
   * and of the steps from `first` up to `i` that were taken from it, those that commute with `i`.
   */
  addArrival(
    slept: SleepSets,
    rank: number,
    successors: Successors,
    first: number,
    i: number,
  ): void {
    this.addState();
    const { footprints, calls } = successors;
    const reads = footprints[3 * i] as number;
    const writes = footprints[3 * i + 1] as number;
    const adds = footprints[3 * i + 2] as number;
    let end = this.starts[this.states] as number;
    const most = end + (slept.end(rank) - slept.start(rank)) + (i - first);
    while (most * width > this.entries.length) this.entries = longer(this.entries);
    const { entries } = this;
    const keep = (call: number, from: Int32Array, at: number): void => {
      const r = from[at] as number;
      const w = from[at + 1] as number;
      const a = from[at + 2] as number;
      if ((w & (reads | writes | adds)) !== 0 || (writes & (r | a)) !== 0) return;
      if ((a & reads) !== 0 || (adds & r) !== 0) return;
      const to = end++ * width;
      entries[to] = call;
      entries[to + 1] = r;
      entries[to + 2] = w;
      entries[to + 3] = a;
    };
    for (let j = slept.start(rank); j < slept.end(rank); j++) {
      keep(slept.call(j), slept.entries, j * width + 1);
    }
    for (let j = first; j < i; j++) keep(calls[j] as number, footprints, 3 * j);
    this.starts[this.states] = end;
  }
}
