/** What each accounting of Xen's credit scheduler gives, computed once more, and whom it parks. 5.3. */
import {
  type CpuChange,
  hadTick,
  kinds,
  ownerOf,
  property,
  type Reading,
  reads,
  runs,
  sharedPcpus,
  weightOf,
} from './reading.ts';

const PERIOD = 300;
const creditOf = (m: Reading) => m.scheduler.states.credit;

const accounted = ({ before, after }: CpuChange): boolean =>
  runs(before, 'credit') && runs(after, 'credit') && creditOf(after).ticks === 0;

interface Account {
  readonly vm: number | null;
  readonly threads: number[];
}

/** VMs with the threads that are accounted in this tick, in order: who runs now has joined. */
function accountsIn(change: CpuChange): readonly Account[] {
  const m = change.before;
  const accounts: Account[] = [];
  const join = (t: number, atHead: boolean): void => {
    const { vm } = m.threads.at(t);
    const its = accounts.find((each) => vm !== null && each.vm === vm);
    if (its !== undefined) its.threads.push(t);
    else if (atHead) accounts.unshift({ vm, threads: [t] });
    else accounts.push({ vm, threads: [t] });
  };
  const { active } = creditOf(m);
  for (const t of active) join(t, false);
  for (let p = 0; p < m.pcpus.length; p++) {
    const { current } = m.pcpus.at(p);
    if (current === null || ownerOf(m, p) !== null || !hadTick(change, current)) continue;
    if (!active.includes(current)) join(current, true);
  }
  return accounts;
}

/** Rounded up, exactly: products of credits and weights outgrow 32 bits. */
const ratio = (a: bigint, by: bigint, of: bigint): bigint => (a * by + of - 1n) / of;

/** Credits that the cap of a VM allows it in a period; null without one. */
function limitOf(m: Reading, { vm }: Account, period: number): number | null {
  const cap = vm === null ? 0 : m.vms.at(vm).cap;
  return cap === 0 ? null : Math.ceil((cap * PERIOD) / period);
}

/** What each thread that is accounted is due: the least of its share, its need, and its cap. */
function dueIn(change: CpuChange): ReadonlyMap<number, number> {
  const {
    before: m,
    size: { period },
  } = change;
  const accounts = accountsIn(change);
  const weigh = ({ threads }: Account): bigint =>
    BigInt(threads.reduce((sum, t) => sum + weightOf(m, t), 0));
  const all = accounts.reduce((sum, each) => sum + weigh(each), 0n);
  const deficit = BigInt(Math.max(0, -creditOf(m).balance));
  let total = BigInt(PERIOD * sharedPcpus(m)) + deficit;
  let left = all;
  const due = new Map<number, number>();
  for (const account of accounts) {
    const count = BigInt(account.threads.length);
    const weight = weigh(account);
    left -= weight;
    const most = BigInt(PERIOD) * count + ratio(deficit, weight, all);
    const limit = limitOf(m, account, period);
    const peak = limit !== null && BigInt(limit) < most ? BigInt(limit) : most;
    const share = ratio(total, weight, all);
    if (share >= peak && left > 0n) total += ratio(share - peak, all, left);
    const each = Number(ratio(share < peak ? share : peak, 1n, count));
    for (const t of account.threads) due.set(t, each);
  }
  return due;
}

const accountingIsExact = property.transition({
  id: 'CR-T2',
  name: 'an accounting gives every active thread its share, its need or its cap, and others nothing',
  commands: kinds('cpu.tick'),
  reads,
  when: accounted,
  violation(change) {
    const { before, after } = change;
    const due = dueIn(change);
    for (let t = 0; t < after.threads.length; t++) {
      const earned = creditOf(after).ledger.at(t).earned - creditOf(before).ledger.at(t).earned;
      const expected = due.get(t) ?? 0;
      if (earned !== expected) return `thread ${t} has earned ${earned} credits, not ${expected}`;
    }
    return null;
  },
});

const parksByTheCap = property.transition({
  id: 'CR-T3',
  name: 'an accounting parks who owes more than the part of the cap that it may earn, and lets go at 0',
  commands: kinds('cpu.tick'),
  reads,
  when: accounted,
  violation(change) {
    const { before, after, size } = change;
    const [from, to] = [creditOf(before), creditOf(after)];
    for (const account of accountsIn(change)) {
      const cap = limitOf(before, account, size.period);
      const limit = cap === null ? null : Math.ceil(cap / account.threads.length);
      for (const t of account.threads) {
        // What it had before it was clipped or halved.
        const credit = to.credit.at(t) - (to.ledger.at(t).adjusted - from.ledger.at(t).adjusted);
        const due = from.parked.at(t) ? credit < 0 : limit !== null && credit < -limit;
        if (to.parked.at(t) !== due) {
          return `thread ${t} has ${credit} credits, and is ${due ? 'not ' : ''}parked`;
        }
      }
    }
    return null;
  },
});

export const accountingProperties = [accountingIsExact, parksByTheCap];
