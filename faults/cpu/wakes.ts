/** Mistakes that lose a wake. 5.1. */
import type { VmmFault } from '../memory/seams.ts';
import { cpu } from './seams.ts';

const origin = 'lost wakeups: a sleeper and its waker pass each other';

const lostInPause: VmmFault = {
  id: 'cpu/C33a',
  seam: 'command',
  story: 'A wake that comes while a VM is paused is forgotten when it goes on.',
  origin,
  randomScope: 'cpu-fuzz',
  scope: 'cpu-pauses',
  killedBy: ['CPU-T3'],
  apply: (machine) =>
    cpu.changeEffect(machine, 'cpu.resume-vm', (original) => (m, a, c) => {
      for (const thread of m.threads) {
        if (thread.vm === a.vm && thread.state.kind === 'paused') thread.wakePending = false;
      }
      original(m, a, c);
    }),
};

const lostByHalt: VmmFault = {
  id: 'cpu/C33b',
  seam: 'command',
  story: 'A vCPU halts although a wake has come that it has not seen, and sleeps through it.',
  origin,
  randomScope: 'cpu-fuzz',
  scope: 'cpu-pauses',
  killedBy: ['CPU-T3'],
  apply: (machine) =>
    cpu.changeEffect(machine, 'cpu.halt', (original) => (m, a, c) => {
      m.threads.at(a.thread).wakePending = false;
      original(m, a, c);
    }),
};

export const wakeFaults: readonly VmmFault[] = [lostInPause, lostByHalt];
