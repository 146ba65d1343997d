/** Faults of the handover: two that run, none that runs, or one that is not the same. */
import { addCommand } from '../../machine/index.ts';
import type { World } from '../../model/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { inPhases, migration } from './seams.ts';

const bothRun: VmmFault = {
  id: 'migration/X12',
  seam: 'environment',
  story: 'The manager lets the source go on, although the target was told to start.',
  origin: 'kubevirt issue 16622: both copies of a VM were left running',
  killedBy: ['MIG-S1', 'MIG-A4'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply(machine) {
    const release = machine.commands['migration.release'];
    return addCommand(machine, 'migration.continue-source', {
      ...release,
      summary: 'The manager lets the frozen source go on.',
      requires: [
        [
          'not-frozen',
          ['vm'],
          (m: World, a: { readonly vm: number }) => {
            const { source } = m.cluster.migrations.at(a.vm);
            return (
              source === null || !m.hosts.at(source).memory.stopped.some((vms) => vms.at(a.vm))
            );
          },
        ],
      ],
      effect(m: World, a: { readonly vm: number }) {
        const { source } = m.cluster.migrations.at(a.vm);
        if (source === null) return;
        for (const vms of m.hosts.at(source).memory.stopped) vms[a.vm] = false;
      },
    });
  },
};

const sourceGoneTooSoon: VmmFault = {
  id: 'migration/X13',
  seam: 'command',
  story: 'The source gives the VM up as soon as it has said start, and not when it is confirmed.',
  origin: 'libvirt’s migration protocol 2, to which version 3 added the Confirm phase',
  killedBy: ['MIG-S2'],
  scope: 'migration-small',
  randomScope: 'migration-fuzz',
  apply: (machine) => inPhases(machine, 'migration.clean-up', 'start-sent', 'acknowledged'),
};

const wakeNotSaved: VmmFault = {
  id: 'migration/X19',
  seam: 'command',
  story: 'An interrupt that was posted to a vCPU and not seen yet is not saved with it.',
  origin: 'KVM posted interrupts: the PIR is to be drained into the IRR before it is saved',
  killedBy: ['MIG-S8'],
  scope: 'migration-vcpus',
  randomScope: 'migration-fuzz',
  apply: (machine) =>
    migration.changeEffect(machine, 'migration.send-vcpus', (send) => (m, a, c) => {
      send(m, a, c);
      const { toTarget } = m.cluster.migrations.at(a.vm);
      for (let i = 0; i < toTarget.length; i++) {
        const { kind } = toTarget.at(i);
        const message = toTarget.at(i);
        if (kind !== 'vcpu' || message.kind !== 'vcpu') continue;
        const { vcpu, was, turn } = message;
        toTarget[i] = { kind, vcpu, was, wake: false, turn };
      }
    }),
};

export const handoverFaults: readonly VmmFault[] = [bothRun, sourceGoneTooSoon, wakeNotSaved];
