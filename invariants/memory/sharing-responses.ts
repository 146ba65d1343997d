/** Liveness of page sharing as bounded response: see `responses.ts` for what that promises. */
import type { MemorySizes } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part } from './parts.ts';
import { contentAt, isPrivate, isShared, property, type Reading } from './reading.ts';
import { eachVm, ends, notStalled, servesWait } from './responses.ts';

const eachPage = (size: MemorySizes): number => size.vm * size.page;
const vmAt = (instance: number, size: MemorySizes): number => Math.floor(instance / size.page);
const pageAt = (instance: number, size: MemorySizes): number => instance % size.page;

/** The scanner may merge the page. */
function isMergeable({ host }: Reading, vm: number, page: number): boolean {
  const { pages, mergeable, huge, state } = host.vms.at(vm);
  if (state === 'absent' || !mergeable || huge) return false;
  const { at, pins, writeback } = pages.at(page);
  return pins === 0 && writeback === null && isPrivate(host, at);
}

/** An equal page that the page could share with at this very visit. */
function hasEqual(m: Reading, vm: number, page: number, size: MemorySizes): boolean {
  const { host } = m;
  const { salt, pages } = host.vms.at(vm);
  const held = contentAt(m, pages.at(page).at);
  if (held === 0 && size.useZero === 1) return true;
  for (let f = 0; f < host.frames.length; f++) {
    const { use, content, references } = host.frames.at(f);
    if (use.kind !== 'shared' || use.salt !== salt) continue;
    if (content === held && references < size.maxSharing) return true;
  }
  const entry = host.sharing.unstable.at(salt).at(held);
  if (entry.kind === 'none' || (entry.vm === vm && entry.page === page)) return false;
  const { at, swapCopy } = host.vms.at(entry.vm).pages.at(entry.page);
  return isMergeable(m, entry.vm, entry.page) && swapCopy === null && contentAt(m, at) === held;
}

/**
 * Within three scans, of which the first notes the checksum and the second finds the equal page. The
 * premise is what a full scan brings: whenever the page is visited for the second time, an equal one
 * was visited before it in the same scan.
 */
export const equalPagesMerge = property.within({
  id: 'DED-L1',
  name: 'an unchanging page is merged at the second visit that finds an equal one',
  reads: reads(
    part.at | part.frames | part.pins | part.writeback | part.settings | part.life | part.scanner,
  ),
  instances: eachPage,
  starts: (m, i, size) =>
    m.host.sharing.run === 'run' && isMergeable(m, vmAt(i, size), pageAt(i, size)),
  bound: () => 1,
  counts: ({ call, size }, i) =>
    call.kind === 'memory.scan-page' &&
    call.args.vm === vmAt(i, size) &&
    call.args.page === pageAt(i, size),
  assuming({ before, after, call, size }, i) {
    const vm = vmAt(i, size);
    const page = pageAt(i, size);
    const visited =
      call.kind === 'memory.scan-page' && call.args.vm === vm && call.args.page === page;
    if (visited) return hasEqual(before, vm, page, size);
    if (!isMergeable(after, vm, page)) return false;
    const was = before.host.vms.at(vm).pages.at(page).at;
    const is = after.host.vms.at(vm).pages.at(page).at;
    return contentAt(before, was) === contentAt(after, is);
  },
  done: ({ host }, i, size) =>
    isShared(host, host.vms.at(vmAt(i, size)).pages.at(pageAt(i, size)).at),
});

export const breaksComplete = property.within({
  id: 'DED-L2',
  name: 'a VM that waits for a share to break goes on with the first break of it',
  reads: reads(part.stalled | part.at | part.frames),
  instances: eachVm,
  starts(m, vm) {
    const { stalled, pages } = m.host.vms.at(vm);
    return stalled !== null && isShared(m.host, pages.at(stalled).at);
  },
  bound: () => 0,
  counts: servesWait,
  assuming: (change, vm) => !ends(change, vm),
  done: notStalled,
});

/** Mappings of shared frames and of the zero frame, on the whole host. */
function sharedMappings({ host }: Reading): number {
  let shared = 0;
  for (let v = 0; v < host.vms.length; v++) {
    const { pages } = host.vms.at(v);
    for (let p = 0; p < pages.length; p++) if (isShared(host, pages.at(p).at)) shared++;
  }
  return shared;
}

export const unmergingEnds = property.within({
  id: 'DED-L3',
  name: 'undoing all sharing takes at most one break for each page that shares',
  reads: reads(part.scanner | part.at | part.frames),
  instances: () => 1,
  starts: (m) => m.host.sharing.run === 'unmerge',
  bound: (m) => sharedMappings(m) - 1,
  counts: ({ call }) => call.kind === 'memory.break-share' || call.kind === 'memory.break-last',
  assuming: ({ after }) => after.host.sharing.run === 'unmerge',
  done: (m) => sharedMappings(m) === 0,
});
