/** vCPUs of a VM that are kept together. 5.9. */
import type { CheckedCpu } from '../../model/index.ts';
import {
  allMayRunAnywhere,
  kinds,
  noneGoesFirst,
  ownerOf,
  property,
  type Reading,
  reads,
  sharedPcpus,
  type ThreadReading,
} from './reading.ts';

const isActive = ({ state: { kind } }: ThreadReading): boolean =>
  kind === 'running' || kind === 'ready' || kind === 'throttled' || kind === 'costopped';
const isRelaxed = ({ vms }: Reading, vm: number | null): boolean =>
  vm !== null && vms.at(vm).coscheduling === 'relaxed';
const isStrict = ({ vms }: Reading, vm: number | null): boolean =>
  vm !== null && vms.at(vm).coscheduling === 'strict';
const anyStrict = ({ vms }: Reading): boolean =>
  vms.some(({ coscheduling }) => coscheduling === 'strict');
const anyRelaxed = ({ vms }: Reading): boolean =>
  vms.some(({ coscheduling }) => coscheduling === 'relaxed');

const leadsAreLimited = property.invariant({
  id: 'COS-I1',
  name: 'no vCPU that is kept with its siblings is further ahead than may be, nor runs where it is',
  reads,
  when: anyRelaxed,
  violation(m, { stop, start }) {
    for (let t = 0; t < m.threads.length; t++) {
      const { vm, state, lead } = m.threads.at(t);
      if (!isRelaxed(m, vm)) continue;
      const competes = state.kind === 'running' || state.kind === 'ready';
      if (lead > stop || (competes && lead === stop)) {
        return `thread ${t} is ${state.kind}, ${lead} ticks ahead`;
      }
      if (state.kind === 'costopped' && lead <= start) return `thread ${t} may go on, and does not`;
    }
    return null;
  },
});

const someoneCatchesUp = property.invariant({
  id: 'COS-I2',
  name: 'where a vCPU is co-stopped for its lead, a sibling that is not could run',
  reads,
  when: ({ threads }) => threads.some(({ state }) => state.kind === 'costopped'),
  violation(m) {
    const { threads } = m;
    for (let t = 0; t < threads.length; t++) {
      const { vm, state } = threads.at(t);
      if (state.kind !== 'costopped' || isStrict(m, vm)) continue;
      let others = 0;
      for (let u = 0; u < threads.length; u++) {
        const other = threads.at(u);
        if (other.vm === vm && isActive(other) && other.state.kind !== 'costopped') others++;
      }
      if (others === 0) return `thread ${t} waits for siblings of which none can run`;
    }
    return null;
  },
});

const leadsCountFromTheSlowest = property.invariant({
  id: 'COS-I3',
  name: 'leads count from the slowest vCPU that its siblings wait for',
  reads,
  when: anyRelaxed,
  violation(m, { start }) {
    for (let vm = 0; vm < m.vms.length; vm++) {
      if (!isRelaxed(m, vm)) continue;
      let least: number | null = null;
      for (let t = 0; t < m.threads.length; t++) {
        const thread = m.threads.at(t);
        if (thread.vm !== vm) continue;
        if (isActive(thread)) least = Math.min(least ?? thread.lead, thread.lead);
        else if (thread.lead > start) return `thread ${t} sleeps, and gets ahead by ${thread.lead}`;
      }
      if (least !== null && least > 0) return `the slowest vCPU of VM ${vm} is ${least} ahead`;
    }
    return null;
  },
});

const onlyLeadersAreStopped = property.transition({
  id: 'COS-T1',
  name: 'only a vCPU with siblings is co-stopped, where it got too far ahead of one',
  reads,
  violation({ before, after, size }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, { vm, state, lead }] = [before.threads.at(t), after.threads.at(t)];
      if (state.kind !== 'costopped' || from.state.kind === 'costopped') continue;
      let siblings = 0;
      for (let u = 0; u < after.threads.length; u++) {
        const other = after.threads.at(u);
        if (u !== t && other.vm === vm && other.state.kind !== 'offline') siblings++;
      }
      if (siblings === 0) return `thread ${t} is co-stopped, and has no siblings`;
      if (isStrict(after, vm)) continue;
      // A throttled one is stopped when its VM may run again, if it is too far ahead still.
      const least = from.state.kind === 'throttled' ? size.start + 1 : size.stop;
      if (!isRelaxed(after, vm) || lead < least) return `thread ${t} is stopped at ${lead} ahead`;
    }
    return null;
  },
});

/** What a vCPU progressed by in a step: a tick in which it ran. */
const progressed = (tick: boolean, { state }: ThreadReading): number =>
  tick && state.kind === 'running' ? 1 : 0;

const leadsAreProgress = property.transition({
  id: 'COS-T2',
  name: 'two vCPUs that are kept together get apart by what one runs more than the other',
  reads,
  when: ({ before }) => anyRelaxed(before),
  violation({ before, call, after }) {
    const tick = call.kind === 'cpu.tick';
    for (let i = 0; i < after.threads.length; i++) {
      const [a, now] = [before.threads.at(i), after.threads.at(i)];
      if (!isRelaxed(before, a.vm) || !isRelaxed(after, a.vm)) continue;
      if (!isActive(a) || !isActive(now)) continue;
      for (let j = 0; j < after.threads.length; j++) {
        const [b, then] = [before.threads.at(j), after.threads.at(j)];
        if (b.vm !== a.vm || !isActive(b) || !isActive(then)) continue;
        const due = a.lead + progressed(tick, a) - b.lead - progressed(tick, b);
        const apart = now.lead - then.lead;
        if (apart !== due) return `threads ${i} and ${j} are ${apart} ticks apart, not ${due}`;
      }
    }
    return null;
  },
});

/** vCPUs of a strict VM that run, and that are stopped because not all can. */
function gangOf({ threads }: Reading, vm: number): { runs: number; stopped: number } {
  let [runs, stopped] = [0, 0];
  for (let t = 0; t < threads.length; t++) {
    const { vm: of, state } = threads.at(t);
    if (of === vm && state.kind === 'running') runs++;
    if (of === vm && state.kind === 'costopped') stopped++;
  }
  return { runs, stopped };
}

/** Between ticks a vCPU may halt, or be plugged in, while its siblings run. */
const gangsRunTogether = property.transition({
  id: 'COS-T3',
  name: 'after a tick all vCPUs of a strict VM that would run do so, or none does',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) => anyStrict(after),
  violation({ after }) {
    for (let vm = 0; vm < after.vms.length; vm++) {
      if (!isStrict(after, vm)) continue;
      const { runs, stopped } = gangOf(after, vm);
      if (runs > 0 && stopped > 0) return `${runs} vCPUs of VM ${vm} run, and ${stopped} do not`;
    }
    return null;
  },
});

/** What is licensed of CPU-W: CPUs may idle that are too few for a gang. */
const onlyFragmentsAreWasted = property.transition({
  id: 'COS-T4',
  name: 'after a tick no strict VM waits beside idle CPUs that are enough for all of it',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) => anyStrict(after),
  violation({ after }) {
    let idle = 0;
    for (let p = 0; p < after.pcpus.length; p++) {
      const { online, current } = after.pcpus.at(p);
      if (online && current === null && ownerOf(after, p) === null) idle++;
    }
    for (let vm = 0; vm < after.vms.length; vm++) {
      const { stopped } = isStrict(after, vm) ? gangOf(after, vm) : { stopped: 0 };
      if (stopped > 0 && stopped <= idle) return `VM ${vm} waits beside ${idle} idle CPUs`;
    }
    return null;
  },
});

/** Else two strict VMs could leave nothing to all others. */
const othersHaveTheirTurn = property.transition({
  id: 'COS-T5',
  name: 'a strict VM goes before others only when it is old enough, and none ages while one goes first',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) =>
    anyStrict(after) && allMayRunAnywhere(after) && after.vms.every(({ cap }) => cap === 0),
  violation({ before, after, size }) {
    if (after.queue.length === 0) return null;
    let goesFirst = false;
    for (let vm = 0; vm < after.vms.length; vm++) {
      if (!isStrict(after, vm) || gangOf(after, vm).runs === 0) continue;
      goesFirst = true;
      const { age } = before.vms.at(vm);
      if (age < size.ageing) return `VM ${vm} goes first after ${age} ticks of ${size.ageing}`;
    }
    for (let vm = 0; goesFirst && vm < after.vms.length; vm++) {
      const more = after.vms.at(vm).age - before.vms.at(vm).age;
      if (more > 0) return `VM ${vm} ages while another one goes first`;
    }
    return null;
  },
});

const gangsFit = property.invariant({
  id: 'COS-I4',
  name: 'a strict VM has siblings, which all fit on the CPUs that are shared, and no other terms',
  reads,
  when: anyStrict,
  violation(m) {
    const cpus = sharedPcpus(m);
    for (let vm = 0; vm < m.vms.length; vm++) {
      if (!isStrict(m, vm)) continue;
      let width = 0;
      for (let t = 0; t < m.threads.length; t++) {
        const { vm: of, state } = m.threads.at(t);
        if (of !== vm || state.kind === 'offline') continue;
        width++;
        if (state.kind === 'ready') return `thread ${t} competes, and runs with its siblings only`;
      }
      if (width < 2 || width > cpus) return `VM ${vm} has ${width} vCPUs, for ${cpus} shared CPUs`;
      const { cap, reservation } = m.vms.at(vm);
      if (cap > 0 || reservation > 0) return `VM ${vm} has a cap of ${cap}, and ${reservation}`;
    }
    return null;
  },
});

/** Nothing goes before a gang that has waited for long enough. */
const gangsGoFirst = (m: Reading, size: CheckedCpu['sizes']): boolean =>
  noneGoesFirst(m, size) &&
  m.vms.every(({ reservation }) => reservation === 0) &&
  m.threads.every(({ promised }) => promised === 0);

const gangsGetTheirTurn = property.within({
  id: 'COS-N',
  name: 'a strict VM runs when it has waited for its age, and a tick for each other one',
  reads,
  instances: (size) => size.thread,
  starts: (m, t) => isStrict(m, m.threads.at(t).vm) && m.threads.at(t).state.kind === 'costopped',
  bound: (m, _t, { ageing }) =>
    ageing + m.vms.filter(({ coscheduling }) => coscheduling === 'strict').length - 1,
  counts: ({ call }) => call.kind === 'cpu.tick',
  assuming: ({ before, call, size }) =>
    gangsGoFirst(before, size) && call.kind !== 'cpu.set-coscheduling',
  done: (m, t) => m.threads.at(t).state.kind !== 'costopped',
});

const costopEnds = property.leadsTo({
  id: 'COS-L1',
  name: 'a co-stopped vCPU goes on in the end',
  fairness: [{ commands: ['cpu.tick'], strength: 'weak' }],
  instances: (size) => size.thread,
  starts: (m, t) => m.threads.at(t).state.kind === 'costopped',
  done: (m, t) => m.threads.at(t).state.kind !== 'costopped',
});

export const coschedulingProperties = [
  leadsAreLimited,
  someoneCatchesUp,
  leadsCountFromTheSlowest,
  onlyLeadersAreStopped,
  leadsAreProgress,
  gangsRunTogether,
  onlyFragmentsAreWasted,
  othersHaveTheirTurn,
  gangsFit,
  gangsGetTheirTurn,
  costopEnds,
];
