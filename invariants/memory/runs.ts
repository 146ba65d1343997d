/**
 * Liveness as it is meant: what every run comes to that does not put off for ever what the host, the
 * driver and the daemons are there to do. `responses.ts` and `balloon-responses.ts` bound the same
 * by counted commands, so that random runs can see it too.
 */
import type { MemorySizes } from '../../model/index.ts';
import { balloonOf, kinds, property, type Reading, wantedBy } from './reading.ts';
import { eachVm, notStalled, waitsForSlot } from './responses.ts';

export const swappedPagesComeBack = property.leadsTo({
  id: 'SWP-L3',
  name: 'a VM that waits for a swapped page goes on, if frames are scrubbed and swap-ins are tried',
  commands: kinds('memory.read', 'memory.write'),
  fairness: [
    { commands: ['memory.scrub'], strength: 'weak' },
    { commands: ['memory.swap-in', 'memory.exchange'], strength: 'weak', each: ['vm', 'page'] },
  ],
  instances: eachVm,
  starts: waitsForSlot,
  done: notStalled,
});

/** The driver runs, is not where it should be, and the guest has free pages enough to get there. */
function isOnTheWay({ host, guests }: Reading, vm: number, size: MemorySizes): boolean {
  const machine = host.vms.at(vm);
  const guest = guests.at(vm);
  if (machine.balloon.driver !== 'ready') return false;
  const [wanted, held] = [wantedBy(machine, size), balloonOf(guest)];
  let free = 0;
  for (let p = 0; p < machine.size; p++) if (guest.use.at(p) === 'free') free++;
  return wanted !== held && wanted <= held + free;
}

export const targetsAreReached = property.leadsTo({
  id: 'BAL-L4',
  name: 'once its target stands, a driver whose guest has free pages enough comes to it',
  commands: kinds('memory.inflate-balloon', 'memory.deflate-balloon'),
  fairness: [
    {
      commands: ['memory.inflate-balloon', 'memory.deflate-balloon'],
      strength: 'weak',
      each: ['vm'],
    },
    {
      commands: ['memory.acknowledge-inflate', 'memory.acknowledge-deflate'],
      strength: 'weak',
      each: ['vm'],
    },
  ],
  ceasing: ['memory.request-balloon', 'memory.set-balloon-target', 'memory.out-of-memory'],
  instances: eachVm,
  starts: isOnTheWay,
  done: (m, vm, size) => !isOnTheWay(m, vm, size),
});
