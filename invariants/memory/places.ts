/** Where a page may go: by which commands, from what sort of place to what other. */
import type { MemoryCall } from '../../model/index.ts';
import { reads } from './changes.ts';
import { part, samePlace } from './parts.ts';
import { pageName, property } from './reading.ts';

type Move = readonly [from: string, to: string];

/** A VM ends: no page of it is anywhere. */
const ending: readonly Move[] = [
  ['mapped', 'unbacked'],
  ['zero', 'unbacked'],
  ['swapped', 'unbacked'],
  ['ballooned', 'unbacked'],
  ['reported', 'unbacked'],
  ['special', 'unbacked'],
];

/** Of a page's place: by which commands it may change, from what and to what. */
const moves: Readonly<Partial<Record<MemoryCall['kind'], readonly Move[]>>> = {
  'memory.populate': [
    ['unbacked', 'mapped'],
    ['reported', 'mapped'],
    ['ballooned', 'mapped'],
  ],
  'memory.swap-in': [['swapped', 'mapped']],
  'memory.overwrite': [['swapped', 'mapped']],
  'memory.exchange': [
    ['swapped', 'mapped'],
    ['mapped', 'swapped'],
  ],
  'memory.swap-out-end': [['mapped', 'swapped']],
  'memory.swap-out-clean': [['mapped', 'swapped']],
  'memory.scan-page': [
    ['mapped', 'mapped'],
    ['mapped', 'zero'],
  ],
  'memory.merge-page': [['mapped', 'mapped']],
  'memory.break-share': [
    ['mapped', 'mapped'],
    ['zero', 'mapped'],
  ],
  'memory.acknowledge-inflate': [
    ['unbacked', 'ballooned'],
    ['mapped', 'ballooned'],
    ['zero', 'ballooned'],
    ['swapped', 'ballooned'],
    ['reported', 'ballooned'],
  ],
  'memory.acknowledge-deflate': [['ballooned', 'unbacked']],
  'memory.acknowledge-report': [
    ['unbacked', 'reported'],
    ['mapped', 'reported'],
    ['zero', 'reported'],
    ['swapped', 'reported'],
  ],
  'memory.unload-driver': [['ballooned', 'unbacked']],
  'memory.freeze-driver': [['ballooned', 'unbacked']],
  'memory.reset-vm': [
    ['ballooned', 'unbacked'],
    ['reported', 'unbacked'],
  ],
  'memory.map-special': [['unbacked', 'special']],
  'memory.destroy-vm': ending,
  'memory.oom-kill': ending,
};

export const placesChangeByTheBook = property.transition({
  id: 'MEM-T11',
  name: 'a page moves from one sort of place to another only by a command that says so',
  reads: reads(part.at),
  violation({ before, after, call }) {
    const { vms } = after.host;
    for (let v = 0; v < vms.length; v++) {
      const { pages } = vms.at(v);
      const old = before.host.vms.at(v).pages;
      for (let p = 0; p < pages.length; p++) {
        const from = old.at(p).at;
        const to = pages.at(p).at;
        if (samePlace(from, to)) continue;
        const allowed = moves[call.kind]?.some(([a, b]) => a === from.kind && b === to.kind);
        if (allowed !== true) return `${pageName(v, p)} went from ${from.kind} to ${to.kind}`;
      }
    }
    return null;
  },
});
