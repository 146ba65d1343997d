/** Where a VM is, and who may run it. Chapter 4.C: MIG-S1, S2, S5, S12. */
import {
  isMissing,
  isOn,
  kinds,
  movedOn,
  named,
  property,
  type Reading,
  runs,
  underWay,
} from './reading.ts';

const runsInOnePlace = property.invariant({
  id: 'MIG-S1',
  name: 'a guest runs on one host at most: the one that has the token and the lock, and ran it last',
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { owner, lock, lastRan } = m.cluster.ownership.at(v);
      let where = -1;
      for (let h = 0; h < size.host; h++) {
        if (!runs(m, h, v)) continue;
        if (where !== -1) return `${named(v, where)} runs, and so does the one on host ${h}`;
        where = h;
      }
      if (where === -1) continue;
      if (owner !== where) return `${named(v, where)} runs without the token`;
      if (lock !== where) return `${named(v, where)} runs without the lock of its disk`;
      if (lastRan !== where) return `${named(v, where)} runs, but the store says ${lastRan} does`;
    }
    return null;
  },
});

const guestsAreNotLost = property.invariant({
  id: 'MIG-S2',
  name: 'the host that ran a guest last has all of it, but what it is yet to get from the one before',
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { lastRan, lost } = m.cluster.ownership.at(v);
      if (lastRan === null || lost) continue;
      if (!isOn(m, lastRan, v)) return `${named(v, lastRan)} is gone`;
      const from = movedOn(m, v);
      const { size: count } = m.hosts.at(lastRan).memory.vms.at(v);
      for (let p = 0; p < count; p++) {
        if (!isMissing(m, lastRan, v, p)) continue;
        if (from === null || !isOn(m, from.source, v)) return `page ${p} of VM ${v} is nowhere`;
      }
    }
    return null;
  },
});

/** A host alone has something of a VM: it ran it last, or is yet to send pages of it. */
function hasItsOwn(m: Reading, vm: number, at: number): boolean {
  if (m.cluster.ownership.at(vm).lastRan === at) return isOn(m, at, vm);
  const from = movedOn(m, vm);
  if (from === null || from.source !== at) return false;
  return m.hosts
    .at(from.target)
    .memory.vms.at(vm)
    .pages.some((each) => each.at.kind === 'missing');
}

/** The exceptions of MIG-S2, and no others. */
const crashesLose = property.transition({
  id: 'MIG-S15',
  name: 'a VM is lost by the crash of a host that alone has some of it, and runs no more until it boots',
  commands: ['migration.*', 'postcopy.*', 'failure.*', 'crash.*'],
  when: ({ size }) => size.crashes > 0,
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const was = before.cluster.ownership.at(v).lost;
      const is = after.cluster.ownership.at(v).lost;
      for (let h = 0; is && h < size.host; h++) {
        if (runs(after, h, v)) return `${named(v, h)} runs, although it is lost`;
      }
      if (was) {
        if (!is && call.kind !== 'crash.cold-boot') return `${call.kind} brought VM ${v} back`;
        continue;
      }
      const due = call.kind === 'crash.host' && hasItsOwn(before, v, call.args.host);
      if (due && !is) return `VM ${v} goes on without what was on the host that crashed`;
      if (is && !due) return `${call.kind} lost VM ${v}`;
    }
    return null;
  },
});

const targetsWait = property.invariant({
  id: 'MIG-S5',
  name: 'before a target may start a VM it neither runs it nor holds its token or its lock',
  when(m, size) {
    for (let v = 0; v < size.vm; v++) if (underWay(m, v) !== null) return true;
    return false;
  },
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const ends = underWay(m, v);
      if (ends === null) continue;
      const { owner, lock } = m.cluster.ownership.at(v);
      if (runs(m, ends.target, v)) return `${named(v, ends.target)} runs before its time`;
      if (owner === ends.target) return `the target of VM ${v} has the token before its time`;
      if (lock === ends.target) return `the target of VM ${v} has the lock before its time`;
      const plugged = pluggedVcpu(m, ends.target, v);
      if (plugged !== -1) return `vCPU ${plugged} of ${named(v, ends.target)} may run already`;
    }
    return null;
  },
});

function pluggedVcpu({ hosts }: Reading, at: number, vm: number): number {
  return hosts.at(at).cpu.threads.findIndex((t) => t.vm === vm && t.state.kind !== 'offline');
}

const migrationsAreAlone = property.invariant({
  id: 'MIG-S12',
  name: 'a VM is on two hosts only while it moves from one to the other',
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const { source, target } = m.cluster.migrations.at(v);
      const { lastRan } = m.cluster.ownership.at(v);
      for (let h = 0; h < size.host; h++) {
        if (h === lastRan || h === source || h === target) continue;
        if (isOn(m, h, v)) return `${named(v, h)} is neither the VM nor to become it`;
      }
    }
    return null;
  },
});

const promisesFit = property.transition({
  id: 'MIG-S13',
  name: 'a target has frames for all of a VM that is to arrive, beside those promised before',
  commands: kinds('migration.create-target'),
  violation({ after, call, size }) {
    const { target } = after.cluster.migrations.at(call.args.vm);
    if (target === null) return null;
    let missing = 0;
    for (let v = 0; v < size.vm; v++) {
      if (!isOn(after, target, v)) continue;
      const arrives = underWay(after, v)?.target === target;
      const { pages, size: count } = after.hosts.at(target).memory.vms.at(v);
      for (let p = 0; p < count; p++) {
        const { kind } = pages.at(p).at;
        if (kind === 'missing' || (arrives && kind !== 'mapped')) missing++;
      }
    }
    const { frames } = after.hosts.at(target).memory;
    const free = frames.filter(({ use }) => use.kind === 'free').length - size.emergency;
    return missing <= free
      ? null
      : `${missing} pages are to arrive, for which ${free} frames are left`;
  },
});

export const placeProperties = [
  runsInOnePlace,
  guestsAreNotLost,
  crashesLose,
  targetsWait,
  migrationsAreAlone,
  promisesFit,
];
