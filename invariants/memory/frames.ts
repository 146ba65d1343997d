/** Invariants of frames and of the VMs that have them. Chapter 1. */
import { reads } from './changes.ts';
import { both, eachFrame, eachPage, eachVm } from './each.ts';
import { bytes, part } from './parts.ts';
import { consumedBy, contentAt, isPrivate, pageName, property } from './reading.ts';

const framesHaveOneUse = property.invariant({
  id: 'MEM-I1',
  name: 'every frame has one use, and the stored counts agree with the uses',
  reads: reads(part.life | part.frames),
  violation({ host }, size) {
    const { frames, vms, freeFrames } = host;
    let hypervisor = 0;
    let overhead = 0;
    let free = 0;
    for (let f = 0; f < frames.length; f++) {
      const { kind } = frames.at(f).use;
      if (kind === 'free') free++;
      else if (kind === 'hypervisor') hypervisor++;
      else if (kind === 'overhead') overhead++;
    }
    if (free !== freeFrames) return `${freeFrames} frames are counted free, but ${free} are`;
    if (hypervisor !== size.hypervisor) {
      return `the hypervisor has ${hypervisor} frames, not ${size.hypervisor}`;
    }
    for (let v = 0; v < vms.length; v++) {
      const due = vms.at(v).state === 'running' ? size.overhead : 0;
      let its = 0;
      // Where nothing is overhead there is nothing to look for.
      for (let f = 0; f < frames.length && overhead > 0; f++) {
        const { use } = frames.at(f);
        if (use.kind === 'overhead' && use.vm === v) its++;
      }
      if (its !== due) return `VM ${v} has ${its} overhead frames, not ${due}`;
    }
    return null;
  },
});

const ownersAndMappingsAgree = property.invariant({
  id: 'MEM-I2',
  name: 'a frame names exactly the pages that map it',
  ...both(
    eachPage(part.at | part.frames, ({ host }, v, p) => {
      const { at } = host.vms.at(v).pages.at(p);
      if (at.kind === 'special') {
        const { kind } = host.frames.at(at.frame).use;
        if (kind === 'hypervisor') return null;
        return `${pageName(v, p)} is special on frame ${at.frame}, which is ${kind}`;
      }
      if (at.kind !== 'mapped') return null;
      const { use, sharers } = host.frames.at(at.frame);
      const named =
        use.kind === 'private'
          ? use.vm === v && use.page === p
          : use.kind === 'shared' && sharers.at(v).at(p);
      return named
        ? null
        : `${pageName(v, p)} maps frame ${at.frame}, which is ${use.kind} and does not name it`;
    }),
    eachFrame(part.at | part.frames, ({ host: { frames, vms } }, f) => {
      const { use, references, sharers } = frames.at(f);
      if (use.kind === 'private') {
        const { at } = vms.at(use.vm).pages.at(use.page);
        if (at.kind !== 'mapped' || at.frame !== f) {
          return `frame ${f} names ${pageName(use.vm, use.page)}, which is ${at.kind} elsewhere`;
        }
      }
      let named = 0;
      for (let v = 0; v < sharers.length; v++) {
        const its = sharers.at(v);
        for (let p = 0; p < its.length; p++) {
          if (!its.at(p)) continue;
          named++;
          const { at } = vms.at(v).pages.at(p);
          if (use.kind !== 'shared' || at.kind !== 'mapped' || at.frame !== f) {
            return `frame ${f} names ${pageName(v, p)}, which does not share it`;
          }
        }
      }
      return named === references
        ? null
        : `frame ${f} counts ${references} references but names ${named} pages`;
    }),
  ),
});

const pagesAreSomewhere = property.invariant({
  id: 'MEM-I3',
  name: 'every page of a VM is in one place, and those with memory are counted',
  ...eachVm(part.at | part.counts | part.life, ({ host }, v) => {
    const machine = host.vms.at(v);
    for (let p = machine.size; p < machine.pages.length; p++) {
      const { kind } = machine.pages.at(p).at;
      if (kind !== 'unbacked') return `${pageName(v, p)} lies outside the VM but is ${kind}`;
    }
    const consumed = consumedBy(machine);
    return consumed === machine.consumed
      ? null
      : `VM ${v} counts ${machine.consumed} pages with memory, but has ${consumed}`;
  }),
});

const readsFindWrites = property.invariant({
  id: 'MEM-I7',
  name: 'a page holds what the guest last wrote, or, where it gave the page up, nothing foreign',
  ...eachPage(part.at | part.ghosts | part.life | bytes, (m, v, p) => {
    const { pages, size } = m.host.vms.at(v);
    if (p >= size) return null;
    const { at } = pages.at(p);
    if (at.kind === 'missing') return null;
    const { expected, unspecified, written } = m.guests.at(v);
    const found = contentAt(m, at);
    if (!unspecified.at(p)) {
      return found === expected.at(p)
        ? null
        : `${pageName(v, p)} holds ${found}, but the guest wrote ${expected.at(p)}`;
    }
    return found === 0 || written.at(found)
      ? null
      : `${pageName(v, p)} holds ${found}, which its guest never wrote`;
  }),
});

const writesAreNoticed = property.invariant({
  id: 'MEM-I9',
  name: 'a page is writable only where it is private and the dirty log knows it already',
  ...eachPage(
    part.at | part.writable | part.dirty | part.logged | part.swapCopy | part.logging | part.frames,
    ({ host }, v, p) => {
      const { pages, logging } = host.vms.at(v);
      const { at, writable, dirty, logged, swapCopy } = pages.at(p);
      if (logged && logging === 'off') return `${pageName(v, p)} is logged without a log`;
      if (dirty && at.kind !== 'mapped') return `${pageName(v, p)} is dirty but ${at.kind}`;
      if (swapCopy !== null && dirty) return `${pageName(v, p)} is dirty but keeps a swap copy`;
      if (!writable) return null;
      if (!isPrivate(host, at)) return `${pageName(v, p)} is writable but not private`;
      return logging === 'off' || logged
        ? null
        : `${pageName(v, p)} is writable, but a write would miss the log`;
    },
  ),
});

const pinnedPagesStay = property.invariant({
  id: 'MEM-I10',
  name: 'a page that a device holds is mapped to the very frame that the device has',
  ...eachPage(part.at | part.pins | part.frames, ({ host }, v, p) => {
    const { at, pins, pinned } = host.vms.at(v).pages.at(p);
    if (pins === 0) {
      return pinned === null ? null : `${pageName(v, p)} has no pin but a device has a frame`;
    }
    if (!isPrivate(host, at)) return `${pageName(v, p)} is pinned but not private`;
    return at.kind === 'mapped' && at.frame !== pinned
      ? `${pageName(v, p)} is in frame ${at.frame}, but the device has ${pinned}`
      : null;
  }),
});

const scrubbedIsZero = property.invariant({
  id: 'MEM-I11',
  name: 'a frame that counts as scrubbed, or that only the hypervisor has, holds zeros',
  ...eachFrame(part.frames | part.contents, ({ host }, f) => {
    const { use, content } = host.frames.at(f);
    if (content === 0) return null;
    return use.kind === 'hypervisor' || (use.kind === 'free' && use.scrubbed)
      ? `frame ${f} is ${use.kind} and scrubbed, but holds ${content}`
      : null;
  }),
});

export const frameInvariants = [
  framesHaveOneUse,
  ownersAndMappingsAgree,
  pagesAreSomewhere,
  readsFindWrites,
  writesAreNoticed,
  pinnedPagesStay,
  scrubbedIsZero,
];
