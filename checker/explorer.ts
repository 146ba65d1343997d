/**
 * Takes the steps of states, one state after the other, and finds out which of them lead to states
 * that were not seen before. Steps are gathered and looked up many at a time.
 */
import {
  type Call,
  type Change,
  type Evaluation,
  type Machine,
  type Packed,
  type Property,
  packed,
  type Scope,
} from '../machine/index.ts';
import { addPromises, Questions } from './questions.ts';
import { Rows } from './rows.ts';
import { SleepSets } from './sleep-sets.ts';
import { Successors } from './successors.ts';
import type { Symmetry } from './symmetry.ts';
import { Visited } from './visited.ts';

/** How states are remembered: as they are, or by 64 bits of fingerprint. */
export type Mode = 'exact' | 'fingerprint';

export interface ExplorerOptions {
  readonly properties: readonly Property[];
  readonly goal: ((state: never) => boolean) | undefined;
  readonly mode: Mode;
  readonly commands: readonly string[] | undefined;
  readonly calls: ((call: Call) => boolean) | undefined;
  /** A state without steps ends the search. */
  readonly deadlocks: boolean;
  /** Keeps canonical forms of states in their place. */
  readonly symmetry: Symmetry | undefined;
  /** Leaves out steps that commute with steps taken before. */
  readonly sleepSets: boolean;
}

/**
 * A step that ends the search: what it leads to violates a property, or is the goal. Or the lack of
 * one: a state is a deadlock.
 */
export interface Ending {
  /** The rank of the state before, and the number of the call; -1 where there is none. */
  readonly parent: number;
  readonly call: number;
  readonly reached: boolean;
  /** The canonical form of the state after, with symmetry. */
  readonly after: Int32Array | undefined;
}

/** A rule or a property that threw, with the row of the state and the call at which it did. */
export class Thrown extends Error {
  readonly parent: number;
  /** Undefined for the initial state. */
  readonly call: Call | undefined;
  constructor(cause: unknown, parent: number, call: Call | undefined) {
    super('a rule threw', { cause });
    this.parent = parent;
    this.call = call;
  }
}

export class Explorer<S> {
  readonly host: Packed<S>;
  readonly asked: Evaluation;
  /** For each state found: the row of the state it was found from, and the call. */
  readonly links: Rows = new Rows(2);
  /** Steps that were looked up, those to a known state included. */
  generated = 0;
  /** Of the commands, by the number of a call: steps taken, and states found. */
  readonly taken: Int32Array;
  readonly fresh: Int32Array;
  /** The earliest step that ends the search, of those looked up so far. */
  ending: Ending | undefined;

  private readonly successors: Successors;
  private readonly keys: Rows;
  private readonly visited: Visited;
  /** The states themselves, where the keys are not: those of this level and of the next. */
  private level: Rows | undefined;
  private next: Rows | undefined;
  /** The row of the first state of this level, and of the next. */
  private levelStart = 0;
  private nextStart = 0;

  /** The state before a step, for properties that compare. */
  private readonly before: Packed<S> | undefined;
  private readonly questions: Questions;
  readonly symmetry: Symmetry | undefined;
  private readonly deadlocks: boolean;
  private readonly size: Scope['sizes'];
  private readonly known: (Call | undefined)[] = [];
  private readonly sleeping: { now: SleepSets; next: SleepSets } | undefined;
  /** For each call, the rank of the last state in which it slept. */
  private readonly asleep: Int32Array = new Int32Array(0);
  private readonly skip: ((call: number) => boolean) | undefined;
  private readonly promiseWords: number;
  private readonly fingerprint = new Int32Array(2);
  private rank = 0;

  constructor(machine: Machine<S>, scope: Scope, options: ExplorerOptions) {
    const { properties, goal, mode, commands, calls, deadlocks, symmetry, sleepSets } = options;
    this.symmetry = symmetry;
    const chosen = commands === undefined ? {} : { commands };
    const lanes = mode === 'exact' ? 1 : 2;
    this.host = packed(machine, scope, { ...chosen, lanes, footprints: sleepSets });
    this.questions = new Questions(machine as Machine, scope, properties, goal);
    this.asked = this.questions.asked;
    this.size = scope.sizes;
    this.deadlocks = deadlocks;
    if (this.questions.compares) {
      this.before = packed(machine, scope, { ...chosen, lanes });
    }
    if (sleepSets) {
      this.sleeping = { now: new SleepSets(), next: new SleepSets() };
      this.asleep = new Int32Array(this.host.calls).fill(-1);
    }
    if (sleepSets || calls !== undefined) {
      this.skip = (number) =>
        this.asleep[number] === this.rank || calls?.(this.callOf(number)) === false;
    }
    this.promiseWords = this.questions.promiseWords;
    const width = this.host.words.length + this.promiseWords;
    this.successors = new Successors(width, {
      footprints: sleepSets,
      lanes: mode === 'fingerprint',
    });
    this.taken = new Int32Array(this.host.calls);
    this.fresh = new Int32Array(this.host.calls);
    if (mode === 'exact') {
      this.keys = new Rows(width);
      this.visited = new Visited(this.keys, (row) =>
        this.placeOf(this.keys.chunk(row), this.keys.at(row)),
      );
    } else {
      this.keys = new Rows(2);
      this.level = new Rows(width);
      this.next = new Rows(width);
      this.visited = new Visited(this.keys, (row) => {
        const chunk = this.keys.chunk(row);
        return placed(chunk[this.keys.at(row)] as number, chunk[this.keys.at(row) + 1] as number);
      });
    }
  }

  /** States found. */
  get distinct(): number {
    return this.keys.count;
  }
  /** Bytes that are kept for the states found. */
  get bytes(): number {
    return this.visited.bytes + 4 * this.keys.count * this.keys.width + 8 * this.links.count;
  }

  /** The call of a number: the same object each time. */
  readonly callOf = (number: number): Call => {
    this.known[number] ??= this.host.call(number);
    return this.known[number];
  };

  /** The row of the state that a state was found from, and the call; -1 for the initial one. */
  parentRow(row: number): number {
    return this.links.chunk(row)[this.links.at(row)] as number;
  }
  callTo(row: number): Call {
    return this.callOf(this.links.chunk(row)[this.links.at(row) + 1] as number);
  }

  /** The canonical form of the state that the host is in; undefined without symmetry. */
  form(): Int32Array | undefined {
    if (this.symmetry === undefined) return undefined;
    const form = new Int32Array(this.host.words.length);
    this.symmetry.canonical(this.host.words, 0, form, 0);
    return form;
  }
  isForm(form: Int32Array): boolean {
    return this.form()?.every((word, i) => word === form[i]) === true;
  }
  /** Whether the state that the host is in is that of a row, up to symmetry. */
  isAt(row: number): boolean {
    const { successors, keys } = this;
    this.gather(0, 0);
    successors.count--;
    const at = successors.count * successors.width;
    const [own, start] = this.next === undefined ? [successors.words, at] : [this.fingerprint, 0];
    const [chunk, from] = [keys.chunk(row), keys.at(row)];
    for (let i = 0; i < keys.width; i++) if (chunk[from + i] !== own[start + i]) return false;
    return true;
  }

  /** The row of the state whose steps are taken. */
  get expanded(): number {
    return this.rowOf(this.rank);
  }

  /** The row of a state of this level. */
  rowOf(rank: number): number {
    return this.levelStart + rank;
  }

  /** Finds the initial state. */
  begin(initial: S): void {
    this.host.write(initial);
    this.asked.promises.open(this.host.view);
    this.gather(-1, -1);
    this.flush();
    this.generated = 0;
  }

  /** The states found since begin the next level. */
  nextLevel(): void {
    this.levelStart = this.nextStart;
    this.nextStart = this.distinct;
    if (this.sleeping !== undefined) {
      const { now, next } = this.sleeping;
      this.sleeping.now = next;
      this.sleeping.next = now;
      now.clear();
      this.asleep.fill(-1);
    }
    if (this.level === undefined || this.next === undefined) return;
    [this.level, this.next] = [this.next, this.level];
    this.next.clear();
  }

  /** Takes every step of a state of this level, given by its rank. Throws `Thrown`. */
  expand(rank: number): void {
    this.rank = rank;
    this.load(this.host, rank);
    if (this.sleeping !== undefined) {
      const { now } = this.sleeping;
      for (let i = now.start(rank); i < now.end(rank); i++) this.asleep[now.call(i)] = rank;
    }
    if (this.questions.ofSteps && this.before !== undefined) this.load(this.before, rank);
    const before = this.successors.count;
    try {
      this.host.steps(this.visit, this.skip);
    } catch (cause) {
      throw new Thrown(cause, this.rowOf(rank), this.host.running());
    }
    if (this.deadlocks && this.successors.count === before) this.end(rank, -1, false);
    if (this.successors.count >= enough) this.flush();
  }

  /** Looks up the steps that were gathered. */
  flush(): void {
    const { successors, visited, links } = this;
    const { fingerprints, parents, calls } = successors;
    const from = this.distinct;
    this.touched ^= visited.touch(fingerprints, successors.count);
    // The first of the steps from the same state.
    let first = 0;
    for (let i = 0; i < successors.count; i++) {
      if (parents[i] !== parents[first]) first = i;
      const call = calls[i] as number;
      if (call >= 0) (this.taken[call] as number)++;
      const row = this.insert(i);
      if (row < 0) continue;
      pair[0] = this.levelStart + (parents[i] as number);
      pair[1] = call;
      links.push(pair, 0);
      if (this.sleeping !== undefined) {
        const { now, next } = this.sleeping;
        if (call < 0) next.addState();
        else next.addArrival(now, parents[i] as number, successors, first, i);
      }
      if (call >= 0) (this.fresh[call] as number)++;
    }
    this.generated += successors.count;
    for (let row = from; row < this.distinct; row++) {
      if (this.ending !== undefined && this.parentOf(row) > this.ending.parent) break;
      try {
        this.judge(row);
      } catch (cause) {
        const call = links.chunk(row)[links.at(row) + 1] as number;
        throw new Thrown(
          cause,
          this.rowOf(this.parentOf(row)),
          call < 0 ? undefined : this.callOf(call),
        );
      }
    }
    if (this.ending !== undefined) this.endAt(this.ending, from);
    successors.count = 0;
  }
  /** Kept so that the loads that fill it are not optimised away. */
  private touched = 0;

  /** The rank of the state that a state just found was found from. */
  private parentOf(row: number): number {
    return this.parentRow(row) - this.levelStart;
  }

  /** The counts as they are when the state before the ending has taken all its steps. */
  private endAt({ parent }: Ending, from: number): void {
    const { successors, links } = this;
    for (let i = 0; i < successors.count; i++) {
      if ((successors.parents[i] as number) <= parent) continue;
      this.generated--;
      (this.taken[successors.calls[i] as number] as number)--;
    }
    for (let row = from; row < this.distinct; row++) {
      if (this.parentOf(row) <= parent) continue;
      this.cut++;
      (this.fresh[links.chunk(row)[links.at(row) + 1] as number] as number)--;
    }
  }
  /** States that were found after the search had ended. */
  cut = 0;

  private readonly visit = (call: number): boolean => {
    if (this.questions.ofSteps) this.compare(call);
    this.gather(this.rank, call);
    return false;
  };

  /** Asks what is to be asked of a step. */
  private compare(call: number): void {
    const { host, before, size } = this;
    const change = {
      before: before?.view,
      call: this.callOf(call),
      after: host.view,
      events: host.takeEvents(),
      size,
    } as unknown as Change;
    if (this.questions.step(change, this.promisesBefore)) this.end(this.rank, call, false);
  }

  /** Asks what is to be asked of a state, when it is found. */
  private judge(row: number): void {
    const { questions, host, before, size, links } = this;
    const [chunk, at] = [links.chunk(row), links.at(row)];
    const parent = this.parentOf(row);
    const call = chunk[at + 1] as number;
    this.loadRow(host, row);
    // A canonical form is not what the call made of the state before: nothing can be compared.
    const compares = this.symmetry === undefined && call >= 0;
    let change: Change | undefined;
    if (before !== undefined && compares) {
      this.load(before, parent);
      change = {
        before: before.view,
        call: this.callOf(call),
        after: host.view,
        events: [],
        size,
      } as unknown as Change;
    }
    const judged = questions.state(host.view, change);
    if (judged !== undefined) this.end(parent, call, judged === 'reached');
  }

  /** Of several endings the earliest counts, and of one step the violation. */
  private end(parent: number, call: number, reached: boolean): void {
    const { ending } = this;
    const later =
      ending !== undefined &&
      (parent > ending.parent || (parent === ending.parent && call > ending.call));
    if (later || (reached && ending?.parent === parent && ending.call === call)) return;
    this.ending = { parent, call, reached, after: this.form() };
  }

  /** Adds the state that the host is in to the steps that are gathered. */
  private gather(parent: number, call: number): void {
    const { successors, host } = this;
    const at = successors.reserve();
    const { words } = successors;
    const state = host.words;
    if (this.symmetry === undefined) {
      for (let i = 0; i < state.length; i++) words[at + i] = state[i] as number;
      host.fingerprint(this.fingerprint);
    } else {
      this.symmetry.canonical(state, 0, words, at);
      host.fingerprintOf(words, at, this.fingerprint);
    }
    const { fingerprint } = this;
    if (this.promiseWords > 0) {
      this.asked.promises.save(words, at + state.length);
      addPromises(fingerprint, words, at + state.length, this.promiseWords);
    }
    if (this.sleeping !== undefined) {
      host.footprint(successors.footprints, 3 * successors.count);
    }
    const [low, high] = [fingerprint[0] as number, fingerprint[1] as number];
    if (this.next !== undefined) {
      successors.lanes[2 * successors.count] = low;
      successors.lanes[2 * successors.count + 1] = high;
    }
    successors.add(placed(low, high), parent, call);
  }

  /** The place of a row in the table, from the row alone. */
  private placeOf(words: Int32Array, at: number): number {
    const { fingerprint, host } = this;
    host.fingerprintOf(words, at, fingerprint);
    addPromises(fingerprint, words, at + host.words.length, this.promiseWords);
    return placed(fingerprint[0] as number, fingerprint[1] as number);
  }

  /** Adds the state after a gathered step, unless it is known. */
  private insert(i: number): number {
    const { visited, next, successors } = this;
    const { fingerprints, words, lanes, width } = successors;
    const place = fingerprints[i] as number;
    if (next === undefined) return visited.insert(place, words, i * width);
    const row = visited.insert(place, lanes, 2 * i);
    if (row >= 0) next.push(words, i * width);
    return row;
  }

  /** The promises that are open in the state whose steps are taken. */
  private promisesBefore: Int32Array = new Int32Array(0);

  private load(host: Packed<S>, rank: number): void {
    const rows = this.level ?? this.keys;
    const row = this.level === undefined ? this.levelStart + rank : rank;
    this.loadFrom(host, rows, row);
  }
  /** Loads a state that was just found. */
  private loadRow(host: Packed<S>, row: number): void {
    if (this.next === undefined) this.loadFrom(host, this.keys, row);
    else this.loadFrom(host, this.next, row - this.nextStart);
  }
  private loadFrom(host: Packed<S>, rows: Rows, row: number): void {
    const [chunk, at] = [rows.chunk(row), rows.at(row)];
    host.load(chunk, at);
    if (this.promiseWords === 0 || host !== this.host) return;
    const start = at + host.words.length;
    this.promisesBefore = chunk.slice(start, start + this.promiseWords);
  }
}

const pair = new Int32Array(2);
/** Steps are looked up when there are so many. */
const enough = 512;

/** Both lanes of a fingerprint, mixed: any of its bits may choose a place. (MurmurHash3's finaliser.) */
export function placed(low: number, high: number): number {
  let h = low ^ Math.imul(high, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}
