/**
 * For each fault of guest systems a short story in its scope that it turns into a violation. In
 * `service-fuzz`, thread 0 of VM 0 has the CPU for the first two ticks, then thread 1 of it.
 */
import type { Call } from '../../machine/index.ts';

type Values = Readonly<Record<string, unknown>>;
const of = (vm: number, kind: string, args: Values = {}): Call => ({
  kind: `service.${kind}`,
  args: { host: 0, vm, ...args },
});
const cpu = (kind: string, args: Values = {}): Call => ({
  kind: `cpu.${kind}`,
  args: { host: 0, ...args },
});
const ticks = (count: number): readonly Call[] => Array.from({ length: count }, () => cpu('tick'));
/** VM 0 is paused for so long, and has its CPU again. */
const paused = (count: number): readonly Call[] => [
  ...[cpu('pause-vm', { vm: 0 }), ...ticks(count), cpu('pause-vm', { vm: 1 })],
  ...[cpu('resume-vm', { vm: 0 }), ...ticks(1)],
];
const reboot = (clock: string): readonly Call[] => [
  of(0, 'power-off'),
  of(0, 'boot', { clock, ahead: 0 }),
];

export const serviceTraces: Readonly<Record<string, readonly Call[]>> = {
  'cpu/C27': [...paused(3), of(0, 'send-sample'), of(0, 'read-time')],
  // The first vCPU waits from the third tick on.
  'cpu/C28': [...reboot('timer-with-replay'), ...ticks(4)],
  // The first vCPU of VM 1 waits for four ticks before it has the CPU.
  'cpu/C19b': ticks(5),
  'cpu/C31': [...paused(3), of(0, 'check-watchdog')],
  'cpu/C32': [cpu('pause-vm', { vm: 0 }), ...ticks(1)],
  'cpu/T1': [
    ...[cpu('pause-vm', { vm: 0 }), ...ticks(1), cpu('resume-vm', { vm: 0 })],
    ...[of(0, 'send-sync'), cpu('pause-vm', { vm: 1 }), ...ticks(1), of(0, 'read-time')],
  ],
  'cpu/T2': [
    ...[
      ...reboot('timer-with-replay'),
      of(0, 'start', { policy: 'ignores-samples', mayStepBack: false }),
    ],
    ...[...ticks(3), of(0, 'send-sync'), of(0, 'read-time')],
  ],
  // In `service-heartbeat`: each VM has the CPU for four ticks.
  'cpu/H1': [
    ...[of(0, 'send-heartbeat'), of(0, 'answer-heartbeat'), ...ticks(4), of(0, 'send-heartbeat')],
    ...[...ticks(1), of(0, 'send-heartbeat'), ...ticks(1), of(0, 'restart-vm')],
  ],
  'cpu/Q1': [cpu('pause-vm', { vm: 0 }), of(0, 'freeze', { timeout: 1 }), ...ticks(1)],
  'cpu/Q2': [of(0, 'freeze', { timeout: 1 }), of(0, 'acknowledge-freeze'), of(0, 'write-file')],
  'cpu/D1': [
    ...[of(0, 'write-file'), of(0, 'request-shutdown'), of(0, 'acknowledge-shutdown')],
    of(0, 'shut-down'),
  ],
};
