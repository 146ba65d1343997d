/** Transition properties of accesses: what is read and written, and what the dirty log owes. */
import { reads, trespass } from './changes.ts';
import { bytes, part } from './parts.ts';
import {
  contentAt,
  eventOf,
  isPrivate,
  isShared,
  kinds,
  type MemoryChange,
  pageName,
  pageOf,
  property,
  type Reading,
  vmOf,
  writtenPage,
} from './reading.ts';

export const onlyWritesChangeContent = property.transition({
  id: 'MEM-T1',
  name: 'nothing but a write to it changes what a page holds, and what its guest expects there',
  reads: reads(part.at | part.ghosts | part.life | bytes),
  violation(change) {
    const { before, after } = change;
    const writer = vmOf(change);
    const written = writtenPage(change);
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { pages, size } = vms.at(v);
      const old = before.host.vms.at(v);
      // Of a VM that comes or goes, nothing is to be compared.
      if (old.state !== vms.at(v).state) continue;
      const from = before.guests.at(v);
      const to = after.guests.at(v);
      for (let c = 0; c < to.written.length; c++) {
        if (from.written.at(c) === to.written.at(c)) continue;
        const mine = v === writer && written !== -1 && 'content' in change.call.args;
        if (!mine || change.call.args.content !== c) return `VM ${v} did not write ${c}`;
      }
      for (let p = 0; p < size; p++) {
        if (from.harvested.at(p) !== to.harvested.at(p) && !notes.includes(change.call.kind)) {
          return `${pageName(v, p)} was harvested unasked`;
        }
        if (v === writer && p === written) continue;
        if (from.expected.at(p) !== to.expected.at(p)) return `${pageName(v, p)} was written too`;
        if (from.unspecified.at(p)) {
          if (!to.unspecified.at(p)) return `${pageName(v, p)} became meaningful unwritten`;
        } else if (to.unspecified.at(p)) {
          if (!givesUp(change, v, p)) return `what ${pageName(v, p)} held was given up unasked`;
        } else {
          const found = contentAt(after, pages.at(p).at);
          const was = contentAt(before, old.pages.at(p).at);
          if (found !== was) return `${pageName(v, p)} went from ${was} to ${found} unwritten`;
        }
      }
    }
    return null;
  },
});

/** Commands that note what pages hold, for the dirty log. */
const notes = kinds('memory.start-log', 'memory.harvest-log', 'memory.clear-log');

/** The guest gives up what a page holds when it hands the page to its balloon driver. */
function givesUp({ call }: MemoryChange, vm: number, page: number): boolean {
  switch (call.kind) {
    case 'memory.inflate-balloon':
    case 'memory.report-free-pages':
      return call.args.vm === vm && call.args.pages.includes(page);
    default:
      return false;
  }
}

/** Commands that put bytes into a page. */
export const writing = kinds('memory.write', 'memory.dma', 'memory.host-write', 'memory.overwrite');

export const writesArrive = property.transition({
  id: 'MEM-T22',
  name: 'a write puts its bytes into the page and leaves the page accessed and dirty',
  commands: writing,
  violation(change) {
    const { after, call } = change;
    const written = writtenPage(change);
    if (written === -1 || !('content' in call.args)) return null;
    const { vm, content } = call.args;
    const { at, dirty, accessed } = after.host.vms.at(vm).pages.at(written);
    const found = contentAt(after, at);
    if (
      call.kind === 'memory.overwrite' &&
      (at.kind !== 'mapped' || at.frame !== call.args.frame)
    ) {
      return `${pageName(vm, written)} was not overwritten in frame ${call.args.frame}`;
    }
    if (found !== content) {
      return `${content} was written to ${pageName(vm, written)}, which holds ${found}`;
    }
    const { expected, written: all } = after.guests.at(vm);
    if (expected.at(written) !== content || !all.at(content)) {
      return `the write to ${pageName(vm, written)} was not noted`;
    }
    return dirty && accessed ? null : `the write left no bits on ${pageName(vm, written)}`;
  },
});

export const readsAreTrue = property.transition({
  id: 'MEM-T12',
  name: 'a read returns what the page holds and what the guest last wrote there',
  commands: kinds('memory.read'),
  violation(change) {
    const { before, after } = change;
    const event = eventOf(change, 'read');
    if (event === undefined) return null;
    const vm = vmOf(change);
    const page = pageOf(change);
    if (page === -1) return `VM ${vm} read through an entry that is not there`;
    const found = contentAt(before, before.host.vms.at(vm).pages.at(page).at);
    if (event.content !== found) return `a read of ${found} returned ${event.content}`;
    const { unspecified, expected } = before.guests.at(vm);
    if (!unspecified.at(page) && event.content !== expected.at(page)) {
      return `a read returned ${event.content}, but the guest wrote ${expected.at(page)}`;
    }
    return after.host.vms.at(vm).pages.at(page).accessed
      ? null
      : `a read left no accessed bit on ${pageName(vm, page)}`;
  },
});

const accesses = kinds('memory.read', 'memory.write', 'memory.page-out');

/** Why an access of a page must stop here: the event that it must show, or null. */
function obstacle(m: Reading, vm: number, page: number, write: boolean): string | null {
  const { pages, mode } = m.host.vms.at(vm);
  const { at } = pages.at(page);
  switch (at.kind) {
    case 'unbacked':
    case 'reported':
      return 'populate';
    case 'swapped':
      return 'swap-in';
    case 'ballooned':
      return mode === 'fault' ? 'fault' : 'refill';
    case 'special':
      return 'fault';
    case 'zero':
      return write ? 'break-share' : null;
    case 'mapped':
      return write && isShared(m.host, at) && m.host.frames.at(at.frame).references > 1
        ? 'break-share'
        : null;
  }
}

export const accessesAnswerTruly = property.transition({
  id: 'MEM-T13',
  name: 'an access proceeds, waits or faults exactly as its page demands, and costs accordingly',
  commands: accesses,
  violation(change) {
    const { before, after, call, events } = change;
    if (!('virtual' in call.args)) return null;
    const { vm, virtual } = call.args;
    const entry = before.guests.at(vm).table.at(virtual);
    const write = call.kind === 'memory.write';
    const ghost = eventOf(change, 'guest-fault') !== undefined;
    const mine = entry.kind === 'present' && (!write || entry.writable);
    if (ghost === mine) return `VM ${vm} ${ghost ? 'faulted on' : 'passed'} entry ${virtual}`;
    if (entry.kind !== 'present' || ghost) return null;
    const stop = obstacle(before, vm, entry.page, write);
    const wait = eventOf(change, 'stalled');
    const waits = stop !== null && stop !== 'fault';
    const faults = eventOf(change, 'balloon-fault') !== undefined;
    if (faults !== (stop === 'fault')) return `VM ${vm} should ${faults ? 'not ' : ''}have faulted`;
    if (waits !== (wait !== undefined)) return `VM ${vm} should ${waits ? '' : 'not '}have stalled`;
    const { stalled } = after.host.vms.at(vm);
    if (wait !== undefined) {
      if (wait.wait !== stop || wait.page !== entry.page || wait.cost !== 'slow') {
        return `VM ${vm} says that it waits for ${wait.wait} of page ${wait.page}`;
      }
      return stalled === entry.page ? null : `VM ${vm} runs on without page ${entry.page}`;
    }
    if (stalled !== null) return `VM ${vm} waits for page ${stalled} for no reason`;
    for (const { cost } of events) {
      if (cost === 'slow') return `an access of VM ${vm} that did not wait was slow`;
    }
    return null;
  },
});

/** DED-T5 for every reason to wait, not only for a share to break. */
export const waitingChangesNothing = property.transition({
  id: 'DED-T5',
  name: 'an access that cannot proceed changes nothing but that its VM waits',
  commands: accesses,
  when: (change) =>
    eventOf(change, 'stalled') !== undefined ||
    eventOf(change, 'guest-fault') !== undefined ||
    eventOf(change, 'balloon-fault') !== undefined,
  violation: (change) => trespass(change, vmOf(change), -1, waitOnly),
});

const waitOnly = { mine: part.stalled | part.reports, others: 0 };

export const waitsEndWithThePage = property.transition({
  id: 'MEM-T14',
  name: 'a VM begins to wait by an access of its own, and stops when the page is ready',
  reads: reads(part.stalled),
  violation(change) {
    const { before, after, call } = change;
    for (let v = 0; v < after.host.vms.length; v++) {
      const from = before.host.vms.at(v).stalled;
      const { stalled, pages } = after.host.vms.at(v);
      if (from === stalled) continue;
      if (stalled !== null) {
        const mine = vmOf(change) === v && eventOf(change, 'stalled')?.page === stalled;
        if (from !== null || !mine) return `VM ${v} was made to wait for page ${stalled}`;
        continue;
      }
      if (vmOf(change) === v && endsVm(call.kind)) continue;
      if (from !== null && !isPrivate(after.host, pages.at(from).at)) {
        return `VM ${v} runs on, but page ${from} is not ready`;
      }
    }
    return null;
  },
});

const endsVm = (kind: string): boolean =>
  kind === 'memory.reset-vm' || kind === 'memory.destroy-vm' || kind === 'memory.oom-kill';

export const bitsComeFromWrites = property.transition({
  id: 'MEM-T15',
  name: 'a page becomes dirty or logged by a write to it and by nothing else',
  reads: reads(part.dirty | part.logged),
  violation(change) {
    const { before, after } = change;
    const writer = vmOf(change);
    const written = writtenPage(change);
    for (let v = 0; v < after.host.vms.length; v++) {
      const { pages } = after.host.vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const { dirty, logged } = pages.at(p);
        if (!dirty && !logged) continue;
        if (v === writer && p === written) continue;
        const was = old.at(p);
        if (dirty && !was.dirty) return `${pageName(v, p)} became dirty unwritten`;
        if (logged && !was.logged) return `${pageName(v, p)} was logged unwritten`;
      }
    }
    return null;
  },
});

export const pageOutIsTrue = property.transition({
  id: 'MEM-T16',
  name: 'a page-out puts what the page holds on the guest’s disk, and the entry names the block',
  commands: kinds('memory.page-out'),
  violation(change) {
    const { before, after, call } = change;
    if (call.kind !== 'memory.page-out') return null;
    const { vm, virtual, block } = call.args;
    const entry = after.guests.at(vm).table.at(virtual);
    const page = pageOf(change);
    const paged = entry.kind === 'paged' && entry.block === block;
    const { disk: blocks } = after.guests.at(vm);
    for (let b = 0; b < blocks.length; b++) {
      if (b === block || blocks.at(b) === before.guests.at(vm).disk.at(b)) continue;
      return `block ${b} of VM ${vm} changed too`;
    }
    if (obstacle(before, vm, page, false) !== null) {
      const disk = before.guests.at(vm).disk.at(block);
      return paged || after.guests.at(vm).disk.at(block) !== disk
        ? `VM ${vm} paged out page ${page}, which was not there`
        : null;
    }
    const held = contentAt(before, before.host.vms.at(vm).pages.at(page).at);
    if (!paged) return `VM ${vm} paged out page ${page}, but its table does not say so`;
    return after.guests.at(vm).disk.at(block) === held
      ? null
      : `block ${block} of VM ${vm} does not hold the ${held} of page ${page}`;
  },
});

/** What a command may tell: which events, and how many of them at least and at most. */
interface Telling {
  readonly types: readonly string[];
  readonly least: number;
  readonly most: number;
}
const one = (...types: readonly string[]): Telling => ({ types, least: 1, most: 1 });
const maybe = (...types: readonly string[]): Telling => ({ types, least: 0, most: types.length });
const silent = maybe();

const tellings: Readonly<Partial<Record<MemoryChange['call']['kind'], Telling>>> = {
  'memory.read': one('read', 'guest-fault', 'stalled', 'balloon-fault'),
  'memory.write': one('written', 'guest-fault', 'stalled', 'balloon-fault'),
  'memory.page-out': maybe('double-paging', 'stalled', 'balloon-fault'),
  'memory.dma': maybe('iommu-fault'),
  'memory.populate': maybe('balloon-popped'),
  'memory.swap-out-end': maybe('swap-out-aborted'),
  'memory.harvest-log': one('harvested'),
  'memory.sample-active': maybe('activity'),
  'memory.out-of-memory': one('guest-oom-kill', 'balloon-gave'),
  'memory.oom-kill': one('host-oom-kill'),
  'memory.scan-page': one('scanned'),
};

/** Only waiting takes long: the covert channel of DED-S1. */
const costOf = (type: string): string | undefined => {
  if (type === 'stalled') return 'slow';
  return type === 'read' || type === 'written' ? 'fast' : undefined;
};

export const tellingsAreTrue = property.transition({
  id: 'MEM-T25',
  name: 'a command tells only what it is about, of its own VM and page, and what it must',
  violation(change) {
    const { before, call, events } = change;
    const { types, least, most } = tellings[call.kind] ?? silent;
    if (events.length < least || events.length > most) {
      return `${call.kind} told of ${events.length} events`;
    }
    for (const { type, vm, page, virtual, cost } of events) {
      if (!types.includes(type) || cost !== costOf(type)) return `${call.kind} told '${type}'`;
      if (vm !== vmOf(change)) return `${call.kind} told '${type}' of VM ${vm}`;
      if (page !== undefined && page !== pageOf(change)) return `it told '${type}' of page ${page}`;
      const entry = 'virtual' in call.args ? call.args.virtual : undefined;
      if (virtual !== undefined && virtual !== entry) return `it told '${type}' of ${virtual}`;
    }
    if (call.kind === 'memory.populate' || call.kind === 'memory.dma') {
      const { mode, pages } = before.host.vms.at(call.args.vm);
      const { at, pinned } = pages.at(call.args.page);
      const due =
        call.kind === 'memory.dma' ? pinned === null : at.kind === 'ballooned' && mode === 'pop';
      return due === events.length > 0 ? null : `${call.kind} told ${events.length} events`;
    }
    return null;
  },
});
