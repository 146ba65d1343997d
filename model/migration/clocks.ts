/**
 * Time of guests that move. A guest's clock is the counter of its host and what the VMM adds to it;
 * hosts have counters of their own, so what is carried is what the guest was shown, and so many ticks
 * that its timer has left. From the freeze to the start its clock stands still, or goes on by the ticks
 * of the source, on whose time of day hosts agree (KVM_CLOCK_REALTIME): as the scope says (MIG-A7).
 */
import { goOnAfterMove } from '../service/index.ts';
import type { C, HostId, VmId, World, WorldView } from './model.ts';

/** The guest system of a VM, by the id of the VM; null where it is not modelled. */
const systemOf = ({ services }: WorldView, vm: VmId): number | null =>
  vm < services.length ? vm : null;

/** What is left of the timer of a guest that has stopped here, or arrives. */
export function timerOf(m: WorldView, at: HostId, vm: VmId): number {
  const id = systemOf(m, vm);
  return id === null ? 0 : m.cluster.hosts.at(at).timers.at(id);
}

export function keepTimer(m: World, at: HostId, vm: VmId, timer: number): void {
  const id = systemOf(m, vm);
  if (id !== null) m.cluster.hosts.at(at).timers[id] = timer;
}

/** The guest is stopped: its clock with it. */
export function stopClock(m: World, at: HostId, vm: VmId, c: C): void {
  const id = systemOf(m, vm);
  if (id !== null) keepTimer(m, at, vm, c.operation.saveTimer(m, at, id));
}

/** It is about to go on. */
export function startClock(m: World, at: HostId, vm: VmId, c: C): void {
  const id = systemOf(m, vm);
  if (id !== null) c.operation.restoreClock(m, at, id, c);
}

export function saveTimer({ services }: World, _at: HostId, id: number): number {
  return services.at(id).timer;
}

export function restoreClock({ cluster, services }: World, at: HostId, id: number, c: C): void {
  const { timers } = cluster.hosts.at(at);
  const timer = timers.at(id);
  timers[id] = 0;
  goOnAfterMove(services.at(id), id, timer, c);
}
