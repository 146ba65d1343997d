/** Invariants of the balloon. Chapter 3.0. */
import { reads } from './changes.ts';
import { part } from './parts.ts';
import { any, balloonOf, count, type GuestReading, pageName, property } from './reading.ts';

const ballooned = property.invariant({
  id: 'BAL-I1',
  name: 'a page is ballooned exactly when the host took it back, and only after it was told',
  reads: reads(part.at | part.told),
  violation({ host: { vms } }) {
    for (let v = 0; v < vms.length; v++) {
      const { pages, balloon } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const reclaimed = balloon.reclaimed.at(p);
        if ((pages.at(p).at.kind === 'ballooned') !== reclaimed) {
          return `${pageName(v, p)} is ${pages.at(p).at.kind}, but ${reclaimed ? '' : 'not '}taken back`;
        }
        if (reclaimed && !balloon.told.at(p)) return `${pageName(v, p)} was taken without a word`;
      }
    }
    return null;
  },
});

const usesAreDistinct = property.invariant({
  id: 'BAL-I2',
  name: 'the driver’s messages name pages that it has set aside, one message at a time',
  reads: reads(part.use | part.messages | part.life | part.driver),
  violation(m) {
    for (let v = 0; v < m.guests.length; v++) {
      const { use, inflating, deflating, reporting, balloonPages } = m.guests.at(v);
      const { size, balloon } = m.host.vms.at(v);
      let inBalloon = 0;
      let outbound = false;
      let inbound = false;
      for (let p = 0; p < use.length; p++) {
        const is = use.at(p);
        if (is === 'ballooned') inBalloon++;
        if ((is === 'offline') !== p >= size) return `${pageName(v, p)} is ${is} in the guest`;
        if (inflating.at(p)) {
          outbound = true;
          if (is !== 'ballooned') return `${pageName(v, p)} is being inflated but is ${is}`;
        }
        if (deflating.at(p)) {
          inbound = true;
          const waits = is === 'deflating';
          if (is === 'ballooned' || waits !== balloon.mustTell) {
            return `${pageName(v, p)} is being deflated but is ${is}`;
          }
        } else if (is === 'deflating') return `${pageName(v, p)} waits for a message never sent`;
        if (reporting.at(p) !== (is === 'isolated')) {
          return `${pageName(v, p)} is ${is}, but ${reporting.at(p) ? '' : 'not '}being reported`;
        }
      }
      if (inBalloon !== balloonPages) {
        return `VM ${v} counts ${balloonPages} pages in its balloon, but has ${inBalloon}`;
      }
      if (outbound && inbound) return `VM ${v} inflates and deflates at once`;
    }
    return null;
  },
});

const balloonLeavesFloor = property.invariant({
  id: 'BAL-I3',
  name: 'a target lies within the VM’s memory, and the balloon leaves the guest its floor',
  reads: reads(part.use | part.target | part.life),
  violation(m, size) {
    for (let v = 0; v < m.guests.length; v++) {
      const { state, size: pages, balloon } = m.host.vms.at(v);
      if (state === 'absent') continue;
      if (balloon.target < 0 || balloon.target > pages * size.units) {
        return `VM ${v} of ${pages} pages has the target ${balloon.target}`;
      }
      const inside = balloonOf(m.guests.at(v));
      if (inside > pages - size.floor) {
        return `the balloon of VM ${v} holds ${inside} of ${pages} pages`;
      }
    }
    return null;
  },
});

const nothingBehindBalloon = property.invariant({
  id: 'BAL-I4',
  name: 'there is no frame and no slot behind a page that gave its memory back',
  reads: reads(part.at | part.pins | part.writeback | part.swapCopy | part.frames | part.slots),
  violation({ host }) {
    const { frames, slots, vms } = host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at, writeback, swapCopy, pins } = pages.at(p);
        if (at.kind !== 'ballooned' && at.kind !== 'reported') continue;
        if (writeback !== null || swapCopy !== null) return `${pageName(v, p)} still has a slot`;
        if (pins > 0) return `${pageName(v, p)} is ${at.kind} while a device holds it`;
        for (let f = 0; f < frames.length; f++) {
          const { use } = frames.at(f);
          if (use.kind === 'private' && use.vm === v && use.page === p) {
            return `frame ${f} is still behind ${pageName(v, p)}`;
          }
        }
        for (let s = 0; s < slots.length; s++) {
          const { use } = slots.at(s);
          if (use.kind === 'used' && use.vm === v && use.page === p) {
            return `slot ${s} is still behind ${pageName(v, p)}`;
          }
        }
      }
    }
    return null;
  },
});

const noDriverNoBalloon = property.invariant({
  id: 'BAL-I5',
  name: 'without a running driver there is no balloon',
  reads: reads(part.at | part.use | part.messages | part.told | part.driver),
  violation(m) {
    for (let v = 0; v < m.guests.length; v++) {
      const { pages, balloon } = m.host.vms.at(v);
      if (balloon.driver === 'ready') continue;
      const guest = m.guests.at(v);
      if (guest.balloonPages !== 0 || balloonOf(guest) !== 0) {
        return `the balloon of VM ${v} has pages but no driver`;
      }
      if (any(balloon.told) || any(balloon.reclaimed) || isTalking(guest)) {
        return `VM ${v} has no driver, but the host believes in a balloon`;
      }
      for (let p = 0; p < pages.length; p++) {
        if (pages.at(p).at.kind === 'ballooned') {
          return `${pageName(v, p)} is ballooned, but VM ${v} has no driver`;
        }
      }
    }
    return null;
  },
});

const isTalking = ({ inflating, deflating, reporting }: GuestReading): boolean =>
  any(inflating) || any(deflating) || any(reporting);

/** After a reset the published size is stale until a driver is loaded: the host must not trust it. */
const actualIsTrue = property.invariant({
  id: 'BAL-I6',
  name: 'a running driver publishes the size of its balloon, less what it has just announced',
  reads: reads(part.use | part.messages | part.actual | part.driver),
  violation(m, size) {
    for (let v = 0; v < m.guests.length; v++) {
      const { balloon } = m.host.vms.at(v);
      if (balloon.driver === 'absent') continue;
      const guest = m.guests.at(v);
      const settled = (balloonOf(guest) - count(guest.inflating)) * size.units;
      if (balloon.actual !== settled) {
        return `VM ${v} publishes ${balloon.actual} units, but its balloon has ${settled}`;
      }
    }
    return null;
  },
});

const usedPagesDoNotFault = property.invariant({
  id: 'BAL-I7',
  name: 'where touching a ballooned page is an error, no page in use is ballooned',
  reads: reads(part.at | part.use | part.life),
  violation(m) {
    for (let v = 0; v < m.guests.length; v++) {
      const { pages, mode } = m.host.vms.at(v);
      if (mode !== 'fault') continue;
      const { use } = m.guests.at(v);
      for (let p = 0; p < pages.length; p++) {
        const is = use.at(p);
        if (pages.at(p).at.kind === 'ballooned' && (is === 'used' || is === 'free')) {
          return `${pageName(v, p)} is ${is} in the guest, but touching it is an error`;
        }
      }
    }
    return null;
  },
});

const guestSeesShortage = property.invariant({
  id: 'BAL-I8',
  name: 'a guest sees its memory shrink by its balloon, unless that deflates when memory is short',
  reads: reads(part.use | part.messages | part.driver | part.life),
  violation(m) {
    for (let v = 0; v < m.guests.length; v++) {
      const { size, balloon } = m.host.vms.at(v);
      const guest = m.guests.at(v);
      const visible = balloon.deflateOnOom ? size : size - balloonOf(guest);
      if (guest.managed !== visible) {
        return `VM ${v} believes to have ${guest.managed} pages, not ${visible}`;
      }
    }
    return null;
  },
});

const hostKnowsBalloon = property.invariant({
  id: 'BAL-I9',
  name: 'the host knows of exactly the pages that the driver told it',
  reads: reads(part.use | part.messages | part.told),
  violation(m) {
    for (let v = 0; v < m.guests.length; v++) {
      const { told } = m.host.vms.at(v).balloon;
      const { use, inflating, deflating } = m.guests.at(v);
      for (let p = 0; p < told.length; p++) {
        const known = deflating.at(p) || (use.at(p) === 'ballooned' && !inflating.at(p));
        if (told.at(p) !== known) {
          return `${pageName(v, p)} is ${use.at(p)} in the guest, but ${told.at(p) ? '' : 'not '}told`;
        }
      }
    }
    return null;
  },
});

const statisticsBufferIsSomewhere = property.invariant({
  id: 'BAL-I10',
  name: 'the one statistics buffer exists exactly while a driver runs',
  reads: reads(part.driver | part.statistics | part.life),
  violation({ host: { vms } }) {
    for (let v = 0; v < vms.length; v++) {
      const { balloon, size } = vms.at(v);
      if ((balloon.driver === 'ready') !== (balloon.statistics !== 'none')) {
        return `the driver of VM ${v} is ${balloon.driver}, its buffer is with ${balloon.statistics}`;
      }
      if (balloon.reportedFree > size) {
        return `VM ${v} of ${size} pages told of ${balloon.reportedFree} free ones`;
      }
    }
    return null;
  },
});

export const balloonInvariants = [
  ballooned,
  usesAreDistinct,
  balloonLeavesFloor,
  nothingBehindBalloon,
  noDriverNoBalloon,
  actualIsTrue,
  usedPagesDoNotFault,
  guestSeesShortage,
  hostKnowsBalloon,
  statisticsBufferIsSomewhere,
];
