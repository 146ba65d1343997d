/**
 * vCPUs are plugged in and out (5.10). The host says how many a VM is to have; only its guest can begin
 * to use one, or let go of it.
 */
import { int } from '../../machine/index.ts';
import { isAutomatic, isRoomFor } from './dedication.ts';
import { holdsLock, spinsForLock } from './locks.ts';
import {
  type CpuView,
  command,
  noVcpu,
  ofThread,
  ofVm,
  threadOf,
  vcpuOffline,
  viewThread,
} from './model.ts';
import { schedulerOf } from './policy.ts';
import { hasSiblings, isDedicated, isStrict, pluggedIn, sharedPcpus } from './queue.ts';
import type { ThreadId } from './scheduler.ts';
import type { CpuSizes } from './state.ts';
import { release } from './threads.ts';

/** Which vCPU of its VM a thread is. */
const placeOf = (t: ThreadId, { vcpus }: CpuSizes): number => t % vcpus;
/** How many vCPUs the VM of a thread is to have. */
function wantedOf(m: CpuView, t: ThreadId): number {
  const { vm } = viewThread(m, t);
  return vm === null ? 0 : m.vms.at(vm).wanted;
}
/** A guest acts through a vCPU that runs. */
function guestRuns(m: CpuView, t: ThreadId): boolean {
  const { vm } = viewThread(m, t);
  return m.threads.some(({ vm: of, state }) => of === vm && state.kind === 'running');
}

export const setVcpus = command({
  actor: 'host',
  summary: 'Says how many vCPUs a VM is to have; its guest does the rest (5.10 SetVcpus).',
  args: { ...ofVm, count: int((z: CpuSizes) => z.vcpus + 1) },
  requires: [
    ['last-vcpu', ['count'], (_m, a) => a.count < 1],
    ['out-of-range', ['count'], (_m, a, c) => a.count > c.size.vcpus],
    ['no-change', ['vm', 'count'], (m, a) => m.vms.at(a.vm).wanted === a.count],
    [
      'no-siblings',
      ['vm', 'count'],
      (m, a, c) => isStrict(m, a.vm) && !hasSiblings(m, a.vm, a.count, c.size),
    ],
    ['admission-cpu', ['vm', 'count'], (m, a) => isStrict(m, a.vm) && a.count > sharedPcpus(m)],
    [
      'no-dedicated-pcpu',
      ['vm', 'count'],
      (m, a, c) => {
        const grows = a.count > m.vms.at(a.vm).wanted && isDedicated(m, a.vm) && !isAutomatic(m);
        return grows && !isRoomFor(m, a.count - pluggedIn(m, a.vm), c.size);
      },
    ],
  ],
  effect(m, a) {
    m.vms.at(a.vm).wanted = a.count;
  },
});

/** It has a share of what its VM is promised from the next period on. */
export const onlineVcpu = command({
  actor: 'guest',
  summary: 'A guest begins to use a vCPU that was plugged in (5.10 OnlineVcpu).',
  args: ofThread,
  requires: [
    noVcpu,
    ['vcpu-online', ['thread'], (m, a) => viewThread(m, a.thread).state.kind !== 'offline'],
    ['not-plugged-in', ['thread'], (m, a, c) => placeOf(a.thread, c.size) >= wantedOf(m, a.thread)],
    ['guest-not-running', ['thread'], (m, a) => !guestRuns(m, a.thread)],
  ],
  effect(m, a, c) {
    release(m, a.thread, 'hotplug', c);
    c.operation.assign(m, c);
  },
});

/** What it has used and what was stolen from it stays in its books and its record. */
export const releaseVcpu = command({
  actor: 'guest',
  summary: 'A guest lets go of a vCPU that the host wants back (5.10 ReleaseVcpu).',
  args: ofThread,
  requires: [
    noVcpu,
    vcpuOffline,
    ['first-vcpu', ['thread'], (_m, a, c) => placeOf(a.thread, c.size) === 0],
    ['not-asked-for', ['thread'], (m, a, c) => placeOf(a.thread, c.size) < wantedOf(m, a.thread)],
    ['guest-not-running', ['thread'], (m, a) => !guestRuns(m, a.thread)],
    ['guest-refused', ['thread'], (m, a) => holdsLock(m, a.thread) || spinsForLock(m, a.thread)],
  ],
  effect(m, a, c) {
    const vcpu = threadOf(m, a.thread);
    vcpu.wakePending = false;
    vcpu.promised = 0;
    c.operation.leave(m, a.thread, { kind: 'offline' }, c);
    schedulerOf(m, c).onHotplug(a.thread);
    c.operation.disown(m, a.thread);
    c.operation.assign(m, c);
  },
});
