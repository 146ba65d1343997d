/** Takes the steps of the states of a level, and asks what is to be asked of steps and states. */
import {
  type Call,
  type Change,
  initialState,
  type Machine,
  type Packed,
  type Property,
  type Scope,
} from '../../machine/index.ts';
import { hashOf } from '../hash.ts';
import { Questions } from '../questions.ts';
import type { Symmetry } from '../symmetry.ts';
import type { Arrivals } from './arrivals.ts';
import { type Common, told, type Widths } from './common.ts';
import { Form, type Mode } from './form.ts';
import { partOf } from './known.ts';
import type { Memories } from './memory.ts';
import { Recent } from './recent.ts';
import { addArrival, Footprints } from './sleep-sets.ts';

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

/** What can end a search. Of one step, what comes first here counts. */
export const hows = ['threw', 'violated', 'deadlock', 'reached', 'full'] as const;

/** What ends a search: a step, what it leads to, or the lack of one. */
export interface Ending {
  readonly how: (typeof hows)[number];
  /** The rank of the state before, and the number of the call; -1 where there is none. */
  readonly parent: number;
  readonly call: number;
  /** The canonical form of the state after, with symmetry. */
  readonly after?: Int32Array | undefined;
  /** What was thrown, and at which call. */
  readonly cause?: unknown;
  readonly running?: Call | undefined;
}

export class Expander<S> {
  readonly host: Packed<S>;
  readonly form: Form<S>;
  readonly questions: Questions;
  readonly common: Common;
  /** In this round: steps taken, in all and by the number of the call. */
  generated = 0;
  readonly taken: Int32Array;
  /** The rank of the state whose steps are taken. */
  rank = 0;
  /** The earliest of what ends the search. */
  ending: Ending | undefined;

  private readonly id: number;
  private readonly arrivals: Arrivals;
  private parts = 1;
  private room = 0;
  /** The state before a step, for properties that compare. */
  private readonly before: Packed<S> | undefined;
  private readonly beforeForm: Form<S> | undefined;
  /** The state that is asked. */
  private readonly asking: Form<S>;
  private readonly options: ExpanderOptions;
  private readonly size: Scope['sizes'];
  private readonly known: (Call | undefined)[] = [];
  /** What a step leaves of a state. */
  private readonly left: Int32Array;
  private readonly recent: Recent;
  /** The promises that are open in the state whose steps are taken. */
  private promises: Int32Array = new Int32Array(0);
  /** For each call, the rank of the last state in which it slept. */
  private readonly asleep: Int32Array = new Int32Array(0);
  private readonly skip: ((call: number) => boolean) | undefined;
  /** A call, and what it read, wrote and added to. */
  private readonly step = new Int32Array(4);

  constructor(
    machine: Machine<S>,
    scope: Scope,
    options: ExpanderOptions,
    id: number,
    memories: Memories,
    commonOf: (widths: Widths) => Common,
  ) {
    const { properties, goal, calls, sleepSets } = options;
    this.options = options;
    this.id = id;
    this.questions = new Questions(machine as Machine, scope, properties, goal);
    const own = { ...options, memories, footprints: sleepSets };
    this.form = new Form(machine, scope, this.questions, own);
    this.host = this.form.host;
    const plain = { ...own, footprints: false, rests: this.form.rests };
    // Properties of states are asked on a host that notes nothing.
    this.asking = sleepSets ? new Form(machine, scope, this.questions, plain) : this.form;
    if (this.questions.compares) {
      this.beforeForm = new Form(machine, scope, this.questions, plain);
      this.before = this.beforeForm.host;
    }
    this.size = scope.sizes;
    const { leftWords, rowWords, keyWords } = this.form;
    const counts = this.questions.asked.counts().length;
    this.common = commonOf({ leftWords, rowWords, calls: this.host.calls, counts, sleepSets });
    this.left = new Int32Array(leftWords + 1);
    this.arrivals = this.common.arrivals[id] as Arrivals;
    this.taken = this.common.taken[id] as Int32Array;
    this.recent = new Recent(keyWords);
    if (sleepSets) this.asleep = new Int32Array(this.host.calls).fill(-1);
    if (sleepSets || calls !== undefined) {
      this.skip = (number) =>
        this.asleep[number] === this.rank || calls?.(this.callOf(number)) === false;
    }
  }

  /** Whether no more steps can be taken before they are looked up. */
  get isFull(): boolean {
    return this.arrivals.count >= this.room;
  }
  /** Arrivals for which there must be room beyond that: those of the states taken up together. */
  private get margin(): number {
    return this.common.get('piece') * this.host.calls;
  }

  /** Begins a round. */
  begin(): void {
    const { common, id } = this;
    this.parts = common.get('parts') * common.workers;
    this.room = common.get('room');
    this.arrivals.begin(this.parts, this.room + this.margin);
    if (common.sleeping !== undefined) {
      const { now, next, steps } = common.sleeping;
      const [first, size] = [common.get('first'), common.get('size')];
      steps.begin(id, first, size);
      if (first === 0) next.begin(id, 0, 0);
      now.reach(size);
    }
    this.forget();
  }
  /** Forgets what was counted and found out in this round. */
  forget(): void {
    this.ending = undefined;
    this.generated = 0;
    this.taken.fill(0);
    this.questions.asked.recount(Float64Array.from(this.common.reached));
  }
  beginSettling(): void {
    this.common.sleeping?.next.reach(this.common.get('endNew'));
  }
  /** Tells the others what was counted and found out in this round. */
  tell(): void {
    const { common, id, ending, questions } = this;
    const all = common.told[id] as Int32Array;
    all[told.generated] = this.generated;
    all[told.how] = ending === undefined ? -1 : hows.indexOf(ending.how);
    all[told.parent] = ending?.parent ?? -1;
    all[told.call] = ending?.call ?? -1;
    (common.counts[id] as Int32Array).set(questions.asked.counts());
  }

  /** The states found become those that are expanded. */
  nextLevel(): void {
    this.asleep.fill(-1);
  }

  /** The call of a number: the same object each time. */
  readonly callOf = (number: number): Call => {
    this.known[number] ??= this.host.call(number);
    return this.known[number];
  };

  /** Takes every step of a state of the level, given by its rank. */
  expand(rank: number): void {
    this.common.sleeping?.steps.open(rank);
    this.steps(rank, this.visit);
  }

  /** Asks again what `expand` asks, and counts the steps: nothing arrives. */
  repeat(rank: number): void {
    this.steps(rank, this.count);
  }

  private steps(rank: number, visit: (call: number) => boolean): void {
    const { host, form, questions, common } = this;
    this.rank = rank;
    const rows = common.now;
    const [chunk, at] = [rows.chunk(rank), rows.at(rank)];
    form.load(chunk, at);
    if (questions.promiseWords > 0) this.promises = form.promises(chunk, at);
    if (questions.ofSteps) this.beforeForm?.load(chunk, at);
    if (common.sleeping !== undefined) {
      const { now } = common.sleeping;
      const calls = now.of(rank);
      for (let at = now.start(rank); at < now.stop(rank); at += Footprints.width) {
        this.asleep[calls[at] as number] = rank;
      }
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
    const { form, left, common, host, step } = this;
    if (common.sleeping !== undefined && call >= 0) {
      step[0] = call;
      host.footprint(step, 1);
      common.sleeping.steps.add(parent, step, 0);
    }
    form.leave(left, 0);
    const hash = hashOf(left, 0, form.keyWords);
    if (this.recent.meets(left, hash)) return;
    this.arrivals.add(partOf(hash, this.parts), left, parent, call);
  }

  /** Adds a state that was known before, by its key. */
  restore(key: Int32Array): void {
    const { left, form } = this;
    left.set(key);
    const hash = hashOf(left, 0, form.keyWords);
    this.arrivals.add(partOf(hash, this.parts), left, -1, -1);
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
  settle(rank: number): void {
    const { form, common } = this;
    const { links, next, sleeping } = common;
    const row = common.get('nextStart') + rank;
    const parent = links.word(row, 0) - common.get('levelStart');
    const call = links.word(row, 1);
    if (parent > common.get('limit')) return;
    if (form.mode === 'fingerprint') this.takeAgain(parent, call);
    form.keep(next.chunk(rank), next.at(rank));
    if (sleeping !== undefined) {
      if (call < 0) sleeping.next.open(rank);
      else addArrival(sleeping.next, rank, sleeping.now, sleeping.steps, parent, call);
    }
    this.judge(parent, call, rank);
  }

  /** Asks what is to be asked of a new state. */
  judge(parent: number, call: number, rank: number): void {
    const { questions, before, size, asking, common, options } = this;
    const { host } = asking;
    asking.load(common.next.chunk(rank), common.next.at(rank));
    // A canonical form is not what the call made of the state before: nothing can be compared.
    const compares = options.symmetry === undefined && call >= 0;
    let change: Change | undefined;
    if (before !== undefined && compares) {
      this.beforeForm?.load(common.now.chunk(parent), common.now.at(parent));
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
      if (how !== undefined) this.end({ how, parent, call, after: asking.canonicalForm() });
    } catch (cause) {
      const running = call < 0 ? undefined : this.callOf(call);
      this.end({ how: 'threw', parent, call, cause, running });
    }
  }

  /** Makes the host be in the state after a step that was taken before. */
  private takeAgain(parent: number, call: number): void {
    if (call < 0) {
      this.host.write(initialState(this.host.machine, this.size));
      return;
    }
    const { now } = this.common;
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

export function isEarlier(a: Ending, b: Ending): boolean {
  if (a.parent !== b.parent) return a.parent < b.parent;
  if (a.call !== b.call) return a.call < b.call;
  return hows.indexOf(a.how) < hows.indexOf(b.how);
}
