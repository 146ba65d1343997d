/** Mistakes about the time of guests. 5.11. */
import { unchanged, type VmmFault } from '../memory/seams.ts';
import { service } from './seams.ts';

const randomScope = 'service-fuzz';

const missingFlagIsIgnored: VmmFault = {
  id: 'cpu/C27',
  seam: 'command',
  story: 'A host that forgets to ask for a SYNC after a suspend leaves its guest behind for good.',
  origin: 'Linux hv_util: implicit sync of samples 5 s ahead, for hosts that leave the flag out',
  randomScope,
  scope: 'service-clocks',
  killedBy: ['TIME-L1'],
  apply: (machine) =>
    service.changeEffect(machine, 'service.read-time', (original) => (m, a, c) => {
      const system = m.guests.at(a.vm);
      const { policy } = system;
      if (policy === 'implicit-sync') system.policy = 'ignores-samples';
      original(m, a, c);
      system.policy = policy;
    }),
};

const ticksCoalesce: VmmFault = {
  id: 'cpu/C28',
  seam: 'operation',
  story:
    'Timer ticks that wait to be delivered become one, and a clock that counts them loses time.',
  origin: 'twilight_os issue 62: a tick count behind a timer whose interrupts coalesce',
  randomScope,
  scope: 'service-timer',
  killedBy: ['TIME-T5'],
  apply: (machine) =>
    service.changeOperation(machine, 'advanceClock', (original) => (m, id, c) => {
      original(m, id, c);
      const system = m.guests.at(id);
      system.backlog = Math.min(system.backlog, 1);
    }),
};

const stopIsNotTold: VmmFault = {
  id: 'cpu/C31',
  seam: 'operation',
  story: 'A guest is not told that it was paused, and its watchdog takes it for locked up.',
  origin: 'Firecracker ab32974192e2; Linux 5d1c0f4a80a6 and ccfc9dd: honour the stopped flag',
  randomScope,
  scope: 'service-watchdog',
  killedBy: ['TIME-I3'],
  apply: (machine) =>
    service.changeOperation(machine, 'noteStop', (original) => (m, id, c) => {
      unchanged(m.guests.at(id), 'stopped', () => original(m, id, c));
    }),
};

const clockGoesOnInPause: VmmFault = {
  id: 'cpu/C32',
  seam: 'operation',
  story: 'The paravirtual clock goes on while the VM is paused.',
  origin: 'QEMU 00f4d64: kvmclock counts only while the VM runs',
  randomScope,
  scope: 'service-watchdog',
  killedBy: ['TIME-I4'],
  apply: (machine) =>
    service.changeOperation(machine, 'advanceClock', (original) => (m, id, c) => {
      const system = m.guests.at(id);
      const isPaused = m.cpu.threads.some(({ vm, state }) => vm === id && state.kind === 'paused');
      if (isPaused && system.clock === 'pv') system.monotonic++;
      else original(m, id, c);
    }),
};

const staleSample: VmmFault = {
  id: 'cpu/T1',
  seam: 'operation',
  story: 'A guest sets its clock to the time in the message, however long that was under way.',
  origin: 'Linux hv_util: host time is the sample and what the reference counter says has passed',
  randomScope,
  scope: 'service-clocks',
  killedBy: ['TIME-T1'],
  apply: (machine) =>
    service.changeOperation(
      machine,
      'lateness',
      () => (message) => (message.kind === 'none' ? 0 : message.age),
    ),
};

const backlogAfterSync: VmmFault = {
  id: 'cpu/T2',
  seam: 'operation',
  story: 'Ticks that a SYNC has made good are delivered late all the same, and the clock is ahead.',
  origin: 'VMware, Timekeeping in Virtual Machines: a backlog is given up when the clock is set',
  randomScope,
  scope: 'service-timer',
  killedBy: ['TIME-T6'],
  apply: (machine) =>
    service.changeOperation(machine, 'setClock', (original) => (m, id, late, c) => {
      unchanged(m.guests.at(id), 'backlog', () => original(m, id, late, c));
    }),
};

const stealIsCut: VmmFault = {
  id: 'cpu/C19b',
  seam: 'operation',
  story: 'A guest takes no more than the tick at hand for stolen, and forgets the rest.',
  origin:
    'Linux 03cbc732639d: steal is not cut to the time that has passed, ticks do not come again',
  randomScope,
  scope: 'service-timer',
  killedBy: ['STL-T4'],
  apply: (machine) =>
    service.changeOperation(machine, 'account', (original) => (m, id) => {
      const system = m.guests.at(id);
      system.unaccounted = Math.min(system.unaccounted, 1);
      original(m, id);
    }),
};

export const clockFaults: readonly VmmFault[] = [
  missingFlagIsIgnored,
  ticksCoalesce,
  stopIsNotTold,
  clockGoesOnInPause,
  staleSample,
  backlogAfterSync,
  stealIsCut,
];
