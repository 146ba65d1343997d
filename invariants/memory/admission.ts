/** What admission promises: all that was reserved fits, whatever comes. Chapter 1. */
import { reads } from './changes.ts';
import { part } from './parts.ts';
import { freeFramesOf, property } from './reading.ts';

const reservationsFit = property.invariant({
  id: 'MEM-I4',
  name: 'all reservations, overheads and the hypervisor’s own frames fit in memory together',
  reads: reads(part.life | part.settings),
  when: (_m, size) => size.reserve === 1,
  violation({ host: { vms } }, size) {
    let promised = size.hypervisor + size.emergency;
    for (let v = 0; v < vms.length; v++) {
      const { state, reservation } = vms.at(v);
      if (state === 'running') promised += reservation + size.overhead;
    }
    return promised > size.frame
      ? `${promised} frames are promised, but there are ${size.frame}`
      : null;
  },
});

/** With `size - reservation` for the specification's `limit - reservation`: a limit may be lowered. */
const swapPromisesFit = property.invariant({
  id: 'MEM-I5',
  name: 'what reservations do not cover of the VMs fits in the swap area',
  reads: reads(part.life | part.settings),
  when: (_m, size) => size.reserve === 1,
  violation({ host: { vms } }, size) {
    let promised = 0;
    for (let v = 0; v < vms.length; v++) {
      const { state, size: pages, reservation } = vms.at(v);
      if (state === 'running') promised += pages - reservation;
    }
    return promised > size.slot
      ? `${promised} slots are promised, but there are ${size.slot}`
      : null;
  },
});

/** Savings by sharing and ballooning are not counted on: the worst case fits. */
const worstCaseFits = property.invariant({
  id: 'MEM-I13',
  name: 'without any sharing or ballooning, every page of every VM would still have a place',
  reads: reads(part.life),
  when: (_m, size) => size.reserve === 1,
  violation({ host: { vms } }, size) {
    let wanted = size.hypervisor + size.emergency;
    for (let v = 0; v < vms.length; v++) {
      const { state, size: pages } = vms.at(v);
      if (state === 'running') wanted += pages + size.overhead;
    }
    const places = size.frame + size.slot;
    return wanted > places ? `${wanted} places may be needed, but there are ${places}` : null;
  },
});

const emergencyFramesRemain = property.invariant({
  id: 'MEM-I14',
  name: 'the emergency frames are free whenever no exchange is at work',
  reads: reads(part.frames),
  violation({ host }, size) {
    const free = freeFramesOf(host);
    return free < size.emergency
      ? `${free} frames are free, fewer than the ${size.emergency} for emergencies`
      : null;
  },
});

export const admissionInvariants = [
  reservationsFit,
  swapPromisesFit,
  worstCaseFits,
  emergencyFramesRemain,
];
