/**
 * The guest is stopped and the rest of it is sent: the first half of step N6. Chapter 4.B.
 *
 * The order is no formality. To save a device is to let it finish, and it finishes by writing guest
 * memory: the log is collected for the last time after that, or those writes are lost.
 */
import { cannotSend, isFull, notConnected, send } from './channel.ts';
import { stopClock, timerOf } from './clocks.ts';
import { beginLog, collect } from './copying.ts';
import { setKicked } from './device.ts';
import {
  type C,
  command,
  migrationOf,
  ofVm,
  phaseIs,
  setStopped,
  type VmId,
  viewMigration,
  type World,
} from './model.ts';
import { decision } from './statistics.ts';
import { unplugAll } from './vcpus.ts';

/** When to stop is a matter of policy (4.B.2); where there is none, it may be at any time. MIG-A6. */
export const freeze = command({
  actor: 'host',
  summary: 'The guest stops: none of its vCPUs is this host’s to run any more (N6, MIG-A6).',
  args: ofVm,
  requires: [
    phaseIs('copying'),
    ['policy-not-met', ['vm'], (m, a, c) => (decision(m, a.vm, c.size) ?? 'freeze') !== 'freeze'],
  ],
  effect(m, a, c) {
    stopGuest(m, a.vm, c);
  },
});

/**
 * Stop-and-copy: no page is copied while the guest runs, so that all of them follow in one pass after the
 * last harvest, and its downtime is all that the migration takes. No policy is asked. 4.B.1.
 */
export const freezeFirst = command({
  actor: 'host',
  summary: 'The guest stops before any of its pages is copied: stop-and-copy (4.B.1, MIG-A6).',
  args: ofVm,
  requires: [phaseIs('target-created')],
  effect(m, a, c) {
    // Its device may still write: that is logged, and there is one way to collect it.
    beginLog.effect(m, a, c);
    stopGuest(m, a.vm, c);
  },
});

function stopGuest(m: World, vm: VmId, c: C): void {
  const migration = migrationOf(m, vm);
  if (migration.source === null) return;
  c.operation.endHints(m, vm);
  setStopped(m.hosts.at(migration.source), vm, true);
  unplugAll(m, migration.source, vm, c);
  stopClock(m, migration.source, vm, c);
  migration.phase = 'frozen';
  c.emit({ type: 'frozen', vm });
}

/** The device finishes what it has begun, which may change guest memory. MIG-S6. */
export const quiesce = command({
  actor: 'host',
  summary: 'The VM’s device finishes what it has begun, and begins nothing new (N6, MIG-S6).',
  args: ofVm,
  requires: [phaseIs('frozen')],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    if (migration.source === null) return;
    c.operation.drainDevice(m, migration.source, a.vm, c);
    setKicked(m, migration.source, a.vm, false);
    migration.phase = 'quiesced';
  },
});

export const sendVcpus = command({
  actor: 'host',
  summary: 'The state of every vCPU is sent (N6).',
  args: ofVm,
  requires: [
    phaseIs('quiesced'),
    notConnected,
    ['channel-full', ['vm'], (m, a, c) => isFull(viewMigration(m, a.vm).toTarget, c.size.vcpus)],
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    if (migration.source === null) return;
    const { threads } = m.hosts.at(migration.source).cpu;
    const { vcpus } = m.cluster.hosts.at(migration.source);
    for (let t = 0; t < vcpus.length; t++) {
      const saved = vcpus.at(t);
      if (threads.at(t).vm !== a.vm || saved.kind === 'none') continue;
      const { was, wake, turn } = saved;
      send(migration, a.vm, { kind: 'vcpu', vcpu: t, was, wake, turn }, c);
    }
    migration.phase = 'vcpus-sent';
  },
});

/** Other state: what is not memory or vCPU. Devices are the register of one. MIG 4.C.1. */
export const sendState = command({
  actor: 'host',
  summary: 'What devices and the VMM keep of the VM is sent (N6, MIG 4.C.1).',
  args: ofVm,
  requires: [phaseIs('vcpus-sent'), ...cannotSend],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    if (migration.source === null) return;
    const { devices, paused } = m.cluster.hosts.at(migration.source);
    const { register } = devices.at(a.vm);
    const timer = timerOf(m, migration.source, a.vm);
    send(migration, a.vm, { kind: 'device', register, timer, paused: paused.at(a.vm) }, c);
    migration.phase = 'state-sent';
  },
});

/** Nothing writes guest memory any more: these are the last pages. */
export const finalHarvest = command({
  actor: 'host',
  summary: 'The dirty log is collected for the last time (N6, MIG-S6).',
  args: ofVm,
  requires: [phaseIs('state-sent')],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    const dirty = collect(m, a.vm, c);
    migration.phase = 'harvested';
    c.emit({ type: 'round', vm: a.vm, round: migration.round, dirty });
  },
});

export const requestState = command({
  actor: 'host',
  summary: 'The source asks the target whether it has everything (N6, MIG-S7).',
  args: ofVm,
  requires: [
    phaseIs('harvested', 'discard-sent'),
    [
      'pages-left',
      ['vm'],
      (m, a) => {
        const { phase, send } = viewMigration(m, a.vm);
        return phase === 'harvested' && send.some((left) => left);
      },
    ],
    ...cannotSend,
  ],
  effect(m, a, c) {
    const migration = migrationOf(m, a.vm);
    send(migration, a.vm, { kind: 'request' }, c);
    migration.phase = 'state-requested';
  },
});
