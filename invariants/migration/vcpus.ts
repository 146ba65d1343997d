/** How many vCPUs a guest that moves is to have. Chapter 4.D: MIG-A9. */
import { property, type Reading } from './reading.ts';

/** On the host that ran it last. */
function countOf({ hosts, cluster }: Reading, vm: number): number | null {
  const { lastRan, lost } = cluster.ownership.at(vm);
  return lastRan === null || lost ? null : hosts.at(lastRan).cpu.vms.at(vm).wanted;
}

const countStays = property.transition({
  id: 'MIG-A9',
  name: 'a VM is to have as many vCPUs all the time that it migrates, and on the target as before',
  commands: ['migration.*', 'postcopy.*', 'crash.*', 'cpu.set-vcpus'],
  when: ({ before, size }) =>
    size.cluster > 0 && before.cluster.migrations.some(({ source }) => source !== null),
  violation({ before, after }) {
    for (let vm = 0; vm < before.cluster.migrations.length; vm++) {
      if (before.cluster.migrations.at(vm).source === null) continue;
      const [from, to] = [countOf(before, vm), countOf(after, vm)];
      if (from === null || to === null || from === to) continue;
      return `VM ${vm} was to have ${from} vCPUs, and now ${to}`;
    }
    return null;
  },
});

export const vcpuProperties = [countStays];
