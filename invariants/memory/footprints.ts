/**
 * What each command may touch: the frame conditions of memory. A command that changes anything that
 * is not its business is caught here, whatever it was meant to do.
 */
import type { MemoryCall } from '../../model/index.ts';
import { differs, everything, guestParts, part, sameEntry, samePlace } from './differences.ts';
import { kinds, type MemoryChange, pageName, pageOf, property, vmOf } from './reading.ts';

interface Footprint {
  /** Parts of the host, of the VM and of the page that the command names. */
  readonly mine: number;
  /** Parts of other pages and other VMs. */
  readonly others?: number;
  /** The command is about all pages of the VM. */
  readonly wholeVm?: true;
}

const { at, writable, accessed, dirty, logged, pins, writeback, swapCopy, checksum } = part;
const { config, stalled, counts, activity, target, actual, driver, told, statistics } = part;
const { history, table, use, disk, messages, ghosts, frames, zero, slots, shares, scanner } = part;

const appears = frames | at | writable | dirty | counts | stalled;
const leaves = frames | at | writable | dirty | counts | history | scanner | slots;
const writes = accessed | dirty | logged | writable | swapCopy | slots | counts | frames | ghosts;
const given = at | writable | dirty | writeback | swapCopy | counts | leaves;
const oneShare = frames | shares | scanner;

const footprints: Readonly<Record<MemoryCall['kind'], Footprint>> = {
  'memory.create-vm': { mine: config | frames | use | messages },
  'memory.destroy-vm': { mine: everything },
  'memory.oom-kill': { mine: everything },
  'memory.reset-vm': {
    mine: at | told | pins | stalled | driver | statistics | use | table | messages,
    wholeVm: true,
  },
  'memory.set-reservation': { mine: config },
  'memory.set-limit': { mine: config },
  'memory.set-shares': { mine: config },
  'memory.map': { mine: table | use },
  'memory.unmap': { mine: table | use },
  'memory.read': { mine: accessed | stalled },
  'memory.write': { mine: writes | stalled | shares },
  'memory.page-out': { mine: stalled | history | disk | table | use },
  'memory.overwrite': { mine: appears | writes },
  'memory.host-write': { mine: writes },
  'memory.pin': { mine: pins | swapCopy | slots | counts },
  'memory.unpin': { mine: pins },
  'memory.dma': { mine: frames | accessed | dirty | logged | ghosts },
  'memory.populate': { mine: appears | told },
  'memory.scrub': { mine: frames },
  'memory.map-special': { mine: at | use },
  'memory.start-log': { mine: config | logged | writable | ghosts, wholeVm: true },
  'memory.stop-log': { mine: config | logged, wholeVm: true },
  'memory.harvest-log': { mine: logged | writable | ghosts, wholeVm: true },
  'memory.clear-log': { mine: logged | writable | ghosts },
  'memory.sample-active': { mine: activity | accessed, wholeVm: true },
  'memory.swap-out-begin': { mine: slots | counts | writeback | dirty },
  'memory.swap-out-end': { mine: leaves | writeback },
  'memory.swap-out-clean': { mine: leaves | swapCopy },
  'memory.swap-in': { mine: appears | swapCopy | slots | history },
  'memory.drop-swap-copy': { mine: swapCopy | slots | counts },
  'memory.exchange': {
    mine: appears | slots | history | scanner,
    others: at | writable | dirty | counts | history,
  },
  'memory.set-balloon-target': { mine: target },
  'memory.request-balloon': { mine: target },
  'memory.load-driver': { mine: driver | statistics | actual },
  'memory.unload-driver': {
    mine: driver | statistics | actual | use | at | told | messages,
    wholeVm: true,
  },
  'memory.freeze-driver': {
    mine: driver | statistics | actual | use | at | told | messages,
    wholeVm: true,
  },
  'memory.restore-driver': { mine: driver | statistics },
  'memory.inflate-balloon': { mine: use | messages | ghosts },
  'memory.acknowledge-inflate': {
    mine: messages | told | actual | given | zero | shares,
    wholeVm: true,
  },
  'memory.deflate-balloon': { mine: use | messages | actual },
  'memory.acknowledge-deflate': { mine: messages | told | use | at, wholeVm: true },
  'memory.set-inhibit': { mine: part.inhibited },
  'memory.out-of-memory': { mine: use | messages | actual },
  'memory.report-free-pages': { mine: use | messages | ghosts },
  'memory.acknowledge-report': { mine: use | messages | given | zero | shares, wholeVm: true },
  'memory.request-statistics': { mine: statistics },
  'memory.send-statistics': { mine: statistics },
  'memory.scan-page': {
    mine: oneShare | zero | at | writable | dirty | checksum | swapCopy | slots | counts,
    others: writable,
  },
  'memory.end-scan': { mine: scanner },
  'memory.merge-page': {
    mine: oneShare | at | writable | swapCopy | slots | counts,
    others: writable,
  },
  'memory.break-share': { mine: appears | zero | shares },
  'memory.break-last': { mine: frames | shares | writable | stalled },
  'memory.set-sharing': { mine: scanner },
  'memory.set-mergeable': { mine: config | scanner },
  'memory.set-salt': { mine: config | scanner },
};

/** A page that the command is about, and no VM when it is about none. */
function touched(change: MemoryChange, { mine, others = 0, wholeVm }: Footprint): string | null {
  const vm = vmOf(change);
  const page = wholeVm === true || mine === everything ? -1 : pageOf(change);
  // A command without a VM touches no part of any; no VM has the number that stands for none here.
  const owner = vm === -1 ? change.after.host.vms.length : vm;
  return differs(change.before, change.after, owner, page, mine, others);
}

export const commandsMindTheirBusiness = property.transition({
  id: 'MEM-T10',
  name: 'a command changes only what it is about, and only of the VM and the page that it names',
  violation: (change) => touched(change, footprints[change.call.kind]),
});

/** Of a page's place: by which commands it may change, from what and to what. */
const moves: Readonly<Partial<Record<MemoryCall['kind'], readonly (readonly [string, string])[]>>> =
  {
    'memory.populate': [
      ['unbacked', 'mapped'],
      ['reported', 'mapped'],
      ['ballooned', 'mapped'],
    ],
    'memory.swap-in': [['swapped', 'mapped']],
    'memory.overwrite': [['swapped', 'mapped']],
    'memory.exchange': [
      ['swapped', 'mapped'],
      ['mapped', 'swapped'],
    ],
    'memory.swap-out-end': [['mapped', 'swapped']],
    'memory.swap-out-clean': [['mapped', 'swapped']],
    'memory.scan-page': [
      ['mapped', 'mapped'],
      ['mapped', 'zero'],
    ],
    'memory.merge-page': [['mapped', 'mapped']],
    'memory.break-share': [
      ['mapped', 'mapped'],
      ['zero', 'mapped'],
    ],
    'memory.acknowledge-inflate': [
      ['unbacked', 'ballooned'],
      ['mapped', 'ballooned'],
      ['zero', 'ballooned'],
      ['swapped', 'ballooned'],
      ['reported', 'ballooned'],
    ],
    'memory.acknowledge-deflate': [['ballooned', 'unbacked']],
    'memory.acknowledge-report': [
      ['unbacked', 'reported'],
      ['mapped', 'reported'],
      ['zero', 'reported'],
      ['swapped', 'reported'],
    ],
    'memory.unload-driver': [['ballooned', 'unbacked']],
    'memory.freeze-driver': [['ballooned', 'unbacked']],
    'memory.reset-vm': [
      ['ballooned', 'unbacked'],
      ['reported', 'unbacked'],
    ],
    'memory.map-special': [['unbacked', 'special']],
    'memory.destroy-vm': [
      ['mapped', 'unbacked'],
      ['zero', 'unbacked'],
      ['swapped', 'unbacked'],
      ['ballooned', 'unbacked'],
      ['reported', 'unbacked'],
      ['special', 'unbacked'],
    ],
    'memory.oom-kill': [
      ['mapped', 'unbacked'],
      ['zero', 'unbacked'],
      ['swapped', 'unbacked'],
      ['ballooned', 'unbacked'],
      ['reported', 'unbacked'],
      ['special', 'unbacked'],
    ],
  };

export const placesChangeByTheBook = property.transition({
  id: 'MEM-T11',
  name: 'a page moves from one sort of place to another only by a command that says so',
  violation({ before, after, call }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const from = old.at(p).at;
        const to = pages.at(p).at;
        if (samePlace(from, to)) continue;
        const allowed = moves[call.kind]?.some(([a, b]) => a === from.kind && b === to.kind);
        if (allowed !== true) return `${pageName(v, p)} went from ${from.kind} to ${to.kind}`;
      }
    }
    return null;
  },
});

export const samplingOnlyLooks = property.transition({
  id: 'MEM-T6',
  name: 'sampling changes accessed bits of the sample and the estimate, nothing else',
  commands: kinds('memory.sample-active'),
  violation({ before, after, call, events }) {
    if (call.kind !== 'memory.sample-active') return null;
    const { vm, pages } = call.args;
    const found = differs(before, after, vm, -1, activity | accessed, 0);
    if (found !== null) return found;
    const old = before.host.vms.at(vm);
    const now = after.host.vms.at(vm);
    let sampled = 0;
    let seen = 0;
    for (let p = 0; p < now.pages.length; p++) {
      if (old.sampled.at(p)) {
        sampled++;
        if (old.pages.at(p).accessed) seen++;
      }
      const inSample = pages.includes(p);
      if (now.sampled.at(p) !== inSample) return `${pageName(vm, p)} is not sampled as asked`;
      const expected = !inSample && old.pages.at(p).accessed;
      if (now.pages.at(p).accessed !== expected) {
        return `the accessed bit of ${pageName(vm, p)} is not what sampling leaves`;
      }
    }
    const active = sampled === 0 ? old.active : Math.floor((old.size * seen) / sampled);
    const told = events.length === 0 ? null : events[0]?.active;
    if (now.active !== active || told !== (sampled === 0 ? null : active)) {
      return `${seen} of ${sampled} sampled pages were touched, but VM ${vm} counts ${now.active} active`;
    }
    return null;
  },
});

/** Guest commands change tables of the guest, and no others; everything else changes none. */
export const tablesBelongToGuests = property.transition({
  id: 'MEM-T9',
  name: 'a guest’s own tables change by that guest alone, and the places of its pages do not show',
  violation(change) {
    const { before, after, call } = change;
    switch (call.kind) {
      case 'memory.map':
      case 'memory.unmap':
      case 'memory.page-out': {
        const { vm, virtual } = call.args;
        const others = before.guests.at(vm).table;
        for (let i = 0; i < others.length; i++) {
          if (i === virtual) continue;
          const now = after.guests.at(vm).table.at(i);
          if (!sameEntry(others.at(i), now)) return `entry ${i} of VM ${vm} changed too`;
        }
        return differs(before, after, vm, -1, everything & ~at, everything & ~table);
      }
      case 'memory.reset-vm':
      case 'memory.destroy-vm':
      case 'memory.oom-kill':
        return differs(before, after, call.args.vm, -1, everything, everything & ~table);
      default:
        return differs(before, after, -1, -1, everything & ~table, everything & ~table);
    }
  },
});

const leaveGuest = everything & ~guestParts;

export const swappingIsInvisible = property.transition({
  id: 'SWP-T1',
  name: 'swapping leaves everything of the guests alone',
  commands: kinds(
    'memory.swap-out-begin',
    'memory.swap-out-end',
    'memory.swap-out-clean',
    'memory.swap-in',
    'memory.drop-swap-copy',
    'memory.exchange',
  ),
  violation: ({ before, after }) => differs(before, after, -1, -1, leaveGuest, leaveGuest),
});

export const targetIsOnlyTarget = property.transition({
  id: 'BAL-T1',
  name: 'a request of the host sets the target as asked and changes nothing else',
  commands: kinds('memory.set-balloon-target', 'memory.request-balloon'),
  violation({ before, after, call, size }) {
    if (call.kind !== 'memory.set-balloon-target' && call.kind !== 'memory.request-balloon') {
      return null;
    }
    const { vm } = call.args;
    const found = differs(before, after, vm, -1, target, 0);
    if (found !== null) return found;
    const old = before.host.vms.at(vm);
    const memory = old.size * size.units;
    let asked = old.balloon.target;
    if (call.kind === 'memory.set-balloon-target') asked = call.args.target;
    else if (call.args.value > 0) asked = Math.max(0, memory - call.args.value);
    const set = after.host.vms.at(vm).balloon.target;
    return set === asked ? null : `the target of VM ${vm} is ${set}, but ${asked} was asked for`;
  },
});
