/**
 * Logs in the project's own format, judged offline: JSON lines, the first of which says which model
 * the log belongs to. Whatever a line leaves out may have been anything.
 */
import {
  type Call,
  type Machine,
  type Problem as Misfit,
  modelHash,
  problemsOfCall,
  type Scope,
  type Sizes,
} from '../../machine/index.ts';
import { problemsOfHello, protocolVersion } from '../protocol/messages.ts';
import type { Counts } from '../reference/counts.ts';
import type { Allowed, Finding } from '../reference/finding.ts';
import { isObject, own, problemOfReply } from '../reference/form.ts';
import type { Followed } from '../reference/lockstep.ts';
import type { OracleOptions } from '../reference/options.ts';
import { type Judgement, type Oracle, oracle } from '../reference/oracle.ts';
import { type Disagreement, outcomeText, type Reply, replyText, show } from '../reference/reply.ts';
import { isProblem, type LogRecord, PROBLEMS_MAX, records } from '../transcripts/log.ts';
import type { Impossible, Problem } from '../transcripts/verdict.ts';

export const logFormat = 'hypercheck-log';
export const logVersion = 1;

/** The first line of a log. */
interface LogHead {
  readonly format: typeof logFormat;
  readonly version: typeof logVersion;
  readonly machine: string;
  readonly modelHash: string;
  readonly scope: string;
  readonly sizes: Sizes;
}

/** What an oracle must know of the system that wrote a log; see `OracleOptions`. */
type LogOptions = Pick<OracleOptions, 'anonymous' | 'events' | 'internal' | 'loose' | 'maxStates'>;

/** The head of a log, as its first line. */
export function logHead<S>(machine: Machine<S>, scope: Scope, options: LogOptions = {}): string {
  const head: LogHead = {
    format: logFormat,
    version: logVersion,
    machine: machine.name,
    modelHash: modelHash(machine),
    scope: scope.name,
    sizes: scope.sizes,
  };
  return JSON.stringify({ ...head, ...options });
}

/**
 * A command that was carried out, as a line of a log. What the system did not choose as it was asked
 * is left out of the command: only what it named is known.
 */
export function logLine<S>(machine: Machine<S>, { command, reply, view }: Followed): string {
  const { kind, args } = command;
  const declared = machine.commands[kind]?.args ?? {};
  const chosen = reply !== undefined && 'ok' in reply ? (reply.choices ?? {}) : {};
  const known = Object.entries({ ...args, ...chosen }).filter(([name]) => {
    return declared[name]?.choice !== true || Object.hasOwn(chosen, name);
  });
  return JSON.stringify({ command: { kind, args: Object.fromEntries(known) }, reply, view });
}

/** An impossible event, with everything that was permitted there. */
export interface ImpossibleEvent extends Impossible {
  readonly reason: Finding['reason'];
  /** In one sentence. */
  readonly message: string;
  /** Distinct replies that were permitted, the nearest one first. */
  readonly permitted: readonly Allowed[];
  readonly differences: readonly Disagreement[];
}

export type LogValidation =
  | { readonly verdict: 'holds'; readonly events: number; readonly counts: Counts }
  | {
      readonly verdict: 'violated' | 'inconclusive';
      readonly events: number;
      readonly counts: Counts;
      /** Absent for a log in which nothing was ever accepted. */
      readonly impossible?: ImpossibleEvent;
    }
  | {
      readonly verdict: 'bad-input';
      readonly events: number;
      readonly problems: readonly Problem[];
    };

export interface ValidateLogOptions extends LogOptions {
  /** Judges a log of another version of the model, too. */
  readonly anyModel?: boolean;
}

/**
 * Judges a log, given whole or line by line. Never throws for anything that it holds. A log in which
 * no command was ever accepted shows nothing: it is `inconclusive`.
 */
export function validateLog<S>(
  machine: Machine<S>,
  scope: Scope,
  log: string | Iterable<string>,
  options: ValidateLogOptions = {},
): LogValidation {
  const reader = new LogReader(machine, scope, options);
  let events = 0;
  for (const item of records(log)) {
    if (isProblem(item)) reader.problems.push(item);
    else {
      events = item.event;
      if (reader.read(item)) break;
    }
    if (reader.problems.length >= PROBLEMS_MAX) break;
  }
  return reader.result(events);
}

class LogReader<S> {
  readonly problems: Problem[] = [];
  private readonly machine: Machine<S>;
  private readonly scope: Scope;
  private readonly options: ValidateLogOptions;
  private reference: Oracle<S> | undefined;
  private impossible: ImpossibleEvent | undefined;

  constructor(machine: Machine<S>, scope: Scope, options: ValidateLogOptions) {
    this.machine = machine;
    this.scope = scope;
    this.options = options;
  }

  /** Reads a record; true when nothing after it matters. */
  read(record: LogRecord): boolean {
    const { value } = record;
    if (this.reference === undefined) return this.head(record);
    if (own(value, 'reset') === true) {
      this.reference.reset();
      return false;
    }
    const command = own(value, 'command');
    const view = own(value, 'view');
    if (command === undefined && view === undefined) {
      return this.bad(record, '', 'has neither a command, nor a view, nor a reset');
    }
    const silent = this.judged(record, this.reference.silent(), undefined);
    if (silent) return true;
    if (command !== undefined && this.command(record, command)) return true;
    if (view === undefined || this.problems.length > 0) return false;
    return this.judged(record, this.reference.observe(view), undefined);
  }

  private head(record: LogRecord): boolean {
    const { value } = record;
    const wanted = JSON.parse(logHead(this.machine, this.scope)) as LogHead;
    for (const name of ['format', 'version', 'machine', 'scope'] as const) {
      this.expect(record, name, wanted[name]);
    }
    if (this.options.anyModel !== true) this.expect(record, 'modelHash', wanted.modelHash);
    const sizes = own(value, 'sizes');
    for (const [name, size] of Object.entries(wanted.sizes)) {
      const logged = isObject(sizes) ? own(sizes, name) : undefined;
      if (logged !== size) {
        this.bad(record, `sizes.${name}`, `is ${show(logged)}, not ${size}: give it with --set`);
      }
    }
    const options = optionsIn(value);
    for (const { path, problem } of problemsOfHello({ protocol: protocolVersion, ...options })) {
      this.bad(record, path.replace(/^hello\./, ''), problem);
    }
    if (this.problems.length > 0) return true;
    try {
      const { anyModel: _, ...given } = this.options;
      this.reference = oracle(this.machine, { ...options, ...given, scope: this.scope });
    } catch (error) {
      return this.bad(record, '', error instanceof Error ? error.message : String(error));
    }
    this.reference.reset();
    return false;
  }

  private command(record: LogRecord, data: unknown): boolean {
    const { reference } = this;
    if (reference === undefined) return true;
    const [misfit] = problemsOfCall(this.machine, this.scope, data).filter(isNoGap);
    if (misfit !== undefined) return this.bad(record, `command.${misfit.path}`, misfit.problem);
    const reply = own(record.value, 'reply') ?? { unknown: true };
    const unreadable = problemOfReply(reply);
    if (unreadable !== undefined) {
      return this.bad(record, `reply.${unreadable.path}`, unreadable.problem);
    }
    const answered = reply as Reply;
    return this.judged(record, reference.recorded(data as Call, answered), answered);
  }

  /** True when the record is impossible. */
  private judged({ event, line }: LogRecord, judgement: Judgement, reply?: Reply): boolean {
    if (judgement.ok) return false;
    const { reason, message, allowed, difference } = judgement.finding;
    if (reason === 'malformed') {
      this.problems.push({ line, path: '', problem: message });
      return true;
    }
    const [first] = difference;
    const permitted = allowed.map(({ outcome }) => outcomeText(outcome)).join(' or ');
    this.impossible = {
      event,
      line,
      field: first?.path ?? reason,
      observed: reply === undefined ? (first?.observed ?? message) : replyText(reply),
      allowed: permitted === '' ? (first?.allowed ?? '') : permitted,
      difference: difference
        .map((each) => `${each.path}: allowed ${each.allowed}, observed ${each.observed}`)
        .join('; '),
      reason,
      message,
      permitted: allowed,
      differences: difference,
    };
    return true;
  }

  private expect(record: LogRecord, name: string, wanted: string | number): void {
    const found = own(record.value, name);
    if (found !== wanted) this.bad(record, name, `is ${show(found)}, not ${wanted}`);
  }

  private bad({ line }: LogRecord, path: string, problem: string): boolean {
    this.problems.push({ line, path, problem });
    return false;
  }

  result(events: number): LogValidation {
    const { problems, reference, impossible } = this;
    if (problems.length === 0 && reference === undefined) {
      problems.push({ line: 0, path: '', problem: 'the log holds no record' });
    }
    if (problems.length > 0 || reference === undefined) {
      return { verdict: 'bad-input', events, problems: problems.slice(0, PROBLEMS_MAX) };
    }
    const { counts } = reference;
    if (impossible !== undefined) {
      const verdict = impossible.reason === 'too-many-states' ? 'inconclusive' : 'violated';
      return { verdict, events, counts, impossible };
    }
    const advances = counts.commands - counts.refused > 0;
    return { verdict: advances ? 'holds' : 'inconclusive', events, counts };
  }
}

/** Arguments that are missing may have been any. */
const isNoGap = ({ path, problem }: Misfit): boolean =>
  problem !== 'is missing' || !path.startsWith('args.');

/** What the head of a log says of its system; what is wrong with it, the oracle tells. */
function optionsIn(value: Readonly<Record<string, unknown>>): LogOptions {
  const names = ['anonymous', 'events', 'internal', 'loose', 'maxStates'];
  const given = names.flatMap((name) => {
    const option = own(value, name);
    return option === undefined ? [] : [[name, option] as const];
  });
  return Object.fromEntries(given);
}
