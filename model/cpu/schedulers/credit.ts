/**
 * Xen's credit scheduler (5.3), as in common/sched/credit.c. Threads pay 100 credits for each tick
 * that they run, to the sub-tick, and those that are active earn by weight every three ticks. Who has
 * credits is UNDER, who has used too many is OVER; who wakes with credits is boosted before both.
 * There is one queue, by priority and then by arrival, where Xen has one on each CPU.
 */
import { firstFor, ownerOf, weightOf } from '../queue.ts';
import type { Scheduler, ThreadId } from '../scheduler.ts';
import type { CpuCore, CpuSizes } from '../state.ts';
import {
  account,
  type CreditStages,
  park,
  startEarning,
  stopEarning,
  unpark,
} from './credit-accounting.ts';
import {
  CREDITS_PER_TICK,
  type Credit,
  creditState,
  initialCredit,
  resetCredit,
  TICKS_PER_ACCOUNTING,
} from './credit-state.ts';

export const creditStages: CreditStages = {
  charge(own, _m, t, ran, { subticks }) {
    const due = ran * CREDITS_PER_TICK + own.residual.at(t);
    own.credit[t] = own.credit.at(t) - Math.floor(due / subticks);
    own.residual[t] = due % subticks;
  },
  fairShare: (total, weight, all) => Math.ceil((total * weight) / all),
  /** Xen unparks first and clears the flag then, so that a VM over its cap gains nothing by it. */
  mayBoost: (own, t, cause) =>
    own.priority.at(t) === 'under' && (cause === 'wake' || cause === 'resume'),
  isOverCap: (credit, limit) => credit < -limit,
  park,
};

const rank = { boost: 0, under: 1, over: 2 };

/** Behind all of its priority or a better one; who yields also lets one of a worse one go first. */
function insert(own: Credit, m: CpuCore, t: ThreadId): void {
  const its = rank[own.priority.at(t)];
  const behind = m.queue.findIndex((other) => rank[own.priority.at(other)] > its);
  const at = behind < 0 ? m.queue.length : behind;
  m.queue.splice(m.threads.at(t).yielded ? at + 1 : at, 0, t);
}

/** The scheduler with these stages. */
export function creditScheduler(stages: CreditStages): Scheduler<Credit> {
  /** Time is charged whenever a thread loses its CPU, and at every tick. */
  function charge(own: Credit, m: CpuCore, t: ThreadId, size: CpuSizes): void {
    const thread = m.threads.at(t);
    const ran = thread.uncharged;
    thread.uncharged = 0;
    own.watch.service[t] = own.watch.service.at(t) + ran;
    stages.charge(own, m, t, ran, size);
  }

  return {
    state: creditState,
    shares: 'unfairly',
    watched: { waits: 'always' },
    charges: 'sub-ticks',
    keepsCaps: true,
    initial: initialCredit,
    reset(own, m) {
      for (let t = 0; t < m.threads.length; t++) if (own.parked.at(t)) unpark(own, m, t);
      resetCredit(own);
    },
    onWake(own, m, t, cause) {
      if (stages.mayBoost(own, t, cause)) own.priority[t] = 'boost';
      insert(own, m, t);
    },
    onPreempt: insert,
    onBlock() {},
    onDeschedule: charge,

    /** A thread that is seen at a tick uses CPUs: it is boosted no more, pays, and earns. */
    onTick(own, m, size) {
      for (let p = 0; p < m.pcpus.length; p++) {
        const { current, byRight } = m.pcpus.at(p);
        if (current === null || ownerOf(m, p) !== null) continue;
        if (own.priority.at(current) === 'boost') own.priority[current] = 'under';
        charge(own, m, current, size);
        if (!own.active.includes(current)) startEarning(own, m, current);
        if (!byRight) own.slice[p] = Math.min(own.slice.at(p) + 1, size.quantum);
      }
      own.ticks++;
      if (own.ticks < TICKS_PER_ACCOUNTING) return;
      own.ticks = 0;
      account(own, m, stages, size);
    },

    /** The head of the queue, when a slice is over or given up; before that only a better one. */
    pick(own, m, p, size) {
      const { current } = m.pcpus.at(p);
      const head = firstFor(m, m.queue, p);
      if (current === null || head === null) {
        if (head !== null || own.slice.at(p) === size.quantum) own.slice[p] = 0;
        return head ?? current;
      }
      const [its, best] = [rank[own.priority.at(current)], rank[own.priority.at(head)]];
      const isOver = own.slice.at(p) === size.quantum;
      const next = best < its || m.threads.at(current).yielded || (isOver && best === its);
      if (next || isOver) own.slice[p] = 0;
      return next ? head : current;
    },

    onWeight(own, m, vm, before) {
      for (const t of own.active) {
        if (m.threads.at(t).vm === vm) own.weight += weightOf(m, t) - before;
      }
    },
    /** Without a cap there is nothing to be parked for (5.1: checked in the same step). */
    onCap(own, m, vm) {
      own.watch.capped[vm] = false;
      for (let t = 0; t < m.threads.length; t++) {
        const parked = m.threads.at(t).vm === vm && own.parked.at(t);
        if (parked && m.vms.at(vm).cap === 0) unpark(own, m, t);
      }
    },
    onHotplug(own, m, t) {
      if (m.threads.at(t).state.kind === 'ready') return insert(own, m, t);
      if (own.parked.at(t)) unpark(own, m, t);
      if (own.priority.at(t) === 'boost') own.priority[t] = 'under';
      stopEarning(own, m, t);
    },
    order: (_own, m) => [...m.queue],
  };
}

export const credit: Scheduler<Credit> = creditScheduler(creditStages);
