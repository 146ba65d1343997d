/** Invariants of the balloon. Chapter 3.0. */
import { eachPage, eachVm } from './each.ts';
import { part } from './parts.ts';
import { any, balloonOf, count, type GuestReading, pageName, property } from './reading.ts';

const ballooned = property.invariant({
  id: 'BAL-I1',
  name: 'a page is ballooned exactly when the host took it back, and only after it was told',
  ...eachPage(part.at | part.told, ({ host }, v, p) => {
    const { pages, balloon } = host.vms.at(v);
    const { kind } = pages.at(p).at;
    const reclaimed = balloon.reclaimed.at(p);
    if ((kind === 'ballooned') !== reclaimed) {
      return `${pageName(v, p)} is ${kind}, but ${reclaimed ? '' : 'not '}taken back`;
    }
    return reclaimed && !balloon.told.at(p) ? `${pageName(v, p)} was taken without a word` : null;
  }),
});

const usesAreDistinct = property.invariant({
  id: 'BAL-I2',
  name: 'the driver’s messages name pages that it has set aside, one message at a time',
  ...eachVm(part.use | part.messages | part.life | part.driver, (m, v) => {
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
    return outbound && inbound ? `VM ${v} inflates and deflates at once` : null;
  }),
});

const balloonLeavesFloor = property.invariant({
  id: 'BAL-I3',
  name: 'a target lies within the VM’s memory, and the balloon leaves the guest its floor',
  ...eachVm(part.use | part.target | part.life, (m, v, size) => {
    const { state, size: pages, balloon } = m.host.vms.at(v);
    if (state === 'absent') return null;
    if (balloon.target < 0 || balloon.target > pages * size.units) {
      return `VM ${v} of ${pages} pages has the target ${balloon.target}`;
    }
    const inside = balloonOf(m.guests.at(v));
    return inside > pages - size.floor
      ? `the balloon of VM ${v} holds ${inside} of ${pages} pages`
      : null;
  }),
});

const nothingBehindBalloon = property.invariant({
  id: 'BAL-I4',
  name: 'there is no frame and no slot behind a page that gave its memory back',
  ...eachPage(
    part.at | part.pins | part.writeback | part.swapCopy | part.frames | part.slots,
    ({ host: { frames, slots, vms } }, v, p) => {
      const { at, writeback, swapCopy, pins } = vms.at(v).pages.at(p);
      if (at.kind !== 'ballooned' && at.kind !== 'reported') return null;
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
      return null;
    },
  ),
});

const noDriverNoBalloon = property.invariant({
  id: 'BAL-I5',
  name: 'without a running driver there is no balloon',
  ...eachVm(part.at | part.use | part.messages | part.told | part.driver, (m, v) => {
    const { pages, balloon } = m.host.vms.at(v);
    if (balloon.driver === 'ready') return null;
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
    return null;
  }),
});

const isTalking = ({ inflating, deflating, reporting }: GuestReading): boolean =>
  any(inflating) || any(deflating) || any(reporting);

/** After a reset the published size is stale until a driver is loaded: the host must not trust it. */
const actualIsTrue = property.invariant({
  id: 'BAL-I6',
  name: 'a running driver publishes the size of its balloon, less what it has just announced',
  ...eachVm(part.use | part.messages | part.actual | part.driver, (m, v, size) => {
    const { balloon } = m.host.vms.at(v);
    if (balloon.driver === 'absent') return null;
    const guest = m.guests.at(v);
    const settled = (balloonOf(guest) - count(guest.inflating)) * size.units;
    return balloon.actual === settled
      ? null
      : `VM ${v} publishes ${balloon.actual} units, but its balloon has ${settled}`;
  }),
});

const usedPagesDoNotFault = property.invariant({
  id: 'BAL-I7',
  name: 'where touching a ballooned page is an error, no page in use is ballooned',
  ...eachPage(part.at | part.use | part.life, (m, v, p) => {
    const { pages, mode } = m.host.vms.at(v);
    if (mode !== 'fault') return null;
    const is = m.guests.at(v).use.at(p);
    return pages.at(p).at.kind === 'ballooned' && (is === 'used' || is === 'free')
      ? `${pageName(v, p)} is ${is} in the guest, but touching it is an error`
      : null;
  }),
});

const guestSeesShortage = property.invariant({
  id: 'BAL-I8',
  name: 'a guest sees its memory shrink by its balloon, unless that deflates when memory is short',
  ...eachVm(part.use | part.messages | part.driver | part.life, (m, v) => {
    const { size, balloon } = m.host.vms.at(v);
    const guest = m.guests.at(v);
    const visible = balloon.deflateOnOom ? size : size - balloonOf(guest);
    return guest.managed === visible
      ? null
      : `VM ${v} believes to have ${guest.managed} pages, not ${visible}`;
  }),
});

const hostKnowsBalloon = property.invariant({
  id: 'BAL-I9',
  name: 'the host knows of exactly the pages that the driver told it',
  ...eachPage(part.use | part.messages | part.told, (m, v, p) => {
    const { told } = m.host.vms.at(v).balloon;
    const { use, inflating, deflating } = m.guests.at(v);
    const known = deflating.at(p) || (use.at(p) === 'ballooned' && !inflating.at(p));
    return told.at(p) === known
      ? null
      : `${pageName(v, p)} is ${use.at(p)} in the guest, but ${told.at(p) ? '' : 'not '}told`;
  }),
});

const statisticsBufferIsSomewhere = property.invariant({
  id: 'BAL-I10',
  name: 'the one statistics buffer exists exactly while a driver runs',
  ...eachVm(part.driver | part.statistics | part.life, ({ host }, v) => {
    const { balloon, size } = host.vms.at(v);
    if ((balloon.driver === 'ready') !== (balloon.statistics !== 'none')) {
      return `the driver of VM ${v} is ${balloon.driver}, its buffer is with ${balloon.statistics}`;
    }
    return balloon.reportedFree > size
      ? `VM ${v} of ${size} pages told of ${balloon.reportedFree} free ones`
      : null;
  }),
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
