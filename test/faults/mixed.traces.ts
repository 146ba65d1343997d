/**
 * For each fault where memory and CPUs meet a short story in scope `mixed`, or `record`: VM 0 runs at
 * the start.
 */
import type { Call } from '../../machine/index.ts';

const on = (kind: string, args: Readonly<Record<string, unknown>> = {}): Call => ({
  kind,
  args: { host: 0, ...args },
});
const vm = 0;
const map = (page: number): Call => on('memory.map', { vm, virtual: page, page, writable: true });
const tick = on('cpu.tick');
/** VM 0 waits for its page. */
const stalled = [map(0), on('memory.read', { vm, virtual: 0 }), tick];
const plain = { mustTell: false, deflateOnOom: false, reporting: false };

export const mixedTraces: Readonly<Record<string, readonly Call[]>> = {
  // The record is in page 0 first, and in page 1 then.
  'cpu/C24': [
    ...[map(0), map(1), on('memory.populate', { vm, page: 0, frame: 0 })],
    ...[on('record.place', { vm, page: 0 }), on('record.place', { vm, page: 1 })],
    on('record.write', { vm, content: 1 }),
  ],
  'mixed/J1': [
    on('memory.set-balloon-target', { vm, target: 1 }),
    on('memory.load-driver', { vm, ...plain, poison: false, poisonValue: 0 }),
    on('cpu.pause-vm', { vm }),
    on('memory.inflate-balloon', { vm, pages: [0] }),
  ],
  'mixed/J2': stalled,
  'mixed/J3': [...stalled, on('memory.populate', { vm, page: 0, frame: 0 }), tick],
};
