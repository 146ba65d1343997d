/** The queue of ready threads, and who of them may run where. */

import type { Id } from '../../machine/index.ts';
import type { PcpuId, ThreadId } from './scheduler.ts';
import type { CpuCore, CpuCoreView, CpuSizes, ThreadState } from './state.ts';

export function enqueueLast(m: CpuCore, t: ThreadId): void {
  m.queue.push(t);
}

/** For policies that look for the best in the queue: an order of arrival would tell nothing. */
export function enqueueById(m: CpuCore, t: ThreadId): void {
  const at = m.queue.findIndex((other) => other > t);
  m.queue.splice(at < 0 ? m.queue.length : at, 0, t);
}

/** A thread waits no more: neither for a CPU, nor for its VM's cap. */
export function dequeue(m: CpuCore, t: ThreadId): void {
  for (const waiting of [m.queue, m.throttled]) {
    const at = waiting.indexOf(t);
    if (at >= 0) waiting.splice(at, 1);
  }
}

/** The vCPU that a CPU belongs to, or null where it serves all. */
export function ownerOf(m: CpuCoreView, p: PcpuId): ThreadId | null {
  return m.dedication.length === 0 ? null : m.dedication.at(0).owners.at(p);
}

/** Whether the vCPUs of a VM have CPUs of their own, or wait for them. */
export function isDedicated(m: CpuCoreView, vm: Id<'vm'> | null): boolean {
  return vm !== null && m.dedication.length > 0 && m.dedication.at(0).vms.at(vm);
}

/**
 * A thread's affinity allows a CPU, the CPU is online and nobody else's, and its VM's cap leaves it a
 * tick.
 */
export function mayRun(m: CpuCoreView, t: ThreadId, p: PcpuId): boolean {
  if (!m.pcpus.at(p).online || !m.threads.at(t).affinity.at(p)) return false;
  return (ownerOf(m, p) ?? t) === t && hasRoom(m, t, p);
}

/** A CPU that a thread may run on, or may come to own. */
export function isOpenTo(m: CpuCoreView, t: ThreadId, p: PcpuId): boolean {
  const { vm } = m.threads.at(t);
  return m.pcpus.at(p).online && (ownerOf(m, p) === null || isDedicated(m, vm));
}

/** The vCPUs of its VM that run on other CPUs do not use up the cap in the coming tick. */
function hasRoom(m: CpuCoreView, t: ThreadId, p: PcpuId): boolean {
  const { vm } = m.threads.at(t);
  if (vm === null) return true;
  const { cap, used } = m.vms.at(vm);
  if (cap === 0 || !m.countsCaps) return true;
  let elsewhere = 0;
  for (const { vm: of, state } of m.threads) {
    if (of === vm && state.kind === 'running' && state.on !== p) elsewhere++;
  }
  return used + elsewhere < cap;
}

/** The first of `order` that may run on a CPU, or null. */
export function firstFor(m: CpuCoreView, order: readonly ThreadId[], p: PcpuId): ThreadId | null {
  for (const t of order) if (mayRun(m, t, p)) return t;
  return null;
}

/** It would run and has no CPU: its guest is told of it as stolen time. */
export const isKeptWaiting = ({ kind }: ThreadState): boolean =>
  kind === 'ready' || kind === 'throttled' || kind === 'costopped' || kind === 'unassigned';

/** Whether a thread runs, or waits for its turn. */
export function isAwake(m: CpuCoreView, t: ThreadId): boolean {
  const { kind } = m.threads.at(t).state;
  return kind === 'running' || kind === 'ready';
}

/** Whether a scheduler shares CPUs out to a thread: it is awake, and has no CPU by right. */
export function competes(m: CpuCoreView, t: ThreadId): boolean {
  const { state } = m.threads.at(t);
  return state.kind === 'ready' || (state.kind === 'running' && !m.pcpus.at(state.on).byRight);
}

/** A VM has used up what its cap allows in this period. */
export function isOverCap(m: CpuCoreView, vm: Id<'vm'> | null): boolean {
  if (vm === null || !m.countsCaps) return false;
  const { cap, used } = m.vms.at(vm);
  return cap > 0 && used >= cap;
}

/** It is so far ahead of its siblings that it has to wait for them. */
export function isTooFarAhead(m: CpuCoreView, t: ThreadId, { stop }: CpuSizes): boolean {
  const { vm, lead } = m.threads.at(t);
  return vm !== null && m.vms.at(vm).coscheduling === 'relaxed' && lead >= stop;
}

/** Who pays for the tick on a CPU, where its scheduler chose: a sibling may have lent its turn. */
export function payerOf(
  cpu: CpuCoreView['pcpus'] extends { at(id: number): infer P } ? P : never,
): ThreadId | null {
  return cpu.byRight ? null : (cpu.lentBy ?? cpu.current);
}

/** The weight by which a thread competes: its VM's, or 1 for a thread of the VMM. */
export function weightOf(m: CpuCoreView, t: ThreadId): number {
  const { vm } = m.threads.at(t);
  return vm === null ? 1 : m.vms.at(vm).weight;
}

export function onlinePcpus(m: CpuCoreView): number {
  return m.pcpus.reduce((sum, { online }) => sum + (online ? 1 : 0), 0);
}

export const isShared = (m: CpuCoreView, p: PcpuId): boolean =>
  m.pcpus.at(p).online && ownerOf(m, p) === null;

/** CPUs in service that nobody has for itself, and how many there are. */
export function sharedCpus(m: CpuCoreView): PcpuId[] {
  return m.pcpus.map((_, p) => p).filter((p) => isShared(m, p));
}
export function sharedPcpus(m: CpuCoreView): number {
  return m.pcpus.reduce((sum, _, p) => sum + (isShared(m, p) ? 1 : 0), 0);
}

/** Whether the vCPUs of a VM run together or not at all. */
export const isStrict = (m: CpuCoreView, vm: Id<'vm'> | null): boolean =>
  vm !== null && m.vms.at(vm).coscheduling === 'strict';

/** vCPUs that a VM has, or is to have. */
export const widthOf = (m: CpuCoreView, vm: Id<'vm'>): number =>
  Math.max(m.vms.at(vm).wanted, pluggedIn(m, vm));

/** A VM has more than one vCPU still when its guest has let go of all but the first so many. */
export function hasSiblings(
  m: CpuCoreView,
  vm: Id<'vm'>,
  wanted: number,
  { vcpus }: CpuSizes,
): boolean {
  const stays = m.threads.filter(
    ({ vm: of, state }, t) => of === vm && state.kind !== 'offline' && t % vcpus < wanted,
  );
  return stays.length > 1;
}

/**
 * So many CPUs less for those who share: promises to them can still be kept, and all vCPUs of a strict
 * VM can still run at a time.
 */
export function canDoWithout(m: CpuCoreView, cpus: number, { period }: CpuSizes): boolean {
  const left = sharedPcpus(m) - cpus;
  const promised = m.vms.reduce((sum, { reservation }) => sum + reservation, 0);
  return (
    promised <= left * period && m.vms.every((_, vm) => !isStrict(m, vm) || widthOf(m, vm) <= left)
  );
}

/** vCPUs of a VM that are plugged in. */
export function pluggedIn(m: CpuCoreView, vm: Id<'vm'>): number {
  return m.threads.filter(({ vm: of, state }) => of === vm && state.kind !== 'offline').length;
}
