/** True logs, logs with lost replies, and logs with an illegal reply, of the model as a system. */
import type { Trace } from '../../generators/index.ts';
import type { Machine, Scope } from '../../machine/index.ts';
import {
  logHead,
  logLine,
  type Permitted,
  type Reply,
  replyOperators,
  truth,
} from '../../oracle/index.ts';

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

/** A true log with one illegal reply, and the line that it is in; undefined where none can be. */
export function plantedLog<S>(
  machine: Machine<S>,
  scope: Scope,
  trace: Trace,
  below: Below,
  rules: Permitted,
): { readonly lines: readonly string[]; readonly line: number } | undefined {
  const system = truth(machine, scope, below);
  const replies = trace.map((command) => system.step(command));
  const operators = Object.values(replyOperators);
  const change = operators[below(operators.length)];
  const at = below(trace.length);
  const command = trace[at];
  const reply = replies[at];
  if (command === undefined || reply === undefined) return undefined;
  const changed = change?.(reply, below, rules.alternatives(command.kind));
  if (changed === undefined) return undefined;
  const before = rules.after(trace.slice(0, at), replies);
  if (rules.permits(before, command, changed)) return undefined;
  const lines = trace.map((each, i) => {
    return logLine(machine, { command: each, reply: i === at ? changed : (replies[i] as Reply) });
  });
  return { lines: [logHead(machine, scope), ...lines], line: at + 2 };
}
