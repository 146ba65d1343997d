/**
 * Lockstep: a trace is carried out by a system under test while the oracle follows. Made for the
 * inside of a fast-check property, where a failure is shrunk like any other.
 */
import type { Trace } from '../../generators/index.ts';
import type { Call } from '../../machine/index.ts';
import type { Finding } from './finding.ts';
import { Malformed } from './form.ts';
import type { Judgement, Oracle } from './oracle.ts';
import { type Reply, show } from './reply.ts';
import { disagreementText } from './text.ts';

/**
 * What a system under test is held by. The adapter owns the abstraction: it translates commands to
 * whatever its system calls them, ids to the system's own handles, and the state back for `observe`.
 */
export interface Adapter {
  /** A new, empty system. */
  reset(): void;
  /**
   * Carries a command out. Arguments that the host is free to choose say what the model would have
   * chosen; a system that chooses for itself says so in `choices`, or says nothing.
   */
  step(command: Call): Reply;
  /** Any part of the state, in the form of the model's (see `Oracle.observe`). */
  observe?(): unknown;
}

/** An adapter whose system takes its time. */
export interface AsyncAdapter {
  reset(): void | Promise<void>;
  step(command: Call): Reply | Promise<Reply>;
  observe?(): unknown;
  /**
   * Carries a whole trace out at once, or undefined where it cannot, and is reset. Used where nothing
   * is observed in between.
   */
  batch?(commands: Trace): Promise<readonly Reply[] | undefined>;
}

/** One command of a trace as it went. */
export interface Followed {
  readonly command: Call;
  /** Absent for a command that was left out, or that the system failed at. */
  readonly reply?: Reply;
  /** What was observed after it, where that is impossible. */
  readonly view?: unknown;
}

/** A system did what the model does not permit. The message is the whole report. */
export class Disagreed extends Error {
  readonly finding: Finding;
  /** What was carried out, the command that it is about last. */
  readonly followed: readonly Followed[];
  constructor(finding: Finding, followed: readonly Followed[], cause?: unknown) {
    super(disagreementText(finding, followed), { cause });
    this.name = 'Disagreed';
    this.finding = finding;
    this.followed = followed.map((each) => bounded(each) as Followed);
  }
}

/** What a system sent may be of any depth and size: a report holds what a reply may need of it. */
const depthMax = 12;
const itemsMax = 1_000;

function bounded(value: unknown, depth = 0): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (depth === depthMax) return show(value);
  if (Array.isArray(value)) return value.slice(0, itemsMax).map((each) => bounded(each, depth + 1));
  const fields = Object.entries(value).slice(0, itemsMax);
  return Object.fromEntries(fields.map(([name, field]) => [name, bounded(field, depth + 1)]));
}

/**
 * Holds a system against the model for one trace; throws `Disagreed` at the first thing that the
 * model does not permit, which a system that throws does too. Commands that only some of the tracked
 * states allow are left out, and counted.
 */
export function lockstep(trace: Trace, adapter: Adapter, reference: Oracle): void {
  const steps = follow(trace, reference, adapter.observe !== undefined, false);
  let at = steps.next();
  while (at.done !== true) {
    let answer: unknown;
    try {
      answer = ask(adapter, at.value);
    } catch (error) {
      at = steps.next(new Thrown(error));
      continue;
    }
    if (answer instanceof Promise) {
      throw new TypeError('the adapter answers with a promise: use lockstepAsync');
    }
    at = steps.next(answer);
  }
}

/** `lockstep` for a system that takes its time. */
export async function lockstepAsync(
  trace: Trace,
  adapter: AsyncAdapter,
  reference: Oracle,
): Promise<void> {
  const { observe, batch } = adapter;
  const steps = follow(trace, reference, observe !== undefined, batch !== undefined);
  for (let at = steps.next(); at.done !== true; ) {
    let answer: unknown;
    try {
      answer = await ask(adapter, at.value);
    } catch (error) {
      answer = new Thrown(error);
    }
    at = steps.next(answer);
  }
}

/** What is asked of an adapter next. */
type Question = 'reset' | 'observe' | { readonly batch: Trace } | Call;
/** An adapter threw instead of answering. */
class Thrown {
  readonly error: unknown;
  constructor(error: unknown) {
    this.error = error;
  }
}

function ask(adapter: AsyncAdapter, question: Question): unknown {
  if (question === 'reset') return adapter.reset();
  if (question === 'observe') return adapter.observe?.();
  return 'batch' in question ? adapter.batch?.(question.batch) : adapter.step(question);
}

/** Yields what to ask of the adapter, and is given what came of it. */
function* follow(
  trace: Trace,
  reference: Oracle,
  canObserve: boolean,
  canBatch: boolean,
): Generator<Question, void, unknown> {
  const observing = canObserve && reference.compare !== 'reply';
  const followed: Followed[] = [];
  const answerOf = (answer: unknown): unknown => {
    if (!(answer instanceof Thrown)) return answer;
    throw new Disagreed(thrown(answer.error), followed, answer.error);
  };
  const judge = (judged: Judgement): void => {
    if (!judged.ok) throw new Disagreed(judged.finding, followed);
  };
  reference.reset();
  answerOf(yield 'reset');
  const seen = (view: unknown): void => {
    const judged = reference.observe(view);
    const last = followed.at(-1);
    if (!judged.ok && last !== undefined) followed[followed.length - 1] = { ...last, view };
    judge(judged);
  };
  if (observing) seen(answerOf(yield 'observe'));
  const batched = canBatch && !observing ? answerOf(yield { batch: trace }) : undefined;
  const replies = batched as readonly Reply[] | undefined;
  for (let i = 0; i < trace.length; i++) {
    const command = trace[i] as Call;
    judge(reference.silent());
    let answer: unknown = replies?.[i];
    if (replies === undefined) {
      if (reference.states > 1 && reference.legality(command) === 'mixed') {
        reference.counts.skipped++;
        followed.push({ command });
        continue;
      }
      answer = yield command;
      if (answer instanceof Thrown) followed.push({ command });
    }
    const reply = answerOf(answer) as Reply;
    followed.push({ command, reply });
    judge(reference.step(command, reply));
    if (!observing) continue;
    judge(reference.silent());
    seen(answerOf(yield 'observe'));
  }
  if (reference.states > 1) reference.counts.ambiguous++;
}

function thrown(error: unknown): Finding {
  const reason = error instanceof Malformed ? 'malformed' : 'threw';
  const message = error instanceof Error ? error.message : show(error);
  const told = reason === 'threw' ? `the system failed: ${message}` : message;
  return { reason, message: told, allowed: [], difference: [] };
}
