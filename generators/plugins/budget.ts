/** Ends a run of fast-check by commands or by time, and says so. */
import * as fc from 'fast-check';
import { type TraceAt, traceOf } from './trace-of.ts';
import { untilFailure } from './until-failure.ts';

export interface BudgetOptions extends TraceAt {
  /** How many commands may run before the first failure. */
  readonly commands?: number;
  /** How many seconds may pass before the first failure. */
  readonly seconds?: number;
  /** Throws `BudgetSpent` at the end of a run that the budget ended, instead of letting it pass. */
  readonly failWhenSpent?: boolean;
}

/** What a run has spent before its first failure, if it had one. */
export interface Spending {
  readonly runs: number;
  readonly commands: number;
  readonly seconds: number;
  /** The budget ended the run: what was not refuted until then is inconclusive, it does not hold. */
  readonly exhausted: boolean;
}

export interface Budget extends fc.Plugin<unknown> {
  spending(): Spending;
}

/**
 * A plugin that lets no run begin once the budget is spent; what shrinks a failure is not counted.
 * fast-check takes an ended run for a success: ask `spending().exhausted`, which is about the last run
 * that had this plugin, or set `failWhenSpent`.
 */
export function budget(options: BudgetOptions): Budget {
  const { commands: commandsMax = Number.POSITIVE_INFINITY } = options;
  const { seconds: secondsMax = Number.POSITIVE_INFINITY } = options;
  let runs = 0;
  let commands = 0;
  let seconds = 0;
  let exhausted = false;
  const plugin: fc.Plugin<unknown> = () => {
    const begun = performance.now();
    [runs, commands, seconds, exhausted] = [0, 0, 0, false];
    return {
      decorateRun: untilFailure((values) => {
        seconds = (performance.now() - begun) / 1000;
        if (commands >= commandsMax || seconds >= secondsMax) {
          exhausted = true;
          return new fc.PreconditionFailure(true);
        }
        runs++;
        commands += traceOf(values, options).length;
        return undefined;
      }),
      onAllRunsComplete: ({ counterexample }) => {
        if (exhausted && counterexample === null && options.failWhenSpent === true) {
          throw new BudgetSpent({ runs, commands, seconds, exhausted });
        }
      },
    };
  };
  return Object.assign(plugin, {
    spending: (): Spending => ({ runs, commands, seconds, exhausted }),
  });
}

/** A run that neither failed nor did all that it was asked to do. */
export class BudgetSpent extends Error {
  readonly spending: Spending;
  constructor(spending: Spending) {
    const { runs, commands, seconds } = spending;
    const spent = `${runs} runs, ${commands} commands, ${seconds.toFixed(1)} seconds`;
    super(`inconclusive: the budget was spent after ${spent}`);
    this.name = 'BudgetSpent';
    this.spending = spending;
  }
}
