/**
 * What each command may touch: the frame conditions of memory. A command that changes anything that
 * is not its business is caught here, whatever it was meant to do.
 */
import type { MemoryCall } from '../../model/index.ts';
import { allBut, reads, trespass } from './changes.ts';
import { everything, guestParts, part, sameEntry, samePlace } from './parts.ts';
import { kinds, pageName, pageOf, property, vmOf } from './reading.ts';

interface Footprint {
  /** Parts of the host, and of the VM and the page that the command names. */
  readonly mine: number;
  /** Parts of other pages and other VMs. */
  readonly others?: number;
  /** The command is about all pages of the VM. */
  readonly wholeVm?: true;
}

const { at, writable, accessed, dirty, logged, pins, writeback, swapCopy, checksum } = part;
const { life, settings, logging, stalled, counts, reports, target, actual, driver } = part;
const { told, statistics, table, use, disk, messages, ghosts } = part;
const { frames, contents, slots, slotContents, shares, scanner } = part;

const appears = at | writable | dirty | counts | stalled;
const leaves = at | writable | dirty | counts | reports;
const writes = accessed | dirty | logged | writable | swapCopy | counts | ghosts;
const given = at | writable | dirty | writeback | swapCopy | counts;
const swap = slots | slotContents;
const givenHost = frames | swap | shares | scanner;
const driverEnds = driver | statistics | actual | use | at | told | messages;

const footprints: Readonly<Record<MemoryCall['kind'], Footprint>> = {
  'memory.create-vm': { mine: life | settings | use | messages | frames },
  'memory.destroy-vm': { mine: everything },
  'memory.oom-kill': { mine: everything },
  'memory.reset-vm': {
    mine: at | told | pins | stalled | driver | statistics | use | table | messages,
    wholeVm: true,
  },
  'memory.set-reservation': { mine: settings },
  'memory.set-limit': { mine: settings },
  'memory.set-shares': { mine: settings },
  'memory.map': { mine: table | use },
  'memory.unmap': { mine: table | use },
  'memory.read': { mine: accessed | stalled },
  'memory.write': { mine: writes | stalled | frames | contents | swap | shares },
  'memory.page-out': { mine: stalled | reports | disk | table | use },
  'memory.overwrite': { mine: appears | writes | frames | contents | swap },
  'memory.host-write': { mine: writes | contents | swap },
  'memory.pin': { mine: pins | swapCopy | counts | swap },
  'memory.unpin': { mine: pins },
  'memory.dma': { mine: accessed | dirty | logged | ghosts | contents },
  'memory.populate': { mine: appears | told | frames },
  'memory.scrub': { mine: frames | contents },
  'memory.map-special': { mine: at | use },
  'memory.start-log': { mine: logging | logged | writable | ghosts, wholeVm: true },
  'memory.stop-log': { mine: logging | logged, wholeVm: true },
  'memory.harvest-log': { mine: logged | writable | ghosts, wholeVm: true },
  'memory.clear-log': { mine: logged | writable | ghosts },
  'memory.sample-active': { mine: reports | accessed, wholeVm: true },
  'memory.swap-out-begin': { mine: counts | writeback | dirty | swap },
  'memory.swap-out-end': { mine: leaves | writeback | frames | swap | scanner },
  'memory.swap-out-clean': { mine: leaves | swapCopy | frames | scanner },
  'memory.swap-in': { mine: appears | swapCopy | reports | frames | contents | swap },
  'memory.drop-swap-copy': { mine: swapCopy | counts | swap },
  'memory.exchange': {
    mine: appears | reports | frames | contents | swap | scanner,
    others: at | writable | dirty | counts | reports,
  },
  'memory.set-balloon-target': { mine: target },
  'memory.request-balloon': { mine: target },
  'memory.load-driver': { mine: driver | statistics | actual },
  'memory.unload-driver': { mine: driverEnds, wholeVm: true },
  'memory.freeze-driver': { mine: driverEnds, wholeVm: true },
  'memory.restore-driver': { mine: driver | statistics },
  'memory.inflate-balloon': { mine: use | messages | ghosts },
  'memory.acknowledge-inflate': {
    mine: messages | told | actual | given | givenHost,
    wholeVm: true,
  },
  'memory.deflate-balloon': { mine: use | messages | actual },
  'memory.acknowledge-deflate': { mine: messages | told | use | at, wholeVm: true },
  'memory.set-inhibit': { mine: settings },
  'memory.out-of-memory': { mine: use | messages | actual },
  'memory.report-free-pages': { mine: use | messages | ghosts },
  'memory.acknowledge-report': { mine: use | messages | given | givenHost, wholeVm: true },
  'memory.request-statistics': { mine: statistics },
  'memory.send-statistics': { mine: statistics },
  'memory.scan-page': { mine: given | checksum | givenHost, others: writable },
  'memory.end-scan': { mine: scanner },
  'memory.merge-page': {
    mine: at | writable | swapCopy | counts | givenHost,
    others: writable,
  },
  'memory.break-share': { mine: appears | frames | contents | shares },
  'memory.break-last': { mine: writable | stalled | frames | shares },
  'memory.set-sharing': { mine: scanner },
  'memory.set-mergeable': { mine: settings | scanner },
  'memory.set-salt': { mine: settings | scanner },
};

export const commandsMindTheirBusiness = property.transition({
  id: 'MEM-T10',
  name: 'a command changes only what it is about, and only of the VM and the page that it names',
  commands: Object.keys(footprints),
  violation(change) {
    const { mine, others = 0, wholeVm } = footprints[change.call.kind];
    const vm = vmOf(change);
    const page = wholeVm === true || mine === everything ? -1 : pageOf(change);
    // A command without a VM touches no part of any; no VM has the number that stands for none here.
    const owner = vm === -1 ? change.after.host.vms.length : vm;
    return trespass(change, owner, page, { mine, others });
  },
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
  reads: reads(at),
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
  violation(change) {
    const { before, after, call, events } = change;
    if (call.kind !== 'memory.sample-active') return null;
    const { vm, pages } = call.args;
    const found = trespass(change, vm, -1, { mine: reports | accessed | 0, others: 0 });
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

export const mappingsAreAsAsked = property.transition({
  id: 'MEM-T28',
  name: 'a guest’s table says what the guest asked for, and a special page is on the frame asked for',
  commands: kinds('memory.map', 'memory.unmap', 'memory.map-special'),
  violation({ after, call }) {
    switch (call.kind) {
      case 'memory.map': {
        const { vm, virtual, page, writable: may } = call.args;
        const entry = after.guests.at(vm).table.at(virtual);
        return entry.kind === 'present' && entry.page === page && entry.writable === may
          ? null
          : `entry ${virtual} of VM ${vm} is not as it was mapped`;
      }
      case 'memory.unmap': {
        const { vm, virtual } = call.args;
        return after.guests.at(vm).table.at(virtual).kind === 'absent'
          ? null
          : `entry ${virtual} of VM ${vm} was unmapped, but is there`;
      }
      case 'memory.map-special': {
        const { vm, page, frame } = call.args;
        const place = after.host.vms.at(vm).pages.at(page).at;
        return place.kind === 'special' && place.frame === frame
          ? null
          : `${pageName(vm, page)} is not on frame ${frame} of the hypervisor`;
      }
      default:
        return null;
    }
  },
});

export const activityIsSampled = property.transition({
  id: 'MEM-T27',
  name: 'the estimate of what a VM uses changes by sampling, or with the VM, alone',
  reads: reads(reports),
  violation({ before, after, call }) {
    const { kind } = call;
    if (kind === 'memory.sample-active') return null;
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { active, state } = vms.at(v);
      if (state === 'running' && active !== before.host.vms.at(v).active) {
        return `VM ${v} counts ${active} active pages without a sample`;
      }
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
        const from = before.guests.at(vm).table;
        const to = after.guests.at(vm).table;
        for (let i = 0; i < from.length; i++) {
          if (i === virtual || sameEntry(from.at(i), to.at(i))) continue;
          return `entry ${i} of VM ${vm} changed too`;
        }
        return trespass(change, vm, -1, byGuest);
      }
      case 'memory.reset-vm':
      case 'memory.destroy-vm':
      case 'memory.oom-kill':
        return trespass(change, call.args.vm, -1, byEnd);
      default:
        return trespass(change, -1, -1, byOthers);
    }
  },
});

const byGuest = { mine: everything & ~at & ~frames, others: everything & ~table };
const byEnd = { mine: everything, others: everything & ~table };
const byOthers = allBut(table);

const notGuests = allBut(guestParts);

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
  violation: (change) => trespass(change, -1, -1, notGuests),
});

export const targetIsOnlyTarget = property.transition({
  id: 'BAL-T1',
  name: 'a request of the host sets the target as asked and changes nothing else',
  commands: kinds('memory.set-balloon-target', 'memory.request-balloon'),
  violation(change) {
    const { before, after, call, size } = change;
    if (call.kind !== 'memory.set-balloon-target' && call.kind !== 'memory.request-balloon') {
      return null;
    }
    const { vm } = call.args;
    const found = trespass(change, vm, -1, { mine: target | 0, others: 0 });
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
