/** vCPUs of a VM that are kept together. 5.9. */
import { property, type Reading, reads, type ThreadReading } from './reading.ts';

const isActive = ({ state: { kind } }: ThreadReading): boolean =>
  kind === 'running' || kind === 'ready' || kind === 'throttled' || kind === 'costopped';
const isRelaxed = ({ vms }: Reading, vm: number | null): boolean =>
  vm !== null && vms.at(vm).coscheduling === 'relaxed';
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
  name: 'where a vCPU is co-stopped, a sibling that is not could run',
  reads,
  when: ({ threads }) => threads.some(({ state }) => state.kind === 'costopped'),
  violation({ threads }) {
    for (let t = 0; t < threads.length; t++) {
      const { vm, state } = threads.at(t);
      if (state.kind !== 'costopped') continue;
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
  costopEnds,
];
