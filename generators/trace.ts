/**
 * Traces: commands in a row, as plain data, and what happens when one runs from the initial state.
 */
import {
  type AnyEvent,
  type Call,
  inPlace,
  type Machine,
  monitor,
  type Property,
  type Rejection,
  type Scope,
  type Tallies,
  type Violation,
} from '../machine/index.ts';

/** Commands in the order in which they are given to a machine in its initial state. */
export type Trace<C extends Call = Call> = readonly C[];

/** Traces from outside (files, examples) with more commands than these are not taken. */
export const commandsMax = 100_000;

/** What came of one command of a trace. */
export type TraceOutcome =
  | { readonly ok: true; readonly events: readonly AnyEvent[] }
  | { readonly ok: false; readonly rejection: Rejection };

/** How a trace first violated something. */
export interface Failure {
  /** How many commands had run: 0 is the initial state, 1 the state after the first command. */
  readonly step: number;
  /** Every property violated at that step. */
  readonly violations: readonly Violation[];
  /** The ids of all properties violated at that step or in the `settleSteps` commands after it. */
  readonly found: readonly string[];
}

export interface Run {
  /** One for each command that ran: all of the trace, or those up to and just after a failure. */
  readonly outcomes: readonly TraceOutcome[];
  readonly failure?: Failure;
}

/** A property counts as violated by a trace up to this many commands after the first violation. */
export const settleSteps = 3;

/** Runs many traces of one machine, compiled once. */
export interface Runner {
  /** Runs a trace from the initial state to its end, or to `settleSteps` commands after a failure. */
  run(trace: Trace): Run;
  /** How often each property was asked and could have failed, over all runs. */
  readonly tallies: Tallies;
}

/**
 * Runs traces on the in-place host while every property is asked. Throws `UnknownCommand` on a kind
 * that the scope does not have, and what a rule of a faulty machine throws before any violation.
 */
export function runner<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[] = [],
): Runner {
  const host = inPlace(machine, scope);
  const watch = monitor(machine, scope, properties);
  return {
    tallies: watch.tallies,
    run(trace) {
      const state = host.initial();
      const outcomes: TraceOutcome[] = [];
      const failures = new FailureRecord();
      failures.add(0, watch.start(state));
      for (const call of trace) {
        if (failures.settled(outcomes.length)) break;
        try {
          const result = host.step(state, call);
          if (!result.ok) {
            outcomes.push({ ok: false, rejection: result.rejection });
            watch.refused(call, result.rejection.code);
          } else {
            const { events } = result;
            outcomes.push({ ok: true, events });
            failures.add(outcomes.length, watch.after(state, call, events));
          }
        } catch (error) {
          // The state was wrong already, and rules need not cope with that.
          if (failures.first === undefined) throw error;
          break;
        }
      }
      const failure = failures.result();
      return failure === undefined ? { outcomes } : { outcomes, failure };
    },
  };
}

/** Runs one trace; see `runner` for many. */
export function run<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  properties: readonly Property<never>[] = [],
): Run {
  return runner(machine, scope, properties).run(trace);
}

/** Collects the violations of one run. */
export class FailureRecord {
  first: { readonly step: number; readonly violations: readonly Violation[] } | undefined;
  private readonly found: string[] = [];

  add(step: number, violations: readonly Violation[]): void {
    if (violations.length === 0) return;
    this.first ??= { step, violations };
    for (const { property } of violations) {
      if (!this.found.includes(property)) this.found.push(property);
    }
  }

  /** Whether commands after this many steps would tell nothing more. */
  settled(step: number): boolean {
    return this.first !== undefined && step >= this.first.step + settleSteps;
  }

  result(): Failure | undefined {
    return this.first === undefined ? undefined : { ...this.first, found: [...this.found] };
  }
}
