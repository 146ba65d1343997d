/** True logs, logs with lost replies, and logs with an illegal reply, of the model as a system. */
import type { Trace } from '../../generators/index.ts';
import type { Machine, Scope } from '../../machine/index.ts';
import { logHead, logLine, type Reply, replyOperators, truth } from '../../oracle/index.ts';

type Below = (n: number) => number;

/** The lines of a log; `lost` of a hundred replies are missing. */
export function trueLog<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  below: Below,
  lost = 0,
): string[] {
  const system = truth(machine, scope, below);
  const lines = trace.map((command) => {
    const reply: Reply = system.step(command);
    return logLine(machine, { command, reply: below(100) < lost ? { unknown: true } : reply });
  });
  return [logHead(machine, scope), ...lines];
}

/** A true log with one reply changed, and the line that it is in; undefined where none can be. */
export function plantedLog<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  below: Below,
): { readonly lines: readonly string[]; readonly line: number } | undefined {
  const system = truth(machine, scope, below);
  const replies = trace.map((command) => system.step(command));
  const operators = Object.values(replyOperators);
  const change = operators[below(operators.length)];
  const at = below(trace.length);
  const changed = change?.(replies[at] as (typeof replies)[number], below);
  if (changed === undefined) return undefined;
  const lines = trace.map((command, i) => {
    return logLine(machine, { command, reply: i === at ? changed : (replies[i] as Reply) });
  });
  return { lines: [logHead(machine, scope), ...lines], line: at + 2 };
}
