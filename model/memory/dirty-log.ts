/** The dirty log: which pages changed since they were last collected. Chapter 1.B, MEM-T2, MEM-T3. */
import { bool, subset } from '../../machine/index.ts';
import {
  command,
  guestOf,
  hostVm,
  noSuchVm,
  ofPage,
  ofVm,
  outOfRange,
  type PageId,
  pageOf,
  type VmId,
  viewPage,
  viewVm,
} from './model.ts';
import { type Memory, page } from './state.ts';

/** From now on a write to a clean page must be noticed: take write permission away. */
function protect(m: Memory, a: { vm: VmId; page: PageId }): void {
  const entry = pageOf(m, a);
  entry.logged = false;
  entry.writable = false;
  const guest = guestOf(m, a.vm);
  guest.harvested[a.page] = guest.expected.at(a.page);
}

/** The log starts empty, with every page protected. With `manual` protection pages are cleared one by one. */
export function startLogging(m: Memory, vm: VmId, mode: 'auto' | 'manual'): void {
  const machine = hostVm(m, vm);
  machine.logging = mode;
  for (let p = 0; p < machine.size; p++) protect(m, { vm, page: p });
}

/** The pages in the log, which leave it unless protection is manual. */
export function collectLog(m: Memory, vm: VmId): readonly PageId[] {
  const machine = hostVm(m, vm);
  const pages: PageId[] = [];
  for (let p = 0; p < machine.size; p++) {
    if (!machine.pages.at(p).logged) continue;
    pages.push(p);
    if (machine.logging === 'auto') protect(m, { vm, page: p });
  }
  return pages;
}

/** The log stops and is forgotten. Permission to write comes back with the next write. */
export function stopLogging(m: Memory, vm: VmId): void {
  const machine = hostVm(m, vm);
  machine.logging = 'off';
  for (const entry of machine.pages) entry.logged = false;
}

export const startLog = command({
  actor: 'daemon',
  summary: 'The dirty log starts empty, with every page write-protected (MEM-I9).',
  args: { ...ofVm, manual: bool },
  requires: [noSuchVm, ['already-logging', ['vm'], (m, a) => viewVm(m, a.vm).logging !== 'off']],
  effect(m, a) {
    startLogging(m, a.vm, a.manual ? 'manual' : 'auto');
  },
});

export const stopLog = command({
  actor: 'daemon',
  summary: 'The dirty log stops and is forgotten.',
  args: ofVm,
  requires: [noSuchVm, ['not-logging', ['vm'], (m, a) => viewVm(m, a.vm).logging === 'off']],
  effect(m, a) {
    stopLogging(m, a.vm);
  },
});

/** Collects the log. With manual protection, `clear-log` clears each page just before its copy. */
export const harvestLog = command({
  actor: 'daemon',
  summary:
    'Returns the logged pages; unless protection is manual, clears and protects them (MEM-T3).',
  args: ofVm,
  requires: [noSuchVm, ['not-logging', ['vm'], (m, a) => viewVm(m, a.vm).logging === 'off']],
  effect(m, a, c) {
    c.emit({ type: 'harvested', vm: a.vm, pages: collectLog(m, a.vm) });
  },
});

export const clearLog = command({
  actor: 'daemon',
  summary: 'Clears one page of a manual log and protects it, just before it is copied (MEM-T3).',
  args: ofPage,
  requires: [
    noSuchVm,
    outOfRange,
    ['not-manual', ['vm'], (m, a) => viewVm(m, a.vm).logging !== 'manual'],
    ['not-logged', ['vm', 'page'], (m, a) => !viewPage(m, a).logged],
  ],
  effect(m, a) {
    protect(m, a);
  },
});

/** Estimates how much of its memory a VM uses, from the accessed bits of a sample. */
export const sampleActive = command({
  actor: 'daemon',
  summary: 'Counts the accessed pages of the last sample and begins another (MEM-T6).',
  args: { ...ofVm, pages: subset(page, 'sample') },
  requires: [
    noSuchVm,
    ['out-of-range', ['vm', 'pages'], (m, a) => a.pages.some((p) => p >= viewVm(m, a.vm).size)],
  ],
  effect(m, a, c) {
    const machine = hostVm(m, a.vm);
    let sampled = 0;
    let touched = 0;
    machine.sampled.forEach((isSampled, p) => {
      if (!isSampled) return;
      sampled++;
      if (machine.pages.at(p).accessed) touched++;
    });
    if (sampled > 0) {
      machine.active = Math.floor((machine.size * touched) / sampled);
      c.emit({ type: 'activity', vm: a.vm, active: machine.active });
    }
    for (let p = 0; p < machine.sampled.length; p++) machine.sampled[p] = false;
    for (const p of a.pages) {
      machine.sampled[p] = true;
      machine.pages.at(p).accessed = false;
    }
  },
});
