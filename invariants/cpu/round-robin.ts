/** What round robin promises. 5.2. */
import { compare, printRational, rational } from '../../machine/index.ts';
import {
  allMayRunAnywhere,
  kinds,
  noneGoesFirst,
  noneIsPreferred,
  ownerOf,
  property,
  reads,
  runs,
  sharedPcpus,
} from './reading.ts';

const turnsAreEqual = property.invariant({
  id: 'RR-1',
  name: 'under round robin nobody gets more than a quantum ahead of another who wants to run',
  reads,
  when: (m) => runs(m, 'round-robin') && allMayRunAnywhere(m),
  violation({ watch: { ahead } }, { quantum }) {
    const most = rational(quantum);
    for (let i = 0; i < ahead.length; i++) {
      for (let j = 0; j < ahead.length; j++) {
        const lead = ahead.at(i).at(j);
        if (compare(lead, most) > 0) {
          return `thread ${i} got ${printRational(lead)} ticks more than thread ${j}`;
        }
      }
    }
    return null;
  },
});

/** CPU-N of round robin: who is behind one in the queue stays there, however many arrive. */
const waitsAreBounded = property.invariant({
  id: 'RR-2',
  name: 'under round robin a thread waits a quantum at most for each full round before it',
  reads,
  when: (m) => runs(m, 'round-robin') && allMayRunAnywhere(m),
  violation(m, { quantum }) {
    const cpus = sharedPcpus(m);
    for (let t = 0; t < m.threads.length; t++) {
      const most = (Math.ceil(m.watch.rivals.at(t) / cpus) - 1) * quantum;
      const waited = m.watch.waited.at(t);
      if (waited > Math.max(most, 0)) return `thread ${t} has waited ${waited} ticks, not ${most}`;
    }
    return null;
  },
});

/** What the bounds above rest on; a turn that is given up, or taken by affinity, is another case. */
const turnsAreWhole = property.transition({
  id: 'RR-3',
  name: 'under round robin a turn that is not given up lasts a quantum',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before, after, size }) =>
    runs(before, 'round-robin') &&
    allMayRunAnywhere(before) &&
    noneGoesFirst(before, size) &&
    noneIsPreferred(before) &&
    noneIsPreferred(after),
  violation({ before, after, size }) {
    for (let t = 0; t < after.threads.length; t++) {
      const [from, to] = [before.threads.at(t), after.threads.at(t)];
      const capped = from.vm !== null && before.vms.at(from.vm).cap > 0;
      if (from.state.kind !== 'running' || from.yielded || capped) continue;
      // Its CPU was given away, or is its own no more.
      const p = from.state.on;
      if (ownerOf(before, p) !== null || ownerOf(after, p) !== null) continue;
      const ran = before.watch.ran.at(t) + 1;
      if (to.state.kind === 'ready' && ran < size.quantum) {
        return `thread ${t} lost its CPU after ${ran} ticks of ${size.quantum}`;
      }
    }
    return null;
  },
});

export const roundRobinProperties = [turnsAreEqual, waitsAreBounded, turnsAreWhole];
