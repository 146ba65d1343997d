/**
 * Lockstep: a trace is carried out by a system under test while the oracle follows. Made for the
 * inside of a fast-check property, where a failure is shrunk like any other.
 */
import type { Trace } from '../../generators/index.ts';
import type { Call } from '../../machine/index.ts';
import type { Finding } from './finding.ts';
import type { Judgement, Oracle } from './oracle.ts';
import type { Reply } from './reply.ts';
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
  /** Carries a whole trace out at once. Used where nothing is observed in between. */
  batch?(commands: Trace): Promise<readonly Reply[]>;
}

/** One command of a trace as it went. */
export interface Followed {
  readonly command: Call;
  /** Absent for a command that was left out. */
  readonly reply?: Reply;
}

/** A system did what the model does not permit. The message is the whole report. */
export class Disagreed extends Error {
  readonly finding: Finding;
  /** What was carried out, the finding command last. */
  readonly followed: readonly Followed[];
  constructor(finding: Finding, followed: readonly Followed[]) {
    super(disagreementText(finding, followed));
    this.name = 'Disagreed';
    this.finding = finding;
    this.followed = followed;
  }
}

/**
 * Holds a system against the model for one trace; throws `Disagreed` at the first thing that the
 * model does not permit, and whatever the adapter throws. Commands that only some of the tracked
 * states allow are left out, and counted.
 */
export function lockstep(trace: Trace, adapter: Adapter, reference: Oracle): void {
  const steps = follow(trace, adapter, reference);
  for (let at = steps.next(); at.done !== true; at = steps.next(at.value)) {
    if (at.value instanceof Promise) {
      throw new TypeError('the adapter answers with a promise: use lockstepAsync');
    }
  }
}

/** `lockstep` for a system that takes its time. */
export async function lockstepAsync(
  trace: Trace,
  adapter: AsyncAdapter,
  reference: Oracle,
): Promise<void> {
  const steps = follow(trace, adapter, reference);
  for (let at = steps.next(); at.done !== true; ) at = steps.next(await at.value);
}

/** Yields what the adapter answers, and is given what comes of it. */
function* follow(
  trace: Trace,
  adapter: AsyncAdapter,
  reference: Oracle,
): Generator<unknown, void, unknown> {
  const observing = reference.compare !== 'reply' && adapter.observe !== undefined;
  const followed: Followed[] = [];
  const judge = (judged: Judgement): void => {
    if (!judged.ok) throw new Disagreed(judged.finding, followed);
  };
  reference.reset();
  yield adapter.reset();
  if (observing) judge(reference.observe(yield adapter.observe?.()));
  const batched = observing ? undefined : ((yield adapter.batch?.(trace)) as Reply[] | undefined);
  for (let i = 0; i < trace.length; i++) {
    const command = trace[i] as Call;
    judge(reference.silent());
    if (batched === undefined && reference.states > 1 && reference.legality(command) === 'mixed') {
      reference.counts.skipped++;
      followed.push({ command });
      continue;
    }
    const reply = (batched === undefined ? yield adapter.step(command) : batched[i]) as Reply;
    followed.push({ command, reply });
    judge(reference.step(command, reply));
    if (!observing) continue;
    judge(reference.silent());
    judge(reference.observe(yield adapter.observe?.()));
  }
  if (reference.states > 1) reference.counts.ambiguous++;
}
