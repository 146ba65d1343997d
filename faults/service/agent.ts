/** Mistakes about what the service does besides time: heartbeats, quiescing, shutdown. 5.11. */
import { dropGuard } from '../../machine/index.ts';
import type { VmmFault } from '../memory/seams.ts';
import { service } from './seams.ts';

const randomScope = 'service-fuzz';

const starvedIsTakenForDead: VmmFault = {
  id: 'cpu/H1',
  seam: 'command',
  story: 'A host restarts a guest that could not answer its heartbeats for want of a CPU.',
  origin: 'clusters that restart VMs of an overcommitted host, and make it worse',
  // A guest waits there for long at a time.
  randomScope: 'service-heartbeat',
  scope: 'service-heartbeat',
  killedBy: ['HB-I1'],
  apply: (machine) => dropGuard(machine, 'service.restart-vm', 'vm-starved'),
};

const timeoutInGuestTime: VmmFault = {
  id: 'cpu/Q1',
  seam: 'operation',
  story: 'The timeout of a freeze stands still while the VM is paused, and files stay frozen.',
  origin: 'a freeze whose timer runs in the time of its guest',
  randomScope,
  scope: 'service-quiesce',
  killedBy: ['Q-L1'],
  apply: (machine) =>
    service.changeOperation(machine, 'countDown', (original) => (m, id, c) => {
      const system = m.guests.at(id);
      const isPaused = m.cpu.threads.some(({ vm, state }) => vm === id && state.kind === 'paused');
      if (isPaused && system.thawsIn > 0) system.thawsIn++;
      original(m, id, c);
    }),
};

const writersAreNotHeldBack: VmmFault = {
  id: 'cpu/Q2',
  seam: 'command',
  story: 'A guest goes on writing after it has said that its files are frozen.',
  origin: 'a file system that is mounted after the freeze, or left out of it',
  randomScope,
  scope: 'service-quiesce',
  killedBy: ['Q-I1'],
  apply: (machine) => dropGuard(machine, 'service.write-file', 'files-frozen'),
};

const shutdownWithoutFlush: VmmFault = {
  id: 'cpu/D1',
  seam: 'operation',
  story: 'A guest that is asked to shut down powers off before its files are on the disk.',
  origin: 'a shutdown request that is carried out as a power-off',
  randomScope,
  scope: 'service-shutdown',
  killedBy: ['SD-T1'],
  apply: (machine) => service.changeOperation(machine, 'flush', () => () => {}),
};

export const agentFaults: readonly VmmFault[] = [
  starvedIsTakenForDead,
  timeoutInGuestTime,
  writersAreNotHeldBack,
  shutdownWithoutFlush,
];
