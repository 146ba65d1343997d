/**
 * Traces: commands in a row, as plain data, and what happens when one runs from the initial state.
 */
import {
  type AnyEvent,
  type Call,
  type Machine,
  type Property,
  type Rejection,
  type Scope,
  type Step,
  type Tallies,
  type Violation,
  watched,
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

/** Properties are asked of so many steps together. */
const blockSteps = 64;

/** Runs many traces of one machine, compiled once. */
export interface Runner {
  /** Runs a trace from the initial state to its end, or to `settleSteps` commands after a failure. */
  run(trace: Trace): Run;
  /** How often each property was asked and could have failed, over all runs. */
  readonly tallies: Tallies;
}

/**
 * Runs traces while every property is asked after each command. Throws `UnknownCommand` on a kind
 * that the scope does not have, and what a rule of a faulty machine throws before any violation.
 */
export function runner<S>(
  machine: Machine<S>,
  scope: Scope,
  properties: readonly Property<never>[] = [],
): Runner {
  const watch = watched(machine, scope, properties);
  return {
    tallies: watch.tallies,
    run(trace) {
      const outcomes: TraceOutcome[] = [];
      const failures = new FailureRecord();
      failures.add(0, watch.start());
      const ask = (): void =>
        watch.ask((steps, violations) => {
          failures.add(steps, violations);
          return failures.settled(steps);
        });
      try {
        try {
          for (const call of trace) {
            if (failures.settled(watch.asked)) break;
            outcomes.push(outcomeOf(watch.step(call)));
            if (watch.waiting >= (failures.first === undefined ? blockSteps : 1)) ask();
          }
        } finally {
          ask();
        }
      } catch (error) {
        // The state was wrong already, and rules and properties need not cope with that.
        if (failures.first === undefined) throw error;
      }
      // Steps of a block that came too long after the failure never happened.
      outcomes.length = Math.min(outcomes.length, watch.asked);
      const failure = failures.result();
      return failure === undefined ? { outcomes } : { outcomes, failure };
    },
  };
}

function outcomeOf(step: Step<unknown>): TraceOutcome {
  return step.ok ? { ok: true, events: step.events } : { ok: false, rejection: step.rejection };
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
