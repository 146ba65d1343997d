/** Faults of the time of guests that move. */
import type { World } from '../../model/index.ts';
import { unchanged, type VmmFault } from '../memory/seams.ts';
import { service } from '../service/seams.ts';
import { migration } from './seams.ts';

const randomScope = 'migration-timed';
const scope = 'migration-clocks';

/** Ticks by which the counter of each host is ahead of that of the host before. */
const ahead = 3;
/** The difference of the counters of source and target; 0 where the guest goes on at the source. */
function skew({ cluster }: World, at: number, id: number): number {
  const { source } = cluster.migrations.at(id);
  return source === null ? 0 : ahead * (at - source);
}

const clockJumps: VmmFault = {
  id: 'migration/X20',
  seam: 'operation',
  story: 'What the VMM adds to the counter of the source is added to that of the target.',
  origin: 'KVM afbcf7ab, QEMU 3f9e59bb: clocks that went by the counter of the other host',
  killedBy: ['MIG-A7'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      restore(m, at, id, c);
      m.services.at(id).monotonic += skew(m, at, id);
    }),
};

const timerInHostTime: VmmFault = {
  id: 'migration/X30',
  seam: 'operation',
  story: 'A timer is saved as the time of the source at which it fires.',
  origin: 'made up: a deadline means nothing to a host with another clock',
  killedBy: ['MIG-A7'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      restore(m, at, id, c);
      const system = m.services.at(id);
      if (system.timer === 0) return;
      const left = system.timer - skew(m, at, id);
      system.timer = Math.min(Math.max(left, 1), c.size.timer);
    }),
};

/** Where a guest's clock goes on while it is carried. */
const onTheWay = { scope: 'migration-running-clocks', randomScope: 'migration-clocks-fuzz' };

const downtimeTwice: VmmFault = {
  id: 'migration/X20b',
  seam: 'operation',
  story: 'What passed while a guest was carried is added to a clock that went on by itself.',
  origin:
    'made up after cloud-hypervisor PR 8256, by which clocks are set by the time of day of the host',
  killedBy: ['MIG-A7'],
  ...onTheWay,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      const system = m.services.at(id);
      system.monotonic += system.uncounted;
      restore(m, at, id, c);
    }),
};

const timerStandsStill: VmmFault = {
  id: 'migration/X30b',
  seam: 'operation',
  story: 'A timer has as many ticks left as when its guest was stopped, though the clock went on.',
  origin: 'made up: a clock is set by the time of day of the host, and timers are not',
  killedBy: ['MIG-A7'],
  ...onTheWay,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      m.services.at(id).uncounted = 0;
      restore(m, at, id, c);
    }),
};

const timerFiresTwice: VmmFault = {
  id: 'migration/X30c',
  seam: 'operation',
  story:
    'A timer that is due while its guest is carried fires at the source, and again where it goes on.',
  origin: 'made up: the source keeps its timer armed when it has saved it',
  killedBy: ['SD-T4'],
  ...onTheWay,
  apply: (machine) =>
    service.changeOperation(machine, 'advanceClock', (original) => (m, id, c) => {
      const system = m.guests.at(id);
      const { uncounted } = system;
      original(m, id, c);
      const isDue = system.uncounted > uncounted && system.uncounted === system.timer;
      if (isDue) c.emit({ type: 'timer-fired', vm: id });
    }),
};

const timeIsNotRestored: VmmFault = {
  id: 'cpu/C26',
  seam: 'operation',
  story: 'A guest that has moved is not sent the time, and stays behind by its downtime.',
  origin: 'cloud-hypervisor PR 2654 and kubevirt PR 2842: time was not set after a migration',
  killedBy: ['TIME-T9'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      unchanged(m.services.at(id), 'syncDue', () => restore(m, at, id, c));
    }),
};

const moveIsNotTold: VmmFault = {
  id: 'cpu/C31b',
  seam: 'operation',
  story:
    'A guest is not told that it was stopped to move, and its watchdog takes it for locked up.',
  origin: 'Linux 5d1c0f4a80a6: guests ask whether they were stopped, if their host says so',
  killedBy: ['TIME-T9', 'TIME-I3'],
  scope,
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      unchanged(m.services.at(id), 'stopped', () => restore(m, at, id, c));
    }),
};

const stolenTimeIsLost: VmmFault = {
  id: 'cpu/C20b',
  seam: 'operation',
  story:
    'A host on which a guest goes on counts stolen time anew: what it was told before is lost.',
  origin: 'telegraf issue 2871: times of CPUs went back in guests of Xen that had moved',
  killedBy: ['STL-T7'],
  scope: 'migration-record',
  randomScope,
  apply: (machine) =>
    migration.changeOperation(machine, 'restoreClock', (restore) => (m, at, id, c) => {
      restore(m, at, id, c);
      m.services.at(id).unaccounted = 0;
    }),
};

const recordIsForgotten: VmmFault = {
  id: 'cpu/C24b',
  seam: 'operation',
  story: 'A target does not know where its guest has its record of stolen time, and writes none.',
  origin: 'made up: the address is a register of the vCPU, of which every one must be saved',
  killedBy: ['MIG-S8'],
  scope: 'migration-record',
  randomScope: 'migration-pages',
  apply: (machine) =>
    migration.changeOperation(machine, 'bringBalloon', (bring) => (m, vm, source, target, c) => {
      const to = m.hosts.at(target).memory.vms.at(vm);
      unchanged(to, 'record', () => bring(m, vm, source, target, c));
    }),
};

const clockGoesOnWhileFrozen: VmmFault = {
  id: 'cpu/C32b',
  seam: 'operation',
  story: 'The clock of a guest that was stopped to move goes on at the source.',
  origin: 'QEMU 00f4d64: kvmclock counts only while the VM runs',
  killedBy: ['TIME-I4'],
  scope,
  randomScope,
  apply: (machine) =>
    service.changeOperation(machine, 'advanceClock', (original) => (m, id, c) => {
      const isStopped = m.cpu.threads.every(({ vm, state }) => {
        return vm !== id || state.kind === 'offline';
      });
      if (isStopped) m.guests.at(id).monotonic++;
      else original(m, id, c);
    }),
};

export const movingClockFaults: readonly VmmFault[] = [
  clockJumps,
  timerInHostTime,
  downtimeTwice,
  timerStandsStill,
  timerFiresTwice,
  timeIsNotRestored,
  moveIsNotTold,
  stolenTimeIsLost,
  recordIsForgotten,
  clockGoesOnWhileFrozen,
];
