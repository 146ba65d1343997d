/**
 * The states that a search has found, and the steps of one of them at a time. A step is asked when
 * it is taken, and a state when it is found; whose steps are taken next is up to the search.
 */
import {
  type Call,
  type Change,
  initialState,
  type Machine,
  type Packed,
  packed,
  type Scope,
} from '../machine/index.ts';
import type { Mode } from './breadth-first/form.ts';
import { placed } from './hash.ts';
import type { SearchProgress } from './pieces.ts';
import { addPromises, Questions } from './questions.ts';
import {
  commandCounts,
  type Ended,
  RuleThrew,
  type SearchCounts,
  type SearchOptions,
  type Subject,
  subjectOf,
  witnessed,
} from './result.ts';
import { Rows } from './rows.ts';
import { Visited } from './visited.ts';

/** What only the search itself knows. */
export interface Search {
  /** The calls from the initial state to the one whose steps are taken. */
  trace(): readonly Call[];
  /** States found, by the number of steps to them. */
  levels(): readonly number[];
  /** Bytes that are kept besides the states. */
  bytes(): number;
}

/** What a step leads to: the number of its call, the row of the state, and whether it is new. */
export type Arrive = (call: number, row: number, isNew: boolean) => void;

export class StateSpace<S> {
  readonly subject: Subject<S>;
  readonly host: Packed<S>;
  /** Either the states or their fingerprints. */
  readonly rows: Rows;
  /** The state after the step that was taken last, with the promises that a run has open in it. */
  readonly after: Int32Array;

  private readonly search: Search;
  private readonly questions: Questions;
  private readonly visited: Visited;
  private readonly mode: Mode;
  /** The state before a step, for properties that compare. */
  private readonly before: Packed<S> | undefined;
  private promisesBefore: Int32Array = new Int32Array(0);
  private readonly size: Scope['sizes'];
  private readonly deadlocks: boolean;
  private readonly skip: ((call: number) => boolean) | undefined;
  private readonly known: (Call | undefined)[] = [];
  private readonly fingerprint = new Int32Array(2);
  private generated = 0;
  /** By the number of a call: steps taken, and states found. */
  private readonly taken: Int32Array;
  private readonly fresh: Int32Array;
  private readonly witnesses = new Map<string, readonly Call[]>();

  constructor(
    machine: Machine<S>,
    scope: Scope,
    options: SearchOptions<S>,
    mode: Mode,
    search: Search,
  ) {
    const { goal, commands, calls, deadlocks = false } = options;
    this.subject = subjectOf(machine, scope, options);
    const asked = this.subject.properties.map((each) =>
      witnessed(each, (call) => this.witnesses.set(each.id, [...search.trace(), call])),
    );
    const lanes = mode === 'exact' ? 1 : 2;
    const chosen = commands === undefined ? ({ lanes } as const) : ({ lanes, commands } as const);
    this.host = packed(machine, scope, chosen);
    this.questions = new Questions(machine as Machine, scope, asked, goal as never);
    if (this.questions.compares) this.before = packed(machine, scope, chosen);
    this.search = search;
    this.mode = mode;
    this.size = scope.sizes;
    this.deadlocks = deadlocks;
    this.skip = calls && ((number) => !calls(this.callOf(number)));
    this.taken = new Int32Array(this.host.calls);
    this.fresh = new Int32Array(this.host.calls);
    this.after = new Int32Array(this.host.words.length + this.questions.promiseWords);
    this.rows = new Rows(mode === 'exact' ? this.after.length : 2);
    this.visited = new Visited(this.rows, (row) => this.placeOf(row));
  }

  /** States found. */
  get distinct(): number {
    return this.rows.count;
  }
  /** Bytes that are kept. */
  private get bytes(): number {
    const { visited, rows, search } = this;
    return visited.bytes + 4 * rows.count * rows.width + search.bytes();
  }
  /** How far the search is; how deep, it knows itself. */
  get progress(): Omit<SearchProgress, 'depth'> {
    const { distinct, generated, bytes } = this;
    return { distinct, generated, bytes };
  }
  /** What is known by now. */
  get counts(): SearchCounts {
    const { host, taken, fresh, distinct, generated, questions, bytes, witnesses } = this;
    const levels = this.search.levels();
    return {
      distinct,
      generated,
      depth: levels.length - 1,
      levels,
      commands: commandCounts(host, taken, fresh),
      tallies: questions.asked.tallies,
      witnesses,
      bytes,
    };
  }
  /** The call of a number: the same object each time. */
  callOf(number: number): Call {
    this.known[number] ??= this.host.call(number);
    return this.known[number];
  }

  /** Finds the initial state. Throws `RuleThrew`. */
  begin(): Ended | undefined {
    const { host, questions } = this;
    host.write(initialState(this.subject.machine, this.size));
    try {
      questions.asked.promises.open(host.view);
      this.find();
      const how = questions.state(host.view);
      return how && { how, trace: [] };
    } catch (cause) {
      throw new RuleThrew(cause, [], this.counts);
    }
  }

  /** Takes the steps of a state, up to one that ends the search. Throws `RuleThrew`. */
  expand(words: Int32Array, at: number, arrive: Arrive): Ended | undefined {
    const { host, search } = this;
    this.load(words, at);
    const generated = this.generated;
    let how: Ended['how'] | undefined;
    let last = -1;
    try {
      host.steps((number) => {
        last = number;
        how = this.take(number, arrive);
        return how !== undefined;
      }, this.skip);
    } catch (cause) {
      throw new RuleThrew(cause, [...search.trace(), host.running()], this.counts);
    }
    if (how !== undefined) return { how, trace: [...search.trace(), this.callOf(last)] };
    if (!this.deadlocks || this.generated > generated) return undefined;
    return { how: 'deadlock', trace: search.trace() };
  }

  /** Looks up the step that the host took, and asks what is to be asked of it. */
  private take(number: number, arrive: Arrive): Ended['how'] | undefined {
    const { host, questions, before } = this;
    this.generated++;
    (this.taken[number] as number)++;
    const change =
      before &&
      ({
        before: before.view,
        call: this.callOf(number),
        after: host.view,
        events: host.takeEvents(),
        size: this.size,
      } as unknown as Change);
    const violates =
      change !== undefined && questions.ofSteps && questions.step(change, this.promisesBefore);
    const found = this.find();
    const isNew = found >= 0;
    if (isNew) (this.fresh[number] as number)++;
    arrive(number, isNew ? found : ~found, isNew);
    if (violates) return 'violated';
    return isNew ? questions.state(host.view, change) : undefined;
  }

  private load(words: Int32Array, at: number): void {
    const { host, before, after } = this;
    host.load(words, at);
    before?.load(words, at);
    this.promisesBefore = words.slice(at + host.words.length, at + after.length);
  }

  /** The row of the state that the host is in: a new one, or the complement of a known one. */
  private find(): number {
    const { host, after, questions, fingerprint } = this;
    const { length } = host.words;
    after.set(host.words);
    if (questions.promiseWords > 0) questions.asked.promises.save(after, length);
    host.fingerprint(fingerprint);
    addPromises(fingerprint, after, length, questions.promiseWords);
    const kept = this.mode === 'exact' ? after : fingerprint;
    return this.visited.insert(this.place(), kept, 0);
  }
  /** The place of a row in the table, from the row alone. */
  private placeOf(row: number): number {
    const { rows, host, questions, fingerprint } = this;
    const [chunk, at] = [rows.chunk(row), rows.at(row)];
    if (this.mode === 'exact') {
      host.fingerprintOf(chunk, at, fingerprint);
      addPromises(fingerprint, chunk, at + host.words.length, questions.promiseWords);
    } else fingerprint.set(chunk.subarray(at, at + 2));
    return this.place();
  }
  private place(): number {
    return placed(this.fingerprint[0] as number, this.fingerprint[1] as number);
  }
}
