/**
 * The model as a server: the other direction of the protocol, for a test in any language that drives
 * its system by itself and asks the oracle what it makes of it. One request a line, one answer each.
 */
import type { Trace } from '../../generators/index.ts';
import {
  type Call,
  type Machine,
  modelHash,
  type Problem,
  problemsOfCall,
  type Scope,
} from '../../machine/index.ts';
import { isObject, own } from '../reference/form.ts';
import type { OracleOptions } from '../reference/options.ts';
import { type Judgement, type Oracle, oracle } from '../reference/oracle.ts';
import { type Reply, show } from '../reference/reply.ts';
import { narrowed, problemsOfHello, protocolVersion } from './messages.ts';

type Fields = Readonly<Record<string, unknown>>;

/** Answers requests, one line of JSON each; never throws for anything that a line holds. */
export type Server = (line: string) => string;

/** `draw` gives a trace of a scope for a seed. */
export function server<S>(
  machine: Machine<S>,
  scope: Scope,
  draw: (scope: Scope, seed: number) => Trace,
): Server {
  const session = new Session(machine, scope, draw);
  return (line) => {
    let data: unknown;
    try {
      data = JSON.parse(line);
    } catch {
      return answer(null, problem('the request', 'is not JSON'));
    }
    if (!isObject(data)) {
      return answer(null, problem('the request', `is ${show(data)}, not an object`));
    }
    const id = own(data, 'id');
    const known = typeof id === 'number' || typeof id === 'string' ? id : null;
    return answer(known, session.answer(data));
  };
}

const answer = (id: number | string | null, fields: Fields): string =>
  JSON.stringify({ id, ...fields });
const problem = (path: string, text: string): Fields => ({ error: { path, problem: text } });
const wrong = ([first]: readonly Problem[]): Fields | undefined =>
  first === undefined ? undefined : problem(first.path, first.problem);

class Session<S> {
  private readonly machine: Machine<S>;
  private readonly whole: Scope;
  private readonly draw: (scope: Scope, seed: number) => Trace;
  private scope: Scope;
  private reference: Oracle<S>;
  /** A judgement that was not `ok`: nothing means anything until the next reset. */
  private failed = false;

  constructor(machine: Machine<S>, scope: Scope, draw: (scope: Scope, seed: number) => Trace) {
    this.machine = machine;
    this.whole = scope;
    this.draw = draw;
    this.scope = scope;
    this.reference = oracle(machine, { scope });
  }

  answer(request: Fields): Fields {
    const op = own(request, 'op');
    if (op === 'hello') return this.hello(request);
    if (op === 'reset') {
      this.failed = false;
      this.reference.reset();
      return { ok: true };
    }
    if (op === 'trace') {
      const seed = own(request, 'seed');
      if (!Number.isSafeInteger(seed)) return problem('seed', `is ${show(seed)}, not an integer`);
      return { commands: this.draw(this.scope, (seed as number) | 0) };
    }
    if (this.failed) return problem('op', 'comes after something impossible: reset first');
    if (op === 'observe') return this.judged(this.reference.observe(own(request, 'state')));
    if (op === 'silent') return this.judged(this.reference.silent());
    if (op !== 'step' && op !== 'allowed') {
      const known = 'hello, reset, trace, step, observe, silent, allowed';
      return problem('op', `is ${show(op)}, not one of ${known}`);
    }
    const command = own(request, 'command');
    const unusable = wrong(problemsOfCall(this.machine, this.scope, command));
    if (unusable !== undefined) return unusable;
    if (op === 'allowed') return { allowed: this.reference.allowed(command as Call) };
    return this.judged(this.reference.step(command as Call, own(request, 'reply') as Reply));
  }

  private hello(request: Fields): Fields {
    const unusable = wrong(problemsOfHello(request));
    if (unusable !== undefined) return unusable;
    const { commands, anonymous, events, internal, loose } = request as OracleOptions & {
      readonly commands?: readonly string[];
    };
    this.scope = narrowed(this.machine, this.whole, commands);
    const given = { anonymous, events, internal, loose };
    const named = Object.entries(given).filter(([, value]) => value !== undefined);
    try {
      this.reference = oracle(this.machine, { ...Object.fromEntries(named), scope: this.scope });
    } catch (error) {
      return problem('hello', error instanceof Error ? error.message : String(error));
    }
    this.failed = false;
    const { name, sizes } = this.scope;
    return {
      protocol: protocolVersion,
      machine: this.machine.name,
      modelHash: modelHash(this.machine),
      scope: { name, sizes },
      commands: this.scope.commands,
    };
  }

  private judged(judgement: Judgement): Fields {
    if (judgement.ok) return { ok: true, states: judgement.states };
    this.failed = true;
    return { ok: false, finding: judgement.finding };
  }
}
