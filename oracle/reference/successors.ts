/** What a state may come to by a command, given what the system answered. */
import type { Call, InPlace } from '../../machine/index.ts';
import type { Kind } from './commands.ts';
import type { Allowed } from './finding.ts';
import { type Answer, reportable, type StepOutcome, sameEvents } from './reply.ts';
import type { StateSet } from './state-set.ts';

type Choices = Readonly<Record<string, unknown>>;

/** No more permitted replies are collected for a report. */
const outcomesMax = 200;

/** Each method adds to the set the states that one of its states may come to. */
export class Successors<S> {
  private readonly host: InPlace<S>;
  private readonly states: StateSet<S>;
  private readonly eventTypes: readonly string[] | undefined;
  /** What the model would have answered where that was not what the system answered. */
  private dropped: Allowed[] = [];

  constructor(host: InPlace<S>, states: StateSet<S>, eventTypes: readonly string[] | undefined) {
    this.host = host;
    this.states = states;
    this.eventTypes = eventTypes;
  }

  /** The answers noted since this was asked last. */
  takeDropped(): readonly Allowed[] {
    const { dropped } = this;
    if (dropped.length > 0) this.dropped = [];
    return dropped;
  }

  /**
   * Takes the one step that the answer leaves possible, in place; false where none is. `loose`: the
   * system may have refused for reasons of its own.
   */
  one(state: S, call: Call, reply: Answer, loose: boolean): boolean {
    // A state that stays where it was must not be changed to see what it would have come to.
    if (loose && this.host.engine.refusal(state, call) === undefined) return false;
    const outcome = this.host.step(state, call);
    if (this.fits(outcome, reply)) {
      this.states.add(state);
      return true;
    }
    this.drop(outcome, call);
    return false;
  }

  /** Takes every step that the host may have chosen; false where the answer fits none. */
  choosing(kind: Kind, state: S, call: Call, given: Choices | undefined, reply: Answer): boolean {
    const legal = kind.legal(state, call.args, given);
    if (legal.length === 0 || (!reply.ok && !kind.isWhole(call.args))) {
      return this.refusal(kind, state, call, given, reply);
    }
    let kept = false;
    legal.forEach((each, i) => {
      if (this.states.overflows) return;
      // A refusal leaves the state alone: the system may have had reasons of its own.
      const last = i === legal.length - 1 && reply.ok;
      const branch = last ? state : this.states.copy(state);
      const outcome = this.host.step(branch, each);
      if (this.fits(outcome, reply)) {
        this.states.add(branch);
        kept = true;
      } else {
        this.drop(outcome, each);
        if (branch !== state) this.states.release(branch);
      }
    });
    return kept;
  }

  private refusal(
    kind: Kind,
    state: S,
    call: Call,
    given: Choices | undefined,
    reply: Answer,
  ): boolean {
    const code = reply.ok ? undefined : reply.rejection?.code;
    const whole =
      kind.isWhole(call.args) && kind.choices.every(({ name }) => Object.hasOwn(call.args, name));
    const likely = whole ? this.host.engine.refusal(state, call)?.code : undefined;
    if (!reply.ok && likely !== undefined && (code === undefined || code === likely)) {
      this.states.add(state);
      return true;
    }
    if (!reply.ok && kind.mayRefuse(state, call.args, given, code)) {
      this.states.add(state);
      return true;
    }
    for (const each of kind.codes(state, call.args, given)) {
      this.drop({ ok: false, rejection: { code: each } }, call);
    }
    return false;
  }

  private fits(outcome: StepOutcome, reply: Answer): boolean {
    if (outcome.ok !== reply.ok) return false;
    if (outcome.ok) {
      const events = reply.ok ? reply.events : undefined;
      return sameEvents(reportable(outcome.events, this.eventTypes), events);
    }
    const code = reply.ok ? undefined : reply.rejection?.code;
    return code === undefined || code === outcome.rejection.code;
  }

  /** The reply was lost: the command happened with any choices, or did not. */
  unanswered(kind: Kind, state: S, { args }: Call, given: Choices | undefined): void {
    this.each(state, kind.legal(state, args, given));
    this.states.add(state);
  }

  /** Any of the commands of some kinds may have happened, any number of times. */
  closure(kinds: readonly Kind[]): void {
    const { states } = this;
    for (const state of states.all) states.add(state);
    for (let i = 0; i < states.after.length && !states.overflows; i++) {
      const from = states.after[i] as S;
      for (const kind of kinds) this.each(from, kind.any(from));
    }
  }

  /** Takes steps from copies of a state. */
  private each(state: S, calls: readonly Call[]): void {
    for (const call of calls) {
      if (this.states.overflows) return;
      const branch = this.states.copy(state);
      this.host.step(branch, call);
      this.states.add(branch);
    }
  }

  /** Notes what the model may answer to a command in a state. */
  noteAnswers(kind: Kind, state: S, command: Call): void {
    const legal = kind.legal(state, command.args, undefined);
    for (const call of legal) {
      const branch = this.states.copy(state);
      this.drop(this.host.step(branch, call), call);
      this.states.release(branch);
    }
    if (legal.length > 0) return;
    for (const code of kind.codes(state, command.args, undefined)) {
      this.drop({ ok: false, rejection: { code } }, command);
    }
  }

  private drop(outcome: StepOutcome, { args }: Call): void {
    if (this.dropped.length >= outcomesMax) return;
    const events = outcome.ok ? reportable(outcome.events, this.eventTypes) : [];
    this.dropped.push({ outcome: outcome.ok ? { ok: true, events } : outcome, args });
  }
}
