/** `traces(machine)`: a fast-check arbitrary of command sequences that know the state they are in. */
import * as fc from 'fast-check';
import {
  type CallOf,
  type CommandTable,
  type Machine,
  names,
  problemsOfCall,
  type Scope,
} from '../machine/index.ts';
import { type Subject, Surgeon } from './shrink/subject.ts';
import { beginning, candidates, type Place } from './shrink/tree.ts';
import { dispensableKinds, drawOff } from './swarm.ts';
import { commandsMax, type Trace } from './trace.ts';
import { type Observer, Walker, type WalkOptions } from './walk.ts';
import { commandWeights } from './weights.ts';

export interface TracesOptions {
  /** The configuration; the machine's scope named `fuzz` when absent, or its first one. */
  readonly scope?: Scope;
  /** The most commands of a trace, 240 when absent; lengths are uniform from 1 on. */
  readonly maxLength?: number;
  /** The share of commands that are refused on purpose, 0 to 1; 0.1 when absent. */
  readonly illegal?: number;
  /** The kinds of commands to draw; all of the scope when absent. */
  readonly commands?: readonly string[];
  /** How often a kind is drawn, compared with the others; `commandWeights` or 1 where absent. */
  readonly weights?: Readonly<Record<string, number>>;
  /**
   * The share of traces that do without some kinds of commands, 0 to 1; 0 when absent. With the
   * weights of memory, faults of the VMM are found sooner without (median 443 against 536 commands).
   */
  readonly swarm?: number;
  /**
   * The kinds that such traces may do without. When absent, a fixed short probe of the machine finds
   * them: every kind without which no other kind stops happening.
   */
  readonly dispensable?: readonly string[];
}

/** The scope that random testing uses unless told otherwise. Throws when the machine has none. */
export function fuzzScope<S>(machine: Machine<S>): Scope {
  const { fuzz } = machine.scopes;
  const scope = fuzz ?? Object.values(machine.scopes)[0];
  if (scope === undefined) throw new Error(`machine '${machine.name}' declares no scope`);
  return scope;
}

/**
 * Traces of a machine from its initial state. Each command is drawn from the state that the commands
 * before it lead to; about one in ten is refused on purpose. What is drawn depends on the random
 * source alone, so `{ seed, path }` replays a counterexample, and a trace from a file can be given as
 * an example and is shrunk like any other.
 *
 * Throws on a kind in an option that the scope does not have, and on a share outside
 * 0 to 1.
 */
export function traces<S, T extends CommandTable>(
  machine: Machine<S, T>,
  options: TracesOptions = {},
): fc.Arbitrary<Trace<CallOf<T>>> {
  // Calls are drawn from the declarations that `CallOf` is derived from.
  return new TraceArbitrary(machine, options) as fc.Arbitrary<Trace> as fc.Arbitrary<
    Trace<CallOf<T>>
  >;
}

/** The arbitrary behind `traces`; an observer may follow what is generated and cut it short. */
export class TraceArbitrary<S> extends fc.Arbitrary<Trace> {
  private readonly machine: Machine<S>;
  private readonly scope: Scope;
  private readonly options: WalkOptions;
  private readonly swarm: number;
  private readonly dispensable: readonly string[] | undefined;
  private readonly observer: Observer | undefined;
  private walker: Walker<S> | undefined;
  private surgeon: Surgeon<S> | undefined;

  constructor(machine: Machine<S>, options: TracesOptions, observer?: Observer) {
    super();
    this.machine = machine;
    const scope = options.scope ?? fuzzScope(machine);
    this.options = walkOptions(machine, scope, options);
    // Shrinking replaces commands by others: by those that may be drawn.
    this.scope = options.commands === undefined ? scope : { ...scope, commands: options.commands };
    this.swarm = share('swarm', options.swarm ?? 0);
    this.dispensable = options.dispensable;
    this.observer = observer;
  }

  override generate(random: fc.Random): fc.Value<Trace> {
    this.walker ??= new Walker(this.machine, this.scope, this.options, random);
    return new fc.Value(this.walker.walk(random, this.off(random), this.observer), undefined);
  }

  private off(random: fc.Random): ReadonlySet<string> {
    if (random.nextInt(0, 999) >= this.swarm * 1000) return nothing;
    const { machine, scope, options } = this;
    return drawOff(random, this.dispensable ?? dispensableKinds(machine, scope, options));
  }

  override canShrinkWithoutContext(value: unknown): value is Trace {
    return (
      Array.isArray(value) &&
      value.length <= commandsMax &&
      value.every((call) => problemsOfCall(this.machine, this.scope, call).length === 0)
    );
  }

  override shrink(value: Trace, context: unknown): fc.Stream<fc.Value<Trace>> {
    this.surgeon ??= new Surgeon(this.machine, this.scope);
    const resumed = context instanceof Resumption ? context : undefined;
    const subject = resumed?.subject ?? this.surgeon.examine(value);
    const tried = resumed?.enter() ?? new Set();
    return fc.stream(this.simpler(subject, resumed?.place ?? beginning, tried));
  }

  private *simpler(
    from: Subject,
    place: Place,
    tried: Set<string>,
  ): Generator<fc.Value<Trace>, undefined, undefined> {
    this.surgeon ??= new Surgeon(this.machine, this.scope);
    for (const { subject, place: then } of candidates(from, this.surgeon, place, tried)) {
      yield new fc.Value(subject.calls, new Resumption(subject, then, tried));
    }
    return undefined;
  }
}

/** The context of a candidate: how to go on from it when it turns out to fail. */
class Resumption {
  readonly subject: Subject;
  readonly place: Place;
  private tried: Set<string> | undefined;

  constructor(subject: Subject, place: Place, tried: Set<string>) {
    this.subject = subject;
    this.place = place;
    this.tried = tried;
  }

  /**
   * What was tried on the way here, the first time; afterwards nothing. A second call means that a
   * value beside the trace has changed (in a tuple), so that what passed before may fail now.
   */
  enter(): Set<string> {
    const tried = this.tried ?? new Set();
    this.tried = undefined;
    return tried;
  }
}

const nothing: ReadonlySet<string> = new Set();

/** The kinds that traces of these options may do without; see `TracesOptions.dispensable`. */
export function dispensableKindsOf<S>(
  machine: Machine<S>,
  options: TracesOptions = {},
): readonly string[] {
  const scope = options.scope ?? fuzzScope(machine);
  return (
    options.dispensable ?? dispensableKinds(machine, scope, walkOptions(machine, scope, options))
  );
}

function walkOptions<S>(machine: Machine<S>, scope: Scope, options: TracesOptions): WalkOptions {
  const known = kindsOf(machine, scope);
  const { commands: wanted = [], weights: weighed = {}, dispensable = [] } = options;
  for (const kind of [...wanted, ...Object.keys(weighed), ...dispensable]) {
    if (!known.includes(kind)) {
      throw new Error(`there is no command '${kind}' in scope '${scope.name}'`);
    }
  }
  const { maxLength = 240, illegal = 0.1, commands = known, weights = {} } = options;
  if (!Number.isInteger(maxLength) || maxLength < 1) {
    throw new RangeError(`maxLength is ${maxLength}, not a whole number from 1 on`);
  }
  return {
    maxLength,
    illegal: share('illegal', illegal),
    kinds: commands,
    weights: { ...commandWeights, ...weights },
  };
}

function kindsOf<S>(machine: Machine<S>, scope: Scope): readonly string[] {
  const kinds = Object.keys(machine.commands);
  return kinds.filter((kind) => names(scope.commands, kind));
}

function share(name: string, value: number): number {
  if (value >= 0 && value <= 1) return value;
  throw new RangeError(`${name} is ${value}, not a share from 0 to 1`);
}
