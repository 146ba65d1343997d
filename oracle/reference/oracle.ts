/**
 * The oracle: the states of the model that a system may be in, after what it was seen to do.
 *
 * Where the specification leaves a choice, every allowed branch is kept until something that is seen
 * rules it out. A reply is never used to pick one of two possible states.
 */

import { fuzzScope } from '../../generators/index.ts';
import {
  type Call,
  type InPlace,
  inPlace,
  type Machine,
  type Problem,
  problemsOfCall,
  type Scope,
} from '../../machine/index.ts';
import { anonymous } from './anonymous.ts';
import { type Kind, kindsOf } from './commands.ts';
import { type Counts, type KindCounts, noCounts } from './counts.ts';
import { type Allowed, type Finding, unexplainedObservation, unexplainedReply } from './finding.ts';
import { problemOfReply } from './form.ts';
import { type Agreement, agreement, disagreements, problemsOfObservation } from './observation.ts';
import { type Compare, checkOptions, type OracleOptions } from './options.ts';
import type { Answer, Reply, Told } from './reply.ts';
import { StateSet } from './state-set.ts';
import { Successors } from './successors.ts';

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

class Reference<S> implements Oracle<S> {
  readonly machine: Machine<S>;
  readonly scope: Scope;
  readonly compare: Compare;
  readonly counts: Counts = noCounts();
  readonly kindCounts: ReadonlyMap<string, KindCounts>;
  private readonly options: OracleOptions;
  private readonly maxStates: number;
  private readonly host: InPlace<S>;
  private readonly kinds: ReadonlyMap<string, Kind>;
  private readonly set: StateSet<S>;
  private readonly successors: Successors<S>;
  private readonly agrees: Agreement;
  // Of this trace.
  private failure = false;
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
    const renaming = names.length === 0 ? undefined : anonymous(machine.shape, scope.sizes, names);
    this.kinds = kindsOf(this.host.engine, renaming);
    checkOptions(this.kinds, options, scope);
    this.kindCounts = new Map([...this.kinds].map(([name, { counts }]) => [name, counts]));
    this.set = new StateSet(this.host, renaming, maxStates);
    this.successors = new Successors(this.host, this.set, options.events);
    this.agrees = agreement(machine.shape, scope.sizes, compare === 'full');
  }

  get states(): number {
    return this.set.all.length;
  }

  reset(): void {
    this.set.reset(!this.failure);
    this.successors.takeDropped();
    this.failure = false;
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
      const named = kind.named(reply.choices);
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
    const { set, successors } = this;
    const unmoved: S[] = [];
    for (const state of set.all) {
      const kept = open
        ? successors.choosing(kind, state, call, given, reply)
        : successors.one(state, call, reply, loose === true);
      if (!kept && loose === true) unmoved.push(state);
    }
    if (unmoved.length > 0) {
      if (set.after.length === 0) {
        this.counts.loose++;
        this.loose++;
      }
      for (const state of unmoved) set.add(state);
    }
    if (set.after.length === 0) {
      return this.found(unexplainedReply(command, reply, successors.takeDropped()));
    }
    const { looseShare = 0.2 } = this.options;
    if (this.loose > Math.max(looseMin, looseShare * this.steps)) {
      const message = `${this.loose} of ${this.steps} commands were refused for the system's own reasons, more than ${looseMin} and a share of ${looseShare}`;
      return this.failed('too-loose', message, command);
    }
    return this.settle(command);
  }

  unknown(command: Call): Judgement {
    return this.lose(command, undefined);
  }

  private lose(command: Call, given: Readonly<Record<string, unknown>> | undefined): Judgement {
    const kind = this.kind(command.kind);
    this.counts.unknown++;
    kind.counts.unknown++;
    this.steps++;
    for (const state of this.set.all) {
      this.successors.unanswered(kind, state, command, given);
    }
    return this.settle(command);
  }

  observe(partial: unknown): Judgement {
    const { shape } = this.machine;
    this.counts.observations++;
    const possible = this.set.all.filter((state) => this.agrees(state, partial));
    if (possible.length > 0) {
      this.set.keep(possible);
      return this.done();
    }
    const full = this.compare === 'full';
    const [problem] = problemsOfObservation(shape, this.scope.sizes, partial, full);
    if (problem !== undefined) return this.malformed(undefined, problem);
    const all = this.set.all.map((state) => disagreements(shape, state, partial));
    // Where all of it was given by id, only this longer look sees that it agrees.
    const agreeing = this.set.all.filter((_, i) => all[i]?.length === 0);
    if (agreeing.length === 0) return this.found(unexplainedObservation(all));
    this.set.keep(agreeing);
    return this.done();
  }

  silent(): Judgement {
    const { internal = [] } = this.options;
    if (internal.length === 0) return this.done();
    this.successors.closure(internal.map((name) => this.kind(name)));
    return this.settle(undefined);
  }

  legality(command: Call): 'accepted' | 'refused' | 'mixed' {
    const kind = this.kind(command.kind);
    let accepted = 0;
    for (const state of this.set.all) if (kind.possible(state, command.args)) accepted++;
    if (accepted === 0) return 'refused';
    return accepted === this.set.all.length ? 'accepted' : 'mixed';
  }

  allowed(command: Call): readonly Allowed[] {
    const kind = this.kind(command.kind);
    for (const state of this.set.all) this.successors.noteAnswers(kind, state, command);
    return this.successors.takeDropped();
  }

  private kind(name: string): Kind {
    const kind = this.kinds.get(name);
    // The engine says it as every host does.
    if (kind === undefined) this.host.engine.command(name);
    return kind as Kind;
  }

  /** The states after the step become those that the system may be in. */
  private settle(command: Call | undefined): Judgement {
    if (this.set.overflows) {
      const by = command === undefined ? 'internal steps' : command.kind;
      const message = `after ${by} the system may be in more than ${this.maxStates} states: let it name its choices, or show more of its state`;
      return this.failed('too-many-states', message, command);
    }
    this.set.turn();
    this.successors.takeDropped();
    if (this.states > this.counts.statesMax) this.counts.statesMax = this.states;
    return this.done();
  }

  private done(): Judgement {
    return { ok: true, states: this.states };
  }

  private malformed(command: Call | undefined, { path, problem }: Problem): Judgement {
    return this.failed('malformed', `${path} ${problem}`, command);
  }

  private failed(reason: Finding['reason'], message: string, command: Call | undefined): Judgement {
    const of = command === undefined ? {} : { command };
    return this.found({ reason, message, ...of, allowed: [], difference: [] });
  }

  private found(finding: Finding): Judgement {
    this.failure = true;
    return { ok: false, finding };
  }
}
