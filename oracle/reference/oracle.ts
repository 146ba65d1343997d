/**
 * The oracle: the states of the model that a system may be in, after what it was seen to do.
 *
 * Where the specification leaves a choice, every allowed branch is kept until something that is seen
 * rules it out. A reply is never used to pick one of two possible states.
 */

import { fuzzScope } from '../../generators/index.ts';
import {
  type Call,
  type Encoder,
  encoder,
  type InPlace,
  inPlace,
  type Machine,
  type Problem,
  problemsOfCall,
  type Scope,
} from '../../machine/index.ts';
import { type Anonymous, anonymous } from './anonymous.ts';
import { type Kind, kindsOf } from './commands.ts';
import type { Finding } from './finding.ts';
import { type Allowed, unexplainedObservation, unexplainedReply } from './finding.ts';
import { problemOfReply } from './form.ts';
import { type Agreement, agreement, disagreements, problemsOfObservation } from './observation.ts';
import {
  type Answer,
  type Reply,
  reportable,
  type StepOutcome,
  sameEvents,
  show,
  type Told,
} from './reply.ts';

/** How much of a system is compared: what it answers, also what it shows, or all that it has. */
export type Compare = 'reply' | 'reply+view' | 'full';

export interface OracleOptions {
  /** The configuration; the machine's scope named `fuzz` when absent, or its first one. */
  readonly scope?: Scope;
  /**
   * `reply`: observations are not asked for. `reply+view` (when absent): any part of the state may
   * be observed. `full`: an observation must show all of it, ghosts and history apart.
   */
  readonly compare?: Compare;
  /** More states than these at a time are a failure; 256 when absent. */
  readonly maxStates?: number;
  /** Index sets whose ids the system never names: states that differ in these alone are one. */
  readonly anonymous?: readonly string[];
  /** The types of events that the system reports; all when absent. */
  readonly events?: readonly string[];
  /** Kinds of commands that the system carries out by itself at any time, and does not tell. */
  readonly internal?: readonly string[];
  /** Codes with which the system may refuse a kind of command for reasons of its own. */
  readonly loose?: Readonly<Record<string, readonly string[]>>;
  /** The share of the commands of a trace that may be refused so, 0 to 1; 0.2 when absent. */
  readonly looseShare?: number;
}

/** What was done since the oracle was made, over all traces. */
export interface Counts {
  traces: number;
  /** Commands with a reply that was judged. */
  commands: number;
  refused: number;
  /** Commands whose reply was lost. */
  unknown: number;
  /** Commands that the system does not have. */
  unsupported: number;
  /** Refusals for reasons of the system's own. */
  loose: number;
  /** Commands of traces that were left out, since only some of the tracked states allow them. */
  skipped: number;
  observations: number;
  /** The most states that were tracked at a time. */
  statesMax: number;
  /** Traces at whose end more than one state was left. */
  ambiguous: number;
}

/** What became of the commands of one kind. */
export interface KindCounts {
  accepted: number;
  refused: number;
  unknown: number;
  unsupported: number;
}

export type Judgement =
  | { readonly ok: true; readonly states: number }
  | { readonly ok: false; readonly finding: Finding };

/** After a judgement that is not `ok` only `reset` means anything. */
export interface Oracle<S = unknown> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly compare: Compare;
  readonly counts: Counts;
  /** By kind of command, every one of the scope. */
  readonly kindCounts: ReadonlyMap<string, Readonly<KindCounts>>;
  /** How many states the system may be in. */
  readonly states: number;
  /** A new system, in its initial state. */
  reset(): void;
  /** A command and what the system answered. `Reply` is checked: it may come from anywhere. */
  step(command: Call, reply: Reply): Judgement;
  /**
   * A command that a log says was carried out: what it chose is among its arguments, and arguments
   * that are missing may have been any.
   */
  recorded(command: Call, reply: Reply): Judgement;
  /** The reply was lost: every branch is kept, and that it never happened. */
  unknown(command: Call): Judgement;
  /** Any part of the state, in its form: see docs/protocol.md. */
  observe(partial: unknown): Judgement;
  /** Any number of internal steps may have happened. */
  silent(): Judgement;
  /** Whether the tracked states allow a command, whatever the host chooses. */
  legality(command: Call): 'accepted' | 'refused' | 'mixed';
  /** What a system may answer to a command now. */
  allowed(command: Call): readonly Allowed[];
}

/**
 * The machine as a reference. Commands must be calls of the scope (see `problemsOfCall`); an unknown
 * kind throws. Throws on options that the scope cannot have.
 */
export function oracle<S>(machine: Machine<S>, options: OracleOptions = {}): Oracle<S> {
  return new Reference(machine, options);
}

/** So many refusals for the system's own reasons are always permitted in a trace. */
const looseMin = 3;
/** Objects of so many states are kept for later from one trace to the next. */
const spareMax = 16;
/** No more permitted replies are collected for a report. */
const outcomesMax = 200;

class Reference<S> implements Oracle<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly compare: Compare;
  readonly counts: Counts = {
    traces: 0,
    commands: 0,
    refused: 0,
    unknown: 0,
    unsupported: 0,
    loose: 0,
    skipped: 0,
    observations: 0,
    statesMax: 1,
    ambiguous: 0,
  };
  readonly kindCounts: ReadonlyMap<string, KindCounts>;
  private readonly options: OracleOptions;
  private readonly maxStates: number;
  private readonly host: InPlace<S>;
  private readonly kinds: ReadonlyMap<string, Kind>;
  private readonly renaming: Anonymous<S> | undefined;
  private readonly keys: Encoder<S>;
  private readonly agrees: Agreement;
  private readonly start: S;
  private tracked: S[];
  /** States that are tracked no more: their objects are used again. */
  private readonly spare: S[] = [];
  // The states after the step in progress, and their keys once there are two.
  private next: S[] = [];
  private readonly known = new Set<string>();
  private outcomes: Allowed[] = [];
  // Of this trace.
  private dirty = false;
  private steps = 0;
  private loose = 0;

  constructor(machine: Machine<S>, options: OracleOptions) {
    const { scope = fuzzScope(machine), compare = 'reply+view', maxStates = 256 } = options;
    this.machine = machine;
    this.scope = scope;
    this.compare = compare;
    this.options = options;
    this.maxStates = maxStates;
    this.host = inPlace(machine, scope);
    const names = options.anonymous ?? [];
    this.renaming = names.length === 0 ? undefined : anonymous(machine.shape, scope.sizes, names);
    this.kinds = kindsOf(this.host.engine, this.renaming);
    checkOptions(this.kinds, options, scope);
    this.kindCounts = new Map([...this.kinds].map(([name, { counts }]) => [name, counts]));
    this.keys = encoder(machine.shape, scope.sizes, { ghosts: false });
    this.agrees = agreement(machine.shape, scope.sizes, compare === 'full');
    this.start = this.host.initial();
    this.tracked = [this.host.initial()];
  }

  get states(): number {
    return this.tracked.length;
  }

  reset(): void {
    // After a failure one object may be in several lists.
    if (this.dirty) this.spare.length = 0;
    else this.spare.push(...this.tracked.slice(0, spareMax));
    this.tracked = [this.copy(this.start)];
    this.next = [];
    this.known.clear();
    this.outcomes = [];
    this.dirty = false;
    this.steps = 0;
    this.loose = 0;
    this.counts.traces++;
  }

  step(command: Call, reply: Reply): Judgement {
    const problem = problemOfReply(reply);
    if (problem !== undefined) return this.malformed(command, problem);
    if (!('ok' in reply)) return this.unanswered(command, reply);
    const { before, after } = reply;
    if (before === undefined && after === undefined) return this.advance(command, reply, true);
    const told = this.tell(before);
    if (!told.ok) return told;
    const judged = this.advance(command, reply, true);
    return judged.ok && after !== undefined ? this.tell(after) : judged;
  }

  private unanswered(command: Call, reply: Exclude<Reply, Answer>): Judgement {
    if ('unknown' in reply) return this.unknown(command);
    this.counts.unsupported++;
    this.kind(command.kind).counts.unsupported++;
    return this.done();
  }

  private tell(told: readonly Told[] | undefined): Judgement {
    for (const { command, reply = { ok: true } } of told ?? []) {
      const [problem] = problemsOfCall(this.machine, this.scope, command);
      if (problem !== undefined) return this.malformed(undefined, problem);
      const judged = this.recorded(command, reply);
      if (!judged.ok) return judged;
    }
    return this.done();
  }

  recorded(command: Call, reply: Reply): Judgement {
    const kind = this.kind(command.kind);
    const { nameable } = kind;
    const choices: Record<string, unknown> = {};
    for (const { name } of nameable) {
      if (Object.hasOwn(command.args, name)) choices[name] = command.args[name];
    }
    if ('unknown' in reply) return this.lose(command, choices);
    if (!('ok' in reply)) return this.unanswered(command, reply);
    const answer = nameable.length === 0 ? reply : { choices, ...reply };
    return this.advance(command, answer, kind.isWhole(command.args));
  }

  /** `whole`: no argument of the command is missing, choices apart. */
  private advance(command: Call, reply: Answer, whole: boolean): Judgement {
    const kind = this.kind(command.kind);
    this.counts.commands++;
    this.steps++;
    let call = command;
    let open = kind.choices.length > 0 || !whole;
    let given: Readonly<Record<string, unknown>> | undefined;
    if (reply.choices !== undefined) {
      const named = this.named(kind, reply.choices);
      if ('problem' in named) return this.malformed(command, named);
      given = named.choices;
      call = { kind: command.kind, args: { ...command.args, ...given } };
      open = Object.keys(given).length < kind.choices.length || !whole;
    }
    if (reply.ok) kind.counts.accepted++;
    else {
      this.counts.refused++;
      kind.counts.refused++;
    }
    const { code } = reply.ok ? {} : (reply.rejection ?? {});
    const loose = code !== undefined && this.options.loose?.[command.kind]?.includes(code);
    const unmoved: S[] = [];
    for (const state of this.tracked) {
      const kept = open
        ? this.stepChoosing(kind, state, call, given, reply)
        : this.stepOne(state, call, reply, loose === true);
      if (!kept && loose === true) unmoved.push(state);
    }
    if (unmoved.length > 0) {
      if (this.next.length === 0) {
        this.counts.loose++;
        this.loose++;
      }
      for (const state of unmoved) this.add(state);
    }
    if (this.next.length === 0) {
      return this.found(unexplainedReply(command, reply, this.outcomes));
    }
    const { looseShare = 0.2 } = this.options;
    if (this.loose > Math.max(looseMin, looseShare * this.steps)) {
      const message = `${this.loose} of ${this.steps} commands were refused for the system's own reasons, more than ${looseMin} and a share of ${looseShare}`;
      return this.failed('too-loose', message, command);
    }
    return this.settle(command);
  }

  /** Takes the one step that the reply leaves possible, in place; false where none is. */
  private stepOne(state: S, call: Call, reply: Answer, loose: boolean): boolean {
    // A state that stays where it was must not be changed to see what it would have come to.
    if (loose && this.host.engine.refusal(state, call) === undefined) return false;
    const outcome = this.host.step(state, call);
    if (this.fits(outcome, reply)) {
      this.add(state);
      return true;
    }
    this.dropped(outcome, call);
    return false;
  }

  /** Takes every step that the host may have chosen; false where the reply fits none. */
  private stepChoosing(
    kind: Kind,
    state: S,
    call: Call,
    given: Readonly<Record<string, unknown>> | undefined,
    reply: Answer,
  ): boolean {
    const legal = kind.legal(state, call.args, given);
    if (legal.length === 0 || (!reply.ok && !kind.isWhole(call.args))) {
      return this.refuseChoosing(kind, state, call, given, reply);
    }
    let kept = false;
    legal.forEach((each, i) => {
      if (this.next.length > this.maxStates) return;
      // A refusal leaves the state alone: the system may have had reasons of its own.
      const last = i === legal.length - 1 && reply.ok;
      const branch = last ? state : this.copy(state);
      const outcome = this.host.step(branch, each);
      if (this.fits(outcome, reply)) {
        this.add(branch);
        kept = true;
      } else {
        this.dropped(outcome, each);
        if (branch !== state) this.spare.push(branch);
      }
    });
    return kept;
  }

  private refuseChoosing(
    kind: Kind,
    state: S,
    call: Call,
    given: Readonly<Record<string, unknown>> | undefined,
    reply: Answer,
  ): boolean {
    const code = reply.ok ? undefined : reply.rejection?.code;
    const whole =
      kind.isWhole(call.args) && kind.choices.every(({ name }) => Object.hasOwn(call.args, name));
    const likely = whole ? this.host.engine.refusal(state, call)?.code : undefined;
    if (!reply.ok && likely !== undefined && (code === undefined || code === likely)) {
      this.add(state);
      return true;
    }
    if (!reply.ok && kind.mayRefuse(state, call.args, given, code)) {
      this.add(state);
      return true;
    }
    for (const each of kind.codes(state, call.args, given)) {
      this.dropped({ ok: false, rejection: { code: each } }, call);
    }
    return false;
  }

  private fits(outcome: StepOutcome, reply: Answer): boolean {
    if (outcome.ok !== reply.ok) return false;
    if (outcome.ok) {
      const events = reply.ok ? reply.events : undefined;
      return sameEvents(reportable(outcome.events, this.options.events), events);
    }
    const code = reply.ok ? undefined : reply.rejection?.code;
    return code === undefined || code === outcome.rejection.code;
  }

  unknown(command: Call): Judgement {
    return this.lose(command, undefined);
  }

  private lose(command: Call, given: Readonly<Record<string, unknown>> | undefined): Judgement {
    const kind = this.kind(command.kind);
    this.counts.unknown++;
    kind.counts.unknown++;
    this.steps++;
    for (const state of this.tracked) {
      for (const call of kind.legal(state, command.args, given)) {
        if (this.next.length > this.maxStates) break;
        const branch = this.copy(state);
        this.host.step(branch, call);
        this.add(branch);
      }
      this.add(state);
    }
    return this.settle(command);
  }

  observe(partial: unknown): Judgement {
    const { shape } = this.machine;
    this.counts.observations++;
    const possible = this.tracked.filter((state) => this.agrees(state, partial));
    if (possible.length > 0) {
      this.tracked = possible;
      return this.done();
    }
    const full = this.compare === 'full';
    const [problem] = problemsOfObservation(shape, this.scope.sizes, partial, full);
    if (problem !== undefined) return this.malformed(undefined, problem);
    const all = this.tracked.map((state) => disagreements(shape, state, partial));
    // Where all of it was given by id, only this longer look sees that it agrees.
    const agreeing = this.tracked.filter((_, i) => all[i]?.length === 0);
    if (agreeing.length === 0) return this.found(unexplainedObservation(all));
    this.tracked = agreeing;
    return this.done();
  }

  silent(): Judgement {
    const { internal = [] } = this.options;
    if (internal.length === 0) return this.done();
    for (const state of this.tracked) this.add(state);
    for (let i = 0; i < this.next.length && this.next.length <= this.maxStates; i++) {
      const from = this.next[i] as S;
      for (const name of internal) {
        for (const call of this.kind(name).any(from)) {
          if (this.next.length > this.maxStates) break;
          const branch = this.copy(from);
          this.host.step(branch, call);
          this.add(branch);
        }
      }
    }
    return this.settle(undefined);
  }

  legality(command: Call): 'accepted' | 'refused' | 'mixed' {
    const kind = this.kind(command.kind);
    let accepted = 0;
    for (const state of this.tracked) if (kind.possible(state, command.args)) accepted++;
    if (accepted === 0) return 'refused';
    return accepted === this.tracked.length ? 'accepted' : 'mixed';
  }

  allowed(command: Call): readonly Allowed[] {
    const kind = this.kind(command.kind);
    for (const state of this.tracked) {
      const legal = kind.legal(state, command.args, undefined);
      for (const call of legal) {
        const branch = this.copy(state);
        this.dropped(this.host.step(branch, call), call);
        this.spare.push(branch);
      }
      if (legal.length > 0) continue;
      for (const code of kind.codes(state, command.args, undefined)) {
        this.dropped({ ok: false, rejection: { code } }, command);
      }
    }
    const found = this.outcomes;
    this.outcomes = [];
    return found;
  }

  /** The choices that a system named, or what is wrong with them. */
  private named(
    kind: Kind,
    choices: Readonly<Record<string, unknown>>,
  ): { readonly choices: Readonly<Record<string, unknown>> } | Problem {
    const found: Record<string, unknown> = {};
    for (const name of Object.keys(choices)) {
      const slot = kind.choices.find((each) => each.name === name);
      if (slot === undefined) {
        return { path: `choices.${show(name)}`, problem: 'is no choice of this command' };
      }
      const named = choices[name];
      const value = kind.valueOf(slot, named);
      if (value === undefined) {
        return { path: `choices.${name}`, problem: `is ${show(named)}, outside the scope` };
      }
      if (value !== null && !kind.nameable.includes(slot)) {
        return { path: `choices.${name}`, problem: 'names an id of an anonymous index set' };
      }
      found[name] = value;
    }
    return { choices: found };
  }

  private kind(name: string): Kind {
    const kind = this.kinds.get(name);
    // The engine says it as every host does.
    if (kind === undefined) this.host.engine.command(name);
    return kind as Kind;
  }

  private copy(source: S): S {
    const target = this.spare.pop();
    if (target === undefined) return this.host.copier.copy(source);
    this.host.copier.copyInto(target, source);
    return target;
  }

  /** Keeps a state, unless an equal one is kept already. */
  private add(state: S): void {
    const { next, known } = this;
    if (next.length > 0) {
      if (known.size === 0) known.add(this.keyOf(next[0] as S));
      const key = this.keyOf(state);
      if (known.has(key)) {
        this.spare.push(state);
        return;
      }
      known.add(key);
    }
    next.push(state);
  }

  private keyOf(state: S): string {
    this.renaming?.rename(state);
    return this.keys.encode(state);
  }

  private dropped(outcome: StepOutcome, { args }: Call): void {
    if (this.outcomes.length >= outcomesMax) return;
    const events = outcome.ok ? reportable(outcome.events, this.options.events) : [];
    this.outcomes.push({ outcome: outcome.ok ? { ok: true, events } : outcome, args });
  }

  /** The states after the step become the tracked ones. */
  private settle(command: Call | undefined): Judgement {
    const { next } = this;
    if (next.length > this.maxStates) {
      const by = command === undefined ? 'internal steps' : command.kind;
      const message = `after ${by} the system may be in more than ${this.maxStates} states: let it name its choices, or show more of its state`;
      return this.failed('too-many-states', message, command);
    }
    this.tracked = next;
    this.next = [];
    if (this.known.size > 0) this.known.clear();
    if (this.outcomes.length > 0) this.outcomes = [];
    if (next.length > this.counts.statesMax) this.counts.statesMax = next.length;
    return this.done();
  }

  private done(): Judgement {
    return { ok: true, states: this.tracked.length };
  }

  private malformed(command: Call | undefined, { path, problem }: Problem): Judgement {
    return this.failed('malformed', `${path} ${problem}`, command);
  }

  private failed(reason: Finding['reason'], message: string, command: Call | undefined): Judgement {
    const of = command === undefined ? {} : { command };
    return this.found({ reason, message, ...of, allowed: [], difference: [] });
  }

  private found(finding: Finding): Judgement {
    this.dirty = true;
    return { ok: false, finding };
  }
}

/** Kinds and codes that options name must be there, and no id that has no name be asked for. */
function checkOptions(
  kinds: ReadonlyMap<string, Kind>,
  { internal = [], loose = {}, looseShare = 0, maxStates = 1 }: OracleOptions,
  { name }: Scope,
): void {
  for (const [kind, { unnameable }] of kinds) {
    if (unnameable === undefined) continue;
    throw new Error(`${kind} names ids in '${unnameable}', so they cannot be anonymous`);
  }
  for (const kind of [...internal, ...Object.keys(loose)]) {
    if (!kinds.has(kind)) throw new Error(`there is no command '${kind}' in scope '${name}'`);
  }
  if (!(looseShare >= 0 && looseShare <= 1)) {
    throw new RangeError(`looseShare is ${looseShare}, not a share from 0 to 1`);
  }
  if (!Number.isInteger(maxStates) || maxStates < 1) {
    throw new RangeError(`maxStates is ${maxStates}, not a whole number from 1 on`);
  }
}
