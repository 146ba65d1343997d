/** How threads come from one state to another, and what becomes of wakes. 5.1. */
import {
  type CpuChange,
  isDedicated,
  kinds,
  ownsCpu,
  property,
  type Reading,
  reads,
  runs,
  schedulerKeepsCaps,
  type ThreadReading,
} from './reading.ts';

type State = ThreadReading['state'];
type Kind = State['kind'];

const same = (a: State, b: State): boolean => {
  if (a.kind !== b.kind) return false;
  if (a.kind === 'running' && b.kind === 'running') return a.on === b.on;
  if (a.kind === 'blocked' && b.kind === 'blocked') return a.on === b.on;
  if (a.kind === 'paused' && b.kind === 'paused') return a.was === b.was;
  return true;
};

/** What a tick may do to a thread: several edges one after the other. */
const inTick: Readonly<Record<Kind, readonly Kind[]>> = {
  offline: [],
  paused: [],
  blocked: ['ready', 'running', 'throttled', 'unassigned', 'costopped'],
  ready: ['running', 'throttled'],
  throttled: ['ready', 'running', 'costopped'],
  costopped: ['ready', 'running', 'throttled'],
  unassigned: ['running', 'ready'],
  running: ['ready', 'running', 'blocked', 'throttled', 'costopped'],
};

/** What a thread is that nothing keeps from running but a lack of CPUs, a cap, or its siblings. */
function isAwake({ kind }: State, m: Reading, vm: number | null): boolean {
  if (isDedicated(m, vm)) return kind === 'running' || kind === 'unassigned';
  return isStrict(m, vm) ? kind === 'costopped' : kind === 'ready' || kind === 'throttled';
}
const isStrict = ({ vms }: Reading, vm: number | null): boolean =>
  vm !== null && vms.at(vm).coscheduling === 'strict';

/** What a paused thread is when its VM goes on. */
function resumes(from: State, to: State, m: Reading, vm: number): boolean {
  if (from.kind !== 'paused') return false;
  if (from.was === 'ready') return isAwake(to, m, vm);
  return to.kind === 'blocked' && to.on === from.was;
}
/** What a thread is that loses its CPU and would go on. */
const takenOff = (m: Reading, t: number): Kind =>
  isStrict(m, m.threads.at(t).vm) ? 'costopped' : 'ready';

/** What dedicated VMs have or wait for changes; what ran on a CPU that was given away is ready. */
function changesHands(before: Reading, after: Reading, t: number, from: State, to: State): boolean {
  if (from.kind === 'running' && to.kind === takenOff(before, t)) return true;
  if (to.kind === 'running') {
    const awake = from.kind === 'ready' || from.kind === 'running' || from.kind === 'unassigned';
    return awake && ownsCpu(after, t);
  }
  const { vm } = before.threads.at(t);
  return from.kind === 'unassigned' && to.kind === 'ready' && !isDedicated(after, vm);
}
const isSibling = ({ threads }: Reading, t: number, other: number): boolean =>
  threads.at(t).vm === threads.at(other).vm;
const pauses = (from: State, to: State): boolean =>
  to.kind === 'paused' && to.was === (from.kind === 'blocked' ? from.on : 'ready');

/** Who waited for a sibling goes on as soon as that one has nothing to do, or is gone. */
const goesOn = (from: State, to: State): boolean =>
  from.kind === 'costopped' && (to.kind === 'ready' || to.kind === 'throttled');

/**
 * Its CPU goes over at once, to one that waits. Under credit2 those who are looked at and have no
 * budget are parked, and what is given back may let others go.
 */
function partRun(before: Reading, t: number, from: Kind, to: Kind, itself: boolean): boolean {
  const { vm } = before.threads.at(t);
  const budget = runs(before, 'credit2') && vm !== null && before.vms.at(vm).cap > 0;
  if (itself) return from === 'running' && (to === 'ready' || (to === 'throttled' && budget));
  if (to === 'running') return from === 'ready';
  return budget && from !== 'running' && (to === 'ready' || to === 'throttled');
}

/** It waits for a page of its VM, which has not come. */
const waits = ({ vms }: Reading, vm: number | null, state: State): boolean =>
  state.kind === 'blocked' && state.on === 'swap-in' && vm !== null && vms.at(vm).stalled;

/** Whether a command may bring a thread from one state to another, which is not the same. */
function isLegal({ before, call, after }: CpuChange, t: number, from: State, to: State): boolean {
  const { vm } = before.threads.at(t);
  switch (call.kind) {
    case 'cpu.tick':
      if (to.kind === 'blocked') return vm === null ? to.on === 'no-work' : waits(after, vm, to);
      // Who waits for a page goes on when it has come.
      if (waits(after, vm, from)) return false;
      return inTick[from.kind].includes(to.kind);
    case 'cpu.halt':
      if (t !== call.args.thread) return isSibling(before, t, call.args.thread) && goesOn(from, to);
      return from.kind === 'running' && to.kind === 'blocked' && to.on === 'halt';
    case 'cpu.pause-vm':
      return vm === call.args.vm && from.kind !== 'offline' && pauses(from, to);
    case 'cpu.resume-vm':
      return vm === call.args.vm && resumes(from, to, before, vm);
    case 'cpu.online-vcpu':
      if (t !== call.args.thread) return changesHands(before, after, t, from, to);
      return from.kind === 'offline' && isAwake(to, before, vm);
    case 'cpu.release-vcpu':
      if (t === call.args.thread) return to.kind === 'offline';
      if (changesHands(before, after, t, from, to)) return true;
      return isSibling(before, t, call.args.thread) && goesOn(from, to);
    case 'cpu.set-mode':
      return changesHands(before, after, t, from, to);
    case 'cpu.set-coscheduling':
      if (vm !== call.args.vm) return false;
      if (call.args.mode === 'strict') return to.kind === 'costopped' && from.kind !== 'blocked';
      return goesOn(from, to) || (isStrict(before, vm) && to.kind === 'ready');
    case 'cpu.directed-yield':
      if (t === call.args.thread) return from.kind === 'running' && to.kind === 'ready';
      return t === call.args.to && from.kind === 'ready' && to.kind === 'running';
    case 'cpu.offline-pcpu':
      return (
        from.kind === 'running' && from.on === call.args.pcpu && to.kind === takenOff(before, t)
      );
    case 'cpu.run-part':
      return partRun(before, t, from.kind, to.kind, t === call.args.thread);
    case 'cpu.set-scheduler':
      // A scheduler that keeps caps itself may let more run than a cap has ticks left.
      if (from.kind === 'running' && to.kind === 'ready') {
        return vm !== null && before.vms.at(vm).cap > 0;
      }
      return (from.kind === 'throttled' || to.kind === 'throttled') && to.kind !== 'running';
    case 'cpu.set-cap':
      if (vm !== call.args.vm) return false;
      if (from.kind === 'throttled') return to.kind === 'ready' || to.kind === 'costopped';
      if (from.kind === 'running' && to.kind === 'ready') return true;
      return to.kind === 'throttled' && (from.kind === 'ready' || from.kind === 'running');
    default:
      return false;
  }
}

export const statesChangeByTheBook = property.transition({
  id: 'CPU-T1',
  name: 'threads go from state to state along the edges that the command allows',
  reads,
  violation(change) {
    const { before, call, after } = change;
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t).state, after.threads.at(t).state];
      if (same(from, to)) {
        const stays = call.kind === 'cpu.halt' && call.args.thread === t && from.kind === 'running';
        if (stays && !before.threads.at(t).wakePending) return `thread ${t} did not halt`;
      } else if (!isLegal(change, t, from, to)) {
        return `${call.kind} brought thread ${t} from ${from.kind} to ${to.kind}`;
      }
    }
    return null;
  },
});

/** A wake is gone only where its thread has seen it: it is awake, or it ran since. */
export const noWakeIsLost = property.transition({
  id: 'CPU-T3',
  name: 'a wake stays until its thread is awake and has seen it',
  reads,
  when: ({ before }) => before.threads.some(({ wakePending }) => wakePending),
  violation({ before, call, after }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t), after.threads.at(t)];
      if (!from.wakePending || to.wakePending || to.state.kind === 'offline') continue;
      const awake = to.state.kind !== 'blocked' && to.state.kind !== 'paused';
      const slept = from.state.kind === 'blocked';
      const ran = from.state.kind === 'running';
      const seen = call.kind === 'cpu.tick' ? awake && (slept || ran) : to.state.kind === 'running';
      if (!seen) return `the wake of thread ${t} is lost: it is ${to.state.kind}`;
    }
    return null;
  },
});

const sleepsWithWake = (m: Reading, t: number): boolean => {
  const { state, wakePending } = m.threads.at(t);
  if (!wakePending || state.kind !== 'blocked') return false;
  return state.on === 'halt' || state.on === 'io' || state.on === 'no-work';
};

export const wakesAreDelivered = property.within({
  id: 'CPU-L2',
  name: 'a sleeping thread with a wake, from a pause or not, is awake after a tick',
  reads,
  instances: (size) => size.thread,
  starts: sleepsWithWake,
  bound: () => 0,
  counts: ({ call }) => call.kind === 'cpu.tick',
  assuming: ({ call, before }, t) =>
    call.kind !== 'cpu.pause-vm' || before.threads.at(t).vm !== call.args.vm,
  done: (m, t) => !sleepsWithWake(m, t),
});

/** CPUs are given by the choice of the scheduler alone: no VM has any reserved, or goes first. */
function isShared(m: Reading): boolean {
  for (let v = 0; v < m.vms.length; v++)
    if (m.vms.at(v).reservation > 0 || isStrict(m, v)) return false;
  return true;
}

const takeTurns = (m: Reading): boolean => runs(m, 'round-robin') && isShared(m);
const goByShares = (m: Reading): boolean =>
  (runs(m, 'stride') || runs(m, 'eevdf') || runs(m, 'credit2')) && isShared(m);

/** It wants to run no more, or runs. A cap puts it off at most. */
const hasItsTurn = (m: Reading, t: number): boolean =>
  !['ready', 'throttled', 'costopped'].includes(m.threads.at(t).state.kind);

/** Time that passes brings every thread its turn, whatever guests do meanwhile. */
export const readyThreadsRun = property.leadsTo({
  id: 'CPU-L1',
  name: 'under round robin a thread that is ready runs in the end, or wants to no more',
  fairness: [{ commands: ['cpu.tick'], strength: 'weak' }],
  instances: (size) => size.thread,
  starts: (m, t) => m.threads.at(t).state.kind === 'ready' && takeTurns(m),
  done: (m, t) => hasItsTurn(m, t) || !takeTurns(m),
});

/**
 * The same of schedulers that choose by what was run. A CPU whose thread halts is idle here until the
 * next tick, and nobody is charged: a thread that wakes and halts again before each tick has run
 * nothing, is chosen for that, and keeps the CPU from the others. A kernel would give it away at once.
 * So this is promised of runs in which guests halt only so often, and settings change only so often:
 * a weight that changes in step with the ticks does the same. Where time ends, nothing is promised.
 */
export const readyThreadsRunByShares = property.leadsTo({
  id: 'CPU-L4',
  name: 'under stride, EEVDF and credit2 a thread that is ready runs in the end, once nobody halts or is changed any more',
  fairness: [{ commands: ['cpu.tick'], strength: 'weak' }],
  ceasing: kinds(
    'cpu.halt',
    'cpu.pause-vm',
    'cpu.set-weight',
    'cpu.set-affinity',
    'cpu.set-scheduler',
    'cpu.set-mode',
    'cpu.set-coscheduling',
    'cpu.offline-pcpu',
    'cpu.vmm-work',
  ),
  instances: (size) => size.thread,
  starts: (m, t, { horizon }) =>
    horizon === 0 && m.threads.at(t).state.kind === 'ready' && goByShares(m),
  done: (m, t) => hasItsTurn(m, t) || !goByShares(m),
});

/** Throttled for good is what only a cap of none could mean, and 0 means that there is no cap. */
export const throttlingEnds = property.within({
  id: 'CPU-L3',
  name: 'a throttled thread competes again within a period',
  reads,
  instances: (size) => size.thread,
  starts: (m, t) => m.threads.at(t).state.kind === 'throttled' && !schedulerKeepsCaps(m),
  bound: (m, _t, { period }) => period - m.phase - 1,
  counts: ({ call }) => call.kind === 'cpu.tick',
  assuming: ({ call, before }, t) =>
    (call.kind !== 'cpu.pause-vm' && call.kind !== 'cpu.set-cap') ||
    before.threads.at(t).vm !== call.args.vm,
  done: (m, t) => m.threads.at(t).state.kind !== 'throttled',
});
