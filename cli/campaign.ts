/** Random testing of one machine in one scope, until something fails, time is up, or it is enough. */
import * as fc from 'fast-check';
import { type Failure, judge, type Trace, traces } from '../generators/index.ts';
import {
  type Call,
  isConjecture,
  type Machine,
  type Property,
  type Scope,
  type Tallies,
} from '../machine/index.ts';
import { pauses } from './io.ts';
import type { Stop, StopReason } from './stop.ts';

export interface Campaign<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly properties: readonly Property<never>[];
  readonly seed: number;
  readonly runs: number;
  readonly stop: Stop;
  readonly progress: (runs: number) => void;
}

/** How a trace failed, and how to draw it again. */
export interface FoundFailure {
  readonly trace: readonly Call[];
  readonly failure: Failure;
  readonly seed: number;
  readonly path: string;
}

export interface CampaignResult {
  readonly runs: number;
  readonly commands: number;
  readonly tallies: Tallies;
  readonly found?: FoundFailure;
  /** For each conjecture that was broken, by its id: the first trace that did. */
  readonly broken: ReadonlyMap<string, Trace>;
  /** Why it ended before all runs were done. */
  readonly stopped?: StopReason;
}

/** Thrown through fast-check to end its run. */
class Stopped extends Error {
  readonly reason: StopReason;
  constructor(reason: StopReason) {
    super(reason);
    this.reason = reason;
  }
}

export async function campaign<S>(options: Campaign<S>): Promise<CampaignResult> {
  const { machine, scope, properties, seed, stop } = options;
  const each = judge(machine, scope, properties);
  const breaches = firstBreaches(properties, each.tallies);
  const pause = pauses();
  let runs = 0;
  let commands = 0;
  let failed: { readonly trace: Trace; readonly failure: Failure } | undefined;
  const property = fc.asyncProperty(traces(machine, { scope }), async (trace) => {
    await pause();
    const reason = stop();
    if (reason !== undefined) throw new Stopped(reason);
    const failure = each.failure(trace);
    breaches.see(trace);
    runs++;
    commands += trace.length;
    options.progress(runs);
    if (failure !== undefined) failed = { trace, failure };
    return failure === undefined;
  });
  const details = await fc.check(property, { seed, numRuns: options.runs, endOnFailure: true });
  const { errorInstance, counterexamplePath } = details;
  const counts = { runs, commands, tallies: each.tallies, broken: breaches.traces };
  if (errorInstance instanceof Stopped) return { ...counts, stopped: errorInstance.reason };
  if (failed !== undefined) {
    return { ...counts, found: { ...failed, seed, path: counterexamplePath ?? '0' } };
  }
  // A rule threw on a state with which nothing was wrong.
  if (details.failed) throw errorInstance;
  return counts;
}

/** Notes the first trace of a random run after which a conjecture is broken. */
function firstBreaches(
  properties: readonly Property<never>[],
  tallies: Tallies,
): { readonly traces: ReadonlyMap<string, Trace>; see(trace: Trace): void } {
  const open = new Set(properties.filter(isConjecture).map(({ id }) => id));
  const traces = new Map<string, Trace>();
  return {
    traces,
    see(trace) {
      for (const id of open) {
        if (tallies.get(id)?.violations === 0) continue;
        traces.set(id, trace);
        open.delete(id);
      }
    },
  };
}
