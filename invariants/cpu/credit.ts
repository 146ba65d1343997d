/** What Xen's credit scheduler promises. 5.3. */
import { accountingProperties } from './credit-accounting.ts';
import {
  allMayRunAnywhere,
  type CpuChange,
  competes,
  hadTick,
  kinds,
  noneIsPreferred,
  ownsCpu,
  property,
  type Reading,
  reads,
  runs,
  sharedPcpus,
  weightOf,
} from './reading.ts';

/** Credits that a CPU is worth from one accounting to the next, in three ticks. */
const PERIOD = 300;
const TICK = 100;

const rank = { boost: 0, under: 1, over: 2 };

const creditRuns = (m: Reading): boolean => runs(m, 'credit');
const creditOf = (m: Reading) => m.scheduler.states.credit;

/** The tick was one after which all that are active were accounted. */
const accounted = ({ before, after }: CpuChange): boolean =>
  creditRuns(before) && creditRuns(after) && creditOf(after).ticks === 0;

/** What a thread has, with all that it ran charged, in credits times sub-ticks. */
function balanceOf(m: Reading, t: number, subticks: number): number {
  const { credit, residual } = creditOf(m);
  return credit.at(t) * subticks - residual.at(t) - TICK * m.threads.at(t).uncharged;
}

/** Proved by going through every place that assigns a credit: each keeps the sum. */
const ledgerIsExact = property.transition({
  id: 'CR-I1',
  name: 'under credit what a thread has is what it earned less what it ran, to the sub-tick',
  reads,
  when: ({ before, after }) => creditRuns(before) && creditRuns(after),
  violation({ before, after, size: { subticks } }) {
    const [from, to] = [creditOf(before), creditOf(after)];
    for (let t = 0; t < after.threads.length; t++) {
      const earned =
        to.ledger.at(t).earned -
        from.ledger.at(t).earned +
        to.ledger.at(t).adjusted -
        from.ledger.at(t).adjusted;
      const ran = after.threads.at(t).computed - before.threads.at(t).computed;
      const due = balanceOf(before, t, subticks) + earned * subticks - TICK * ran;
      const has = balanceOf(after, t, subticks);
      if (has !== due) {
        return `thread ${t} has ${has} / ${subticks} credits, not ${due} / ${subticks}`;
      }
    }
    return null;
  },
});

const creditsAreBounded = property.transition({
  id: 'CR-I2',
  name: 'after an accounting nobody who is active has or owes more than a period of credits',
  commands: kinds('cpu.tick'),
  reads,
  when: accounted,
  violation({ after }) {
    const { active, credit } = creditOf(after);
    for (const t of active) {
      if (Math.abs(credit.at(t)) > PERIOD) return `thread ${t} has ${credit.at(t)} credits`;
    }
    return null;
  },
});

/** Who is accounted in this tick: who was active, and who is seen running now. */
function accountedIn(change: CpuChange): readonly number[] {
  const { before } = change;
  const { active } = creditOf(before);
  const seen: number[] = [];
  for (let t = 0; t < before.threads.length; t++) {
    if (hadTick(change, t) && !ownsCpu(before, t) && !active.includes(t)) seen.push(t);
  }
  return [...active, ...seen];
}

const weightsAddUp = property.invariant({
  id: 'CR-I3',
  name: 'the weight that credits are shared by is that of the active threads',
  reads,
  when: creditRuns,
  violation(m) {
    const { active, weight } = creditOf(m);
    const due = active.reduce((sum, t) => sum + weightOf(m, t), 0);
    return weight === due ? null : `the weight is ${weight}, not ${due}`;
  },
});

const balanceAddsUp = property.transition({
  id: 'CR-T4',
  name: 'the balance of an accounting is what those accounted have',
  commands: kinds('cpu.tick'),
  reads,
  when: accounted,
  violation(change) {
    const { balance, credit } = creditOf(change.after);
    const due = accountedIn(change).reduce((sum, t) => sum + credit.at(t), 0);
    return balance === due ? null : `the balance is ${balance}, not ${due}`;
  },
});

const parkedThreadsAreHeld = property.invariant({
  id: 'CR-I4',
  name: 'under credit a parked thread is one that is held for its cap, and in no queue',
  reads,
  when: creditRuns,
  violation(m) {
    const { parked } = creditOf(m);
    for (let t = 0; t < m.threads.length; t++) {
      const { held, vm } = m.threads.at(t);
      if (held !== parked.at(t))
        return `thread ${t} is ${held ? 'held, but not' : 'not held, but'} parked`;
      if (!held) continue;
      if (vm === null || m.vms.at(vm).cap === 0) return `thread ${t} is parked without a cap`;
      if (m.queue.includes(t)) return `thread ${t} is parked, and in the queue`;
    }
    return null;
  },
});

const boostEndsWithATick = property.transition({
  id: 'CR-I5',
  name: 'under credit nobody is boosted who was seen running at a tick',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before }) => creditRuns(before),
  violation(change) {
    const { after } = change;
    for (let t = 0; t < after.threads.length; t++) {
      if (hadTick(change, t) && creditOf(after).priority.at(t) === 'boost')
        return `thread ${t} is still boosted`;
    }
    return null;
  },
});

/** Not proportional to weights: a heavy thread that waits long drops off the account (5.3). */
const serviceFollowsEarnings = property.invariant({
  id: 'CR-1',
  name: 'under credit service and earnings differ by 6 ticks at most, until clipped, halved or parked',
  reads,
  when: creditRuns,
  violation(m, { subticks }) {
    const { ahead, behind } = creditOf(m).watch;
    const most = 2 * PERIOD * subticks;
    for (let t = 0; t < m.threads.length; t++) {
      const off = Math.max(ahead.at(t), behind.at(t));
      if (off > most) return `thread ${t} is off by ${off} / ${subticks} credits, not ${most}`;
    }
    return null;
  },
});

const capsAreKeptInTime = property.invariant({
  id: 'CR-CAP',
  name: 'under credit a VM overruns its cap by 6 ticks for each vCPU at most, over any periods',
  reads,
  when: creditRuns,
  violation(m, { subticks, vcpus }) {
    const most = vcpus * 2 * PERIOD * subticks;
    for (let vm = 0; vm < m.vms.length; vm++) {
      const over = creditOf(m).watch.overrun.at(vm);
      if (over > most) return `VM ${vm} is ${over} / ${subticks} credits over its cap, not ${most}`;
    }
    return null;
  },
});

/** CPU-N of credit. Only simulation bears the bound out: 0.9 of it is the longest wait ever seen. */
const waitsAreBounded = property.conjecture({
  id: 'CR-N',
  name: 'under credit a thread waits for its share of the weights, and for each other, 3 ticks',
  reads,
  when: ({ after }) => creditRuns(after) && allMayRunAnywhere(after),
  violation({ after: m }) {
    const cpus = sharedPcpus(m);
    let [rivals, all] = [0, 0];
    for (let t = 0; t < m.threads.length; t++) {
      if (!competes(m, t)) continue;
      rivals++;
      all += weightOf(m, t);
    }
    for (let t = 0; t < m.threads.length; t++) {
      const share = Math.ceil(all / (cpus * weightOf(m, t)));
      const most = 3 * (share + Math.ceil(rivals / cpus) + 1);
      const waited = m.watch.waited.at(t);
      if (waited > most && m.watch.steady >= waited) {
        return `thread ${t} has waited ${waited} ticks, not ${most}`;
      }
    }
    return null;
  },
});

const boostIsForWakers = property.transition({
  id: 'CR-T1',
  name: 'under credit only a thread with credits that wakes, or goes on after a pause, is boosted',
  reads,
  when: ({ before, after }) => creditRuns(before) && creditRuns(after),
  violation({ before, call, after }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [creditOf(before).priority.at(t), creditOf(after).priority.at(t)];
      if (from === 'boost' || to !== 'boost') continue;
      const { state } = before.threads.at(t);
      const wakes = call.kind === 'cpu.tick' && state.kind === 'blocked';
      const goesOn = call.kind === 'cpu.resume-vm' && state.kind === 'paused';
      if (!wakes && !goesOn) return `thread ${t} was ${state.kind}, and is boosted`;
    }
    return null;
  },
});

/** Some thread of a worse priority is before it in the queue: it has yielded, and was put behind that. */
function hasYielded(m: Reading, t: number): boolean {
  const { priority } = creditOf(m);
  const ahead = m.queue.slice(0, m.queue.indexOf(t));
  return ahead.some((other) => rank[priority.at(other)] > rank[priority.at(t)]);
}

/**
 * A turn that is given up is given to others, on whatever CPU (LHP: to one that holds a lock). Those
 * others have not given up theirs: of two that yielded the one that did so last may be first, as in
 * `__runq_insert`, since each goes behind the first of a worse priority.
 */
const yieldingLetsOthersGo = property.transition({
  id: 'CR-T5',
  name: 'under credit a thread that yields does not run on while another of its priority waits that has not',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before, after }) =>
    creditRuns(before) &&
    allMayRunAnywhere(after) &&
    noneIsPreferred(after) &&
    before.threads.some(({ yielded, state }) => yielded && state.kind === 'running'),
  violation({ before, after }) {
    const { priority } = creditOf(after);
    for (let t = 0; t < after.threads.length; t++) {
      const { yielded, state } = before.threads.at(t);
      if (!yielded || state.kind !== 'running') continue;
      if (after.threads.at(t).state.kind !== 'running') continue;
      for (let other = 0; other < after.threads.length; other++) {
        const [from, to] = [before.threads.at(other).state, after.threads.at(other).state];
        if (from.kind !== 'ready' || to.kind !== 'ready') continue;
        if (hasYielded(before, other)) continue;
        if (rank[priority.at(other)] <= rank[priority.at(t)]) {
          return `thread ${t} has yielded and runs, thread ${other} waits`;
        }
      }
    }
    return null;
  },
});

export const creditProperties = [
  ledgerIsExact,
  creditsAreBounded,
  weightsAddUp,
  parkedThreadsAreHeld,
  boostEndsWithATick,
  serviceFollowsEarnings,
  waitsAreBounded,
  capsAreKeptInTime,
  boostIsForWakers,
  yieldingLetsOthersGo,
  balanceAddsUp,
  ...accountingProperties,
];
