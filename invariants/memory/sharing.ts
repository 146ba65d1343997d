/** Invariants of page sharing. Chapter 4. */
import { reads } from './changes.ts';
import { eachFrame, eachPage } from './each.ts';
import { bytes, part } from './parts.ts';
import { contentAt, isPrivate, isShared, mappingsOf, pageName, property } from './reading.ts';

const referencesAreCounted = property.invariant({
  id: 'DED-I1',
  name: 'a shared frame counts the pages that map it: at least one, at most the sharing limit',
  ...eachFrame(part.at | part.frames, ({ host }, f, size) => {
    const { use, references } = host.frames.at(f);
    if (use.kind !== 'shared') return null;
    const mapped = mappingsOf(host, f);
    if (references !== mapped) {
      return `frame ${f} counts ${references} references, but ${mapped} pages map it`;
    }
    return mapped < 1 || mapped > size.maxSharing
      ? `frame ${f} is shared by ${mapped} pages, not 1 to ${size.maxSharing}`
      : null;
  }),
});

const sharedIsReadOnly = property.invariant({
  id: 'DED-I2',
  name: 'no mapping of a shared frame is writable',
  ...eachPage(part.at | part.writable | part.frames, ({ host }, v, p) => {
    const { at, writable } = host.vms.at(v).pages.at(p);
    return writable && isShared(host, at) ? `${pageName(v, p)} is shared and writable` : null;
  }),
});

const countersAddUp = property.invariant({
  id: 'DED-I4',
  name: 'the counters of shared frames, of pages that share them and of zero pages are true',
  reads: reads(part.at | part.frames | part.shares),
  violation({ host }) {
    const { frames, vms, sharing, zero } = host;
    let shared = 0;
    for (let f = 0; f < frames.length; f++) if (frames.at(f).use.kind === 'shared') shared++;
    let mappings = 0;
    let zeros = 0;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at } = pages.at(p);
        if (at.kind === 'zero') zeros++;
        else if (isShared(host, at)) mappings++;
      }
    }
    if (sharing.shared !== shared) return `${sharing.shared} frames count as shared, not ${shared}`;
    if (sharing.sharing !== mappings - shared) {
      return `${sharing.sharing} pages count as saved, but ${mappings} pages share ${shared} frames`;
    }
    if (zero.references !== zeros) {
      return `the zero frame counts ${zero.references} references, but ${zeros} pages map it`;
    }
    return null;
  },
});

const pinnedIsNotShared = property.invariant({
  id: 'DED-I5',
  name: 'a page that a device holds is not shared',
  ...eachPage(part.at | part.pins | part.frames, ({ host }, v, p) => {
    const { at, pins } = host.vms.at(v).pages.at(p);
    return pins > 0 && isShared(host, at) ? `${pageName(v, p)} is pinned and shared` : null;
  }),
});

/** Sharers are found by their own tables, not by the reverse map. */
const saltsAgree = property.invariant({
  id: 'DED-I6',
  name: 'only VMs of one salt share a frame',
  ...eachPage(part.at | part.settings | part.frames, ({ host }, v, p) => {
    const { pages, salt } = host.vms.at(v);
    const { at } = pages.at(p);
    if (at.kind !== 'mapped') return null;
    const { use } = host.frames.at(at.frame);
    return use.kind === 'shared' && use.salt !== salt
      ? `${pageName(v, p)} of salt ${salt} shares frame ${at.frame} of salt ${use.salt}`
      : null;
  }),
});

const candidatesArePrivate = property.invariant({
  id: 'DED-I7',
  name: 'a candidate for sharing is a private page, listed once and under its VM’s salt',
  reads: reads(part.at | part.settings | part.life | part.frames | part.scanner),
  violation({ host }) {
    const { unstable } = host.sharing;
    for (let s = 0; s < unstable.length; s++) {
      const bySalt = unstable.at(s);
      for (let c = 0; c < bySalt.length; c++) {
        const entry = bySalt.at(c);
        if (entry.kind === 'none') continue;
        const { pages, salt, mergeable, huge } = host.vms.at(entry.vm);
        if (!isPrivate(host, pages.at(entry.page).at)) {
          return `${pageName(entry.vm, entry.page)} is a candidate but not private`;
        }
        if (salt !== s) return `VM ${entry.vm} of salt ${salt} has a candidate under salt ${s}`;
        if (!mergeable || huge) return `VM ${entry.vm} may not share but has a candidate`;
        for (let d = c + 1; d < bySalt.length; d++) {
          const other = bySalt.at(d);
          if (other.kind === 'page' && other.vm === entry.vm && other.page === entry.page) {
            return `${pageName(entry.vm, entry.page)} is a candidate twice`;
          }
        }
      }
    }
    return null;
  },
});

const zeroFrameIsZero = property.invariant({
  id: 'DED-I8',
  name: 'the zero frame holds zeros',
  reads: reads(part.shares),
  violation: ({ host: { zero } }) =>
    zero.content === 0 ? null : `the zero frame holds ${zero.content}`,
});

const scannerKnowsLivingVms = property.invariant({
  id: 'DED-I9',
  name: 'the scanner remembers only pages of VMs that exist',
  reads: reads(part.life | part.scanner),
  violation({ host: { vms, sharing } }) {
    const { cursor, unstable } = sharing;
    if (cursor.kind === 'page' && cursor.page >= vms.at(cursor.vm).size) {
      return `the scanner stands at ${pageName(cursor.vm, cursor.page)}, which does not exist`;
    }
    for (let s = 0; s < unstable.length; s++) {
      const bySalt = unstable.at(s);
      for (let c = 0; c < bySalt.length; c++) {
        const entry = bySalt.at(c);
        if (entry.kind === 'page' && entry.page >= vms.at(entry.vm).size) {
          return `${pageName(entry.vm, entry.page)} is a candidate but does not exist`;
        }
      }
    }
    return null;
  },
});

const onlyMergeableShare = property.invariant({
  id: 'DED-I10',
  name: 'a VM that may not share, or is backed by huge pages, shares no frame',
  ...eachPage(part.at | part.settings | part.life | part.frames, ({ host }, v, p) => {
    const { pages, mergeable, huge } = host.vms.at(v);
    if (mergeable && !huge) return null;
    const { at } = pages.at(p);
    if (at.kind === 'mapped' && host.frames.at(at.frame).use.kind === 'shared') {
      return `${pageName(v, p)} shares frame ${at.frame} without leave`;
    }
    return at.kind === 'zero' && huge ? `${pageName(v, p)} of a huge page is a zero page` : null;
  }),
});

const sharersReadTheSame = property.invariant({
  id: 'DED-I11',
  name: 'all guests that share a frame expect the bytes that it holds',
  ...eachPage(part.at | part.ghosts | part.frames | bytes, (m, v, p) => {
    const { host } = m;
    const { at } = host.vms.at(v).pages.at(p);
    const { expected, unspecified } = m.guests.at(v);
    if (unspecified.at(p) || !isShared(host, at)) return null;
    return contentAt(m, at) === expected.at(p)
      ? null
      : `${pageName(v, p)} expects ${expected.at(p)} but shares ${contentAt(m, at)}`;
  }),
});

export const sharingInvariants = [
  referencesAreCounted,
  sharedIsReadOnly,
  countersAddUp,
  pinnedIsNotShared,
  saltsAgree,
  candidatesArePrivate,
  zeroFrameIsZero,
  scannerKnowsLivingVms,
  onlyMergeableShare,
  sharersReadTheSame,
];
