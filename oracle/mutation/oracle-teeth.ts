/** Has the oracle teeth? Mutants of true replies must be caught, and the truth never. */
import type { Trace } from '../../generators/index.ts';
import type { Call, Machine, Scope } from '../../machine/index.ts';
import { oracle } from '../reference/oracle.ts';
import type { Answer, Reply } from '../reference/reply.ts';
import { replyOperators } from './operators.ts';
import { type Permitted, permitted } from './permitted.ts';
import { truth } from './truth.ts';

export interface OperatorScore {
  readonly operator: string;
  /** Mutants made, of one reply each. */
  mutants: number;
  /** Found impossible at the very reply that was changed. */
  caught: number;
  /** Replies that the model permits, too: the host could have chosen otherwise. */
  permitted: number;
  /** The first one that was neither. */
  missed?: Mutant;
}

interface Mutant {
  readonly command: Call;
  readonly reply: Reply;
}

export interface OracleTeeth {
  readonly scores: readonly OperatorScore[];
  readonly traces: number;
  readonly commands: number;
  /** True traces, and mutants that the model permits, that were called impossible: must be none. */
  readonly falseAlarms: number;
  /** The first such mutant. */
  readonly alarm?: Mutant;
}

/** For each trace and operator, one reply of the truth is changed. `below(n)` draws 0..n-1. */
export function oracleTeeth<S>(
  machine: Machine<S>,
  scope: Scope,
  traces: Iterable<Trace>,
  below: (n: number) => number,
): OracleTeeth {
  const scores = Object.keys(replyOperators).map(
    (operator): OperatorScore => ({ operator, mutants: 0, caught: 0, permitted: 0 }),
  );
  const system = truth(machine, scope, below);
  const reference = oracle(machine, { scope });
  const rules = permitted(machine, scope);
  const totals: { traces: number; commands: number; falseAlarms: number; alarm?: Mutant } = {
    traces: 0,
    commands: 0,
    falseAlarms: 0,
  };
  for (const trace of traces) {
    system.reset();
    const replies = trace.map((command) => system.step(command));
    totals.traces++;
    totals.commands += trace.length;
    reference.reset();
    if (!trace.every((command, i) => reference.step(command, replies[i] as Answer).ok)) {
      totals.falseAlarms++;
      continue;
    }
    for (const score of scores) {
      const mutant = mutantOf(score.operator, trace, replies, below, rules);
      if (mutant === undefined) continue;
      const { at, reply } = mutant;
      reference.reset();
      for (let i = 0; i < at; i++) reference.step(trace[i] as Call, replies[i] as Answer);
      const command = trace[at] as Call;
      score.mutants++;
      const caught = !reference.step(command, reply).ok;
      const permits = rules.permits(rules.after(trace.slice(0, at), replies), command, reply);
      if (permits) score.permitted++;
      else if (caught) score.caught++;
      else score.missed ??= { command, reply };
      if (caught && permits) {
        totals.falseAlarms++;
        totals.alarm ??= { command, reply };
      }
    }
  }
  return { scores, ...totals };
}

/** One of the replies that the operator can change, changed. */
function mutantOf(
  operator: string,
  trace: Trace,
  replies: readonly Answer[],
  below: (n: number) => number,
  rules: Permitted,
): { readonly at: number; readonly reply: Answer } | undefined {
  const change = replyOperators[operator];
  const first = below(replies.length);
  for (let i = 0; i < replies.length; i++) {
    const at = (first + i) % replies.length;
    const others = rules.alternatives((trace[at] as Call).kind);
    const reply = change?.(replies[at] as Answer, below, others);
    if (reply !== undefined) return { at, reply };
  }
  return undefined;
}
