/** Where the trace is among the values that a property is given. */
import type { Trace } from '../trace.ts';

/** Says which of a property's values is the trace; the first one when absent. */
export interface TraceAt {
  readonly trace?: number;
}

/** The trace among the values of a run. Throws when there is none: the plugin is in a wrong place. */
export function traceOf(values: unknown, { trace: place = 0 }: TraceAt): Trace {
  const trace: unknown = Array.isArray(values) ? values[place] : undefined;
  if (isTrace(trace)) return trace;
  throw new Error(`value ${place} of the property is no trace`);
}

function isTrace(value: unknown): value is Trace {
  const isCall = (call: unknown): boolean =>
    typeof call === 'object' && call !== null && 'kind' in call && 'args' in call;
  return Array.isArray(value) && value.every(isCall);
}
