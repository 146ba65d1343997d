/** Locks of guests that move: they lie in guest memory, and are held by vCPUs. 4.C.2, 5.9. */
import { named, property, type Reading, runs } from './reading.ts';

/** Who has the lock of a guest and who waits for it, where its vCPUs are or are kept. */
function lineOf({ hosts, cluster }: Reading, vm: number): string | null {
  const { lastRan, lost } = cluster.ownership.at(vm);
  if (lastRan === null || lost) return null;
  const { cpu } = hosts.at(lastRan);
  const { vcpus } = cluster.hosts.at(lastRan);
  const { holder, waiting } = cpu.vms.at(vm).lock;
  const line = holder === null ? [] : [holder, ...waiting];
  for (let t = 0; t < vcpus.length; t++) {
    const saved = vcpus.at(t);
    if (cpu.threads.at(t).vm !== vm || saved.kind === 'none' || saved.turn === 0) continue;
    line[saved.turn - 1] = t;
  }
  return line.join();
}

const locksAreKept = property.transition({
  id: 'MIG-S16',
  name: 'a guest’s lock is held and waited for by the same vCPUs wherever it goes, and where it runs alone',
  commands: ['migration.*', 'postcopy.*', 'failure.*', 'crash.*'],
  violation({ before, call, after, size }) {
    for (let vm = 0; vm < size.vm; vm++) {
      for (let h = 0; h < size.host; h++) {
        if (after.hosts.at(h).cpu.vms.at(vm).lock.holder === null || runs(after, h, vm)) continue;
        return `the lock of ${named(vm, h)} is held, where it does not run`;
      }
      // It boots anew.
      if (before.cluster.ownership.at(vm).lost) continue;
      const [was, is] = [before, after].map((m) => lineOf(m, vm));
      if (was === null || is === null || was === is) continue;
      return `the lock of VM ${vm} was for ${was || 'nobody'}, and after ${call.kind} is for ${is || 'nobody'}`;
    }
    return null;
  },
});

export const lockProperties = [locksAreKept];
