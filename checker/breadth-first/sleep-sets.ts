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
   * Adds a state that was found by a call from the state of a rank: of what slept there, and of the
   * steps that were taken there before, those that commute with it.
   */
  addArrival(slept: SleepSets, rank: number, log: StepLog, call: number): void {
    this.addState();
    const { steps } = log;
    const first = log.start(rank);
    let own = first;
    while (steps[own * width] !== call) own++;
    const reads = steps[own * width + 1] as number;
    const writes = steps[own * width + 2] as number;
    const adds = steps[own * width + 3] as number;
    let end = this.starts[this.states] as number;
    const most = end + (slept.end(rank) - slept.start(rank)) + (own - first);
    while (most * width > this.entries.length) this.entries = longer(this.entries);
    const { entries } = this;
    const keep = (from: Int32Array, at: number): void => {
      const r = from[at + 1] as number;
      const w = from[at + 2] as number;
      const a = from[at + 3] as number;
      if ((w & (reads | writes | adds)) !== 0 || (writes & (r | a)) !== 0) return;
      if ((a & reads) !== 0 || (adds & r) !== 0) return;
      const to = end++ * width;
      entries[to] = from[at] as number;
      entries[to + 1] = r;
      entries[to + 2] = w;
      entries[to + 3] = a;
    };
    for (let j = slept.start(rank); j < slept.end(rank); j++) keep(slept.entries, j * width);
    for (let j = first; j < own; j++) keep(steps, j * width);
    this.starts[this.states] = end;
  }
}

/** The steps that were taken in a round, with their footprints. */
export class StepLog {
  steps: Int32Array = new Int32Array(1024);
  private count = 0;
  private starts: Int32Array = new Int32Array(256);
  private firstRank = -1;

  /** Forgets all. */
  begin(): void {
    this.count = 0;
    this.firstRank = -1;
  }
  /** The steps that follow are of the state of a rank: of the one after the last. */
  open(rank: number): void {
    if (this.firstRank < 0) this.firstRank = rank;
    const at = rank - this.firstRank;
    if (at === this.starts.length) this.starts = longer(this.starts);
    this.starts[at] = this.count;
  }
  add(call: number, footprint: Int32Array): void {
    const at = this.count++ * width;
    if (at + width > this.steps.length) this.steps = longer(this.steps);
    const { steps } = this;
    steps[at] = call;
    steps[at + 1] = footprint[0] as number;
    steps[at + 2] = footprint[1] as number;
    steps[at + 3] = footprint[2] as number;
  }
  /** The first step of the state of a rank. */
  start(rank: number): number {
    return this.starts[rank - this.firstRank] as number;
  }
}

function longer(words: Int32Array): Int32Array {
  const more = new Int32Array(2 * words.length);
  more.set(words);
  return more;
}
