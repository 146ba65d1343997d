/** vCPUs that wait for a page of their VM: memory says which, at each tick (chapter 6, X3). */
import type { C, Cpu, VmId } from './model.ts';

/**
 * Whether the next instruction of a VM waits for a page. What ran in the tick that is over did not
 * get further; it is woken by the tick after the page has come.
 */
export function heedMemory(m: Cpu, vm: VmId, stalled: boolean, c: C): void {
  m.vms.at(vm).stalled = stalled;
  if (!stalled) return;
  for (let t = 0; t < m.threads.length; t++) {
    const { vm: of, state } = m.threads.at(t);
    const ran = of === vm && state.kind === 'running';
    if (ran) c.operation.leave(m, t, { kind: 'blocked', on: 'swap-in' }, c);
  }
}
