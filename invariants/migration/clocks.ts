/** Time of guests that move. Chapter 4.D: MIG-A7; 5.11. */
import { property, startedOn } from './reading.ts';

const clocksStandStill = property.transition({
  id: 'MIG-A7',
  name: 'a guest’s clock stands still while it moves, and its timer has as many ticks left after as before',
  commands: ['migration.*'],
  when: ({ size }) => size.guest > 0,
  violation({ before, after }) {
    for (let id = 0; id < before.services.length; id++) {
      const [from, to] = [before.services.at(id), after.services.at(id)];
      if (from.monotonic !== to.monotonic) {
        return `the clock of VM ${id} went from ${from.monotonic} to ${to.monotonic}`;
      }
      if (from.timer !== to.timer) {
        return `the timer of VM ${id} had ${from.timer} ticks left, and now has ${to.timer}`;
      }
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

/** The guest that began to run by a command, or -1. */
function startedGuest(change: Parameters<typeof startedOn>[0]): number {
  for (let id = 0; id < change.size.guest; id++) if (startedOn(change, id) !== -1) return id;
  return -1;
}

export const clockProperties = [clocksStandStill, movesAreTold];
