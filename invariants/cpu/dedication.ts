/** CPUs that belong to one vCPU each. 5.10. */
import {
  type CpuChange,
  isDedicated,
  kinds,
  ownerOf,
  ownsCpu,
  property,
  type Reading,
  reads,
  sharedPcpus,
} from './reading.ts';

const anyDedicated = ({ dedication }: Reading): boolean =>
  dedication.some(({ vms }) => vms.some((its) => its));
const isAutomatic = ({ dedication }: Reading): boolean =>
  dedication.some(({ automatic }) => automatic);

const onlyOwnersRun = property.invariant({
  id: 'DC-I1',
  name: 'a CPU that belongs to a vCPU runs that one, or nothing',
  reads,
  when: anyDedicated,
  violation(m) {
    for (let p = 0; p < m.pcpus.length; p++) {
      const [owner, { current }] = [ownerOf(m, p), m.pcpus.at(p)];
      if (owner !== null && current !== null && current !== owner) {
        return `CPU ${p} belongs to thread ${owner}, and runs thread ${current}`;
      }
    }
    return null;
  },
});

const ownersHaveOneCpu = property.invariant({
  id: 'DC-I3',
  name: 'a CPU belongs to a vCPU that is plugged in, of a dedicated VM, and may run there; each has one',
  reads,
  when: (m) => m.dedication.length > 0,
  violation(m) {
    for (let p = 0; p < m.pcpus.length; p++) {
      const owner = ownerOf(m, p);
      if (owner === null) continue;
      const { vm, state, affinity } = m.threads.at(owner);
      if (!isDedicated(m, vm)) return `CPU ${p} belongs to thread ${owner}, whose VM shares`;
      if (state.kind === 'offline') return `CPU ${p} belongs to vCPU ${owner}, which is unplugged`;
      if (!m.pcpus.at(p).online || !affinity.at(p))
        return `vCPU ${owner} cannot run on its CPU ${p}`;
      for (let q = 0; q < p; q++) if (ownerOf(m, q) === owner) return `CPUs ${q} and ${p} are its`;
    }
    return null;
  },
});

/** Neither in the competition, nor kept from a CPU that it owns. */
const dedicatedDoNotShare = property.invariant({
  id: 'DC-I4',
  name: 'a vCPU of a dedicated VM that would run does so on a CPU of its own, or waits for one',
  reads,
  when: (m) => m.dedication.length > 0,
  violation(m) {
    for (let t = 0; t < m.threads.length; t++) {
      const { vm, state } = m.threads.at(t);
      const { kind } = state;
      const waits = kind === 'unassigned';
      if (!isDedicated(m, vm)) {
        if (waits) return `thread ${t} waits for a CPU of its own, and its VM shares`;
        continue;
      }
      if (waits && ownsCpu(m, t)) return `vCPU ${t} waits for a CPU, and owns one`;
      const shares = kind === 'running' && ownerOf(m, state.on) !== t;
      if (shares || kind === 'ready' || kind === 'throttled' || kind === 'costopped') {
        return `vCPU ${t} of a dedicated VM is ${kind}`;
      }
    }
    return null;
  },
});

const othersKeepTheirs = property.invariant({
  id: 'DC-I5',
  name: 'those who share keep the CPUs that are always theirs',
  reads,
  when: anyDedicated,
  violation(m, { minShared }) {
    const left = sharedPcpus(m);
    return left < minShared ? `${left} CPUs are shared, of ${minShared} at least` : null;
  },
});

/** By how much the time grew in which a thread waited for a CPU. */
function waited({ before, after }: CpuChange, t: number): number {
  const [from, to] = [before.threads.at(t).buckets, after.threads.at(t).buckets];
  return to.ready - from.ready;
}

const ownersDoNotWait = property.transition({
  id: 'DC-I2',
  name: 'a vCPU with a CPU of its own never waits for a CPU',
  reads,
  when: ({ before }) => anyDedicated(before),
  violation(change) {
    for (let t = 0; t < change.after.threads.length; t++) {
      const more = ownsCpu(change.before, t) ? waited(change, t) : 0;
      if (more !== 0) return `vCPU ${t} waited for ${more} ticks, and has a CPU of its own`;
    }
    return null;
  },
});

const nothingIsStolen = property.transition({
  id: 'STL-I2',
  name: 'nothing is stolen from a vCPU that has a CPU of its own',
  reads,
  when: ({ before }) => anyDedicated(before),
  violation({ before, after }) {
    for (let t = 0; t < after.threads.length; t++) {
      if (!ownsCpu(before, t)) continue;
      const told = after.threads.at(t).published.steal - before.threads.at(t).published.steal;
      if (told !== 0) return `vCPU ${t} is told of ${told} ticks, and has a CPU of its own`;
    }
    return null;
  },
});

const ownedCpusStay = property.transition({
  id: 'DC-T1',
  name: 'a CPU that belongs to a vCPU stays in service, and its own while that one is plugged in',
  reads,
  when: ({ before }) => anyDedicated(before),
  violation({ before, after }) {
    for (let p = 0; p < after.pcpus.length; p++) {
      const owner = ownerOf(before, p);
      if (owner === null) continue;
      if (!after.pcpus.at(p).online) return `CPU ${p} of vCPU ${owner} went out of service`;
      const { vm, state } = after.threads.at(owner);
      const stays = isDedicated(after, vm) && state.kind !== 'offline';
      if (stays && ownerOf(after, p) !== owner) return `vCPU ${owner} lost CPU ${p}`;
    }
    return null;
  },
});

/** vCPUs that are plugged in: a CPU for each would dedicate all VMs. */
const pluggedIn = ({ threads }: Reading): number =>
  threads.filter(({ vm, state }) => vm !== null && state.kind !== 'offline').length;
const onlinePcpus = ({ pcpus }: Reading): number => pcpus.filter(({ online }) => online).length;
const roomy = ({ dedication }: Reading): number =>
  dedication.length === 0 ? 0 : dedication.at(0).roomy;
const newlyDedicated = ({ before, after }: CpuChange): boolean =>
  after.vms.some((_, vm) => isDedicated(after, vm) && !isDedicated(before, vm));

const modesChangeSlowly = property.transition({
  id: 'DC-T2',
  name: 'automatically all VMs share at the first vCPU too many, and none does two periods after it',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ before }) => isAutomatic(before),
  violation(change) {
    const { before, after, size } = change;
    const fits = pluggedIn(after) + size.minShared <= onlinePcpus(after);
    if (!fits && anyDedicated(after)) return 'there are too few CPUs, and VMs are dedicated';
    const most = 2 * size.period;
    if (roomy(after) > (fits ? Math.min(roomy(before) + 1, most) : 0)) {
      return `there have been CPUs for all for ${roomy(after)} ticks, it says`;
    }
    return newlyDedicated(change) && roomy(after) < most
      ? `VMs are dedicated after ${roomy(after)} ticks of ${most}`
      : null;
  },
});

/** A CPU that a vCPU could have as its own, while those who share keep one that each may run on. */
function isToSpare(m: Reading, t: number, p: number): boolean {
  const { threads, pcpus } = m;
  const isOpen = (q: number): boolean => pcpus.at(q).online && ownerOf(m, q) === null;
  if (!isOpen(p) || !threads.at(t).affinity.at(p)) return false;
  return threads.every(
    ({ vm, affinity }) =>
      isDedicated(m, vm) || affinity.some((allowed, q) => allowed && q !== p && isOpen(q)),
  );
}

/** What those who share are promised fits in one CPU less. */
const canDoWithLess = (m: Reading, { period }: { readonly period: number }): boolean =>
  m.vms.reduce((sum, { reservation }) => sum + reservation, 0) <= (sharedPcpus(m) - 1) * period;

const freedCpusAreAssigned = property.transition({
  id: 'DC-L1',
  name: 'after a tick no vCPU waits for a CPU of its own beside one that it could have',
  commands: kinds('cpu.tick'),
  reads,
  when: ({ after }) => after.threads.some(({ state }) => state.kind === 'unassigned'),
  violation({ after, size }) {
    if (sharedPcpus(after) <= size.minShared || !canDoWithLess(after, size)) return null;
    for (let t = 0; t < after.threads.length; t++) {
      if (after.threads.at(t).state.kind !== 'unassigned') continue;
      const p = after.pcpus.findIndex((_, each) => isToSpare(after, t, each));
      if (p >= 0) return `vCPU ${t} waits, and CPU ${p} is free`;
    }
    return null;
  },
});

export const dedicationProperties = [
  onlyOwnersRun,
  ownersHaveOneCpu,
  dedicatedDoNotShare,
  othersKeepTheirs,
  ownersDoNotWait,
  nothingIsStolen,
  ownedCpusStay,
  modesChangeSlowly,
  freedCpusAreAssigned,
];
