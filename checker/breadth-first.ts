/**
 * Breadth-first search: every state that a machine can reach in a scope, nearest first, so that a
 * trace to a violation is as short as can be. Plain on purpose: one map of keys, one thread.
 *
 * A key is the encoded state, followed by what the run has promised where `within` properties are
 * asked: two runs that meet in one state with different promises are two states of the search.
 */
import {
  type Call,
  type Change,
  encoder,
  enumerate,
  evaluation,
  inPlace,
  type Machine,
  OutOfBounds,
  type Plan,
  type Property,
  plans,
  type Scope,
  type Tallies,
  type View,
  type Violation,
} from '../machine/index.ts';

export interface BreadthFirstOptions<S> {
  /** Invariants, transition properties, bounded promises and goals; two-run properties are left out. */
  readonly properties?: readonly Property<never>[];
  /** Ends the search at the nearest state that satisfies this. */
  readonly goal?: (state: View<S>) => boolean;
  /** How many states may be kept. */
  readonly maxStates?: number;
  /** How many commands a trace may have. */
  readonly maxDepth?: number;
  /** The command kinds that may happen; those of the scope when absent. */
  readonly commands?: readonly string[];
  /** The calls that may happen, of those that the state allows. */
  readonly calls?: (call: Call) => boolean;
}

export interface SearchCounts {
  /** States found, the initial one included. */
  readonly distinct: number;
  /** Steps taken, those to a known state included. */
  readonly generated: number;
  /** Steps from the initial state to the furthest state found. */
  readonly depth: number;
  readonly tallies: Tallies;
}
/**
 * `holds`: every reachable state was seen and nothing is wrong, nor is the goal reached.
 * `violated`, `reached`: with a trace that no shorter one replaces. `inconclusive`: a limit cut.
 */
export type SearchResult = SearchCounts &
  (
    | { readonly verdict: 'holds' | 'inconclusive' }
    | { readonly verdict: 'reached'; readonly trace: readonly Call[] }
    | {
        readonly verdict: 'violated';
        readonly trace: readonly Call[];
        readonly violations: readonly Violation[];
      }
  );

/**
 * Throws `OutOfBounds` where a command takes a number out of the bounds of the scope: it names the
 * command and carries the trace.
 */
export function breadthFirst<S>(
  machine: Machine<S>,
  scope: Scope,
  options: BreadthFirstOptions<S> = {},
): SearchResult {
  const { maxStates = Number.POSITIVE_INFINITY, maxDepth = Number.POSITIVE_INFINITY } = options;
  const search = new Search(machine, scope, options);
  search.begin();
  let level = 0;
  let levelEnd = search.keys.length;
  for (let id = 0; id < search.keys.length && !search.stopped; id++) {
    if (id === levelEnd) {
      level++;
      levelEnd = search.keys.length;
    }
    if (level >= maxDepth || search.keys.length > maxStates) return search.result('inconclusive');
    search.expand(id);
    if (search.keys.length > levelEnd) search.depth = level + 1;
  }
  return search.result('holds');
}

class Search<S> {
  /** For each state found: its key, the state it was found from, and which step of that one. */
  readonly keys: string[] = [];
  private readonly parents: number[] = [];
  private readonly steps: number[] = [];
  private readonly ids = new Map<string, number>();
  private generated = 0;
  depth = 0;
  /** What ended the search, and the trace to it. */
  private ending:
    | { readonly trace: readonly Call[]; readonly violations?: Violation[] }
    | undefined;

  private readonly host;
  private readonly encoder;
  private readonly plans: readonly Plan[];
  private readonly asked;
  /** The state whose steps are taken, and the state after a step: two objects for all states. */
  private readonly expanded: S;
  private readonly work: S;
  private readonly size: Scope['sizes'];
  private readonly options: BreadthFirstOptions<S>;

  constructor(machine: Machine<S>, scope: Scope, options: BreadthFirstOptions<S>) {
    this.host = inPlace(machine, scope);
    this.encoder = encoder(machine.shape, scope.sizes);
    this.plans = plans(this.host.engine).filter(
      ({ command }) => options.commands?.includes(command.kind) ?? true,
    );
    // Which model the properties are of does not matter to what asks them.
    const properties = (options.properties ?? []) as readonly Property[];
    this.asked = evaluation(machine as Machine, scope.sizes, properties);
    this.expanded = this.host.initial();
    this.work = this.host.initial();
    this.size = scope.sizes;
    this.options = options;
  }

  get stopped(): boolean {
    return this.ending !== undefined;
  }

  begin(): void {
    const state = this.host.initial();
    const found: Violation[] = [];
    this.asked.promises.open(state);
    this.add(this.encoder.encode(state) + this.asked.promises.save(), state, -1, -1, found);
    this.judge(state, found, () => []);
  }

  /** Takes every step from a state; adds the states that are new. */
  expand(id: number): void {
    const key = this.keys[id] as string;
    const state = this.encoder.decode(key, this.expanded);
    // The promises are the last characters of a key.
    const promised = key.slice(key.length - this.asked.promises.instances);
    let step = 0;
    this.enumerate(state, (call) => {
      this.step(state, promised, id, step++, call);
      return this.stopped;
    });
  }

  private step(before: S, promised: string, parent: number, step: number, call: Call): void {
    const { asked, work: after, size } = this;
    this.generated++;
    this.host.copier.copyInto(after, before);
    const events = this.host.engine.run(after, call);
    // The change is of the state S, which properties of any model leave open.
    const change = { before, call, after, events, size } as unknown as Change;
    const found: Violation[] = [];
    asked.change(change, found);
    asked.promises.restore(promised);
    asked.promises.advance(change, found);
    asked.promises.open(after);
    const key = this.keyOf(after, parent, call) + asked.promises.save();
    if (!this.ids.has(key)) this.add(key, after, parent, step, found);
    this.judge(after, found, () => [...this.trace(parent), call]);
  }

  private keyOf(state: S, parent: number, call: Call): string {
    try {
      return this.encoder.encode(state);
    } catch (error) {
      if (!(error instanceof OutOfBounds)) throw error;
      const trace = [...this.trace(parent), call];
      throw new OutOfBounds(error.path, error.problem, call.kind, trace);
    }
  }

  private add(key: string, state: S, parent: number, step: number, found: Violation[]): void {
    this.ids.set(key, this.keys.length);
    this.keys.push(key);
    this.parents.push(parent);
    this.steps.push(step);
    this.asked.state(state, found);
  }

  private judge(state: S, violations: Violation[], trace: () => readonly Call[]): void {
    if (violations.length > 0) this.ending = { trace: trace(), violations };
    else if (this.options.goal?.(state as View<S>) === true) this.ending = { trace: trace() };
  }

  /** The calls from the initial state to a state, found by taking the recorded steps again. */
  private trace(id: number): readonly Call[] {
    const calls: Call[] = [];
    for (let at = id; at > 0; at = this.parents[at] as number) {
      let left = this.steps[at] as number;
      this.enumerate(
        this.encoder.decode(this.keys[this.parents[at] as number] as string),
        (call) => {
          if (left-- > 0) return false;
          calls.push(call);
          return true;
        },
      );
    }
    return calls.reverse();
  }

  private enumerate(state: S, visit: (call: Call) => boolean): void {
    const { calls } = this.options;
    for (const plan of this.plans) {
      const stopped = enumerate(this.host.engine, plan, state, (call) =>
        calls === undefined || calls(call) ? visit(call) : false,
      );
      if (stopped) return;
    }
  }

  result(verdict: 'holds' | 'inconclusive'): SearchResult {
    const { generated, depth, ending } = this;
    const { tallies } = this.asked;
    const counts = { distinct: this.keys.length, generated, depth, tallies };
    if (ending === undefined) return { ...counts, verdict };
    const { trace, violations } = ending;
    return violations === undefined
      ? { ...counts, verdict: 'reached', trace }
      : { ...counts, verdict: 'violated', trace, violations };
  }
}
