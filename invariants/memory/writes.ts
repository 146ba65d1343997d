/** Transition properties of writes: what they change, and that nothing else does. Chapter 1. */
import { reads } from './changes.ts';
import { bytes, part } from './parts.ts';
import {
  contentAt,
  kinds,
  type MemoryChange,
  pageName,
  property,
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
const notes: readonly string[] = kinds(
  'memory.start-log',
  'memory.harvest-log',
  'memory.clear-log',
);

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
export const writing = kinds(
  'memory.write',
  'memory.dma',
  'memory.host-write',
  'memory.overwrite',
  'record.write',
);

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
    const { expected, written: all, unspecified, use } = after.guests.at(vm);
    if (expected.at(written) !== content || !all.at(content)) {
      return `the write to ${pageName(vm, written)} was not noted`;
    }
    // To a page that its guest has given up a device may write still, and it means nothing.
    const given = use.at(written);
    const means = !['ballooned', 'deflating', 'isolated', 'hinted'].includes(given);
    if (unspecified.at(written) === means) {
      return `what ${pageName(vm, written)} holds is taken for ${means ? 'nothing' : 'something'}`;
    }
    return dirty && accessed ? null : `the write left no bits on ${pageName(vm, written)}`;
  },
});

const comesBack = (from: Backed, to: Backed): boolean => isTaken(from) && !isTaken(to);
const isTaken = ({ kind }: Backed): boolean => kind === 'ballooned' || kind === 'reported';
interface Backed {
  readonly kind: string;
}

export const bitsComeFromWrites = property.transition({
  id: 'MEM-T15',
  name: 'a page becomes dirty or logged by a write, or logged where its memory comes back',
  reads: reads(part.dirty | part.logged | part.at),
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
        if (!logged || was.logged || comesBack(was.at, pages.at(p).at)) continue;
        return `${pageName(v, p)} was logged unwritten`;
      }
    }
    return null;
  },
});
