/** Invariants of page sharing. Chapter 4. */
import { reads } from './changes.ts';
import { bytes, part } from './parts.ts';
import { contentAt, isPrivate, isShared, mappingsOf, pageName, property } from './reading.ts';

const referencesAreCounted = property.invariant({
  id: 'DED-I1',
  name: 'a shared frame counts the pages that map it: at least one, at most the sharing limit',
  reads: reads(part.at | part.frames),
  violation({ host }, size) {
    const { frames } = host;
    for (let f = 0; f < frames.length; f++) {
      const { use, references } = frames.at(f);
      if (use.kind !== 'shared') continue;
      const mapped = mappingsOf(host, f);
      if (references !== mapped) {
        return `frame ${f} counts ${references} references, but ${mapped} pages map it`;
      }
      if (mapped < 1 || mapped > size.maxSharing) {
        return `frame ${f} is shared by ${mapped} pages, not 1 to ${size.maxSharing}`;
      }
    }
    return null;
  },
});

const sharedIsReadOnly = property.invariant({
  id: 'DED-I2',
  name: 'no mapping of a shared frame is writable',
  reads: reads(part.at | part.writable | part.frames),
  violation({ host }) {
    const { vms } = host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at, writable } = pages.at(p);
        if (writable && isShared(host, at)) return `${pageName(v, p)} is shared and writable`;
      }
    }
    return null;
  },
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
  reads: reads(part.at | part.pins | part.frames),
  violation({ host }) {
    const { vms } = host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at, pins } = pages.at(p);
        if (pins > 0 && isShared(host, at)) return `${pageName(v, p)} is pinned and shared`;
      }
    }
    return null;
  },
});

/** Sharers are found by their own tables, not by the reverse map. */
const saltsAgree = property.invariant({
  id: 'DED-I6',
  name: 'only VMs of one salt share a frame',
  reads: reads(part.at | part.settings | part.frames),
  violation({ host }) {
    const { frames, vms } = host;
    for (let v = 0; v < vms.length; v++) {
      const { pages, salt } = vms.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at } = pages.at(p);
        if (at.kind !== 'mapped') continue;
        const { use } = frames.at(at.frame);
        if (use.kind === 'shared' && use.salt !== salt) {
          return `${pageName(v, p)} of salt ${salt} shares frame ${at.frame} of salt ${use.salt}`;
        }
      }
    }
    return null;
  },
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
  reads: reads(part.at | part.settings | part.life | part.frames),
  violation({ host }) {
    const { frames, vms } = host;
    for (let v = 0; v < vms.length; v++) {
      const { pages, mergeable, huge } = vms.at(v);
      if (mergeable && !huge) continue;
      for (let p = 0; p < pages.length; p++) {
        const { at } = pages.at(p);
        if (at.kind === 'mapped' && frames.at(at.frame).use.kind === 'shared') {
          return `${pageName(v, p)} shares frame ${at.frame} without leave`;
        }
        if (at.kind === 'zero' && huge) return `${pageName(v, p)} of a huge page is a zero page`;
      }
    }
    return null;
  },
});

const sharersReadTheSame = property.invariant({
  id: 'DED-I11',
  name: 'all guests that share a frame expect the bytes that it holds',
  reads: reads(part.at | part.ghosts | part.frames | bytes),
  violation(m) {
    const { host } = m;
    for (let v = 0; v < host.vms.length; v++) {
      const { pages } = host.vms.at(v);
      const { expected, unspecified } = m.guests.at(v);
      for (let p = 0; p < pages.length; p++) {
        const { at } = pages.at(p);
        if (unspecified.at(p) || !isShared(host, at)) continue;
        if (contentAt(m, at) !== expected.at(p)) {
          return `${pageName(v, p)} expects ${expected.at(p)} but shares ${contentAt(m, at)}`;
        }
      }
    }
    return null;
  },
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
