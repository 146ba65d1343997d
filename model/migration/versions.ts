/**
 * Versions of what hosts run (4.B, VERSION). A target reads what a source of its own version sends, and
 * one of the version before; so hosts are upgraded one after the other, each while nothing runs there.
 * No VM goes back to a host of an older version.
 */
import { ref } from '../../machine/index.ts';
import { host } from '../host.ts';
import { command, type HostId, type VmId, viewMigration, type WorldView } from './model.ts';

/** The target reads what the source sends. */
export function canRead({ cluster }: WorldView, source: HostId, target: HostId): boolean {
  const newer = cluster.hosts.at(target).version - cluster.hosts.at(source).version;
  return newer === 0 || newer === 1;
}

/** The two hosts of a migration do not understand each other. */
export function speaksOtherVersion(m: WorldView, vm: VmId): boolean {
  const { source, target } = viewMigration(m, vm);
  return source !== null && target !== null && !canRead(m, source, target);
}

/** A VM has its version for as long as it is on its host: it is that of its process. */
export const upgradeHost = command({
  actor: 'host',
  summary: 'A host on which nothing is gets the next version of its VMM (4.B VERSION).',
  args: { host: ref(host) },
  requires: [
    [
      'newest-already',
      ['host'],
      (m, a, c) => m.cluster.hosts.at(a.host).version === c.size.version,
    ],
    [
      'in-use',
      ['host'],
      (m, a) =>
        m.hosts.at(a.host).memory.vms.some(({ state }) => state !== 'absent') ||
        m.cluster.migrations.some(({ target, connected }) => connected && target === a.host),
    ],
  ],
  effect(m, a) {
    m.cluster.hosts.at(a.host).version++;
  },
});
