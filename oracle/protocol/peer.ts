/** A system under test in a process of its own: one request at a time, each answered or not in time. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { isObject, Malformed, own } from '../reference/form.ts';
import { show } from '../reference/reply.ts';
import { lineReader } from './lines.ts';
import type { Request } from './messages.ts';

type Answer = Readonly<Record<string, unknown>>;

/** The process ended, or could not be started. */
export class PeerDied extends Error {}

/** Of the log of a system, the last so many characters are kept. */
const logMax = 8_192;
/** Answers that may still come to requests that were given up. */
const lateMax = 1_000;

interface Pending {
  readonly id: number;
  readonly resolve: (answer: Answer | undefined) => void;
  readonly reject: (error: Error) => void;
}

export class Peer {
  private readonly child: ChildProcessWithoutNullStreams;
  private readonly late = new Set<number>();
  private pending: Pending | undefined;
  private timer: NodeJS.Timeout | undefined;
  private nextId = 0;
  /** Why nothing can be asked any more. */
  private over: Error | undefined;
  private log = '';

  constructor(command: readonly string[]) {
    const [program = '', ...args] = command;
    // A group of its own, so that whatever it starts ends with it.
    this.child = spawn(program, args, { stdio: 'pipe', detached: process.platform !== 'win32' });
    const reader = lineReader(
      (line) => this.line(line),
      (problem) => this.broken('stdout', problem),
    );
    this.child.stdout.on('data', (piece: Uint8Array) => {
      if (this.over === undefined) reader.push(piece);
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.log = (this.log + text).slice(-logMax);
    });
    // Writing to a process that ended is told by its end.
    this.child.stdin.on('error', () => {});
    this.child.on('error', (error) =>
      this.end(new PeerDied(`cannot be started: ${error.message}`)),
    );
    this.child.on('close', (code, signal) => {
      this.end(new PeerDied(code === null ? `was killed by ${signal}` : `ended with exit ${code}`));
    });
  }

  get alive(): boolean {
    return this.over === undefined;
  }
  /** The end of what it wrote to stderr. */
  get stderr(): string {
    return this.log;
  }

  /**
   * The answer to a request, or undefined when there is none in time. Rejects with `PeerDied` or
   * `Malformed`. One at a time.
   */
  ask(request: Request, timeoutMs: number): Promise<Answer | undefined> {
    if (this.over !== undefined) return Promise.reject(this.over);
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.pending = { id, resolve, reject };
      this.timer = setTimeout(() => this.giveUp(), timeoutMs);
      this.child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  /** Ends the process and what it started. */
  close(): void {
    this.end(new PeerDied('was ended'));
  }

  private giveUp(): void {
    const { pending } = this;
    if (pending === undefined) return;
    this.late.add(pending.id);
    this.pending = undefined;
    pending.resolve(undefined);
  }

  private line(line: string): void {
    if (this.over !== undefined || line.trim() === '') return;
    let answer: unknown;
    try {
      answer = JSON.parse(line);
    } catch {
      this.broken('stdout', `has a line that is not JSON: ${show(line)}`);
      return;
    }
    if (!isObject(answer)) {
      this.broken('stdout', `has ${show(answer)}, not an object`);
      return;
    }
    const id = own(answer, 'id');
    const { pending } = this;
    if (pending !== undefined && id === pending.id) {
      this.pending = undefined;
      clearTimeout(this.timer);
      pending.resolve(answer);
    } else if (typeof id === 'number' && this.late.delete(id)) {
      // The answer to a request that was given up.
    } else {
      const wanted = pending === undefined ? 'nothing was asked' : `${pending.id} was asked`;
      this.broken('id', `is ${show(id)}, but ${wanted}`);
    }
    if (this.late.size > lateMax) this.broken('stdout', `lacks ${lateMax} answers`);
  }

  private broken(path: string, problem: string): void {
    this.end(new Malformed(path, problem));
  }

  private end(reason: Error): void {
    if (this.over !== undefined) return;
    this.over = reason;
    clearTimeout(this.timer);
    const { pending, child } = this;
    this.pending = undefined;
    child.stdout.destroy();
    child.stdin.destroy();
    this.kill();
    pending?.reject(reason);
  }

  private kill(): void {
    const { child } = this;
    if (child.pid === undefined) return;
    try {
      if (process.platform === 'win32') child.kill('SIGKILL');
      else process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It is gone already.
    }
  }
}
