/**
 * What each command may touch: the frame conditions of memory. A command that changes anything that
 * is not its business is caught here, whatever it was meant to do.
 */
import type { MemoryCall } from '../../model/index.ts';
import { trespass } from './changes.ts';
import { everything, part } from './parts.ts';
import { pageOf, property, vmOf } from './reading.ts';

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

const driverEnds = driver | statistics | actual | use | at | told | messages | logged;

const footprints: Readonly<Record<MemoryCall['kind'], Footprint>> = {
  'memory.create-vm': { mine: life | settings | use | messages | frames },
  'memory.destroy-vm': { mine: everything },
  'memory.oom-kill': { mine: everything },
  'memory.reset-vm': {
    mine: (driverEnds & ~actual) | pins | stalled | table | settings,
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
  'memory.populate': { mine: appears | told | logged | frames },
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
  'memory.acknowledge-deflate': { mine: messages | told | use | at | logged, wholeVm: true },
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
  'record.place': { mine: settings | messages },
  'record.withdraw': { mine: settings | messages },
  'record.write': { mine: writes | contents | swap },
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
