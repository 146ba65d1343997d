/** Transition properties of the dirty log. Chapter 1, MEM-T2 and MEM-T3. */
import { reads } from './changes.ts';
import { bytes, part } from './parts.ts';
import {
  contentAt,
  eventOf,
  kinds,
  type MemoryChange,
  pageName,
  property,
  vmOf,
  writtenPage,
} from './reading.ts';
import { writing } from './writes.ts';

export const logIsComplete = property.transition({
  id: 'MEM-T2',
  name: 'while the dirty log is on, a page that is written enters it, whoever writes',
  commands: writing,
  violation(change) {
    const { after, call } = change;
    const written = writtenPage(change);
    if (written === -1 || !('content' in call.args)) return null;
    const { vm } = call.args;
    const { pages, logging } = after.host.vms.at(vm);
    return logging === 'off' || pages.at(written).logged
      ? null
      : `${pageName(vm, written)} was written without entering the log`;
  },
});

export const changesEnterLog = property.transition({
  id: 'MEM-T23',
  name: 'while the dirty log is on, no page changes that is not in it afterwards',
  reads: reads(part.at | part.logged | part.ghosts | bytes),
  violation({ before, after }) {
    for (let v = 0; v < after.host.vms.length; v++) {
      const { logging, pages, size } = after.host.vms.at(v);
      const old = before.host.vms.at(v);
      if (logging === 'off' || old.logging === 'off') continue;
      const { unspecified } = after.guests.at(v);
      for (let p = 0; p < size; p++) {
        const { at, logged } = pages.at(p);
        if (logged || unspecified.at(p)) continue;
        if (contentAt(after, at) !== contentAt(before, old.pages.at(p).at)) {
          return `${pageName(v, p)} changed without entering the log`;
        }
      }
    }
    return null;
  },
});

export const harvestIsExact = property.transition({
  id: 'MEM-T3',
  name: 'a harvest returns exactly the logged pages, and what is cleared is protected again',
  commands: kinds('memory.start-log', 'memory.harvest-log', 'memory.clear-log', 'memory.stop-log'),
  violation(change) {
    const { before, after, call } = change;
    const vm = vmOf(change);
    const old = before.host.vms.at(vm);
    const now = after.host.vms.at(vm);
    const from = before.guests.at(vm).harvested;
    const to = after.guests.at(vm).harvested;
    const listed = eventOf(change, 'harvested')?.pages;
    let logged = 0;
    for (let p = 0; p < old.size; p++) if (old.pages.at(p).logged) logged++;
    if (call.kind === 'memory.harvest-log' && Array.isArray(listed) && listed.length !== logged) {
      return `the harvest lists ${listed.length} pages, but ${logged} were logged`;
    }
    for (let p = 0; p < now.size; p++) {
      const { logged: left, writable, at } = now.pages.at(p);
      const was = old.pages.at(p);
      if (call.kind === 'memory.harvest-log') {
        if (!Array.isArray(listed) || listed.includes(p) !== was.logged) {
          return `the harvest is wrong about ${pageName(vm, p)}`;
        }
      }
      if (!isCleared(change, p)) {
        if (call.kind === 'memory.stop-log' ? left : left !== was.logged) {
          return `the log changed for ${pageName(vm, p)}, which was not asked for`;
        }
        if (from.at(p) !== to.at(p)) return `${pageName(vm, p)} was noted, but not cleared`;
        continue;
      }
      if (left || writable) return `${pageName(vm, p)} was cleared but not protected`;
      if (to.at(p) !== after.guests.at(vm).expected.at(p)) {
        return `the clearing of ${pageName(vm, p)} was not noted (it is ${at.kind})`;
      }
    }
    return null;
  },
});

/** Whether the log entry of a page is cleared, and the page protected, by this command. */
function isCleared({ before, call }: MemoryChange, page: number): boolean {
  switch (call.kind) {
    case 'memory.start-log':
      return true;
    case 'memory.harvest-log': {
      const { logging, pages } = before.host.vms.at(call.args.vm);
      return logging === 'auto' && pages.at(page).logged;
    }
    case 'memory.clear-log':
      return call.args.page === page;
    default:
      return false;
  }
}
