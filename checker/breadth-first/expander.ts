/** Takes the steps of the states of a level, and asks what is to be asked of steps and states. */
import type { Call, Change, Machine, Packed, Property, Scope } from '../../machine/index.ts';
import { hashOf } from '../hash.ts';
import { Questions } from '../questions.ts';
import type { Rows } from '../rows.ts';
import type { Symmetry } from '../symmetry.ts';
import { Arrivals } from './arrivals.ts';
import { Form, type Mode } from './form.ts';
import { type Found, partOf } from './known.ts';
import { Recent } from './recent.ts';
import { SleepSets, StepLog } from './sleep-sets.ts';

export interface ExpanderOptions {
  readonly properties: readonly Property[];
  readonly goal: ((state: never) => boolean) | undefined;
  readonly mode: Mode;
  readonly commands: readonly string[] | undefined;
  readonly calls: ((call: Call) => boolean) | undefined;
  /** A state without steps ends the search. */
  readonly deadlocks: boolean;
  /** Keeps canonical forms of states in their place. */
  readonly symmetry: Symmetry | undefined;
  /** Leaves out steps that commute with steps taken before. */
  readonly sleepSets: boolean;
}

/** What ends a search: a step, what it leads to, or the lack of one. */
export interface Ending {
  readonly how: 'violated' | 'reached' | 'deadlock' | 'threw' | 'full';
  /** The rank of the state before, and the number of the call; -1 where there is none. */
  readonly parent: number;
  readonly call: number;
  /** The canonical form of the state after, with symmetry. */
  readonly after?: Int32Array | undefined;
  /** What was thrown, and at which call. */
  readonly cause?: unknown;
  readonly running?: Call | undefined;
}

/** A level whose states are expanded, and the next one, which they lead to. */
export interface Levels {
  now: Rows;
  next: Rows;
}

export class Expander<S> {
  readonly host: Packed<S>;
  readonly form: Form<S>;
  readonly questions: Questions;
  readonly arrivals: Arrivals;
  /** Steps taken, by the number of the call. */
  readonly taken: Int32Array;
  generated = 0;
  /** The rank of the state whose steps are taken. */
  rank = 0;
  /** The earliest of what ends the search. */
  ending: Ending | undefined;

  private readonly levels: Levels;
  private parts = 1;
  /** The state before a step, for properties that compare. */
  private readonly before: Packed<S> | undefined;
  private readonly beforeForm: Form<S> | undefined;
  private readonly options: ExpanderOptions;
  private readonly size: Scope['sizes'];
  private readonly known: (Call | undefined)[] = [];
  /** What a step leaves of a state. */
  private readonly left: Int32Array;
  private readonly recent: Recent;
  /** The promises that are open in the state whose steps are taken. */
  private promises: Int32Array = new Int32Array(0);
  private readonly sleeping: { now: SleepSets; next: SleepSets; log: StepLog } | undefined;
  /** For each call, the rank of the last state in which it slept. */
  private readonly asleep: Int32Array = new Int32Array(0);
  private readonly skip: ((call: number) => boolean) | undefined;
  private readonly footprint = new Int32Array(3);

  constructor(machine: Machine<S>, scope: Scope, levels: Levels, options: ExpanderOptions) {
    const { properties, goal, calls, sleepSets } = options;
    this.options = options;
    this.questions = new Questions(machine as Machine, scope, properties, goal);
    this.form = new Form(machine, scope, this.questions, { ...options, footprints: sleepSets });
    this.host = this.form.host;
    if (this.questions.compares) {
      const compared = { ...options, footprints: false, rests: this.form.rests };
      this.beforeForm = new Form(machine, scope, this.questions, compared);
      this.before = this.beforeForm.host;
    }
    this.size = scope.sizes;
    this.levels = levels;
    this.left = new Int32Array(this.form.leftWords + 1);
    this.arrivals = new Arrivals(this.form.leftWords);
    this.recent = new Recent(this.form.keyWords);
    this.taken = new Int32Array(this.host.calls);
    if (sleepSets) {
      this.sleeping = { now: new SleepSets(), next: new SleepSets(), log: new StepLog() };
      this.asleep = new Int32Array(this.host.calls).fill(-1);
    }
    if (sleepSets || calls !== undefined) {
      this.skip = (number) =>
        this.asleep[number] === this.rank || calls?.(this.callOf(number)) === false;
    }
  }

  get isFull(): boolean {
    return this.arrivals.count >= this.room;
  }
  private room = 0;

  /** Begins a round: arrivals are for so many parts, and steps are taken until there are so many. */
  begin(parts: number, room: number): void {
    this.parts = parts;
    this.room = room;
    this.ending = undefined;
    this.arrivals.begin(parts, room + this.host.calls);
    this.sleeping?.log.begin();
  }

  /** The states found become those that are expanded. */
  nextLevel(): void {
    if (this.sleeping === undefined) return;
    const { now, next } = this.sleeping;
    this.sleeping.now = next;
    this.sleeping.next = now;
    now.clear();
    this.asleep.fill(-1);
  }

  /** The call of a number: the same object each time. */
  readonly callOf = (number: number): Call => {
    this.known[number] ??= this.host.call(number);
    return this.known[number];
  };

  /** Takes every step of a state of the level, given by its rank. */
  expand(rank: number): void {
    this.sleeping?.log.open(rank);
    this.steps(rank, this.visit);
  }

  /** Asks again what `expand` asks, and counts the steps: nothing arrives. */
  repeat(rank: number): void {
    this.steps(rank, this.count);
  }

  private steps(rank: number, visit: (call: number) => boolean): void {
    const { host, form, questions, sleeping } = this;
    this.rank = rank;
    const rows = this.levels.now;
    const [chunk, at] = [rows.chunk(rank), rows.at(rank)];
    form.load(chunk, at);
    if (questions.promiseWords > 0) this.promises = form.promises(chunk, at);
    if (questions.ofSteps) this.beforeForm?.load(chunk, at);
    if (sleeping !== undefined) {
      const { now } = sleeping;
      for (let i = now.start(rank); i < now.end(rank); i++) this.asleep[now.call(i)] = rank;
    }
    const before = this.generated;
    try {
      host.steps(visit, this.skip);
    } catch (cause) {
      this.end({ how: 'threw', parent: rank, call: -1, cause, running: host.running() });
      return;
    }
    if (this.options.deadlocks && this.generated === before) {
      const after = form.canonicalForm();
      this.end({ how: 'deadlock', parent: rank, call: -1, after });
    }
  }

  private readonly visit = (call: number): boolean => {
    this.count(call);
    this.arrive(this.rank, call);
    return false;
  };

  private readonly count = (call: number): boolean => {
    this.generated++;
    (this.taken[call] as number)++;
    if (this.questions.ofSteps) this.compare(call);
    return false;
  };

  /** Adds the state that the host is in to what is looked up. */
  arrive(parent: number, call: number): void {
    const { form, left, sleeping, host, footprint } = this;
    if (sleeping !== undefined) {
      host.footprint(footprint, 0);
      sleeping.log.add(call, footprint);
    }
    form.leave(left, 0);
    const hash = hashOf(left, 0, form.keyWords);
    if (this.recent.meets(left, hash)) return;
    this.arrivals.add(partOf(hash, this.parts), left, parent, call);
  }

  /** Asks what is to be asked of a step. */
  private compare(call: number): void {
    const { host, before, size, questions } = this;
    const change = {
      before: before?.view,
      call: this.callOf(call),
      after: host.view,
      events: host.takeEvents(),
      size,
    } as unknown as Change;
    if (!questions.step(change, this.promises)) return;
    this.end({ how: 'violated', parent: this.rank, call, after: this.form.canonicalForm() });
  }

  /** Keeps a new state for the next level, and asks what is to be asked of it. */
  settle(parent: number, call: number, rank: number, found: Found, i: number): void {
    const { form, levels, sleeping } = this;
    if (form.mode === 'fingerprint') this.takeAgain(parent, call);
    const { next } = levels;
    if (rank === next.count) next.add();
    form.keep(found.words, found.leftAt(i), next.chunk(rank), next.at(rank));
    if (sleeping !== undefined) {
      if (call < 0) sleeping.next.addState();
      else sleeping.next.addArrival(sleeping.now, parent, sleeping.log, call);
    }
    this.judge(parent, call, rank);
  }

  /** Asks what is to be asked of a new state. */
  judge(parent: number, call: number, rank: number): void {
    const { questions, host, before, size, form, levels, options } = this;
    form.load(levels.next.chunk(rank), levels.next.at(rank));
    // A canonical form is not what the call made of the state before: nothing can be compared.
    const compares = options.symmetry === undefined && call >= 0;
    let change: Change | undefined;
    if (before !== undefined && compares) {
      this.beforeForm?.load(levels.now.chunk(parent), levels.now.at(parent));
      change = {
        before: before.view,
        call: this.callOf(call),
        after: host.view,
        events: [],
        size,
      } as unknown as Change;
    }
    try {
      const how = questions.state(host.view, change);
      if (how !== undefined) this.end({ how, parent, call, after: form.canonicalForm() });
    } catch (cause) {
      const running = call < 0 ? undefined : this.callOf(call);
      this.end({ how: 'threw', parent, call, cause, running });
    }
  }

  /** Makes the host be in the state after a step that was taken before. */
  private takeAgain(parent: number, call: number): void {
    if (call < 0) return;
    const { now } = this.levels;
    this.form.load(now.chunk(parent), now.at(parent));
    const step = this.host.step(this.callOf(call));
    if (!step.ok) throw new Error(`a step of the search is refused: ${step.rejection.code}`);
    this.host.takeEvents();
  }

  /** Of several endings the earliest counts, and of one step the violation. */
  end(ending: Ending): void {
    const { ending: known } = this;
    if (known === undefined || isEarlier(ending, known)) this.ending = ending;
  }
}

function isEarlier(a: Ending, b: Ending): boolean {
  if (a.parent !== b.parent) return a.parent < b.parent;
  if (a.call !== b.call) return a.call < b.call;
  return b.how === 'reached' || b.how === 'full';
}
