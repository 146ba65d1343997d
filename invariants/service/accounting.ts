/** What a guest makes of the time that was stolen from it. 5.8. */
import { kinds, property, reads, stayingUp, vcpusIn } from './reading.ts';

/** Ticks that a guest missed do not come again: it must not take only as much as one for stolen. */
const stolenTimeIsAccounted = property.transition({
  id: 'STL-T4',
  name: 'a guest accounts, when its timer comes, for all that was stolen since it last did',
  commands: kinds('cpu.tick'),
  reads,
  violation(change) {
    const { before, after, size } = change;
    for (const [id, from, to] of stayingUp(change)) {
      const { first, firstTakesTimer } = vcpusIn(change, id);
      const stolen = to.accounted.stolen - from.accounted.stolen;
      if (stolen !== 0 && !firstTakesTimer) return `VM ${id} takes ${stolen} without its timer`;
      // More than a scope counts.
      if (from.unaccounted === size.drift && !firstTakesTimer) continue;
      const [then, now] = [before.cpu.threads.at(first), after.cpu.threads.at(first)];
      const told = now.published.steal - then.published.steal;
      const open = to.unaccounted - from.unaccounted;
      if (stolen + open !== told) return `VM ${id} is told of ${told}, and takes ${stolen + open}`;
      if (firstTakesTimer && to.unaccounted > 0) return `VM ${id} leaves ${to.unaccounted} open`;
    }
    return null;
  },
});

const ownTimeIsTheRest = property.transition({
  id: 'STL-T5',
  name: 'a guest takes a tick of its timer for its own time only where nothing was stolen before',
  commands: kinds('cpu.tick'),
  reads,
  violation(change) {
    for (const [id, from, to] of stayingUp(change)) {
      const own = to.accounted.own - from.accounted.own;
      const due = vcpusIn(change, id).firstTakesTimer && from.unaccounted === 0 ? 1 : 0;
      if (own !== due) return `VM ${id} takes ${own} ticks for its own, not ${due}`;
    }
    return null;
  },
});

export const accountingProperties = [stolenTimeIsAccounted, ownTimeIsTheRest];
