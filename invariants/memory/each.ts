/**
 * Rules of one page, one VM or one frame, and which of them a command may have made false. A rule may
 * look at its own page, VM or frame, and at what is behind it:
 *
 * - of a page: the page, its VM and guest, the frame and slots that it names, and those that name
 *   it as the one that has them;
 * - of a VM: the VM, its guest, and all its pages with what is behind them;
 * - of a frame: the frame, and which pages map it.
 *
 * After a command it is asked where anything of that changed. A test holds this against asking of all.
 */
import { type Invariant, remembered } from '../../machine/index.ts';
import type { CheckedMemory, MemorySizes } from '../../model/index.ts';
import { changesOf, type Members, reads, zeros } from './changes.ts';
import { bytes, entries, entryChanges, part, totalChanges } from './parts.ts';
import type { MemoryChange, Reading } from './reading.ts';

type Asked = Pick<Invariant<CheckedMemory>, 'reads' | 'violation' | 'local'>;
type PageRule = (m: Reading, vm: number, page: number, size: MemorySizes) => string | null;
type VmRule = (m: Reading, vm: number, size: MemorySizes) => string | null;
type FrameRule = (m: Reading, frame: number, size: MemorySizes) => string | null;
type Rule = (m: Reading, size: MemorySizes) => string | null;

/** Every page of every VM, whether the VM has it or not. */
export const eachPage = (parts: number, rule: PageRule): Asked => ({
  reads: reads(parts),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      for (let p = 0; p < size.page; p++) {
        const message = rule(m, v, p, size);
        if (message !== null) return message;
      }
    }
    return null;
  },
  local: [
    {
      around: aroundPages,
      parts,
      violation: (m, id, size) => rule(m, Math.floor(id / size.page), id % size.page, size),
    },
  ],
});

export const eachVm = (parts: number, rule: VmRule): Asked => ({
  reads: reads(parts),
  violation(m, size) {
    for (let v = 0; v < size.vm; v++) {
      const message = rule(m, v, size);
      if (message !== null) return message;
    }
    return null;
  },
  local: [{ around: aroundVms, parts, violation: rule }],
});

export const eachFrame = (parts: number, rule: FrameRule): Asked => ({
  reads: reads(parts),
  violation(m, size) {
    for (let f = 0; f < size.frame; f++) {
      const message = rule(m, f, size);
      if (message !== null) return message;
    }
    return null;
  },
  local: [{ around: aroundFrames, parts, violation: rule }],
});

/** A rule of memory as a whole. */
export const whole = (parts: number, rule: Rule): Asked => ({
  reads: reads(parts),
  violation: rule,
  local: [{ around: aroundAll, parts, violation: (m, _, size) => rule(m, size) }],
});

/** One rule, and then another. */
export const both = (one: Asked, other: Asked): Asked => ({
  reads: reads((one.reads?.parts ?? 0) | (other.reads?.parts ?? 0)),
  violation: (m, size) => one.violation(m, size) ?? other.violation(m, size),
  local: [...(one.local ?? []), ...(other.local ?? [])],
});

const aroundAll = remembered((change: MemoryChange) => [changesOf(change).any]);

/** What changed around each page. */
const aroundPages = remembered((change: MemoryChange): number[] => {
  const { before, after, size } = change;
  const { host, vms, pages } = changesOf(change);
  const around = zeros(size.vm * size.page);
  for (let i = 0; i < pages.ids.length; i++) around[pages.ids[i] ?? 0] = pages.parts[i] ?? 0;
  for (let v = 0; v < size.vm; v++) {
    const ofVm = vms[v] ?? 0;
    if (ofVm === 0) continue;
    const [from, to] = [before.host.vms.at(v), after.host.vms.at(v)];
    const [old, now] = [before.guests.at(v), after.guests.at(v)];
    const ofAll = (ofVm & ~entries) | ((ofVm & entries) === 0 ? 0 : totalChanges(old, now));
    if ((ofVm & entries) === 0 && ofAll === 0) continue;
    for (let p = 0; p < size.page; p++) {
      const ofEntry = (ofVm & entries) === 0 ? 0 : entryChanges(p, from, to, old, now);
      add(around, v * size.page + p, ofAll | ofEntry);
    }
  }
  if ((host & behind) !== 0) addBehind(change, around);
  return around;
});

/** What may be behind a page. */
const behind = part.frames | part.slots | bytes;

function add(around: number[], id: number, parts: number): void {
  around[id] = (around[id] ?? 0) | parts;
}

/** Adds what changed of frames and slots to the pages that name them, and to those that they name. */
function addBehind(change: MemoryChange, around: number[]): void {
  const { before, after, size } = change;
  const { host, frames, slots } = changesOf(change);
  const zero = host & part.shares;
  for (let v = 0; v < size.vm; v++) {
    const { pages } = after.host.vms.at(v);
    for (let p = 0; p < size.page; p++) {
      const { at, writeback, swapCopy } = pages.at(p);
      let parts = at.kind === 'zero' ? zero : 0;
      if (at.kind === 'mapped' || at.kind === 'special') parts |= partsOf(frames, at.frame);
      if (at.kind === 'swapped') parts |= partsOf(slots, at.slot);
      if (writeback !== null) parts |= partsOf(slots, writeback);
      if (swapCopy !== null) parts |= partsOf(slots, swapCopy);
      add(around, v * size.page + p, parts);
    }
  }
  for (let i = 0; i < frames.ids.length; i++) {
    const f = frames.ids[i] ?? 0;
    for (const { host } of [before, after]) {
      const { use } = host.frames.at(f);
      if (use.kind === 'private') add(around, use.vm * size.page + use.page, frames.parts[i] ?? 0);
    }
  }
  for (let i = 0; i < slots.ids.length; i++) {
    const s = slots.ids[i] ?? 0;
    for (const { host } of [before, after]) {
      const { use } = host.slots.at(s);
      if (use.kind === 'used') add(around, use.vm * size.page + use.page, slots.parts[i] ?? 0);
    }
  }
}

function partsOf({ ids, parts }: Members, id: number): number {
  for (let i = 0; i < ids.length; i++) if (ids[i] === id) return parts[i] ?? 0;
  return 0;
}

const aroundVms = remembered((change: MemoryChange): number[] => {
  const around = changesOf(change).vms.slice();
  const pages = aroundPages(change);
  const { page } = change.size;
  for (let i = 0; i < pages.length; i++) {
    if (pages[i] !== 0) add(around, Math.floor(i / page), pages[i] ?? 0);
  }
  return around;
});

const aroundFrames = remembered((change: MemoryChange): number[] => {
  const { frames, pages } = changesOf(change);
  const around = zeros(change.size.frame);
  for (let i = 0; i < frames.ids.length; i++) add(around, frames.ids[i] ?? 0, frames.parts[i] ?? 0);
  for (let i = 0; i < pages.ids.length; i++) {
    if (((pages.parts[i] ?? 0) & part.at) === 0) continue;
    const id = pages.ids[i] ?? 0;
    const vm = Math.floor(id / change.size.page);
    for (const { host } of [change.before, change.after]) {
      const { at } = host.vms.at(vm).pages.at(id % change.size.page);
      if (at.kind === 'mapped') add(around, at.frame, part.at);
    }
  }
  return around;
});
