/** Transition properties of guest statistics. Chapter 3.0. */
import { kinds, property, vmOf } from './reading.ts';

export const statisticsAreTrue = property.transition({
  id: 'BAL-T11',
  name: 'the buffer goes to and fro, and brings the number of pages that are free in the guest',
  commands: kinds('memory.request-statistics', 'memory.send-statistics'),
  violation(change) {
    const { before, after, call } = change;
    const vm = vmOf(change);
    const from = before.host.vms.at(vm).balloon;
    const to = after.host.vms.at(vm).balloon;
    if (call.kind === 'memory.request-statistics') {
      if (from.statistics !== 'host' || to.statistics !== 'guest') {
        return `the buffer of VM ${vm} went from ${from.statistics} to ${to.statistics}`;
      }
      return from.reportedFree === to.reportedFree ? null : `VM ${vm} sent numbers unasked`;
    }
    const { use } = before.guests.at(vm);
    let free = 0;
    for (let p = 0; p < use.length; p++) if (use.at(p) === 'free') free++;
    if (from.statistics !== 'guest' || to.statistics !== 'host') {
      return `the buffer of VM ${vm} went from ${from.statistics} to ${to.statistics}`;
    }
    return to.reportedFree === free
      ? null
      : `VM ${vm} has ${free} free pages, but told ${to.reportedFree}`;
  },
});
