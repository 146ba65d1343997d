/** Transition properties of the sharing scanner: its visits, its candidates, its scans. Chapter 4. */
import type { MemorySizes } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part, sameMention, samePlace } from './parts.ts';
import {
  contentAt,
  eventOf,
  isPrivate,
  isShared,
  kinds,
  mappingsOf,
  pageName,
  property,
  type Reading,
} from './reading.ts';

/** The weak checksum of the scanner: contents may collide. */
const checksumOf = (content: number, size: MemorySizes): number => content % size.hashes;

/** A page whose *checksum* changed: with colliding checksums the scanner cannot see more. */
export const volatilePagesAreNoCandidates = property.transition({
  id: 'DED-T6',
  name: 'a page whose checksum changed since its last visit only has that noted',
  commands: kinds('memory.scan-page'),
  violation(change) {
    const { before, after, call, size } = change;
    const { vm, page } = call.args;
    const from = before.host.vms.at(vm).pages.at(page);
    if (!isPrivate(before.host, from.at)) return null;
    const checksum = checksumOf(contentAt(before, from.at), size);
    const to = after.host.vms.at(vm).pages.at(page);
    if (to.checksum !== checksum) return `the checksum of ${pageName(vm, page)} was not noted`;
    if (from.checksum === checksum) return null;
    if (!samePlace(from.at, to.at)) return `${pageName(vm, page)} changed, but was merged`;
    return isCandidate(after, vm, page)
      ? `${pageName(vm, page)} changed, but is a candidate`
      : null;
  },
});

function isCandidate({ host }: Reading, vm: number, page: number): boolean {
  const { unstable } = host.sharing;
  for (let s = 0; s < unstable.length; s++) {
    const bySalt = unstable.at(s);
    for (let c = 0; c < bySalt.length; c++) {
      const entry = bySalt.at(c);
      if (entry.kind === 'page' && entry.vm === vm && entry.page === page) return true;
    }
  }
  return false;
}

/** A page that is listed where it was not before. */
function newCandidate(before: Reading, after: Reading): { vm: number; page: number } | null {
  const { unstable } = after.host.sharing;
  for (let s = 0; s < unstable.length; s++) {
    for (let c = 0; c < unstable.at(s).length; c++) {
      const [from, to] = [before.host.sharing.unstable.at(s).at(c), unstable.at(s).at(c)];
      if (to.kind === 'page' && !sameMention(from, to)) return to;
    }
  }
  return null;
}

/** What a visit must come to, by what was before it. */
function dueResult(before: Reading, vm: number, page: number, size: MemorySizes): string {
  const machine = before.host.vms.at(vm);
  const { at, checksum } = machine.pages.at(page);
  if (!isPrivate(before.host, at)) return 'already-shared';
  const held = contentAt(before, at);
  if (checksum !== checksumOf(held, size)) return 'volatile';
  if (held === 0 && size.useZero === 1) return 'merged-zero';
  for (let f = 0; f < before.host.frames.length; f++) {
    const { use, content } = before.host.frames.at(f);
    if (use.kind !== 'shared' || use.salt !== machine.salt || content !== held) continue;
    if (mappingsOf(before.host, f) < size.maxSharing) return 'merged';
  }
  const { unstable } = before.host.sharing;
  const entry = unstable.at(machine.salt).at(held);
  if (entry.kind === 'none' || (entry.vm === vm && entry.page === page)) return 'inserted';
  const other = before.host.vms.at(entry.vm).pages.at(entry.page);
  const free = other.pins === 0 && other.writeback === null && other.swapCopy === null;
  return free && contentAt(before, other.at) === held ? 'merged' : 'inserted';
}

export const visitsComeToWhatTheyMust = property.transition({
  id: 'DED-T7',
  name: 'a visit of the scanner merges a page if an equal one is at hand, and says what it did',
  commands: kinds('memory.scan-page'),
  violation(change) {
    const { before, after, call, size } = change;
    const { vm, page } = call.args;
    const due = dueResult(before, vm, page, size);
    const told = eventOf(change, 'scanned')?.result;
    if (told !== due) return `a visit of ${pageName(vm, page)} came to ${told}, not to ${due}`;
    const { at } = after.host.vms.at(vm).pages.at(page);
    const is =
      at.kind === 'zero'
        ? due === 'merged-zero' || due === 'already-shared'
        : isShared(after.host, at)
          ? due === 'merged' || due === 'already-shared'
          : due === 'volatile' || due === 'inserted';
    if (!is) return `${pageName(vm, page)} is ${at.kind} after a visit that came to ${due}`;
    if ((due === 'inserted') !== isCandidate(after, vm, page)) {
      return `${pageName(vm, page)} was ${due}, which its candidature does not show`;
    }
    const listed = newCandidate(before, after);
    if (listed !== null && (listed.vm !== vm || listed.page !== page)) {
      return `${pageName(listed.vm, listed.page)} is a candidate, and was not visited`;
    }
    const { cursor } = after.host.sharing;
    return cursor.kind === 'page' && cursor.vm === vm && cursor.page === page
      ? null
      : `the scanner visited ${pageName(vm, page)}, but does not stand there`;
  },
});

export const scansEndClean = property.transition({
  id: 'DED-T8',
  name: 'a scan that ends forgets its candidates and counts itself; sharing is run as asked',
  commands: kinds('memory.end-scan', 'memory.set-sharing'),
  violation(change) {
    const { before, after, call } = change;
    const to = after.host.sharing;
    if (call.kind === 'memory.set-sharing') {
      return to.run === call.args.run ? null : `sharing was to ${call.args.run}, but is ${to.run}`;
    }
    if (to.fullScans !== before.host.sharing.fullScans + 1)
      return 'the end of a scan is not counted';
    if (to.cursor.kind !== 'none') return 'the scan has ended, but the scanner stands somewhere';
    for (let s = 0; s < to.unstable.length; s++) {
      const bySalt = to.unstable.at(s);
      for (let c = 0; c < bySalt.length; c++) {
        if (bySalt.at(c).kind !== 'none') return `the scan has ended, but a candidate is left`;
      }
    }
    return null;
  },
});

const movers: readonly string[] = kinds(
  'memory.scan-page',
  'memory.end-scan',
  'memory.destroy-vm',
  'memory.oom-kill',
);

export const scannerIsRunAsAsked = property.transition({
  id: 'DED-T9',
  name: 'only the end of a scan counts one, only a request runs or stops it, only visits move it',
  reads: reads(part.scanner),
  violation({ before, after, call }) {
    const from = before.host.sharing;
    const to = after.host.sharing;
    if (from.run !== to.run && call.kind !== 'memory.set-sharing') {
      return `sharing went from ${from.run} to ${to.run} unasked`;
    }
    const moved = !sameMention(from.cursor, to.cursor);
    if (moved && !movers.includes(call.kind)) return `the scanner was moved by ${call.kind}`;
    return to.fullScans === from.fullScans || call.kind === 'memory.end-scan'
      ? null
      : `the scanner counts ${to.fullScans} scans after ${from.fullScans}`;
  },
});
