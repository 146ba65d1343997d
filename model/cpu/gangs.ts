/**
 * Strict co-scheduling (5.9): the vCPUs of a VM run together or not at all, as a gang. Where CPUs are
 * left idle a gang takes them, if there are enough for all of it. CPUs are rarely left by many at a
 * time, so a gang ages while others run, and one that has waited for long enough goes before them for
 * a tick. Until its turn comes its vCPUs are co-stopped, and no scheduler knows of them.
 */
import type { C, Cpu, VmId } from './model.ts';
import { isAwake, isStrict, sharedCpus, sharedPcpus } from './queue.ts';
import type { PcpuId, ThreadId } from './scheduler.ts';
import { takeOff } from './threads.ts';

/** vCPUs of a strict VM that would run. */
function gangOf(m: Cpu, vm: VmId): readonly ThreadId[] {
  const its: ThreadId[] = [];
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state } = m.threads.at(t);
    if (of === vm && (state.kind === 'running' || state.kind === 'costopped')) its.push(t);
  }
  return its;
}
const runs = (m: Cpu, vm: VmId): boolean =>
  m.threads.some(({ vm: of, state }) => of === vm && state.kind === 'running');

/** Strict VMs that would run, those first that have waited longest. */
function gangs(m: Cpu): readonly VmId[] {
  const found: VmId[] = [];
  for (let vm = 0; vm < m.vms.length; vm++) {
    if (!isStrict(m, vm)) continue;
    if (gangOf(m, vm).length > 0) found.push(vm);
    else m.vms.at(vm).age = 0;
  }
  return found.sort((a, b) => m.vms.at(b).age - m.vms.at(a).age || a - b);
}

/** Its turn is one for which neither a scheduler answers nor anybody is charged. */
function start(m: Cpu, vm: VmId, cpus: readonly PcpuId[], c: C): void {
  gangOf(m, vm).forEach((t, i) => {
    const p = cpus[i] ?? 0;
    const { current } = m.pcpus.at(p);
    if (current !== null) takeOff(m, current, c);
    c.operation.run(m, t, p, c);
    m.pcpus.at(p).byRight = true;
  });
}

/**
 * All gangs stop, and those that have waited for long enough go first, as far as there are CPUs beside
 * those for promises and for work of the VMM that goes first.
 */
export function startGangs(m: Cpu, c: C): void {
  const waiting = gangs(m);
  if (waiting.length === 0) return;
  for (const vm of waiting) {
    for (const t of gangOf(m, vm)) {
      if (isAwake(m, t)) c.operation.leave(m, t, { kind: 'costopped' }, c);
    }
  }
  const goesFirst = (t: ThreadId): boolean => {
    const { promised, vm } = m.threads.at(t);
    return promised > 0 || (vm === null && c.size.vmmFirst === 1);
  };
  const firsts = m.threads.filter((_, t) => isAwake(m, t) && goesFirst(t)).length;
  let room = sharedPcpus(m) - firsts;
  const cpus = sharedCpus(m).filter((p) => {
    const { current } = m.pcpus.at(p);
    return current === null || !goesFirst(current);
  });
  for (const vm of waiting) {
    const width = gangOf(m, vm).length;
    if (m.vms.at(vm).age < c.size.ageing || width > room) continue;
    start(m, vm, cpus.splice(0, width), c);
    room -= width;
  }
}

/**
 * Gangs take CPUs that are left idle, and the others have waited a tick longer: but not while a gang
 * went first, or two of them would leave nothing to all others.
 */
export function fillWithGangs(m: Cpu, c: C): void {
  const all = gangs(m);
  if (all.length === 0) return;
  const wentFirst = all.some((vm) => runs(m, vm));
  const idle = sharedCpus(m).filter((p) => m.pcpus.at(p).current === null);
  for (const vm of all) {
    const width = gangOf(m, vm).length;
    if (!runs(m, vm) && width <= idle.length) start(m, vm, idle.splice(0, width), c);
  }
  for (const vm of all) {
    const its = m.vms.at(vm);
    if (runs(m, vm)) its.age = 0;
    else if (!wentFirst) its.age = Math.min(its.age + 1, c.size.ageing);
  }
}
