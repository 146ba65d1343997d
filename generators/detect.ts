/** How soon random testing finds a seeded bug, and how short the trace is that shows it. */
import * as fc from 'fast-check';
import {
  type Fault,
  type Machine,
  type Monitor,
  monitor,
  type Property,
  type Scope,
} from '../machine/index.ts';
import { alike } from './shrink/optimum.ts';
import { type Shrunk, shrink } from './shrink/shrink.ts';
import { type Failure, FailureRecord, runner, type Trace } from './trace.ts';
import { dispensableKindsOf, fuzzScope, TraceArbitrary, type TracesOptions } from './traces.ts';
import type { Observer } from './walk.ts';

export interface DetectOptions extends TracesOptions {
  readonly seed: number;
  /** How many commands may be drawn, refused ones included; 40,000 when absent. */
  readonly budget?: number;
  /** How many candidates the shrinker may run; 0 leaves the trace as it was found. */
  readonly shrinkBudget?: number;
}

export interface Detection {
  readonly seed: number;
  /** A property that must kill the fault was violated, at the first violation or just after it. */
  readonly found: boolean;
  /** Commands drawn until then, or until the budget was spent; refused ones included. */
  readonly commands: number;
  /** Traces begun. */
  readonly runs: number;
  /** Every property violated where the fault was found, or those seen instead of the named ones. */
  readonly foundBy: readonly string[];
  /** What a rule threw in a state in which nothing was violated yet, if one did. */
  readonly threw?: string;
  /** The trace as it was drawn, to the end of the failure. */
  readonly trace?: Trace;
  readonly failure?: Failure;
  readonly shrunk?: Shrunk;
}

/** The scope in which random traces look for a fault. */
export function scopeOf<S>(machine: Machine<S>, { randomScope: name }: Fault<Machine<S>>): Scope {
  return name === undefined ? fuzzScope(machine) : scopeNamed(machine, name);
}

/** Throws when the machine has no such scope. */
export function scopeNamed<S>(machine: Machine<S>, name: string): Scope {
  const scope = Object.values(machine.scopes).find((each) => each.name === name);
  if (scope === undefined) throw new Error(`there is no scope '${name}'`);
  return scope;
}

/**
 * Draws traces of the faulted machine while every property is asked after each command, until one
 * that the fault names is among the violated ones. Depends on the seed alone. `properties` may be of
 * any model whose machine this is; two-run properties are not asked.
 */
export function detect<S>(
  machine: Machine<S>,
  fault: Fault<Machine<S>>,
  properties: readonly Property<never>[],
  options: DetectOptions,
): Detection {
  const faulted = fault.apply(machine);
  const scope = options.scope ?? scopeOf(machine, fault);
  const { seed, budget = 40_000 } = options;
  const watch = new Watch(monitor(faulted, scope, properties), fault.killedBy, budget);
  // What the sound machine can do without serves all its faults, and is measured once.
  const { dispensable = dispensableKindsOf(machine, { ...options, scope }) } = options;
  const kept = dispensable.filter((kind) => kind in faulted.commands);
  const drawn = new TraceArbitrary(faulted, { ...options, scope, dispensable: kept }, watch);
  let trace: Trace | undefined;
  fc.check(
    fc.property(drawn, (last) => {
      if (watch.found) trace = last;
      if (watch.found) return false;
      // The only way to end a run early without a failure.
      if (watch.spent) throw new fc.PreconditionFailure(true);
      return true;
    }),
    { seed, numRuns: budget, endOnFailure: true },
  );
  const { commands, runs, failure, threw } = watch;
  const shared = { seed, commands, runs, ...(threw === undefined ? {} : { threw }) };
  if (trace === undefined || failure === undefined) {
    return { ...shared, found: false, foundBy: watch.others };
  }
  const found = { ...shared, found: true, foundBy: failure.found, trace, failure };
  const { shrinkBudget = 20_000 } = options;
  if (shrinkBudget === 0) return found;
  const shrunk = shrinkFailure(faulted, scope, trace, properties, fault.killedBy, shrinkBudget);
  return { ...found, shrunk };
}

/** Shrinks while one of the properties `named` is among those violated. */
function shrinkFailure<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  properties: readonly Property<never>[],
  named: readonly string[],
  budget: number,
): Shrunk {
  const running = runner(machine, scope, properties);
  const fails = (candidate: Trace): boolean => {
    try {
      const found = running.run(candidate).failure?.found ?? [];
      return found.some((id) => named.includes(id));
    } catch {
      // A rule that throws before anything is violated is another failure than this one.
      return false;
    }
  };
  const shrunk = shrink(machine, scope, trace, fails, { budget });
  const asked = properties.filter(({ id, kind }) => named.includes(id) && kind !== 'two-run');
  const states = alikeStates;
  const near = alike({ machine, scope, properties: asked, trace: shrunk.trace, states });
  // It may violate something else so much earlier that this is not its failure any more.
  return near.length < shrunk.trace.length && fails(near) ? { ...shrunk, trace: near } : shrunk;
}

/** States that the search for a shorter trace of the same calls may keep. */
const alikeStates = 5_000;

/** Asks the properties while a trace is drawn. */
class Watch implements Observer {
  commands = 0;
  runs = 0;
  threw: string | undefined;
  /** Properties that were violated where none of the named ones was. */
  readonly others: string[] = [];
  private readonly monitor: Monitor<unknown>;
  private readonly named: readonly string[];
  private readonly budget: number;
  private record = new FailureRecord();
  private length = 0;

  constructor(watch: Monitor<unknown>, named: readonly string[], budget: number) {
    this.monitor = watch;
    this.named = named;
    this.budget = budget;
  }

  get spent(): boolean {
    return this.commands >= this.budget;
  }
  get failure(): Failure | undefined {
    return this.record.result();
  }
  get found(): boolean {
    return this.failure?.found.some((id) => this.named.includes(id)) === true;
  }

  begin(state: unknown): boolean {
    this.runs++;
    this.length = 0;
    this.record = new FailureRecord();
    this.record.add(0, this.monitor.start(state));
    return this.ended();
  }
  accepted: Observer['accepted'] = (_state, call, events) => {
    this.count();
    this.record.add(this.length, this.monitor.after(call, events));
    return this.ended();
  };
  refused(): boolean {
    this.count();
    return this.ended();
  }
  failed(error: unknown): void {
    if (this.record.first === undefined) this.threw ??= String(error);
  }

  private count(): void {
    this.commands++;
    this.length++;
  }

  private ended(): boolean {
    if (this.record.settled(this.length)) {
      const { found } = this;
      for (const id of this.failure?.found ?? []) {
        if (!found && !this.others.includes(id)) this.others.push(id);
      }
      return true;
    }
    return this.spent && this.record.first === undefined;
  }
}
