import { allBut, reads, trespass } from './changes.ts';
import { guestParts, part, samePlace } from './parts.ts';
import {
  contentAt,
  freeFramesOf,
  isPrivate,
  isShared,
  kinds,
  type MemoryChange,
  type Place,
  pageName,
  pageOf,
  property,
  type Reading,
  vmOf,
} from './reading.ts';

const isIn = (at: Place, frame: number): boolean => at.kind === 'mapped' && at.frame === frame;

export const sharedFramesDoNotChange = property.transition({
  id: 'DED-I3',
  name: 'the bytes of a shared frame do not change while it is shared, nor as it becomes so',
  reads: reads(part.contents),
  violation({ before, after }) {
    const { frames } = after.host;
    for (let f = 0; f < frames.length; f++) {
      const { use, content } = frames.at(f);
      if (use.kind !== 'shared') continue;
      const was = before.host.frames.at(f).content;
      if (content !== was) return `frame ${f} is shared and went from ${was} to ${content}`;
    }
    return null;
  },
});

const sharingCommands = kinds(
  'memory.scan-page',
  'memory.end-scan',
  'memory.merge-page',
  'memory.break-share',
  'memory.break-last',
  'memory.set-sharing',
  'memory.set-mergeable',
  'memory.set-salt',
);

const unseen = allBut(guestParts | part.logged | part.accessed | part.reports);

export const sharingIsTransparent = property.transition({
  id: 'DED-T1',
  name: 'sharing changes nothing that a guest, a device or the dirty log can see',
  commands: sharingCommands,
  violation(change) {
    const found = trespass(change, -1, -1, unseen);
    if (found !== null) return found;
    const { before, after } = change;
    for (let v = 0; v < after.host.vms.length; v++) {
      const { pages } = after.host.vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const is = contentAt(after, pages.at(p).at);
        const was = contentAt(before, old.at(p).at);
        if (is !== was) return `${pageName(v, p)} went from ${was} to ${is} by sharing`;
      }
    }
    return null;
  },
});

/** Frames that a command of sharing gives back, by what was before it. */
function gainOf({ before, after, call }: MemoryChange): number {
  switch (call.kind) {
    case 'memory.merge-page':
      return 1;
    case 'memory.break-share':
      return -1;
    case 'memory.scan-page': {
      const { vm, page } = call.args;
      const was = before.host.vms.at(vm).pages.at(page).at;
      const is = after.host.vms.at(vm).pages.at(page).at;
      return isPrivate(before.host, was) && isShared(after.host, is) ? 1 : 0;
    }
    default:
      return 0;
  }
}

export const framesOfSharingBalance = property.transition({
  id: 'DED-T2',
  name: 'a merge frees one frame, breaking one of several mappings takes one, the last takes none',
  commands: [...sharingCommands, 'memory.write'],
  violation(change) {
    const gained = freeFramesOf(change.after.host) - freeFramesOf(change.before.host);
    const due = gainOf(change);
    return gained === due ? null : `${change.call.kind} gave back ${gained} frames, not ${due}`;
  },
});

export const mergedPagesAreEqual = property.transition({
  id: 'DED-T3',
  name: 'pages are merged only while equal, of one salt, unpinned and at rest, and are protected',
  commands: kinds('memory.scan-page', 'memory.merge-page'),
  violation({ before, after, call, size }) {
    const { vm, page } = call.args;
    const machine = before.host.vms.at(vm);
    const { at: was, pins, writeback } = machine.pages.at(page);
    const { at, writable } = after.host.vms.at(vm).pages.at(page);
    if (samePlace(was, at)) {
      return call.kind === 'memory.scan-page' ? null : `${pageName(vm, page)} was not merged`;
    }
    if (pins > 0 || writeback !== null) return `${pageName(vm, page)} was merged while in use`;
    if (writable) return `${pageName(vm, page)} was merged but is writable`;
    if (before.host.sharing.run !== 'run') return `${pageName(vm, page)} was merged unasked`;
    const held = contentAt(before, was);
    if (at.kind !== 'mapped') {
      return held === 0 ? null : `${pageName(vm, page)} held ${held} and became a zero page`;
    }
    const other = before.host.frames.at(at.frame);
    const chosen = call.kind === 'memory.merge-page' ? call.args.frame : call.args.into;
    if (chosen !== null ? !isIn(at, chosen) : other.use.kind === 'shared') {
      return `${pageName(vm, page)} was merged into frame ${at.frame}, which was not chosen`;
    }
    if (other.content !== held) {
      return `${pageName(vm, page)} held ${held}, but was merged into ${other.content}`;
    }
    if (after.host.frames.at(at.frame).references > size.maxSharing) {
      return `frame ${at.frame} is shared by more pages than allowed`;
    }
    if (other.use.kind === 'shared') {
      return other.use.salt === machine.salt
        ? null
        : `${pageName(vm, page)} was merged across salts`;
    }
    if (other.use.kind !== 'private') return `${pageName(vm, page)} was merged into nobody’s frame`;
    return partnerWrong(before, after, other.use.vm, other.use.page, machine.salt);
  },
});

/** The first page of a pair keeps its frame and gives up its write permission. */
function partnerWrong(before: Reading, after: Reading, vm: number, page: number, salt: number) {
  const from = before.host.vms.at(vm);
  const { pins, writeback, swapCopy } = from.pages.at(page);
  if (from.salt !== salt) return `${pageName(vm, page)} was merged across salts`;
  if (pins > 0 || writeback !== null || swapCopy !== null) {
    return `${pageName(vm, page)} was merged while in use`;
  }
  const { at, writable } = after.host.vms.at(vm).pages.at(page);
  if (writable || !samePlace(from.pages.at(page).at, at)) {
    return `${pageName(vm, page)} was shared but not protected`;
  }
  return null;
}

export const breaksAreLocal = property.transition({
  id: 'DED-T4',
  name: 'breaking one mapping gives that page a frame of its own and leaves all other mappings',
  commands: kinds('memory.break-share', 'memory.break-last', 'memory.write'),
  violation(change) {
    const { before, after, call } = change;
    const { vms } = after.host;
    const vm = vmOf(change);
    const page = pageOf(change);
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const was = old.at(p).at;
        const { at } = pages.at(p);
        if (v === vm && p === page) {
          if (call.kind !== 'memory.write' && !isPrivate(after.host, at)) {
            return `${pageName(v, p)} was broken off but is not private`;
          }
          const moved = !samePlace(was, at);
          if (call.kind === 'memory.break-share' && !isIn(at, call.args.frame)) {
            return `${pageName(v, p)} was not copied to frame ${call.args.frame}`;
          }
          if (moved !== (call.kind === 'memory.break-share')) {
            return `${pageName(v, p)} was ${moved ? '' : 'not '}copied`;
          }
          continue;
        }
        if (!samePlace(was, at)) return `${pageName(v, p)} moved when another page was broken off`;
        if (isShared(before.host, was) !== isShared(after.host, at)) {
          return `${pageName(v, p)} is no longer shared, though another page was broken off`;
        }
      }
    }
    return null;
  },
});
