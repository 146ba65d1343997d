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
import { Rows } from '../rows.ts';
import { Visited } from '../visited.ts';

export interface GraphOptions {
  readonly maxStates: number;
  readonly commands: readonly string[] | undefined;
  readonly calls: ((call: Call) => boolean) | undefined;
}

export class Graph<S = unknown> {
  readonly host: Packed<S>;
  /** False where there are more than `maxStates` states: then some have no edges yet. */
  readonly complete: boolean;
  /** For each number of steps, the first state that no fewer lead to. */
  readonly levels: readonly number[];

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
    const skip = calls && ((number: number): boolean => !calls(this.callOf(number)));
    const levels: number[] = [];
    let levelEnd = 0;
    this.host.write(initialState(machine, scope.sizes));
    this.find(noEdge);
    for (let state = 0; state < this.states && this.states <= maxStates; state++) {
      if (state === levelEnd) {
        levels.push(state);
        levelEnd = this.states;
      }
      this.append(this.first, this.edges.count);
      this.load(state);
      this.host.steps(this.visit, skip);
    }
    this.append(this.first, this.edges.count);
    this.levels = levels;
    this.complete = this.states <= maxStates;
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
    let [low, high] = [0, this.states];
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
