/** Faults of locks that guests hold while they move. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const holderForgotten: VmmFault = {
  id: 'migration/L1',
  seam: 'command',
  story:
    'When a guest is stopped nobody keeps who holds its lock, and another may take it as well.',
  origin: 'made up: a VMM that keeps a lock for its guest, and does not save it with the vCPUs',
  killedBy: ['MIG-S16'],
  scope: 'migration-locks',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.freeze', (freeze) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      freeze(m, a, c);
      if (source === null) return;
      const { vcpus } = m.cluster.hosts.at(source);
      for (let t = 0; t < vcpus.length; t++) {
        const saved = vcpus.at(t);
        if (saved.kind !== 'saved') continue;
        vcpus[t] = { kind: 'saved', was: saved.was, wake: saved.wake, turn: 0 };
      }
    }),
};

const turnsLeftBehind: VmmFault = {
  id: 'migration/L2',
  seam: 'command',
  story: 'Who holds the lock of a guest and who waits for it is kept, and not sent with the vCPUs.',
  origin: 'made up: the saved state of a vCPU has a field that is not in the message',
  killedBy: ['MIG-S8', 'MIG-S16'],
  scope: 'migration-locks',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.send-vcpus', (send) => (m, a, c) => {
      send(m, a, c);
      const { toTarget } = m.cluster.migrations.at(a.vm);
      for (let i = 0; i < toTarget.length; i++) {
        const message = toTarget.at(i);
        if (message.kind !== 'vcpu' || message.turn === 0) continue;
        const { kind, vcpu, was, wake } = message;
        toTarget[i] = { kind, vcpu, was, wake, turn: 0 };
      }
    }),
};

export const movingLockFaults: readonly VmmFault[] = [holderForgotten, turnsLeftBehind];
