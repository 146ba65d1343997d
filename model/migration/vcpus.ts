/** The vCPUs of a VM that leaves a host or comes to one. */
import { forgetLock, isPaused, plugVcpu, takeTurn, unplugVcpu, vcpuState } from '../cpu/index.ts';
import { type C, type HostId, inner, type VmId, type World } from './model.ts';

/** They are no longer this host's: what their guest could see of them is kept. */
export function unplugAll(m: World, at: HostId, vm: VmId, c: C): void {
  const { cpu } = m.hosts.at(at);
  const { vcpus, paused } = m.cluster.hosts.at(at);
  paused[vm] = isPaused(cpu, vm);
  for (let t = 0; t < vcpus.length; t++) {
    if (cpu.threads.at(t).vm !== vm) continue;
    vcpus[t] = vcpuState(cpu, t);
    if (cpu.threads.at(t).state.kind !== 'offline') unplugVcpu(cpu, t, inner(c));
  }
  forgetLock(cpu, vm);
}

/** At the lock of their guest they are in the order in which they were. */
function lineUp(m: World, at: HostId, vm: VmId, c: C): void {
  const { cpu } = m.hosts.at(at);
  const { vcpus } = m.cluster.hosts.at(at);
  for (let turn = 1; turn <= c.size.vcpus; turn++) {
    for (let t = 0; t < vcpus.length; t++) {
      const saved = vcpus.at(t);
      if (cpu.threads.at(t).vm !== vm || saved.kind === 'none' || saved.turn !== turn) continue;
      takeTurn(cpu, vm, t, turn);
    }
  }
}

/**
 * They go on as they were kept, if their VM was not paused. How many there may be is known since the VM is
 * here (MIG-A9).
 */
export function plugAll(m: World, at: HostId, vm: VmId, c: C): void {
  const { cpu } = m.hosts.at(at);
  const { vcpus, paused } = m.cluster.hosts.at(at);
  lineUp(m, at, vm, c);
  for (let t = 0; t < vcpus.length; t++) {
    const saved = vcpus.at(t);
    if (cpu.threads.at(t).vm !== vm || saved.kind === 'none') continue;
    plugVcpu(cpu, t, saved, paused.at(vm), inner(c));
    vcpus[t] = { kind: 'none' };
  }
  paused[vm] = false;
}
