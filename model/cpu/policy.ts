/** The scheduler that runs, with its own state at hand. */
import type { C, Cpu, VmId } from './model.ts';
import type { Cause, PcpuId, Scheduler, ThreadId } from './scheduler.ts';
import type { SchedulerName } from './schedulers/index.ts';
import type { CpuSizes } from './state.ts';

/** A policy as the core calls it: bound to its state, what all share, and the sizes. */
export interface BoundScheduler {
  readonly shares: Scheduler['shares'];
  reset(): void;
  onWake(t: ThreadId, cause: Cause): void;
  onPreempt(t: ThreadId): void;
  onBlock(t: ThreadId): void;
  onDeschedule(t: ThreadId): void;
  onTick(): void;
  pick(p: PcpuId): ThreadId | null;
  onWeight(vm: VmId, before: number): void;
  onCap(vm: VmId): void;
  onHotplug(t: ThreadId): void;
  order(): readonly ThreadId[];
}

/** The scheduler that the host runs. */
export const schedulerOf = (m: Cpu, c: C): BoundScheduler =>
  schedulerNamed(m, m.scheduler.algorithm, c);

/** A name has one type of state, which TypeScript follows only where the name is a parameter. */
export function schedulerNamed<N extends SchedulerName>(m: Cpu, name: N, c: C): BoundScheduler {
  return bind(c.operation.schedulers[name], m.scheduler.states[name], m, c.size);
}

function bind<S>(policy: Scheduler<S>, own: S, m: Cpu, size: CpuSizes): BoundScheduler {
  return {
    shares: policy.shares,
    reset: () => policy.reset(own, m, size),
    onWake: (t, cause) => policy.onWake(own, m, t, cause, size),
    onPreempt: (t) => policy.onPreempt(own, m, t, size),
    onBlock: (t) => policy.onBlock(own, m, t, size),
    onDeschedule: (t) => policy.onDeschedule?.(own, m, t, size),
    onTick: () => policy.onTick(own, m, size),
    pick: (p) => policy.pick(own, m, p, size),
    onWeight: (vm, before) => policy.onWeight(own, m, vm, before, size),
    onCap: (vm) => policy.onCap?.(own, m, vm, size),
    onHotplug: (t) => policy.onHotplug(own, m, t, size),
    order: () => policy.order(own, m, size),
  };
}
