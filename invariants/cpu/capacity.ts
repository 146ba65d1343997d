/** What VMs are promised and allowed in each period. 5.7. */
import {
  foundWaiting,
  kinds,
  property,
  type Reading,
  reads,
  schedulerKeepsCaps,
} from './reading.ts';

const anyCap = ({ vms }: Reading): boolean => vms.some(({ cap }) => cap > 0);
const anyPromise = ({ vms }: Reading): boolean => vms.some(({ reservation }) => reservation > 0);

/** What runs now is counted when its tick is over. A cap that is lowered cannot undo what was used. */
const capsHold = property.invariant({
  id: 'CAP-1',
  name: 'a VM never uses more ticks of a period than its cap, nor runs where it would',
  reads,
  when: (m) => anyCap(m) && !schedulerKeepsCaps(m),
  violation({ threads, vms }) {
    for (let vm = 0; vm < vms.length; vm++) {
      const { cap, used } = vms.at(vm);
      if (cap === 0) continue;
      let runs = 0;
      for (let t = 0; t < threads.length; t++) {
        const { vm: of, state } = threads.at(t);
        if (of === vm && state.kind === 'running') runs++;
      }
      if (runs > Math.max(cap - used, 0)) {
        return `${runs} vCPUs of VM ${vm} run, which has used ${used} of ${cap} ticks`;
      }
    }
    return null;
  },
});

const capsAreUsedUp = property.invariant({
  id: 'CAP-I1',
  name: 'a VM whose vCPUs are throttled has used all that its cap allows',
  reads,
  when: (m) => !schedulerKeepsCaps(m) && m.threads.some(({ state }) => state.kind === 'throttled'),
  violation({ threads, vms }) {
    for (let t = 0; t < threads.length; t++) {
      const { vm, state } = threads.at(t);
      if (vm === null || state.kind !== 'throttled') continue;
      const { cap, used } = vms.at(vm);
      if (cap === 0 || used < cap) return `thread ${t} is throttled after ${used} of ${cap} ticks`;
    }
    return null;
  },
});

const promisesAreKept = property.transition({
  id: 'RES-1',
  name: 'a vCPU that is awake for a whole period gets all that it was promised for it',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before, after }) => after.phase === 0 && before.watch.owed.some((owed) => owed > 0),
  violation(change) {
    const { threads, watch, pcpus } = change.before;
    for (let t = 0; t < threads.length; t++) {
      if (foundWaiting(change, threads.at(t))) continue;
      // Who gave its turn to a sibling has had it.
      const had = pcpus.some(({ current, lentBy }) => (lentBy ?? current) === t);
      const missed = watch.owed.at(t) - (had ? 1 : 0);
      if (missed > 0) return `thread ${t} was promised ${missed} ticks more than it got`;
    }
    return null;
  },
});

const promisesAreSplit = property.transition({
  id: 'RES-T1',
  name: 'a period begins with what each VM is promised, split evenly over its plugged-in vCPUs',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) => after.phase === 0 && anyPromise(after),
  violation({ after: { threads, vms }, size: { period } }) {
    for (let vm = 0; vm < vms.length; vm++) {
      const shares: number[] = [];
      for (let t = 0; t < threads.length; t++) {
        const { vm: of, state, promised } = threads.at(t);
        if (of === vm && state.kind !== 'offline') shares.push(promised);
      }
      // vCPUs may have gone since: what is left cannot use more than this.
      const due = Math.min(vms.at(vm).reservation, shares.length * period);
      const sum = shares.reduce((all, each) => all + each, 0);
      if (sum !== due) return `vCPUs of VM ${vm} are promised ${sum}, not ${due}`;
      if (Math.max(...shares) - Math.min(...shares) > 1) return `VM ${vm} splits as ${shares}`;
    }
    return null;
  },
});

export const capacityProperties = [capsHold, capsAreUsedUp, promisesAreKept, promisesAreSplit];
