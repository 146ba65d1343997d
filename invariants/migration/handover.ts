/** What the target starts with, and by what right. Chapter 4.C and 4.D: MIG-S7, S8, A4 to A6. */
import {
  contentOn,
  isMissing,
  kinds,
  type MigrationChange,
  named,
  property,
  type Reading,
  runs,
  startedOn,
} from './reading.ts';

/** The VM of a command that began to run on another host, and both hosts; or null. */
function handedOver(change: MigrationChange) {
  const { before, call } = change;
  if (!('vm' in call.args)) return null;
  const { vm } = call.args;
  const { source, target } = before.cluster.migrations.at(vm);
  if (source === null || target === null || startedOn(change, vm) !== target) return null;
  return { vm, source, target };
}

const startsComplete = property.transition({
  id: 'MIG-S7',
  name: 'a VM starts on the target with every page that is not missing, all vCPUs and other state',
  commands: kinds('migration.receive'),
  when: (change) => handedOver(change) !== null,
  violation(change) {
    const over = handedOver(change);
    if (over === null) return null;
    const { before, size } = change;
    const { received, arrived } = before.cluster.migrations.at(over.vm);
    const { size: count } = before.hosts.at(over.source).memory.vms.at(over.vm);
    for (let p = 0; p < count; p++) {
      const known = received.at(p) || isMissing(before, over.target, over.vm, p);
      if (!known) return `page ${p} did not arrive, and nobody knows`;
    }
    if (arrived !== 'confirmed') return `what the target said it has is ${arrived}`;
    for (let t = 0; t < size.thread; t++) {
      if (before.hosts.at(over.source).cpu.threads.at(t).vm !== over.vm) continue;
      const saved = before.cluster.hosts.at(over.source).vcpus.at(t).kind;
      const here = before.cluster.hosts.at(over.target).vcpus.at(t).kind;
      if (saved !== here) return `vCPU ${t} is missing`;
    }
    return null;
  },
});

const startsEqual = property.transition({
  id: 'MIG-S8',
  name: 'migration state equivalence: a VM starts on the target as it was stopped on the source',
  commands: kinds('migration.receive'),
  when: (change) => handedOver(change) !== null,
  violation(change) {
    const over = handedOver(change);
    if (over === null) return null;
    return (
      memoryDiffers(change.after, over) ??
      vcpuDiffers(change.after, over) ??
      guestDiffers(change.after, over)
    );
  },
});

interface Over {
  readonly vm: number;
  readonly source: number;
  readonly target: number;
}

function memoryDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const { size } = m.hosts.at(source).memory.vms.at(vm);
  if (m.hosts.at(target).memory.vms.at(vm).size !== size) return 'the sizes differ';
  for (let p = 0; p < size; p++) {
    // It is what the source has of it, until it comes.
    if (isMissing(m, target, vm, p)) continue;
    const from = contentOn(m, source, vm, p);
    const to = contentOn(m, target, vm, p);
    if (from !== to) return `page ${p} held ${from}, and now holds ${to}`;
  }
  return null;
}

function vcpuDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const { vcpus } = m.cluster.hosts.at(source);
  const { threads } = m.hosts.at(target).cpu;
  for (let t = 0; t < vcpus.length; t++) {
    const saved = vcpus.at(t);
    if (saved.kind === 'none' || threads.at(t).vm !== vm) continue;
    const { state, wakePending } = threads.at(t);
    const halted = state.kind === 'blocked' && state.on === 'halt';
    if (state.kind === 'offline') return `vCPU ${t} is not plugged in`;
    if (halted !== (saved.was === 'halted')) return `vCPU ${t} was ${saved.was}, and is not`;
    if (wakePending !== saved.wake) return `a wake of vCPU ${t} was lost or made up`;
  }
  return null;
}

/** What the guest and its device keep. */
function guestDiffers(m: Reading, { vm, source, target }: Over): string | null {
  const [from, to] = [source, target].map((h) => m.hosts.at(h).guests.at(vm));
  if (from === undefined || to === undefined) return null;
  for (let p = 0; p < from.use.length; p++) {
    if (from.use.at(p) !== to.use.at(p)) return `the guest’s use of page ${p} changed`;
    if (from.expected.at(p) !== to.expected.at(p)) return `page ${p} has another history`;
  }
  for (let v = 0; v < from.table.length; v++) {
    const [was, is] = [from.table.at(v), to.table.at(v)];
    const page = was.kind === 'present' ? was.page : -1;
    if (was.kind !== is.kind || (is.kind === 'present' && is.page !== page)) {
      return `the guest’s mapping of ${v} changed`;
    }
  }
  const [was, is] = [source, target].map((h) => m.cluster.hosts.at(h).devices.at(vm).register);
  return was === is ? null : `the device held ${was}, and now holds ${is}`;
}

const startsWithTheToken = property.transition({
  id: 'MIG-A4',
  name: 'a VM begins to run where the token was free and of the epoch of the start, or was its own',
  commands: ['migration.*'],
  when: (change) => anyStarted(change) !== -1,
  violation(change) {
    const vm = anyStarted(change);
    const { before, call } = change;
    const { toTarget } = before.cluster.migrations.at(vm);
    const { owner, epoch, lastRan } = before.cluster.ownership.at(vm);
    if (call.kind === 'migration.abort' || call.kind === 'migration.give-up') {
      const here = startedOn(change, vm);
      return owner === here && lastRan === here ? null : `${named(vm, here)} went on without it`;
    }
    if (call.kind !== 'migration.receive') return `${call.kind} made VM ${vm} run`;
    const first = toTarget.at(0);
    if (first.kind !== 'start') return `a ${first.kind} made VM ${vm} run`;
    if (owner !== null) return `VM ${vm} began to run while host ${owner} had the token`;
    return first.epoch === epoch ? null : `a start of epoch ${first.epoch} was taken in ${epoch}`;
  },
});

function anyStarted(change: MigrationChange): number {
  for (let v = 0; v < change.size.vm; v++) if (startedOn(change, v) !== -1) return v;
  return -1;
}

const epochsRise = property.transition({
  id: 'MIG-A5',
  name: 'the epoch rises by one whenever a host takes the token, and otherwise stays',
  commands: ['migration.*'],
  violation({ before, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const from = before.cluster.ownership.at(v);
      const to = after.cluster.ownership.at(v);
      const taken = to.owner !== null && to.owner !== from.owner;
      if (to.epoch !== from.epoch + (taken ? 1 : 0)) {
        return `the epoch of VM ${v} went from ${from.epoch} to ${to.epoch}`;
      }
    }
    return null;
  },
});

const onlyFreezeStops = property.transition({
  id: 'MIG-A6',
  name: 'a guest that runs stops only by a freeze',
  commands: ['migration.*'],
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      for (let h = 0; h < size.host; h++) {
        if (!runs(before, h, v) || runs(after, h, v)) continue;
        if (call.kind !== 'migration.freeze') return `${call.kind} stopped ${named(v, h)}`;
      }
    }
    return null;
  },
});

export const handoverProperties = [
  startsComplete,
  startsEqual,
  startsWithTheToken,
  epochsRise,
  onlyFreezeStops,
];
