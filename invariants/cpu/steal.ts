/** What guests are told of the time that was stolen from them. 5.8. */
import { type CpuChange, kinds, property, type Reading, reads } from './reading.ts';

/** Stolen: the guest would have run, and did not. Idle time never is, nor a pause. */
const isStolen = ({ threads }: Reading, t: number): boolean => {
  const { kind } = threads.at(t).state;
  return kind === 'ready' || kind === 'throttled' || kind === 'costopped' || kind === 'unassigned';
};

/** By how much the published number of a thread grows. */
const told = ({ before, after }: CpuChange, t: number): number =>
  after.threads.at(t).published.steal - before.threads.at(t).published.steal;

/** The identity as what each step adds, from which the sums over a life follow. */
const recordsAreTrue = property.transition({
  id: 'STL-I1',
  name: 'a guest is told at the end of each tick all that was stolen from it, and never less again',
  reads,
  violation(change) {
    const { before, after } = change;
    for (let t = 0; t < after.threads.length; t++) {
      if (after.threads.at(t).vm === null) continue;
      const [from, to] = [before.threads.at(t).buckets, after.threads.at(t).buckets];
      const { ready, costop, throttled } = from;
      const stolen = to.ready - ready + to.costop - costop + to.throttled - throttled;
      const more = told(change, t);
      if (more !== stolen) return `thread ${t} is told of ${more} ticks, ${stolen} were stolen`;
    }
    return null;
  },
});

const preemptedIsCleared = property.invariant({
  id: 'STL-I3',
  name: 'a vCPU that runs is not told to be preempted',
  reads,
  violation({ threads }) {
    for (let t = 0; t < threads.length; t++) {
      const { state, published } = threads.at(t);
      if (state.kind === 'running' && published.preempted) return `thread ${t} is said not to run`;
    }
    return null;
  },
});

const noMoreThanNotRun = property.transition({
  id: 'STL-I4',
  name: 'what is told as stolen is no more than the time that passed without running or sleeping',
  reads,
  violation(change) {
    const { before, call, after } = change;
    const passed = call.kind === 'cpu.tick' ? 1 : 0;
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t).buckets, after.threads.at(t).buckets];
      const rest = passed - (to.run - from.run) - (to.blocked - from.blocked);
      const more = told(change, t);
      if (more > rest) return `thread ${t} is told of ${more} ticks, of ${rest} at most`;
    }
    return null;
  },
});

const ticksAreStolenWhole = property.transition({
  id: 'STL-T1',
  name: 'a tick steals itself from each vCPU that waits for a CPU, and nothing from others',
  reads,
  violation(change) {
    const { before, call } = change;
    for (let t = 0; t < before.threads.length; t++) {
      if (before.threads.at(t).vm === null) continue;
      const due = call.kind === 'cpu.tick' && isStolen(before, t) ? 1 : 0;
      const more = told(change, t);
      if (more !== due) {
        return `thread ${t} was ${before.threads.at(t).state.kind}, and is told of ${more} ticks`;
      }
    }
    return null;
  },
});

const workOfTheVmmIsStolen = property.transition({
  id: 'STL-T2',
  name: 'a tick of a thread of the VMM is work of its CPU, and stolen from each vCPU that waits',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before }) =>
    before.threads.some(({ vm, state }) => vm === null && state.kind === 'running'),
  violation(change) {
    const { before, after } = change;
    for (let t = 0; t < before.threads.length; t++) {
      const { vm, state } = before.threads.at(t);
      if (vm === null && state.kind === 'running') {
        const [from, to] = [before.pcpus.at(state.on).buckets, after.pcpus.at(state.on).buckets];
        if (to.vmm !== from.vmm + 1) return `thread ${t} of the VMM worked on CPU ${state.on}`;
      } else if (vm !== null && state.kind === 'ready' && told(change, t) !== 1) {
        return `thread ${t} waited while the VMM worked, and is not told`;
      }
    }
    return null;
  },
});

/** A guest that finds a lock held asks whether the holder runs. */
const losersAreToldPreempted = property.transition({
  id: 'STL-T3',
  name: 'a vCPU that loses its CPU and would go on is told to be preempted, no other is',
  reads,
  violation({ before, after }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t), after.threads.at(t)];
      if (from.state.kind !== 'running' || to.state.kind === 'running') continue;
      const due = isStolen(after, t);
      if (to.published.preempted !== due) {
        return `thread ${t} is ${to.state.kind}, and said ${due ? 'to run' : 'to be preempted'}`;
      }
    }
    return null;
  },
});

export const stealProperties = [
  recordsAreTrue,
  preemptedIsCleared,
  noMoreThanNotRun,
  ticksAreStolenWhole,
  workOfTheVmmIsStolen,
  losersAreToldPreempted,
];
