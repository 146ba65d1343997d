/** What a tick charges, and whom it lets run. 5.1. */
import {
  type CpuChange,
  foundWaiting,
  kinds,
  ownerOf,
  property,
  type Reading,
  reads,
  schedulerKeepsCaps,
  type ThreadReading,
} from './reading.ts';

type Bucket = keyof ThreadReading['buckets'];
const buckets: readonly Bucket[] = [
  'run',
  'ready',
  'costop',
  'throttled',
  'blocked',
  'paused',
  'offline',
  'swapwait',
];

/** Where the time of a thread goes while it is as it is. */
function bucketOf({ state }: ThreadReading): Bucket {
  if (state.kind === 'running') return 'run';
  if (state.kind === 'costopped') return 'costop';
  if (state.kind === 'unassigned') return 'ready';
  if (state.kind === 'blocked') return state.on === 'swap-in' ? 'swapwait' : 'blocked';
  return state.kind;
}

/** The buckets that a tick may go to. Who waited for a sibling goes on when that one needs a page. */
function bucketsOf(change: CpuChange, thread: ThreadReading): readonly Bucket[] {
  if (foundWaiting(change, thread)) return ['swapwait'];
  const { vm, state } = thread;
  const goesOn = state.kind === 'costopped' && vm !== null && change.after.vms.at(vm).stalled;
  return goesOn ? ['costop', 'ready', 'throttled'] : [bucketOf(thread)];
}

/** By how much each bucket must grow: a tick goes to one, any other command to none. */
function wrongCharge(change: CpuChange): string | null {
  const { before, call, after } = change;
  const ticks = call.kind === 'cpu.tick' ? 1 : 0;
  for (let t = 0; t < after.threads.length; t++) {
    const [from, to] = [before.threads.at(t), after.threads.at(t)];
    const due = bucketsOf(change, from);
    for (const bucket of buckets) {
      const grown = to.buckets[bucket] - from.buckets[bucket];
      if (grown !== 0 && (grown !== ticks || !due.includes(bucket))) {
        return `thread ${t} was ${from.state.kind}: ${grown} ticks went to '${bucket}'`;
      }
    }
    if (due.reduce((sum, each) => sum + to.buckets[each] - from.buckets[each], 0) !== ticks) {
      return `thread ${t} was ${from.state.kind}, and is not charged`;
    }
  }
  return null;
}

/** The identity as what each tick adds, from which the sums over a life follow. */
export const everyTickIsCharged = property.transition({
  id: 'CPU-I4',
  name: 'a tick goes to one bucket of every thread and every CPU, and both sides add up',
  reads,
  violation(change) {
    const wrong = wrongCharge(change);
    if (wrong !== null) return wrong;
    const { before, call, after } = change;
    const ticks = call.kind === 'cpu.tick' ? 1 : 0;
    let ran = 0;
    for (let t = 0; t < after.threads.length; t++) {
      ran += after.threads.at(t).buckets.run - before.threads.at(t).buckets.run;
    }
    let worked = 0;
    for (let p = 0; p < after.pcpus.length; p++) {
      const [from, to] = [before.pcpus.at(p).buckets, after.pcpus.at(p).buckets];
      const busy = to.guest - from.guest + to.vmm - from.vmm;
      const all = busy + to.idle - from.idle + to.down - from.down;
      if (all !== ticks) return `CPU ${p} was charged ${all} ticks, not ${ticks}`;
      if (!before.pcpus.at(p).online && busy > 0) return `CPU ${p} worked while it was offline`;
      worked += busy;
    }
    return ran === worked ? null : `threads ran ${ran} ticks, but CPUs worked ${worked}`;
  },
});

/** The running vCPUs of its VM will not have used up the cap when the tick is over. */
function capLeavesATick(m: Reading, t: number): boolean {
  if (schedulerKeepsCaps(m)) return true;
  const { threads, vms } = m;
  const { vm } = threads.at(t);
  if (vm === null) return true;
  const { cap, used } = vms.at(vm);
  let runs = 0;
  for (let other = 0; other < threads.length; other++) {
    const { vm: of, state } = threads.at(other);
    if (of === vm && state.kind === 'running') runs++;
  }
  return cap === 0 || used + runs < cap;
}

export const noCpuIdlesBesideWork = property.transition({
  id: 'CPU-W',
  name: 'after a tick no CPU that serves all idles while a ready thread may run on it',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) => after.queue.length > 0,
  violation({ after }) {
    const { threads, pcpus } = after;
    for (let p = 0; p < pcpus.length; p++) {
      const { online, current } = pcpus.at(p);
      if (!online || current !== null || ownerOf(after, p) !== null) continue;
      for (let t = 0; t < threads.length; t++) {
        const { state, affinity } = threads.at(t);
        if (state.kind === 'ready' && affinity.at(p) && capLeavesATick(after, t)) {
          return `CPU ${p} idles while thread ${t} waits`;
        }
      }
    }
    return null;
  },
});

/** Between a change of affinity and the end of the tick a thread may still run where it did. */
export const threadsRunWhereTheyMay = property.transition({
  id: 'CPU-T2',
  name: 'after a tick every thread that runs does so where its affinity allows',
  commands: kinds('cpu.tick'),
  reads,
  violation({ after: { threads } }) {
    for (let t = 0; t < threads.length; t++) {
      const { state, affinity } = threads.at(t);
      if (state.kind === 'running' && !affinity.at(state.on)) {
        return `thread ${t} runs on CPU ${state.on} against its affinity`;
      }
    }
    return null;
  },
});

/** Caps count what ran in this period, from the start of it. */
export const useIsCounted = property.transition({
  id: 'CPU-T5',
  name: 'a period counts the ticks of each VM, and a new one begins with none',
  reads,
  violation(change) {
    const { before, call, after } = change;
    const passed = call.kind === 'cpu.tick';
    for (let vm = 0; vm < after.vms.length; vm++) {
      let ran = 0;
      for (let t = 0; t < before.threads.length; t++) {
        const thread = before.threads.at(t);
        const runs = thread.vm === vm && thread.state.kind === 'running';
        if (runs && !foundWaiting(change, thread)) ran++;
      }
      const begins = passed && after.phase === 0;
      const due = begins ? 0 : before.vms.at(vm).used + (passed ? ran : 0);
      if (after.vms.at(vm).used !== due) {
        return `VM ${vm} is counted ${after.vms.at(vm).used} ticks, not ${due}`;
      }
    }
    return null;
  },
});
