/** Faults of requests that are in the queue of a device when its guest is stopped. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const scope = 'migration-queue';
const randomScope = 'migration-fuzz';
const killedBy = ['MIG-S17'];

const kickLost: VmmFault = {
  id: 'migration/X18a',
  seam: 'command',
  story:
    'The target does not look into the queue of the device, and waits for a kick that was before.',
  origin:
    'cloud-hypervisor PR 8004: a request was in the queue, and no kick came after the restore',
  ...{ killedBy, scope, randomScope },
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.receive', (receive) => (m, a, c) => {
      const { target, toTarget } = m.cluster.migrations.at(a.vm);
      const starts = toTarget.at(0).kind === 'start';
      receive(m, a, c);
      if (target === null || !starts) return;
      const device = m.cluster.hosts.at(target).devices.at(a.vm);
      const { write } = device;
      if (write.kind !== 'posted') return;
      device.write = { kind: 'posted', page: write.page, content: write.content, kicked: false };
    }),
};

const requestDropped: VmmFault = {
  id: 'migration/X18b',
  seam: 'command',
  story: 'A device that is quiesced empties its queue without a look at what is in it.',
  origin: 'made up: what a device has not begun when it stops is taken for done',
  ...{ killedBy, scope, randomScope },
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.quiesce', (quiesce) => (m, a, c) => {
      quiesce(m, a, c);
      const { source } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      m.cluster.hosts.at(source).devices.at(a.vm).write = { kind: 'none' };
    }),
};

export const queueFaults: readonly VmmFault[] = [kickLost, requestDropped];
