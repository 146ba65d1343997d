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

const capped = [call('set-cap', { vm: 0, cap: 1 }), ...ticks(3)];
const dedicated = call('set-mode', { vm: 0, mode: 'dedicated' });

export const cpuTraces: Readonly<Record<string, readonly Call[]>> = {
  'cpu/C1': [call('run-part', { thread: 0, subticks: 9 })],
  'cpu/C2': ticks(3),
  'cpu/C3': [call('run-part', { thread: 0, subticks: 1 })],
  'cpu/C4': [call('set-affinity', { thread: 0, pcpus: [1] }), tick],
  // It is seen running, parked for its cap at an accounting, and let go at the third.
  'cpu/C5': [
    ...[call('set-cap', { vm: 0, cap: 2 }), tick, call('yield', { thread: 0 })],
    ...ticks(8),
  ],
  'cpu/C6': capped,
  'cpu/C7': [...capped, call('set-scheduler', { scheduler: 'round-robin' })],
  // Each VM has had the CPU for three ticks, and is due a third of it.
  // Four times the weight of the others, which burn four times as much: more than all that they have.
  'cpu/C9': [call('set-weight', { vm: 0, weight: 4 }), ...ticks(2)],
  'cpu/C10a': [tick, call('run-part', { thread: 3, subticks: 1 }), ...ticks(2)],
  'cpu/C10b': [tick, call('run-part', { thread: 3, subticks: 1 })],
  'cpu/C11': [tick, call('run-part', { thread: 3, subticks: 1 })],
  // Both vCPUs of VM 1 have used up its cap when one waits as the head of the queue.
  'cpu/C13': [
    ...[call('halt', { thread: 0 }), ...ticks(2)],
    ...[call('set-cap', { vm: 1, cap: 2 }), tick],
  ],
  // Thread 0 gives up CPU 0, and thread 1 CPU 1 right after it.
  'cpu/C14': [call('yield', { thread: 0 }), call('yield', { thread: 1 }), tick],
  'cpu/C12': [
    ...[call('set-cap', { vm: 1, cap: 5 }), call('pause-vm', { vm: 0 }), ...ticks(3)],
    ...[call('set-weight', { vm: 0, weight: 2 }), tick],
  ],
  'cpu/C8': [call('set-cap', { vm: 2, cap: 1 }), ...ticks(9)],
  // A quantum is two ticks: who ran for one goes on for good, and the others wait a tick too long.
  'cpu/R1': ticks(3),
  // What comes back from a pause is served before those that waited all along.
  'cpu/R2': [
    call('pause-vm', { vm: 0 }),
    call('set-weight', { vm: 1, weight: 2 }),
    call('resume-vm', { vm: 0 }),
    tick,
  ],
  // Ten ticks on two CPUs take thread 2 to pass 10, and thread 0, of weight 3, to a third of that.
  'cpu/C34': [call('halt', { thread: 1 }), ...ticks(10), call('wake', { thread: 1 }), ...ticks(7)],
  // Thread 0 has run ahead by more than the others when it goes to sleep, and time begins anew.
  'cpu/C25': [
    call('set-weight', { vm: 0, weight: 2 }),
    call('set-scheduler', { scheduler: 'stride' }),
    ...ticks(5),
    call('pause-vm', { vm: 0 }),
    tick,
    call('resume-vm', { vm: 0 }),
  ],
  'cpu/P1': [
    call('pause-vm', { vm: 1 }),
    call('set-scheduler', { scheduler: 'stride' }),
    ...ticks(2),
    call('resume-vm', { vm: 1 }),
  ],
  'cpu/P2': [
    call('set-scheduler', { scheduler: 'stride' }),
    tick,
    call('set-weight', { vm: 0, weight: 2 }),
  ],
  // Thread 1 has a CPU by right for the first tick of a period, in which the others go on.
  'cpu/P3': [call('set-reservation', { vm: 1, reservation: 1 }), ...ticks(3)],
  // Of weights 3 and 1, thread 0 is a twelfth of a tick further ahead after each of its own.
  'cpu/P4': ticks(11),
  // One vCPU sleeps, and the other has used one tick of two.
  'cpu/C18': [call('set-cap', { vm: 0, cap: 2 }), call('halt', { thread: 1 }), tick],
  // In `cpu-promises`: thread 2 needs both ticks of the period that begins after two.
  'cpu/C35': [
    call('set-reservation', { vm: 0, reservation: 1 }),
    call('set-reservation', { vm: 1, reservation: 1 }),
    call('set-reservation', { vm: 2, reservation: 2 }),
    ...ticks(4),
  ],
  'cpu/C19a': [call('halt', { thread: 0 }), tick],
  // A quantum is two ticks: threads 3 and 4 get their CPUs when they have waited for two.
  'cpu/C20': ticks(2),
  'cpu/C21': [tick],
  // Threads 0 and 1 lose their CPUs after two ticks, and get them back after two more.
  'cpu/C22': ticks(4),
  'cpu/C33a': [
    call('pause-vm', { vm: 0 }),
    call('wake', { thread: 0 }),
    call('resume-vm', { vm: 0 }),
  ],
  'cpu/C33b': [call('wake', { thread: 0 }), call('halt', { thread: 0 })],
  'cpu/C15': [
    call('pause-vm', { vm: 0 }),
    call('set-scheduler', { scheduler: 'eevdf' }),
    call('resume-vm', { vm: 0 }),
    call('pause-vm', { vm: 0 }),
  ],
  'cpu/C16': [
    call('set-scheduler', { scheduler: 'eevdf' }),
    tick,
    call('set-weight', { vm: 0, weight: 2 }),
  ],
  // Thread 1 asks for two ticks, and gets them after thread 0 had one.
  'cpu/C17a': [
    call('set-scheduler', { scheduler: 'eevdf' }),
    ...ticks(2),
    call('halt', { thread: 1 }),
  ],
  'cpu/C17b': [
    call('set-scheduler', { scheduler: 'eevdf' }),
    tick,
    call('pause-vm', { vm: 0 }),
    call('resume-vm', { vm: 0 }),
  ],
  'cpu/C29': [
    call('set-vcpus', { vm: 0, count: 1 }),
    call('lock', { thread: 1 }),
    call('release-vcpu', { thread: 1 }),
  ],
  'cpu/C30': [call('set-cap', { vm: 0, cap: 1 }), tick],
  // Thread 0 sleeps, and thread 1 gets three ticks ahead of it.
  'cpu/G1': [
    call('set-coscheduling', { vm: 0, mode: 'relaxed' }),
    call('halt', { thread: 0 }),
    ...ticks(4),
  ],
  'cpu/L1': [
    call('lock', { thread: 0 }),
    call('lock', { thread: 1 }),
    tick,
    call('directed-yield', { thread: 1, to: 3 }),
  ],
  // In `cpu-locks-stride`: thread 0 has run, thread 1 is next and gives it its turn.
  'cpu/L2': [
    ...[call('lock', { thread: 0 }), tick, call('lock', { thread: 1 })],
    ...[call('directed-yield', { thread: 1, to: 0 }), tick],
  ],
  // Threads 4 and 5 wait for the lock that thread 3 has.
  'cpu/L3': [
    ...[call('set-vcpus', { vm: 1, count: 3 }), call('set-scheduler', { scheduler: 'stride' })],
    ...[tick, call('online-vcpu', { thread: 5 })],
    ...[call('lock', { thread: 3 }), call('lock', { thread: 4 }), tick],
    ...[call('lock', { thread: 5 }), tick, call('unlock', { thread: 3 })],
  ],
  'cpu/R3': [call('yield', { thread: 0 }), ...ticks(2)],
  // Thread 2 of the VMM takes CPU 1 when thread 1 has had a turn there, while CPU 0 of thread 0 idles.
  'cpu/E1': [
    dedicated,
    call('vmm-work', { thread: 2, ticks: 1 }),
    call('halt', { thread: 0 }),
    tick,
  ],
  'cpu/E2': [
    ...[dedicated, call('set-vcpus', { vm: 0, count: 2 }), call('online-vcpu', { thread: 1 })],
    ...[call('set-vcpus', { vm: 0, count: 1 }), call('release-vcpu', { thread: 1 })],
  ],
  'cpu/E3': [call('set-automatic', { automatic: true }), tick],
  'cpu/E4': [dedicated, call('offline-pcpu', { pcpu: 0 })],
  'cpu/E5': [dedicated, call('pause-vm', { vm: 0 }), call('resume-vm', { vm: 0 }), tick],
  'cpu/E6': [
    ...[dedicated, call('set-vcpus', { vm: 0, count: 2 }), call('online-vcpu', { thread: 1 })],
    tick,
  ],
  // The vCPUs of VM 1 keep both CPUs until VM 0 goes first, in the third tick.
  'cpu/G2': [call('set-coscheduling', { vm: 0, mode: 'strict' }), ...ticks(3)],
  'cpu/G3': [call('set-coscheduling', { vm: 0, mode: 'strict' }), ...ticks(3)],
};
