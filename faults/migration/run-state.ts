/** Faults of guests that are paused or shut down when they move. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const scope = 'migration-paused';
const randomScope = 'migration-fuzz';
const killedBy = ['MIG-R1'];

const pausedGoesOn: VmmFault = {
  id: 'migration/R1',
  seam: 'command',
  story: 'A guest that was paused goes on when it has arrived.',
  origin: 'kubevirt PR 5384: paused VMs were unpaused after their migration',
  ...{ killedBy, scope, randomScope },
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.receive', (receive) => (m, a, c) => {
      const { target, toTarget } = m.cluster.migrations.at(a.vm);
      if (target !== null && toTarget.at(0).kind === 'start') {
        m.cluster.hosts.at(target).paused[a.vm] = false;
      }
      receive(m, a, c);
    }),
};

const pausedGoesOnAtHome: VmmFault = {
  id: 'migration/R2',
  seam: 'command',
  story: 'A migration that is given up resumes its guest, also one that was paused before.',
  origin: 'cloud-hypervisor issue 7815: the migration of a paused VM failed, and resumed it',
  ...{ killedBy, scope, randomScope },
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source !== null) m.cluster.hosts.at(source).paused[a.vm] = false;
      abort(m, a, c);
    }),
};

const startsAgain: VmmFault = {
  id: 'migration/R3',
  seam: 'command',
  story: 'A guest that has shut down while it was copied starts again when it has arrived.',
  origin: 'cloud-hypervisor PR 8835: a guest may shut down and reboot while it moves',
  ...{ killedBy, scope, randomScope },
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.receive', (receive) => (m, a, c) => {
      const { target, toTarget } = m.cluster.migrations.at(a.vm);
      const { vcpus } = m.cluster.hosts.at(target ?? 0);
      const starts = target !== null && toTarget.at(0).kind === 'start';
      for (let t = 0; starts && t < vcpus.length; t++) {
        const saved = vcpus.at(t);
        if (saved.kind === 'saved' && saved.was === 'off') {
          vcpus[t] = { kind: 'saved', was: 'ready', wake: saved.wake, turn: saved.turn };
        }
      }
      receive(m, a, c);
    }),
};

export const runStateFaults: readonly VmmFault[] = [pausedGoesOn, pausedGoesOnAtHome, startsAgain];
