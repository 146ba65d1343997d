/**
 * A random walk through the states of a machine: the trace that it takes. Every command is drawn
 * from the state that the walk is in.
 */
import type * as fc from 'fast-check';
import {
  type AnyEvent,
  type Call,
  engine,
  type InPlace,
  inPlace,
  type Machine,
  type Scope,
} from '../machine/index.ts';
import { likelyCalls } from './likely.ts';
import { RandomCalls } from './random-call.ts';

/** How commands are drawn. */
export interface WalkOptions {
  /** The most commands of a trace; the length is uniform from 1 on. */
  readonly maxLength: number;
  /** The share of commands that are refused on purpose, 0 to 1. */
  readonly illegal: number;
  /** The kinds that may be drawn, a part of those of the scope. */
  readonly kinds: readonly string[];
  /** How often a kind is drawn, compared with others that are possible; 1 where it is absent. */
  readonly weights: Readonly<Record<string, number>>;
}

/** Follows a walk as it is taken; stops it by returning true. */
export interface Observer {
  begin(state: unknown): boolean;
  accepted(state: unknown, call: Call, events: readonly AnyEvent[]): boolean;
  refused(call: Call): boolean;
  /** A rule of a faulty machine threw; the walk ends. */
  failed?(error: unknown): void;
}

/** A kind that the trace has not used yet counts this many times. */
const unusedBoost = 4;
/** To find a kind impossible takes long: it is tried a bit less often then, down to a share. */
const cooling = 0.8;
const coolestShare = 0.5;
/** The share of commands whose arguments must lead somewhere. */
const likelyShare = 0.9;
/** Draws for a call that is refused; after that, what comes is taken. */
const illegalTries = 4;
/** What is left of the sum of all weights when all have been taken away again, at most. */
const negligible = 1e-9;
/** Shares and weights are drawn in units of this. */
const unit = 2 ** 30;

/** Draws traces of a machine in a scope. Whatever it returns depends on the random source alone. */
export class Walker<S> {
  private readonly host: InPlace<S>;
  private readonly options: WalkOptions;
  private readonly calls: RandomCalls;
  /** Draws only calls that lead somewhere. */
  private readonly likely: RandomCalls;
  private readonly weights: readonly number[];
  /** For each kind of the engine: its weight in this trace, 0 where it is switched off. */
  private readonly current: number[];
  /** Kinds found impossible in the state that the walk is in, with their weights from now on. */
  private readonly impossible: { readonly kind: number; readonly weight: number }[] = [];
  private random: fc.Random;

  constructor(machine: Machine<S>, scope: Scope, options: WalkOptions, random: fc.Random) {
    this.host = inPlace(machine, scope);
    this.options = options;
    this.calls = new RandomCalls(this.host.engine, random);
    this.likely = new RandomCalls(engine(likelyCalls(machine) as Machine, scope), random);
    this.random = random;
    const { kinds } = this.host.engine;
    this.weights = kinds.map((kind) =>
      options.kinds.includes(kind) ? (options.weights[kind] ?? 1) : 0,
    );
    this.current = [...this.weights];
  }

  /** Draws a trace; `off` says which kinds this one does without. */
  walk(random: fc.Random, off: ReadonlySet<string>, observer?: Observer): Call[] {
    this.random = random;
    this.calls.begin(random);
    this.likely.begin(random);
    const { kinds } = this.host.engine;
    for (let kind = 0; kind < kinds.length; kind++) {
      this.current[kind] = off.has(kinds[kind] as string)
        ? 0
        : (this.weights[kind] as number) * unusedBoost;
    }
    const length = random.nextInt(1, this.options.maxLength);
    const trace: Call[] = [];
    const state = this.host.initial();
    try {
      if (observer?.begin(state) === true) return trace;
      while (trace.length < length) {
        const call = this.next(state);
        if (call === undefined) break;
        trace.push(call);
        if (this.step(state, call, observer)) break;
      }
    } catch (error) {
      // A faulty rule, often in a state that is wrong already. Whoever runs the trace sees it too.
      observer?.failed?.(error);
    }
    return trace;
  }

  /** Takes a step; true when the walk ends with it. */
  private step(state: S, call: Call, observer: Observer | undefined): boolean {
    const result = this.host.step(state, call);
    if (!result.ok) return observer?.refused(call) === true;
    this.calls.used(call);
    this.likely.used(call);
    return observer?.accepted(state, call, result.events) === true;
  }

  private next(state: S): Call | undefined {
    const { illegal } = this.options;
    const wanted = illegal > 0 && this.chance(illegal);
    return (wanted ? this.illegal(state) : undefined) ?? this.legal(state);
  }

  private chance(share: number): boolean {
    return this.random.nextInt(0, unit - 1) < share * unit;
  }

  /** A possible command of a random kind: kinds that the trace has not used come first. */
  private legal(state: S): Call | undefined {
    const first = this.chance(likelyShare) ? this.likely : this.calls;
    return (
      this.legalBy(first, state) ??
      (first === this.calls ? undefined : this.legalBy(this.calls, state))
    );
  }

  private legalBy(calls: RandomCalls, state: S): Call | undefined {
    const { current, impossible } = this;
    let found: Call | undefined;
    let total = sum(current);
    while (found === undefined && total > negligible) {
      const kind = this.kindOf(total);
      if (kind < 0) break;
      found = calls.legal(kind, state);
      const weight = current[kind] as number;
      if (found !== undefined) current[kind] = this.weights[kind] as number;
      else {
        const coolest = (this.weights[kind] as number) * coolestShare;
        impossible.push({ kind, weight: Math.max(weight * cooling, coolest) });
        current[kind] = 0;
        total -= weight;
      }
    }
    for (const { kind, weight } of impossible) current[kind] = weight;
    impossible.length = 0;
    return found;
  }

  private kindOf(total: number): number {
    let left = (this.random.nextInt(0, unit - 1) / unit) * total;
    for (let kind = 0; kind < this.current.length; kind++) {
      left -= this.current[kind] as number;
      if (left < 0) return kind;
    }
    return this.current.findLastIndex((weight) => weight > 0);
  }

  /** A command that is refused: near a legal one, or anything. */
  private illegal(state: S): Call | undefined {
    const total = sum(this.current);
    if (total === 0) return undefined;
    let call: Call | undefined;
    for (let tries = 0; tries < illegalTries; tries++) {
      const kind = this.kindOf(total);
      const near = this.random.nextInt(0, 1) === 0 ? this.calls.legal(kind, state) : undefined;
      call = near === undefined ? this.calls.arbitrary(kind) : this.calls.mutated(near);
      if (this.host.engine.refusal(state, call) !== undefined) return call;
    }
    return call;
  }
}

function sum(numbers: readonly number[]): number {
  let total = 0;
  for (const each of numbers) total += each;
  return total;
}
