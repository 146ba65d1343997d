/** What Xen's credit2 promises. 5.4. */
import {
  type CpuChange,
  kinds,
  ownerOf,
  property,
  type Reading,
  reads,
  runs,
  weightOf,
} from './reading.ts';

/** Credits that everybody begins with, and that the heaviest burns in a tick. */
const INITIAL = 100;
const CARRY = 5;

const credit2Runs = (m: Reading): boolean => runs(m, 'credit2');
const bothRun = ({ before, after }: CpuChange): boolean =>
  credit2Runs(before) && credit2Runs(after);
const ownOf = (m: Reading) => m.scheduler.states.credit2;
const givenIn = ({ before, after }: CpuChange, t: number): number =>
  ownOf(after).ledger.at(t).given - ownOf(before).ledger.at(t).given;

const creditsAreBounded = property.invariant({
  id: 'C2-I1',
  name: 'under credit2 nobody owes more than it gets, nor keeps more than 0.5 ms of it',
  reads,
  when: credit2Runs,
  violation(m) {
    for (let t = 0; t < m.threads.length; t++) {
      const credit = ownOf(m).credit.at(t);
      if (credit < -INITIAL || credit > INITIAL + CARRY) return `thread ${t} has ${credit} credits`;
    }
    return null;
  },
});

const resetKeepsTheOrder = property.transition({
  id: 'C2-T1',
  name: 'under credit2 nobody overtakes another by the end of an epoch',
  reads,
  when: (change) => bothRun(change) && change.after.threads.some((_, t) => givenIn(change, t) > 0),
  violation(change) {
    const { after } = change;
    const has = (t: number): number => ownOf(after).credit.at(t);
    const had = (t: number): number => has(t) - givenIn(change, t);
    for (let a = 0; a < after.threads.length; a++) {
      for (let b = 0; b < after.threads.length; b++) {
        if (had(a) > had(b) && has(a) < has(b)) return `thread ${b} has overtaken thread ${a}`;
      }
    }
    return null;
  },
});

const ledgerIsExact = property.transition({
  id: 'C2-T3',
  name: 'under credit2 what a thread has is what it was given less what it ran, by weight',
  reads,
  when: (change) => bothRun(change) && change.call.kind !== 'cpu.set-weight',
  violation(change) {
    const { before, after, size } = change;
    let heaviest = 1;
    for (let t = 0; t < after.threads.length; t++)
      heaviest = Math.max(heaviest, weightOf(after, t));
    for (let t = 0; t < after.threads.length; t++) {
      const whole = size.subticks * weightOf(after, t);
      const has = (m: Reading): number =>
        ownOf(m).credit.at(t) * whole -
        ownOf(m).residual.at(t) -
        INITIAL * heaviest * m.threads.at(t).uncharged;
      const forgiven = ownOf(after).ledger.at(t).forgiven - ownOf(before).ledger.at(t).forgiven;
      const ran = after.threads.at(t).computed - before.threads.at(t).computed;
      const due = has(before) + (givenIn(change, t) + forgiven) * whole - INITIAL * heaviest * ran;
      if (has(after) !== due) {
        return `thread ${t} has ${has(after)} / ${whole} credits, not ${due} / ${whole}`;
      }
    }
    return null;
  },
});

const whoBeginsHasCredits = property.transition({
  id: 'C2-T4',
  name: 'under credit2 who gets a CPU has credits: an epoch ends in time, and gives enough',
  reads,
  when: bothRun,
  violation({ before, after }) {
    for (let p = 0; p < after.pcpus.length; p++) {
      const { current, byRight, lentBy } = after.pcpus.at(p);
      if (current === null || before.pcpus.at(p).current === current) continue;
      if (byRight || lentBy !== null) continue;
      const credit = ownOf(after).credit.at(current);
      if (credit <= 0) return `thread ${current} gets a CPU with ${credit} credits`;
    }
    return null;
  },
});

const epochsEndForNobodyInDebt = property.transition({
  id: 'C2-T5',
  name: 'under credit2 an epoch ends only when the next to run has no credits, and all have paid',
  reads,
  when: (change) => bothRun(change) && change.after.threads.some((_, t) => givenIn(change, t) > 0),
  violation(change) {
    const { after } = change;
    let hadNone = false;
    for (let t = 0; t < after.threads.length; t++) {
      const { state, uncharged } = after.threads.at(t);
      if (uncharged > 0) return `thread ${t} has not paid for what it ran before the epoch`;
      if (state.kind !== 'running') continue;
      if (ownOf(after).credit.at(t) - givenIn(change, t) <= 0) hadNone = true;
    }
    return hadNone ? null : 'an epoch ended while all that run had credits';
  },
});

const budgetsAreBounded = property.invariant({
  id: 'C2-I2',
  name: 'under credit2 no budget is more than its cap, and a thread is parked only while it is empty',
  reads,
  when: (m) => credit2Runs(m) && m.vms.some(({ cap }) => cap > 0),
  violation(m, { subticks }) {
    const { pool, parked } = ownOf(m).budgets;
    for (let vm = 0; vm < m.vms.length; vm++) {
      const most = m.vms.at(vm).cap * subticks;
      if (pool.at(vm) > most) return `VM ${vm} has a budget of ${pool.at(vm)}, not ${most}`;
    }
    for (let t = 0; t < m.threads.length; t++) {
      const { vm, held } = m.threads.at(t);
      if (parked.at(t) !== held) return `thread ${t} is ${held ? 'held and not' : ''} parked`;
      if (vm !== null && parked.at(t) && pool.at(vm) > 0) {
        return `thread ${t} is parked beside a budget of ${pool.at(vm)}`;
      }
    }
    return null;
  },
});

/** What a VM has for its cap: in the pool, taken, less what ran and was not charged yet. */
function budgetOf(m: Reading, vm: number): number {
  const { pool, taken } = ownOf(m).budgets;
  let has = pool.at(vm);
  for (let t = 0; t < m.threads.length; t++) {
    if (m.threads.at(t).vm === vm) has += taken.at(t) - m.threads.at(t).uncharged;
  }
  return has;
}

const budgetsAreSpent = property.transition({
  id: 'C2-T6',
  name: 'under credit2 what a capped VM runs is taken from its budget, and a period adds its cap to it',
  reads,
  when: (change) =>
    bothRun(change) &&
    change.call.kind !== 'cpu.set-cap' &&
    change.before.vms.some((_, vm) => ownOf(change.before).budgets.total.at(vm) > 0),
  violation({ before, after, call, size: { subticks } }) {
    for (let vm = 0; vm < after.vms.length; vm++) {
      const total = after.vms.at(vm).cap * subticks;
      if (total === 0 || ownOf(before).budgets.total.at(vm) !== total) continue;
      let due = budgetOf(before, vm);
      for (let t = 0; t < after.threads.length; t++) {
        const { vm: of, computed } = after.threads.at(t);
        if (of === vm) due -= computed - before.threads.at(t).computed;
      }
      const has = budgetOf(after, vm);
      const more = call.kind === 'cpu.tick' && after.phase === 0 ? total : 0;
      // What a period leaves over is nobody's, when all that is left makes a whole budget.
      const least = Math.min(due, total - after.pcpus.length * subticks);
      if (has < least || has > due + more) {
        return `VM ${vm} has ${has} sub-ticks of budget, not from ${least} to ${due + more}`;
      }
    }
    return null;
  },
});

const scanGoesOn = property.transition({
  id: 'C2-T2',
  name: 'under credit2 one without a budget is passed over: no CPU idles for it beside another',
  commands: kinds('cpu.tick'),
  reads,
  when: (change) =>
    bothRun(change) &&
    change.after.threads.some(({ held }, t) => held && !change.before.threads.at(t).held),
  violation({ after }) {
    const { pcpus, threads } = after;
    for (let p = 0; p < pcpus.length; p++) {
      const { online, current } = pcpus.at(p);
      if (!online || current !== null || ownerOf(after, p) !== null) continue;
      for (let t = 0; t < threads.length; t++) {
        const { state, affinity } = threads.at(t);
        if (state.kind === 'ready' && affinity.at(p)) return `CPU ${p} idles beside thread ${t}`;
      }
    }
    return null;
  },
});

export const credit2Properties = [
  budgetsAreBounded,
  budgetsAreSpent,
  scanGoesOn,
  creditsAreBounded,
  resetKeepsTheOrder,
  ledgerIsExact,
  whoBeginsHasCredits,
  epochsEndForNobodyInDebt,
];
