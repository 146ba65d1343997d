/** Locks of guests, and turns that are given to who may hold one. 5.9. */
import { kinds, property, type Reading, reads, type ThreadReading } from './reading.ts';

const sizeOfLock = ({ vms }: Reading, vm: number): number => {
  const { holder, waiting } = vms.at(vm).lock;
  return (holder === null ? 0 : 1) + waiting.length;
};
const waits = ({ threads, vms }: Reading, t: number): boolean => {
  const { vm } = threads.at(t);
  return vm !== null && vms.at(vm).lock.waiting.some((each) => each === t);
};

const turnsGoToWaitingSiblings = property.transition({
  id: 'LHP-I1',
  name: 'a turn is given to a sibling that waits for a CPU, which has it from then on',
  commands: kinds('cpu.directed-yield'),
  reads,
  violation({ before, call, after }) {
    const { thread, to } = call.args;
    const [giver, taker] = [before.threads.at(thread), before.threads.at(to)];
    if (taker.vm !== giver.vm) return `thread ${thread} gave its turn to VM ${taker.vm}`;
    if (taker.state.kind !== 'ready') return `thread ${to} was ${taker.state.kind}, not ready`;
    const { state } = after.threads.at(to);
    const runs = state.kind === 'running' && giver.state.kind === 'running';
    return runs && state.on === giver.state.on ? null : `thread ${to} did not get the turn`;
  },
});

const nobodyElseLoses = property.transition({
  id: 'LHP-T1',
  name: 'while a turn is given every CPU stays with its VM, and the giver goes on paying',
  commands: kinds('cpu.directed-yield'),
  reads,
  violation({ before, call, after }) {
    for (let p = 0; p < after.pcpus.length; p++) {
      const { current: from, lentBy } = before.pcpus.at(p);
      const to = after.pcpus.at(p).current;
      const [had, has] = [from, to].map((t) => (t === null ? null : before.threads.at(t).vm));
      if (had !== has) return `CPU ${p} went from VM ${had} to VM ${has}`;
      const gave = call.kind === 'cpu.directed-yield' && call.args.thread === from;
      const payer = lentBy ?? from;
      const pays = after.pcpus.at(p).lentBy ?? to;
      if (gave && pays !== payer) return `thread ${pays} pays for the turn of thread ${payer}`;
    }
    return null;
  },
});

const locksAreHandedOn = property.transition({
  id: 'LHP-T2',
  name: 'a lock goes from who lets go of it to who has waited longest, and to nobody else',
  reads,
  violation({ before, call, after }) {
    for (let vm = 0; vm < after.vms.length; vm++) {
      const { holder, waiting } = before.vms.at(vm).lock;
      const due = holder === null ? [...waiting] : [holder, ...waiting];
      const by = 'thread' in call.args ? call.args.thread : -1;
      if (call.kind === 'cpu.lock' && before.threads.at(by).vm === vm) due.push(by);
      if (call.kind === 'cpu.unlock' && before.threads.at(by).vm === vm) due.shift();
      const { lock } = after.vms.at(vm);
      const now = lock.holder === null ? [] : [lock.holder, ...lock.waiting];
      if (due.join() !== now.join()) return `the lock of VM ${vm} is for ${now}, not ${due}`;
    }
    return null;
  },
});

const lockersArePluggedIn = property.invariant({
  id: 'LHP-I2',
  name: 'who holds a lock or waits for it is a vCPU of its VM that is plugged in',
  reads,
  when: (m) => m.vms.some((_, vm) => sizeOfLock(m, vm) > 0),
  violation({ threads, vms }) {
    for (let vm = 0; vm < vms.length; vm++) {
      const { holder, waiting } = vms.at(vm).lock;
      if (holder === null && waiting.length > 0) return `nobody holds what VM ${vm} waits for`;
      for (const t of holder === null ? [] : [holder, ...waiting]) {
        const { vm: of, state } = threads.at(t);
        if (of !== vm) return `thread ${t} of VM ${of} is at the lock of VM ${vm}`;
        if (state.kind === 'offline') return `thread ${t} went with the lock, or its place for it`;
      }
    }
    return null;
  },
});

const keepsCpu = ({ state: from }: ThreadReading, { state: to }: ThreadReading): boolean =>
  from.kind === 'running' && to.kind === 'running' && from.on === to.on;

const spinningIsSeen = property.transition({
  id: 'LHP-T3',
  name: 'a vCPU has spun for as many ticks as it ran without the lock since it got its CPU',
  reads,
  violation({ before, call, after, events, size }) {
    const tick = call.kind === 'cpu.tick';
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t), after.threads.at(t)];
      // Who lost its CPU within the tick and got one again begins anew.
      const got = events.some(({ type, thread }) => type === 'scheduled' && thread === t);
      const stays = to.state.kind === 'running' && !got;
      const stayed = tick ? stays : keepsCpu(from, to);
      const more = tick && waits(before, t) ? 1 : 0;
      const due = stayed && waits(after, t) ? Math.min(from.spun + more, size.spin) : 0;
      if (to.spun !== due) return `thread ${t} has spun ${due} ticks, not ${to.spun}`;
    }
    return null;
  },
});

const spinnersAreNotPreferred = property.transition({
  id: 'LHP-T4',
  name: 'a turn is given after spinning, and to one that gave up its own only where no other waits',
  commands: kinds('cpu.directed-yield'),
  reads,
  violation({ before, call, size }) {
    const { threads, pcpus } = before;
    const { thread, to } = call.args;
    const { vm, spun, state } = threads.at(thread);
    if (!waits(before, thread) || spun < size.spin) return `thread ${thread} spun ${spun} ticks`;
    if (!threads.at(to).gaveTurn || state.kind !== 'running') return null;
    for (let t = 0; t < threads.length; t++) {
      const other = threads.at(t);
      const could = other.vm === vm && other.state.kind === 'ready' && other.affinity.at(state.on);
      // A scheduler that counts caps has none of the VM wait for the last tick only.
      if (could && !other.gaveTurn && pcpus.at(state.on).online) {
        return `thread ${t} waited, which did not give up its turn`;
      }
    }
    return null;
  },
});

/** Fair guests let go of a lock when they run again and again, and time passes. */
const waitersGetTheLock = property.leadsTo({
  id: 'LHP-L1',
  name: 'who waits for a lock has it in the end',
  fairness: [
    { commands: ['cpu.tick'], strength: 'weak' },
    { commands: ['cpu.unlock'], strength: 'strong', each: ['thread'] },
  ],
  instances: (size) => size.thread,
  starts: waits,
  done: (m, t) => !waits(m, t),
});

export const lockProperties = [
  turnsGoToWaitingSiblings,
  lockersArePluggedIn,
  nobodyElseLoses,
  locksAreHandedOn,
  spinningIsSeen,
  spinnersAreNotPreferred,
  waitersGetTheLock,
];
