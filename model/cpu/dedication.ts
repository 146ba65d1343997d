/**
 * CPUs of one's own (5.10). Each vCPU of a dedicated VM owns a CPU, which runs it or idles: nothing is
 * stolen from it. Where there is none for a vCPU it waits for one, and never shares. What a dedicated
 * VM has is more than any promise: it has neither cap, reservation nor co-scheduling.
 */
import { bool, enumOf } from '../../machine/index.ts';
import { type C, type Cpu, type CpuView, command, guard, ofVm, type VmId } from './model.ts';
import { schedulerOf } from './policy.ts';
import {
  canDoWithout,
  dequeue,
  isAwake,
  isDedicated,
  isShared,
  onlinePcpus,
  ownerOf,
  sharedPcpus,
} from './queue.ts';
import type { PcpuId, ThreadId } from './scheduler.ts';
import { type CpuSizes, hysteresis } from './state.ts';
import { favour, release, takeOff } from './threads.ts';
import { disturb, disturbAll, oweNothing } from './watch.ts';

/** The CPU that belongs to a vCPU. */
function ownCpu(m: CpuView, t: ThreadId): PcpuId | null {
  const p = m.pcpus.findIndex((_, each) => ownerOf(m, each) === t);
  return p < 0 ? null : p;
}

/** vCPUs of some VMs that are plugged in and have no CPU of their own. */
function withoutCpus(m: CpuView, vms: readonly VmId[]): readonly ThreadId[] {
  const found: ThreadId[] = [];
  for (let t = 0; t < m.threads.length; t++) {
    const { vm, state } = m.threads.at(t);
    const its = vm !== null && vms.includes(vm) && state.kind !== 'offline';
    if (its && ownCpu(m, t) === null) found.push(t);
  }
  return found;
}
const all = (m: CpuView): readonly VmId[] => m.vms.map((_, vm) => vm);

/** Sharing CPUs has terms that say nothing of a VM with CPUs of its own. */
const isOnTerms = (m: CpuView, vm: VmId): boolean => {
  const { cap, reservation, coscheduling } = m.vms.at(vm);
  return cap > 0 || reservation > 0 || coscheduling !== 'none';
};
export const vmDedicated = guard('vm-dedicated', ofVm, (m, a) => isDedicated(m, a.vm));

/** CPUs that those who share can do without. */
function spare(m: CpuView, { dedication, minShared }: CpuSizes): number {
  return dedication === 0 ? 0 : sharedPcpus(m) - minShared;
}

/** A vCPU, and a CPU for it. */
type Place = readonly [ThreadId, PcpuId];

/** Every thread that shares may run on some CPU that is not one of these. */
function canShareWithout(
  m: CpuView,
  taken: readonly PcpuId[],
  vcpus: readonly ThreadId[],
): boolean {
  const vms = vcpus.map((t) => m.threads.at(t).vm);
  return m.threads.every(
    ({ vm, affinity }) =>
      isDedicated(m, vm) ||
      (vm !== null && vms.includes(vm)) ||
      affinity.some((allowed, p) => allowed && isShared(m, p) && !taken.includes(p)),
  );
}

/**
 * A CPU for each of these vCPUs, the one that it runs on where it may have that; null where not all
 * can have one, or where those who share would be left without.
 */
function cpusFor(m: CpuView, vcpus: readonly ThreadId[], size: CpuSizes): readonly Place[] | null {
  if (vcpus.length > spare(m, size) || !canDoWithout(m, vcpus.length, size)) return null;
  const places: Place[] = [];
  const taken: PcpuId[] = [];
  for (const t of vcpus) {
    const { affinity, state } = m.threads.at(t);
    const fits = (p: PcpuId): boolean =>
      affinity.at(p) &&
      isShared(m, p) &&
      !taken.includes(p) &&
      canShareWithout(m, [...taken, p], vcpus);
    const stays = state.kind === 'running' && fits(state.on);
    const p = stays ? state.on : m.pcpus.findIndex((_, each) => fits(each));
    if (p < 0) return null;
    taken.push(p);
    places.push([t, p]);
  }
  return places;
}

/** Each vCPU of a VM may run on a CPU that is shared, or was its VM's until now. */
function canShareAgain(m: CpuView, id: VmId): boolean {
  const isOpen = (p: PcpuId): boolean => {
    const owner = ownerOf(m, p);
    return m.pcpus.at(p).online && (owner === null || m.threads.at(owner).vm === id);
  };
  return m.threads.every(
    ({ vm, affinity }) => vm !== id || affinity.some((allowed, p) => allowed && isOpen(p)),
  );
}

/** Dedicated VMs have no more vCPUs than there are CPUs to be given, with so many vCPUs more. */
export function isRoomFor(m: CpuView, more: number, { dedication, minShared }: CpuSizes): boolean {
  if (dedication === 0) return false;
  const its = m.threads.filter(({ vm, state }) => isDedicated(m, vm) && state.kind !== 'offline');
  return its.length + more + minShared <= onlinePcpus(m);
}

export const isAutomatic = ({ dedication }: CpuView): boolean =>
  dedication.some(({ automatic }) => automatic);

export const setMode = command({
  actor: 'host',
  summary: 'Gives each vCPU of a VM a CPU of its own, or has it share CPUs again (5.10).',
  args: { ...ofVm, mode: enumOf('shared', 'dedicated') },
  requires: [
    ['no-change', ['vm', 'mode'], (m, a) => isDedicated(m, a.vm) === (a.mode === 'dedicated')],
    ['automatic', [], isAutomatic],
    ['shares-on-terms', ['vm'], (m, a) => isOnTerms(m, a.vm)],
    [
      'no-dedicated-pcpu',
      ['vm', 'mode'],
      (m, a, { size }) =>
        a.mode === 'dedicated' && !isRoomFor(m, withoutCpus(m, [a.vm]).length, size),
    ],
    [
      'admission-cpu',
      ['vm', 'mode'],
      (m, a, { size }) =>
        a.mode === 'dedicated' && !canDoWithout(m, withoutCpus(m, [a.vm]).length, size),
    ],
    [
      'affinity-conflict',
      ['vm', 'mode'],
      (m, a, c) =>
        a.mode === 'dedicated'
          ? cpusFor(m, withoutCpus(m, [a.vm]), c.size) === null
          : !canShareAgain(m, a.vm),
    ],
  ],
  effect(m, a, c) {
    if (a.mode === 'dedicated') dedicate(m, [a.vm], c);
    else share(m, a.vm, c);
  },
});

export const setAutomatic = command({
  actor: 'host',
  summary:
    'Has all VMs dedicated while there are CPUs for all, or none of itself (5.10 auto mode).',
  args: { automatic: bool },
  requires: [
    ['no-change', ['automatic'], (m, a) => isAutomatic(m) === a.automatic],
    ['no-dedicated-pcpu', [], (_m, _a, c) => c.size.dedication === 0],
  ],
  effect(m, a) {
    const its = m.dedication.at(0);
    its.automatic = a.automatic;
    its.roomy = 0;
  },
});

function dedicate(m: Cpu, vms: readonly VmId[], c: C): void {
  const places = cpusFor(m, withoutCpus(m, vms), c.size) ?? [];
  for (const vm of vms) m.dedication.at(0).vms[vm] = true;
  for (const [t, p] of places) give(m, t, p, c);
}

/** Its vCPUs compete again, from where they are. */
function share(m: Cpu, vm: VmId, c: C): void {
  m.dedication.at(0).vms[vm] = false;
  for (let t = 0; t < m.threads.length; t++) {
    const thread = m.threads.at(t);
    if (thread.vm !== vm) continue;
    c.operation.disown(m, t);
    if (thread.state.kind === 'running') takeOff(m, t, c);
    if (thread.state.kind === 'unassigned') release(m, t, 'right', c);
  }
}

/** A CPU belongs to a vCPU from now on, which leaves the competition for good. */
function give(m: Cpu, t: ThreadId, p: PcpuId, c: C): void {
  const thread = m.threads.at(t);
  const { current } = m.pcpus.at(p);
  if (current === t) {
    schedulerOf(m, c).onDeschedule(t);
    favour(m, p, c);
  } else {
    if (current !== null) takeOff(m, current, c);
    if (isAwake(m, t)) c.operation.leave(m, t, { kind: 'unassigned' }, c);
  }
  thread.promised = 0;
  schedulerOf(m, c).onHotplug(t);
  m.dedication.at(0).owners[p] = t;
  if (thread.state.kind === 'unassigned') c.operation.goOn(m, t, c);
  m.watch.constrained = true;
  disturbAll(m);
  oweNothing(m);
}

/** A CPU serves all again: its owner is gone, or shares. */
export function disown(m: Cpu, t: ThreadId): void {
  const p = ownCpu(m, t);
  if (p === null) return;
  m.dedication.at(0).owners[p] = null;
  disturbAll(m);
  oweNothing(m);
}

/** A vCPU of a dedicated VM runs at once, on the CPU that it owns; where it has none it waits. */
export function goOn(m: Cpu, t: ThreadId, c: C): void {
  disturb(m, t);
  dequeue(m, t);
  const p = ownCpu(m, t);
  if (p === null) {
    m.threads.at(t).state = { kind: 'unassigned' };
    return;
  }
  c.operation.run(m, t, p, c);
  m.pcpus.at(p).byRight = true;
}

/** Gives CPUs that are free to vCPUs that wait for one of their own, in the order of their ids. */
export function assign(m: Cpu, c: C): void {
  const vms = all(m).filter((vm) => isDedicated(m, vm));
  for (const t of withoutCpus(m, vms)) {
    for (const [, p] of cpusFor(m, [t], c.size) ?? []) give(m, t, p, c);
  }
}

/**
 * Automatic dedication. All VMs share as soon as there is a vCPU too many, and none does when there
 * was none for two periods: at the edge they would change over and over.
 */
export function rebalance(m: Cpu, c: C): void {
  if (!isAutomatic(m)) return;
  const its = m.dedication.at(0);
  const onTerms = m.vms.some((_, vm) => isOnTerms(m, vm));
  const fits = !onTerms && cpusFor(m, withoutCpus(m, all(m)), c.size) !== null;
  const most = hysteresis(c.size);
  its.roomy = fits ? Math.min(its.roomy + 1, most) : 0;
  if (its.roomy === most) {
    dedicate(
      m,
      all(m).filter((vm) => !its.vms.at(vm)),
      c,
    );
  }
  for (const vm of fits ? [] : all(m).filter((each) => its.vms.at(each))) share(m, vm, c);
}
