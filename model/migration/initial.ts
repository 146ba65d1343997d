/** A cluster at the start: VMs that have run on the first host for a while, and may move. */
import { table } from '../../machine/index.ts';
import { thread } from '../cpu/index.ts';
import { type HostState, host, memoryOf } from '../host.ts';
import { memoryCommands, page, postcopy, vm } from '../memory/index.ts';
import { guest } from '../service/index.ts';
import { hasFeature } from './features.ts';
import { type C, inner } from './model.ts';
import { type Cluster, cached, feature, hinting, managed, place } from './state.ts';

export function initialCluster(z: C['size']): Cluster {
  const isHere = (id: number): boolean => id < z.booted;
  return {
    ownership: table(z, vm, (id) => ({
      owner: isHere(id) ? 0 : null,
      epoch: 0,
      lastRan: isHere(id) ? 0 : null,
      lock: isHere(id) ? 0 : null,
      lost: false,
    })),
    booted: table(z, vm, (id) => table(z, feature, (f) => isHere(id) && hasFeature(0, f))),
    migrations: table(z, vm, () => ({
      phase: 'idle',
      source: null,
      target: null,
      connected: false,
      round: 0,
      send: table(z, page, () => false),
      toTarget: table(z, place, () => ({ kind: 'none' })),
      toSource: table(z, place, () => ({ kind: 'none' })),
      arrived: 'nothing',
      received: table(z, page, () => false),
      cache: table(z, cached, () => null),
      statistics: { elapsed: 0, sent: 0, found: 0, carried: 0, downtime: 0 },
      throttling: { percent: 0, periods: 0, ticks: 0, dirtied: 0, sent: 0, cap: 0 },
      postcopy: table(z, postcopy, () => ({
        phase: 'none',
        awaited: table(z, page, () => false),
        requested: table(z, page, () => false),
        urgent: table(z, page, () => false),
      })),
    })),
    hosts: table(z, host, (at) => ({
      devices: table(z, vm, () => ({ register: 0, write: { kind: 'none' } })),
      vcpus: table(z, thread, () => ({ kind: 'none' })),
      paused: table(z, vm, () => false),
      timers: table(z, guest, () => 0),
      features: table(z, vm, (id) =>
        table(z, feature, (f) => at === 0 && isHere(id) && hasFeature(0, f)),
      ),
      cutOff: false,
      version: 0,
    })),
    hinting: table(z, vm, () =>
      table(z, hinting, () => ({
        state: 'stop',
        id: 0,
        echoed: 0,
        queue: { kind: 'none' },
        skipped: table(z, page, () => false),
      })),
    ),
    management: table(z, vm, () =>
      table(z, managed, () => ({ multifd: false, channels: false, cancelled: false })),
    ),
    attempts: z.attempts,
    losses: z.losses,
    crashes: z.crashes,
  };
}

/**
 * Every page of a VM has memory, and the guest has mapped it: the first is read-only and holds
 * something, as all others do but the last (golden trace G1). One with a balloon has the last to give.
 */
export function warmUp(at: HostState, id: number, c: C): void {
  const memory = memoryOf(at);
  const { size } = memory.host.vms.at(id);
  for (let p = 0; p < size; p++) {
    const frame = memory.host.frames.findIndex(({ use }) => use.kind === 'free');
    const args = { vm: id, page: p, virtual: p, frame, content: p + 1 < size ? 1 : 0 };
    memoryCommands['memory.populate'].effect(memory, args, inner(c));
    memoryCommands['memory.host-write'].effect(memory, args, inner(c));
    if (c.size.driver === 1 && p + 1 === size) break;
    memoryCommands['memory.map'].effect(memory, { ...args, writable: p > 0 }, inner(c));
  }
  if (c.size.driver === 0) return;
  const features = { mustTell: true, deflateOnOom: false, reporting: true };
  const args = { vm: id, ...features, poison: false, poisonValue: 0 };
  memoryCommands['memory.load-driver'].effect(memory, args, inner(c));
}
