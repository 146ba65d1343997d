/**
 * The graph of a machine in a scope: every state that it can reach and every step between them.
 * Whether a run is fair is a question about all steps of its states, so all of them are kept.
 *
 * States are numbered in the order in which a breadth-first search finds them. The steps of a state
 * are edges with consecutive numbers, in the order of the calls.
 */
import {
  type Call,
  initialState,
  type Machine,
  type Packed,
  packed,
  type Scope,
  type View,
} from '../../machine/index.ts';
import { placed } from '../hash.ts';
import { type SearchProgress, statesInPiece } from '../pieces.ts';
import { RuleThrew } from '../result.ts';
import { Rows } from '../rows.ts';
import { Visited } from '../visited.ts';

export interface GraphOptions {
  readonly maxStates: number;
  readonly commands: readonly string[] | undefined;
  readonly calls: ((call: Call) => boolean) | undefined;
}

export class Graph<S = unknown> {
  readonly host: Packed<S>;
  /** Every state has its edges. */
  complete = false;
  /** For each number of steps, the first state that no fewer lead to. */
  readonly levels: number[] = [];

  private readonly initial: S;
  private readonly maxStates: number;
  private readonly skip: ((call: number) => boolean) | undefined;
  private readonly rows: Rows;
  private readonly visited: Visited;
  /** Of each edge: the state that it leads to, and the number of its call. */
  private readonly edges: Rows = new Rows(2);
  /** Of each state: its first edge. One more at the end, so that every state has a next one. */
  private readonly first: Rows = new Rows(1);
  /** Of each state: the edge that it was found by. */
  private readonly found: Rows = new Rows(1);
  private readonly known: (Call | undefined)[] = [];
  private readonly fingerprint = new Int32Array(2);
  private readonly words = new Int32Array(2);

  constructor(machine: Machine<S>, scope: Scope, options: GraphOptions) {
    const { maxStates, commands, calls } = options;
    // States are compared as they are, so one lane finds their place.
    const lanes = 1;
    this.host = packed(machine, scope, commands === undefined ? { lanes } : { lanes, commands });
    this.rows = new Rows(this.host.words.length);
    this.visited = new Visited(this.rows, (row) => {
      this.host.fingerprintOf(this.rows.chunk(row), this.rows.at(row), this.fingerprint);
      return this.place();
    });
    this.skip = calls && ((number) => !calls(this.callOf(number)));
    this.initial = initialState(machine, scope.sizes);
    this.maxStates = maxStates;
  }

  /** Finds every state and step, unless there are too many or it is told to stop. Throws `RuleThrew`. */
  *explore(): Generator<SearchProgress, void, boolean | undefined> {
    const { host, levels } = this;
    host.write(this.initial);
    this.find(noEdge);
    let levelEnd = 0;
    for (let state = 0; state < this.states; state++) {
      if (state === levelEnd) {
        levels.push(state);
        levelEnd = this.states;
      }
      this.append(this.first, this.edges.count);
      this.load(state);
      try {
        host.steps(this.visit, this.skip);
      } catch (cause) {
        throw this.thrown(cause, state, host.running());
      }
      if (this.states > this.maxStates) return;
      if (state % statesInPiece === 0 && (yield this.progress) === true) return;
    }
    this.append(this.first, this.edges.count);
    this.complete = true;
  }

  /** How far the search is. */
  get progress(): SearchProgress {
    const { states, steps, levels, bytes } = this;
    return { distinct: states, generated: steps, depth: Math.max(0, levels.length - 1), bytes };
  }
  /** What a rule threw at a call, or a property in a state. */
  thrown(cause: unknown, state: number, running?: Call): RuleThrew {
    const { progress, levels } = this;
    const path = this.pathTo(state).map((edge) => this.callOf(this.call(edge)));
    const sizes = levels.map((first, i) => (levels[i + 1] ?? this.states) - first);
    const none = { commands: new Map(), tallies: new Map(), witnesses: new Map() };
    const trace = running === undefined ? path : [...path, running];
    return new RuleThrew(cause, trace, { ...progress, levels: sizes, ...none });
  }

  /** How many states and edges there are. */
  get states(): number {
    return this.rows.count;
  }
  get steps(): number {
    return this.edges.count;
  }
  /** Bytes that are kept. */
  get bytes(): number {
    const kept = [this.rows, this.edges, this.first, this.found];
    return kept.reduce((sum, { count, width }) => sum + 4 * count * width, this.visited.bytes);
  }

  /** A state as properties see it, until the next one is asked for. */
  view(state: number): View<S> {
    this.load(state);
    return this.host.view;
  }
  /** The edges of a state: from its first up to, not including, the first of the next state. */
  firstEdge(state: number): number {
    return valueAt(this.first, state);
  }
  /** The state that an edge leads to. */
  target(edge: number): number {
    return this.edges.chunk(edge)[this.edges.at(edge)] as number;
  }
  /** The number of the call of an edge. */
  call(edge: number): number {
    return this.edges.chunk(edge)[this.edges.at(edge) + 1] as number;
  }
  /** The call of a number: the same object each time. */
  callOf(number: number): Call {
    this.known[number] ??= this.host.call(number);
    return this.known[number];
  }
  /** The state that an edge leaves. */
  source(edge: number): number {
    // While states are being found, the last of them have no edges yet.
    let [low, high] = [0, Math.min(this.states, this.first.count)];
    while (high - low > 1) {
      const middle = (low + high) >>> 1;
      if (this.firstEdge(middle) <= edge) low = middle;
      else high = middle;
    }
    return low;
  }
  /** The edge by which a state was found, the last one of a shortest path; -1 for the initial state. */
  foundBy(state: number): number {
    return valueAt(this.found, state);
  }
  /** The edges of a shortest path from the initial state. */
  pathTo(state: number): readonly number[] {
    const path: number[] = [];
    let at = state;
    for (let edge = this.foundBy(at); edge >= 0; edge = this.foundBy(at)) {
      path.push(edge);
      at = this.source(edge);
    }
    return path.reverse();
  }

  private readonly visit = (call: number): boolean => {
    const edge = this.edges.count;
    const { words } = this;
    words[0] = this.find(edge);
    words[1] = call;
    this.edges.push(words, 0);
    return false;
  };

  /** The number of the state that the host is in; a new one where it was not found before. */
  private find(edge: number): number {
    this.host.fingerprint(this.fingerprint);
    const state = this.visited.insert(this.place(), this.host.words, 0);
    if (state < 0) return ~state;
    this.append(this.found, edge);
    return state;
  }
  private place(): number {
    return placed(this.fingerprint[0] as number, this.fingerprint[1] as number);
  }
  private load(state: number): void {
    this.host.load(this.rows.chunk(state), this.rows.at(state));
  }
  private append(to: Rows, value: number): void {
    this.words[0] = value;
    to.push(this.words, 0);
  }
}

/** In place of the edge that a state was found by. */
const noEdge = -1;

function valueAt(rows: Rows, row: number): number {
  return rows.chunk(row)[rows.at(row)] as number;
}
