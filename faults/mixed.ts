/** Mistakes where memory and CPUs of a host meet. Chapter 6, and 5.8. */
import { dropGuard } from '../machine/index.ts';
import { cpu } from './cpu/seams.ts';
import { memory, type VmmFault } from './memory/seams.ts';

const movedRecord: VmmFault = {
  id: 'cpu/C24',
  seam: 'command',
  story:
    'The VMM keeps the address of a record that the guest has moved, and writes on what is there.',
  origin: 'Linux c3c28d2: KVM cached where the steal record is, and a guest may move it (kexec)',
  randomScope: 'record',
  scope: 'record',
  killedBy: ['MEM-I7'],
  apply: (machine) => {
    const cached = memory.changeEffect(machine, 'record.place', (original) => (m, a, c) => {
      const { record } = m.host.vms.at(a.vm);
      original(m, a, c);
      if (record !== null) m.host.vms.at(a.vm).record = record;
    });
    return memory.changeEffect(cached, 'record.write', (original) => (m, a, c) => {
      const { record, pages } = m.host.vms.at(a.vm);
      if (record === m.guests.at(a.vm).record || record === null) {
        original(m, a, c);
        return;
      }
      const { at } = pages.at(record);
      if (at.kind === 'mapped') m.host.frames.at(at.frame).content = a.content;
    });
  },
};

const pausedDrivers: VmmFault = {
  id: 'mixed/J1',
  seam: 'command',
  story: 'A balloon driver is waited for, and answers, while its guest has no CPU.',
  origin: 'the specification (6, X3): reclaiming must not count on a driver that cannot run',
  randomScope: 'mixed',
  scope: 'mixed-balloon',
  killedBy: ['MIX-T1'],
  apply: (machine) => dropGuard(machine, 'memory.inflate-balloon', 'guest-not-running'),
};

const waitingIsStolen: VmmFault = {
  id: 'mixed/J2',
  seam: 'operation',
  story: 'The time in which a vCPU waits for a page of its own is told to its guest as stolen.',
  origin: 'ESX tells swap-wait from ready time; queue delay, as KVM reports it, has no I/O in it',
  randomScope: 'mixed',
  scope: 'mixed-swap',
  killedBy: ['MIX-T3', 'STL-T1'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'charge', (original) => (m, c) => {
      original(m, c);
      for (const thread of m.threads) {
        const { state } = thread;
        if (state.kind === 'blocked' && state.on === 'swap-in') thread.unpublished = 1;
      }
    }),
};

const pagesWakeNobody: VmmFault = {
  id: 'mixed/J3',
  seam: 'operation',
  story: 'A page that was waited for comes, and the vCPU that waits is not woken.',
  origin: 'lost wakeups, as those of asynchronous page faults',
  randomScope: 'mixed',
  scope: 'mixed-swap',
  killedBy: ['MIX-T3'],
  apply: (machine) =>
    cpu.changeOperation(machine, 'deliverWakes', (original) => (m, c) => {
      const stalled = m.vms.map((vm) => vm.stalled);
      for (const vm of m.vms) vm.stalled = true;
      original(m, c);
      stalled.forEach((was, id) => {
        m.vms.at(id).stalled = was;
      });
    }),
};

export const mixedFaults: readonly VmmFault[] = [
  movedRecord,
  pausedDrivers,
  waitingIsStolen,
  pagesWakeNobody,
];
