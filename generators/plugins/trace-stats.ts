/** Counts what the traces of a run of fast-check do. */
import type * as fc from 'fast-check';
import type { Machine, Scope } from '../../machine/index.ts';
import { runner } from '../trace.ts';
import { type TraceAt, traceOf } from './trace-of.ts';
import { untilFailure } from './until-failure.ts';

export interface KindCount {
  executed: number;
  refused: number;
}

/** Counts over all traces before the first failure. */
export interface TraceStatistics {
  readonly runs: number;
  /** Commands of all traces, refused ones included. */
  readonly commands: number;
  /** For each kind of the scope. */
  readonly kinds: Readonly<Record<string, Readonly<KindCount>>>;
  /** `pairs[a][b]`: how often an accepted `b` was the next accepted command after `a`. */
  readonly pairs: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** `lengths[i]`: how many traces have `i * lengthStep` up to `(i + 1) * lengthStep - 1` commands. */
  readonly lengths: readonly number[];
}
export const lengthStep = 20;

export interface TraceStats extends fc.Plugin<unknown> {
  statistics(): TraceStatistics;
}

/** A plugin that re-runs each trace on the model and counts. One serves one run of fast-check. */
export function traceStats<S>(
  machine: Machine<S>,
  scope: Scope,
  options: TraceAt = {},
): TraceStats {
  const running = runner(machine, scope);
  const kinds = new Map<string, KindCount>(
    (scope.commands ?? Object.keys(machine.commands)).map((k) => [k, { executed: 0, refused: 0 }]),
  );
  const pairs = new Map<string, Map<string, number>>();
  const lengths: number[] = [];
  let runs = 0;
  let commands = 0;
  const count = (values: unknown): void => {
    const trace = traceOf(values, options);
    runs++;
    commands += trace.length;
    const step = Math.floor(trace.length / lengthStep);
    while (lengths.length <= step) lengths.push(0);
    lengths[step] = (lengths[step] ?? 0) + 1;
    let last: string | undefined;
    running.run(trace).outcomes.forEach(({ ok }, i) => {
      const kind = trace[i]?.kind ?? '';
      const counts = kinds.get(kind);
      if (counts !== undefined) counts[ok ? 'executed' : 'refused']++;
      if (!ok) return;
      if (last !== undefined) {
        const after = pairs.get(last) ?? new Map<string, number>();
        pairs.set(last, after.set(kind, (after.get(kind) ?? 0) + 1));
      }
      last = kind;
    });
  };
  const decorateRun = untilFailure((values) => {
    count(values);
    return undefined;
  });
  const plugin: fc.Plugin<unknown> = () => ({ decorateRun });
  return Object.assign(plugin, {
    statistics: (): TraceStatistics => ({
      runs,
      commands,
      kinds: Object.fromEntries([...kinds].map(([kind, counts]) => [kind, { ...counts }])),
      pairs: Object.fromEntries([...pairs].map(([a, after]) => [a, Object.fromEntries(after)])),
      lengths: [...lengths],
    }),
  });
}
