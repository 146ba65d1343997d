/** Mutated lines of the protocol, at both ends: nothing but an answer or a verdict may come of them. */
import * as fc from 'fast-check';
import { traces } from '../../generators/index.ts';
import type { Call } from '../../machine/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import {
  logHead,
  logLine,
  oracle,
  type Reply,
  server,
  truth,
  validateLog,
} from '../../oracle/index.ts';
import { mutatedLine } from './mutate-line.ts';
import { numbers } from './random.ts';

/** What came of lines: how many were taken for what they are, and how many were refused. */
export interface FuzzedLines {
  readonly lines: number;
  readonly used: number;
  readonly refused: number;
}

const scope = scopes.fuzz;

interface Step {
  readonly command: Call;
  readonly reply: Reply;
}
/** Gives a mutant of a true line to one end; whether it was taken. */
type End = (step: Step, mutate: (line: string) => string) => boolean;

/**
 * Gives so many lines to both ends, which stay the same from call to call. Throws what must not
 * happen: an error that no line may cause.
 */
export function lineFuzzer(seed: number): (count: number) => FuzzedLines {
  const below = numbers(seed);
  const system = truth(vmmMachine, scope, below);
  const drawn = traces(vmmMachine, { scope, maxLength: 60 });
  const [trace = []] = fc.sample(drawn, { numRuns: 1, seed });
  system.reset();
  const steps = trace.map((command): Step => ({ command, reply: system.step(command) }));
  const ends = [toServer(), toServer(), toOracle(), toOracle(), toLog(below)];
  const mutate = (line: string): string => mutatedLine(line, below);
  return (count) => {
    let used = 0;
    for (let i = 0; i < count; i++) {
      const end = ends[i % ends.length] as End;
      if (end(steps[below(steps.length)] as Step, mutate)) used++;
    }
    return { lines: count, used, refused: count - used };
  };
}

/** A request to the model as a server. */
function toServer(): End {
  const answer = server(vmmMachine, scope, () => []);
  let id = 0;
  return (step, mutate) => {
    if (++id % 10 === 0) answer('{"id":0,"op":"reset"}');
    const answered = answer(mutate(JSON.stringify({ id, op: 'step', ...step })));
    return !('error' in (JSON.parse(answered) as object));
  };
}

/** An answer of a system. */
function toOracle(): End {
  const reference = oracle(vmmMachine, { scope });
  return ({ command, reply }, mutate) => {
    reference.reset();
    const line = mutate(JSON.stringify({ id: 1, ...reply }));
    let answer: unknown;
    try {
      answer = JSON.parse(line);
    } catch {
      return false;
    }
    const judged = reference.step(command, answer as Reply);
    return judged.ok || judged.finding.reason !== 'malformed';
  };
}

/** A log, damaged in its head or in a line. */
function toLog(below: (n: number) => number): End {
  return (step, mutate) => {
    const lines = [logHead(vmmMachine, scope), logLine(vmmMachine, step)];
    const at = below(8) === 0 ? 0 : 1;
    lines[at] = mutate(lines[at] as string);
    return validateLog(vmmMachine, scope, lines).verdict !== 'bad-input';
  };
}
