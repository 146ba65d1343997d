/**
 * Xen's credit2 (5.4), as in common/sched/credit2.c: credits are virtual time that is left. Who runs
 * burns them the faster the less weight it has, and the one with most of them runs. When the one to
 * run next has none, an epoch ends, and everybody gets as many again. One queue serves all CPUs. Caps
 * are budgets (`credit2-budgets.ts`).
 */
import { array, history, type Infer, int, record, table } from '../../../machine/index.ts';
import { mayRun, weightOf } from '../queue.ts';
import type { PcpuId, Scheduler, ThreadId } from '../scheduler.ts';
import { type CpuCore, type CpuSizes, thread } from '../state.ts';
import {
  budgetState,
  giveBack,
  initialBudgets,
  park,
  refill,
  resetBudgets,
  setBudget,
  spend,
  takeQuota,
  unpark,
} from './credit2-budgets.ts';

/** What everybody gets, and what the heaviest burns in a tick: 10 ms. No more than 0.5 ms is kept. */
const INITIAL = 100;
const CARRY = 5;
const FLOOR = -INITIAL;
/** An idle CPU has less than any thread. */
const IDLE = FLOOR - 1;

const credits = int(9_999_999, -9_999_999);
const state = record({
  credit: array(thread, credits),
  /** What was run and is not worth a whole credit yet, in credits by sub-ticks and weight. */
  residual: array(
    thread,
    int(({ subticks, weight }: CpuSizes) => subticks * weight),
  ),
  budgets: budgetState,
  /** All that a thread was given at resets, as far as it could keep it, and what it was forgiven. */
  ledger: history(array(thread, record({ given: credits, forgiven: credits }))),
});
export interface Credit2 extends Infer<typeof state> {}

/** The steps of the algorithm in which Xen had its mistakes. */
export interface Credit2Stages {
  /** Takes credits for sub-ticks that a thread has run (`burn_credits`). */
  charge(own: Credit2, m: CpuCore, t: ThreadId, ran: number, size: CpuSizes): void;
  /** Whether the epoch is over when this thread is to run next. */
  isOver(own: Credit2, next: ThreadId): boolean;
  /** How many times everybody gets what it began with. */
  times(own: Credit2, next: ThreadId): number;
  /** Whether what runs pays for the time up to now before everybody gets its credits. */
  readonly chargesFirst: boolean;
  /** The first of the queue with more than `credit` that has a budget; who has none is parked. */
  choose(own: Credit2, m: CpuCore, p: PcpuId, credit: number, size: CpuSizes): ThreadId | null;
}

/** The weight that burns one credit for each that time is worth. */
const heaviest = (m: CpuCore): number => Math.max(...m.threads.map((_, t) => weightOf(m, t)));

export const credit2Stages: Credit2Stages = {
  charge(own, m, t, ran, { subticks }) {
    const due = ran * INITIAL * heaviest(m) + own.residual.at(t);
    const whole = subticks * weightOf(m, t);
    const credit = own.credit.at(t) - Math.floor(due / whole);
    own.residual[t] = due % whole;
    own.credit[t] = Math.max(credit, FLOOR);
    own.ledger.at(t).forgiven += Math.max(FLOOR - credit, 0);
  },
  isOver: (own, next) => own.credit.at(next) <= 0,
  times: (own, next) => (own.credit.at(next) <= FLOOR ? 2 : 1),
  chargesFirst: true,
  choose(own, m, p, credit, size) {
    for (const t of m.queue) {
      if (!mayRun(m, t, p)) continue;
      if (own.credit.at(t) <= credit) return null;
      if (hasBudget(own, m, t, size)) return t;
    }
    return null;
  },
};

function hasBudget({ budgets }: Credit2, m: CpuCore, t: ThreadId, size: CpuSizes): boolean {
  const may = takeQuota(budgets, m, t, size);
  if (!may) park(budgets, m, t);
  return may;
}

/** Behind all that have as many credits. */
function insert(own: Credit2, m: CpuCore, t: ThreadId): void {
  const its = own.credit.at(t);
  const behind = m.queue.findIndex((other) => own.credit.at(other) < its);
  m.queue.splice(behind < 0 ? m.queue.length : behind, 0, t);
}

/** The scheduler with these stages. */
export function credit2Scheduler(stages: Credit2Stages): Scheduler<Credit2> {
  function charge(own: Credit2, m: CpuCore, t: ThreadId, size: CpuSizes): void {
    const thread = m.threads.at(t);
    const ran = thread.uncharged;
    thread.uncharged = 0;
    stages.charge(own, m, t, ran, size);
    spend(own.budgets, m, t, ran);
  }

  /** Ends an epoch (`reset_credit`). The order of credits stays, up to those that may not keep all. */
  function endEpoch(own: Credit2, m: CpuCore, next: ThreadId, size: CpuSizes): void {
    const more = stages.times(own, next) * INITIAL;
    for (let t = 0; t < m.threads.length; t++) {
      if (stages.chargesFirst) charge(own, m, t, size);
      const before = own.credit.at(t);
      own.credit[t] = Math.min(before + more, INITIAL + CARRY);
      own.ledger.at(t).given += Math.min(more, INITIAL + CARRY - before);
    }
  }

  return {
    state,
    shares: 'unfairly',
    watched: {},
    charges: 'sub-ticks',
    keepsCaps: true,
    initial: (size) => ({
      credit: table(size, thread, () => INITIAL),
      residual: table(size, thread, () => 0),
      budgets: initialBudgets(size),
      ledger: table(size, thread, () => ({ given: 0, forgiven: 0 })),
    }),
    reset(own, m) {
      resetBudgets(own.budgets, m);
      for (let t = 0; t < own.credit.length; t++) {
        own.credit[t] = INITIAL;
        own.residual[t] = 0;
        own.ledger.at(t).given = 0;
        own.ledger.at(t).forgiven = 0;
      }
    },
    onWake: insert,
    onPreempt: insert,
    onBlock() {},
    onDeschedule(own, m, t, size) {
      charge(own, m, t, size);
      giveBack(own.budgets, m, t);
    },
    onTick(own, m, size) {
      for (const { current } of m.pcpus) {
        if (current === null) continue;
        charge(own, m, current, size);
        // Who runs by right may owe for long.
        if (own.budgets.taken.at(current) < 0) giveBack(own.budgets, m, current);
      }
      // What the scheduler before this one kept caps by says nothing here.
      for (let vm = 0; vm < m.vms.length; vm++) {
        const { cap } = m.vms.at(vm);
        if (own.budgets.total.at(vm) !== cap * size.subticks) setBudget(own.budgets, m, vm, size);
      }
      if (m.phase + 1 === size.period) refill(own.budgets, m);
    },

    /** The one with most credits; who runs goes on where nobody has more, unless it yields. */
    pick(own, m, p, size) {
      const { current } = m.pcpus.at(p);
      if (current !== null) charge(own, m, current, size);
      const choose = (over: number) => stages.choose(own, m, p, over, size);
      const goesOn = current !== null && !m.threads.at(current).yielded;
      let next = choose(goesOn ? own.credit.at(current) : IDLE);
      if (next === null && current !== null) {
        next = hasBudget(own, m, current, size) ? current : choose(IDLE);
      }
      if (next !== null && stages.isOver(own, next)) endEpoch(own, m, next, size);
      return next;
    },

    /** A remainder is worth less than a credit of the new weight too. */
    onWeight(own, m, vm, _before, { subticks }) {
      for (let t = 0; t < m.threads.length; t++) {
        if (m.threads.at(t).vm !== vm) continue;
        own.residual[t] = Math.min(own.residual.at(t), subticks * weightOf(m, t) - 1);
      }
    },
    onCap: (own, m, vm, size) => setBudget(own.budgets, m, vm, size),
    onHotplug(own, m, t) {
      if (m.threads.at(t).state.kind === 'ready') insert(own, m, t);
      else unpark(own.budgets, m, t);
    },
    order: (_own, m) => [...m.queue],
  };
}

export const credit2: Scheduler<Credit2> = credit2Scheduler(credit2Stages);
