/** What a management may rely on when it moves VMs from afar. Chapter 5.B, and 4.G: MIG-X17, MIG-X28. */
import { type MigrationChange, named, property, steps } from './reading.ts';

const settingsStay = property.transition({
  id: 'MIG-A11',
  name: 'how a VM moves is not set anew before its source has cleaned up after a migration',
  commands: ['managed.*'],
  violation({ before, after, call }) {
    if (!('vm' in call.args)) return null;
    const { vm } = call.args;
    const { source, phase } = before.cluster.migrations.at(vm);
    if (source === null) return null;
    const now = after.cluster.management.at(vm);
    const isSet = before.cluster.management
      .at(vm)
      .some(({ multifd }, i) => now.at(i).multifd !== multifd);
    return isSet ? `it was set anew for ${named(vm, source)}, which is ${phase}` : null;
  },
});

const isCancelled = ({ cluster }: MigrationChange['before'], vm: number): boolean =>
  cluster.management.at(vm).some(({ cancelled }) => cancelled);

const cancelsAreHeeded = property.transition({
  id: 'MIG-A12',
  name: 'a cancellation that was posted ends its migration, and no other',
  commands: steps,
  when: ({ before, after, size }) => size.managed > 0 && size.vm > 0 && anyCancelled(before, after),
  violation({ before, call, after, size }) {
    for (let v = 0; v < size.vm; v++) {
      const { source, phase } = after.cluster.migrations.at(v);
      const isOver = source === null || phase === 'failing';
      const [was, is] = [isCancelled(before, v), isCancelled(after, v)];
      if (is && isOver) return `a cancellation of VM ${v} is left, and no migration of it`;
      if (was && !is && !isOver) return `${call.kind} lost the cancellation of VM ${v}`;
      if (is && phase === 'released') return `VM ${v} is released, although that was cancelled`;
    }
    return null;
  },
});

function anyCancelled(...states: readonly MigrationChange['before'][]): boolean {
  return states.some((m) => m.cluster.management.some((_, vm) => isCancelled(m, vm)));
}

export const managementProperties = [settingsStay, cancelsAreHeeded];
