/** A system in a process of its own, as an adapter that `lockstepAsync` holds. */
import type { Trace } from '../../generators/index.ts';
import { type Call, type Machine, modelHash, names, type Scope } from '../../machine/index.ts';
import { isObject, Malformed, own } from '../reference/form.ts';
import type { AsyncAdapter } from '../reference/lockstep.ts';
import type { OracleOptions } from '../reference/options.ts';
import type { Reply } from '../reference/reply.ts';
import { show } from '../reference/reply.ts';
import {
  type Hello,
  narrowed,
  problemsOfHello,
  protocolVersion,
  type Request,
} from './messages.ts';
import { Peer, PeerDied } from './peer.ts';

export interface SystemOptions {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** How long one command may take, in milliseconds; 2000 when absent. */
  readonly timeoutMs?: number;
  /** Given to every `reset`; 0 when absent. */
  readonly seed?: number;
}

/** A program may take so long to start, in milliseconds. */
const startMs = 10_000;
/** So many requests in a row without an answer: the system hangs. */
const silentMax = 3;
/** A batch may take the time of one command for so many of its commands. */
const batchShare = 50;

export interface System extends AsyncAdapter {
  readonly hello: Hello;
  /** The scope, with the commands that the system has. */
  readonly scope: Scope & { readonly commands: readonly string[] };
  /** What of its answer to `hello` an oracle must know. */
  readonly options: OracleOptions;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** How often it was started. */
  readonly starts: number;
  /** Keeps its state under a number, or goes back to what was kept; false where it cannot. */
  snapshot?(number: number): Promise<boolean>;
  restore?(number: number): Promise<boolean>;
  close(): void;
}

/**
 * Starts a system and greets it. Rejects with `PeerDied` or `Malformed`: what is wrong with its
 * first answer, or that there was none.
 */
export async function startSystem<S>(
  machine: Machine<S>,
  scope: Scope,
  options: SystemOptions,
): Promise<System> {
  const running = new Running(machine, scope, options);
  try {
    await running.greet();
  } catch (error) {
    running.close();
    // Why it ended, it may have said in its log.
    const log = running.stderr.trim();
    if (!(error instanceof PeerDied) || log === '') throw error;
    throw new PeerDied(`${error.message}; its log ends:\n${log}`);
  }
  return running;
}

class Running<S> implements System {
  hello: Hello = { protocol: protocolVersion };
  starts = 0;
  batch?: (commands: Trace) => Promise<readonly Reply[] | undefined>;
  observe?: () => Promise<unknown>;
  snapshot?: (number: number) => Promise<boolean>;
  restore?: (number: number) => Promise<boolean>;
  private readonly machine: Machine<S>;
  private readonly whole: Scope;
  private readonly command: readonly string[];
  private readonly timeoutMs: number;
  private readonly seed: number;
  private peer: Peer;
  private silent = 0;

  constructor(machine: Machine<S>, scope: Scope, options: SystemOptions) {
    this.machine = machine;
    this.whole = scope;
    this.command = options.command;
    this.timeoutMs = options.timeoutMs ?? 2_000;
    this.seed = options.seed ?? 0;
    this.peer = this.start();
  }

  get scope(): System['scope'] {
    return narrowed(this.machine, this.whole, this.hello.commands);
  }
  get options(): OracleOptions {
    const { anonymous, events, internal, loose } = this.hello;
    return {
      scope: this.scope,
      ...(anonymous === undefined ? {} : { anonymous }),
      ...(events === undefined ? {} : { events }),
      ...(internal === undefined ? {} : { internal }),
      ...(loose === undefined ? {} : { loose }),
    };
  }
  get stderr(): string {
    return this.peer.stderr;
  }

  async greet(): Promise<void> {
    const { name, sizes } = this.whole;
    const request: Request = {
      op: 'hello',
      protocol: protocolVersion,
      machine: this.machine.name,
      modelHash: modelHash(this.machine),
      scope: { name, sizes },
      commands: narrowed(this.machine, this.whole, undefined).commands,
    };
    const answer = await this.required(request, Math.max(startMs, this.timeoutMs));
    const [problem] = problemsOfHello(answer);
    if (problem !== undefined) throw new Malformed(problem.path, problem.problem);
    const hello = answer as unknown as Hello;
    const known = Object.keys(this.machine.commands);
    const unknown = hello.commands?.find((each) => !known.some((kind) => names([each], kind)));
    if (unknown !== undefined) {
      throw new Malformed(
        'hello.commands',
        `has ${show(unknown)}, which is no command of the model`,
      );
    }
    this.hello = hello;
    if (hello.can?.includes('batch')) this.batch = (commands) => this.all(commands);
    if (hello.can?.includes('observe')) this.observe = () => this.look();
    if (hello.can?.includes('snapshot')) {
      this.snapshot = (snapshot) => this.succeeds({ op: 'snapshot', snapshot });
      this.restore = (snapshot) => this.succeeds({ op: 'restore', snapshot });
    }
  }

  /** A system that died or hung is started again. */
  async reset(): Promise<void> {
    if (!this.peer.alive || this.silent >= silentMax) {
      this.peer.close();
      this.peer = this.start();
      await this.greet();
    }
    await this.required({ op: 'reset', seed: this.seed });
  }

  async step(command: Call): Promise<Reply> {
    const answer = await this.peer.ask({ op: 'step', command }, this.timeoutMs);
    if (answer !== undefined) {
      this.silent = 0;
      // What it is, the oracle finds out.
      return answer as unknown as Reply;
    }
    if (++this.silent >= silentMax) throw this.hangs();
    return { unknown: true };
  }

  /** Undefined where it has to be done step by step to see where it goes wrong. */
  private async all(commands: Trace): Promise<readonly Reply[] | undefined> {
    const timeoutMs = this.timeoutMs * Math.ceil(1 + commands.length / batchShare);
    let answer: Readonly<Record<string, unknown>> | undefined;
    try {
      answer = await this.peer.ask({ op: 'batch', commands }, timeoutMs);
    } catch (error) {
      if (!(error instanceof PeerDied)) throw error;
    }
    if (answer === undefined) {
      this.peer.close();
      await this.reset();
      return undefined;
    }
    const replies = own(answer, 'replies');
    if (!Array.isArray(replies) || replies.length !== commands.length) {
      throw new Malformed('replies', `is ${show(replies)}, not ${commands.length} of them`);
    }
    return replies;
  }

  private async look(): Promise<unknown> {
    const answer = await this.required({ op: 'observe' });
    const state = own(answer, 'state');
    if (!isObject(state)) throw new Malformed('state', `is ${show(state)}, not an object`);
    return state;
  }

  private async succeeds(request: Request): Promise<boolean> {
    const ok = own(await this.required(request), 'ok');
    if (typeof ok === 'boolean') return ok;
    throw new Malformed('ok', `is ${show(ok)} after ${request.op}, not true or false`);
  }

  close(): void {
    this.peer.close();
  }

  private start(): Peer {
    this.starts++;
    this.silent = 0;
    return new Peer(this.command);
  }

  /** The answer to a request that says nothing when it is lost. */
  private async required(
    request: Request,
    timeoutMs: number = this.timeoutMs,
  ): Promise<Readonly<Record<string, unknown>>> {
    const answer = await this.peer.ask(request, timeoutMs);
    if (answer === undefined) {
      this.silent = silentMax;
      throw this.hangs(request.op, timeoutMs);
    }
    if (request.op === 'reset' && own(answer, 'ok') !== true) {
      throw new Malformed('ok', `is ${show(own(answer, 'ok'))} after a reset, not true`);
    }
    return answer;
  }

  private hangs(op = 'step', timeoutMs: number = this.timeoutMs): Error {
    return new PeerDied(`hangs: no answer to ${op} in ${timeoutMs} ms`);
  }
}
