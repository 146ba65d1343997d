/** Faults of when a guest is stopped, and of what it is slowed down. */
import type { VmmFault } from '../memory/seams.ts';
import { migration } from './seams.ts';

const randomScope = 'migration-timed';

const stopsTooSoon: VmmFault = {
  id: 'migration/Q1',
  seam: 'command',
  story: 'A guest is stopped while too much is dirty to be sent in the time allowed.',
  origin: 'made up: rounds are counted, and nobody looks at what is dirty',
  killedBy: ['MIG-Q1', 'MIG-Q2'],
  scope: 'migration-throttle',
  randomScope,
  apply: (machine) =>
    migration.changeGuard(machine, 'migration.freeze', 'policy-not-met', () => (m, a) => {
      const { round, send } = m.cluster.migrations.at(a.vm);
      return round === 0 || send.some((left) => left);
    }),
};

const throttleSurvives: VmmFault = {
  id: 'migration/X29b',
  seam: 'command',
  story: 'A guest that was slowed down for a migration stays slow after it was cancelled.',
  origin: 'made up: QEMU ends its throttle on every way out of a migration',
  killedBy: ['MIG-Q3'],
  scope: 'migration-throttle',
  randomScope,
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.abort', (abort) => (m, a, c) => {
      const { source } = m.cluster.migrations.at(a.vm);
      if (source === null) return;
      const vm = m.hosts.at(source).cpu.vms.at(a.vm);
      const { cap } = vm;
      abort(m, a, c);
      vm.cap = cap;
    }),
};

export const policyFaults: readonly VmmFault[] = [stopsTooSoon, throttleSurvives];
