/** Liveness of the balloon as bounded response: see `responses.ts` for what that promises. */
import type { MemorySizes } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part } from './parts.ts';
import {
  any,
  balloonOf,
  distance,
  type MemoryChange,
  property,
  type Reading,
  wantedBy,
} from './reading.ts';
import { eachVm, ends } from './responses.ts';

const driverRuns = (m: Reading, vm: number): boolean =>
  m.host.vms.at(vm).balloon.driver === 'ready';

const moves = ({ call }: MemoryChange, vm: number): boolean =>
  (call.kind === 'memory.inflate-balloon' || call.kind === 'memory.deflate-balloon') &&
  call.args.vm === vm;

/** Nobody moves the target, and nothing but the driver's own messages moves the balloon. */
const isSteady = (change: MemoryChange, vm: number): boolean =>
  change.before.host.vms.at(vm).balloon.target === change.after.host.vms.at(vm).balloon.target &&
  driverRuns(change.after, vm) &&
  !ends(change, vm) &&
  !(change.call.kind === 'memory.out-of-memory' && change.call.args.vm === vm);

/**
 * Never done: a driver that has reached the target and goes on moving pages breaks the promise just
 * as one that moves none. A target that is not whole guest pages made Linux do that.
 */
export const balloonSettles = property.within({
  id: 'BAL-L1',
  name: 'while the target stands, a driver sends at most as many messages as pages are missing',
  reads: reads(part.driver | part.target | part.use),
  instances: eachVm,
  starts: driverRuns,
  bound: distance,
  counts: moves,
  assuming: isSteady,
  done: () => false,
});

const surplus = (m: Reading, vm: number, size: MemorySizes): number =>
  balloonOf(m.guests.at(vm)) - wantedBy(m.host.vms.at(vm), size);

export const surplusBecomesUsable = property.within({
  id: 'BAL-L2',
  name: 'each page over the target is usable again after one message and one answer',
  reads: reads(part.driver | part.target | part.use | part.messages),
  instances: eachVm,
  starts: (m, vm, size) =>
    driverRuns(m, vm) && (surplus(m, vm, size) > 0 || any(m.guests.at(vm).deflating)),
  bound: (m, vm, size) =>
    2 * Math.max(0, surplus(m, vm, size)) + (any(m.guests.at(vm).deflating) ? 1 : 0) - 1,
  counts: ({ call }, vm) =>
    (call.kind === 'memory.deflate-balloon' || call.kind === 'memory.acknowledge-deflate') &&
    call.args.vm === vm,
  assuming: isSteady,
  done: (m, vm, size) => surplus(m, vm, size) <= 0 && !any(m.guests.at(vm).deflating),
});
