/** What the target starts with, and by what right. Chapter 4.C and 4.D: MIG-S7, S8, A4 to A6. */
import {
  handedOver,
  isMissing,
  kinds,
  type MigrationChange,
  named,
  property,
  runs,
  startedOn,
} from './reading.ts';

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
  name: 'the epoch rises by one with each owner; who ran a VM last changes by a start or cold boot',
  commands: ['migration.*', 'crash.*'],
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const from = before.cluster.ownership.at(v);
      const to = after.cluster.ownership.at(v);
      const taken = to.owner !== null && to.owner !== from.owner;
      if (to.epoch !== from.epoch + (taken ? 1 : 0)) {
        return `the epoch of VM ${v} went from ${from.epoch} to ${to.epoch}`;
      }
      const { kind } = call;
      if (to.lastRan === from.lastRan) continue;
      if (kind !== 'migration.receive' && kind !== 'crash.cold-boot') {
        return `${call.kind} made host ${to.lastRan} the last to run VM ${v}`;
      }
    }
    return null;
  },
});

const freezing: readonly string[] = kinds('migration.freeze', 'stopcopy.freeze');

const onlyFreezeStops = property.transition({
  id: 'MIG-A6',
  name: 'a guest that runs stops only by a freeze',
  commands: ['migration.*', 'stopcopy.*'],
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      for (let h = 0; h < size.host; h++) {
        if (!runs(before, h, v) || runs(after, h, v)) continue;
        if (!freezing.includes(call.kind)) return `${call.kind} stopped ${named(v, h)}`;
      }
    }
    return null;
  },
});

export const handoverProperties = [startsComplete, startsWithTheToken, epochsRise, onlyFreezeStops];
