/** Time of guests that move. Chapter 4.D: MIG-A7; 5.11. */
import { property, startedOn } from './reading.ts';

/**
 * What passes for a guest from its freeze to its start passes with the ticks of its source: none where
 * clocks stand still (TIME-I4), and each where they go on (TIME-T5). So nothing is left to the steps.
 */
const clocksDoNotJump = property.transition({
  id: 'MIG-A7',
  name: 'no step of a migration moves a guest’s clock, and its timer fires once, as soon as it is due and the guest goes on',
  commands: ['migration.*'],
  when: ({ size }) => size.guest > 0,
  violation(change) {
    const { before, after, events } = change;
    for (let id = 0; id < before.services.length; id++) {
      const [from, to] = [before.services.at(id), after.services.at(id)];
      if (from.monotonic !== to.monotonic) {
        return `the clock of VM ${id} went from ${from.monotonic} to ${to.monotonic}`;
      }
      const starts = startedOn(change, id) !== -1;
      const left = starts ? Math.max(from.timer - from.uncounted, 0) : from.timer;
      if (to.timer !== left) return `the timer of VM ${id} has ${to.timer} ticks left, not ${left}`;
      const open = starts ? 0 : from.uncounted;
      if (to.uncounted !== open) return `it is yet to count ${to.uncounted} ticks, not ${open}`;
      const fires = from.timer > 0 && left === 0 ? 1 : 0;
      const fired = events.filter((each) => each.type === 'timer-fired' && each.vm === id).length;
      if (fired !== fires) return `the timer of VM ${id} fired ${fired} times, not ${fires}`;
    }
    return null;
  },
});

const movesAreTold = property.transition({
  id: 'TIME-T9',
  name: 'a guest that goes on after it was stopped to move knows that, and is to be told the time',
  commands: ['migration.*'],
  when: (change) => startedGuest(change) !== -1,
  violation(change) {
    const id = startedGuest(change);
    const { system, stopped, present, syncDue } = change.after.services.at(id);
    if (system === 'off') return null;
    if (!stopped) return `VM ${id} is not told that it was stopped`;
    return present && !syncDue ? `VM ${id} was stopped, and no SYNC is due` : null;
  },
});

/** A record goes on where it was, whatever the target has counted of its own. 5.8. */
const stolenTimeStays = property.transition({
  id: 'STL-T7',
  name: 'what a guest was told of stolen time, and what it made of it, is the same wherever it goes on',
  commands: ['migration.*'],
  violation({ before, after }) {
    for (let id = 0; id < before.services.length; id++) {
      const [from, to] = [before.services.at(id), after.services.at(id)];
      if (from.unaccounted !== to.unaccounted) {
        return `VM ${id} was told of ${from.unaccounted} ticks, and now of ${to.unaccounted}`;
      }
      if (
        from.accounted.stolen !== to.accounted.stolen ||
        from.accounted.own !== to.accounted.own
      ) {
        return `VM ${id} takes other ticks for stolen, or for its own`;
      }
    }
    for (let h = 0; h < before.hosts.length; h++) {
      const threads = before.hosts.at(h).cpu.threads;
      for (let t = 0; t < threads.length; t++) {
        const added =
          after.hosts.at(h).cpu.threads.at(t).published.steal - threads.at(t).published.steal;
        if (added !== 0) return `vCPU ${t} is told of ${added} ticks more that were stolen`;
      }
    }
    return null;
  },
});

/** The guest that began to run by a command, or -1. */
function startedGuest(change: Parameters<typeof startedOn>[0]): number {
  for (let id = 0; id < change.size.guest; id++) if (startedOn(change, id) !== -1) return id;
  return -1;
}

export const clockProperties = [clocksDoNotJump, movesAreTold, stolenTimeStays];
