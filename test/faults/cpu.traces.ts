/**
 * For each fault of CPUs a short story in its scope that it turns into a violation. In `cpu-fuzz`,
 * threads 0 and 1 of VM 0 run at the start, and 3 and 4 of VM 1 wait; 2 and 5 are not plugged in.
 */
import type { Call } from '../../machine/index.ts';

type Values = Readonly<Record<string, unknown>>;
const call = (kind: string, args: Values = {}): Call => ({
  kind: `cpu.${kind}`,
  args: { host: 0, ...args },
});
const tick = call('tick');
const ticks = (count: number): readonly Call[] => Array.from({ length: count }, () => tick);

export const cpuTraces: Readonly<Record<string, readonly Call[]>> = {
  // A quantum is two ticks: who ran for one goes on for good, and the others wait a tick too long.
  'cpu/R1': ticks(3),
  // What comes back from a pause is served before those that waited all along.
  'cpu/R2': [
    call('pause-vm', { vm: 0 }),
    call('set-weight', { vm: 1, weight: 2 }),
    call('resume-vm', { vm: 0 }),
    tick,
  ],
  'cpu/R3': [call('yield', { thread: 0 }), ...ticks(2)],
};
