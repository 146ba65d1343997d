/** Random runs of processes whose pages are merged, and of their daemon. */
import * as fc from 'fast-check';
import type { Layout } from '../../../oracle/transcripts/ksm/population.ts';
import { type At, PAGES, PROCESSES, type Setting, WORDS } from './projectedProcesses.ts';

/** What a script does, or the daemon; what makes no sense when its turn comes is left out. */
export type Act =
  | { readonly kind: 'start'; readonly vm: number; readonly layout: Layout }
  | { readonly kind: 'exit' | 'advise' | 'unadvise' | 'stat'; readonly vm: number }
  | ({ readonly kind: 'write'; readonly word: number } & At)
  | ({ readonly kind: 'read' | 'frame' } & At)
  | {
      readonly kind: 'rewrite';
      readonly vm: number;
      readonly pages: number;
      readonly alike: boolean;
    }
  | { readonly kind: 'scan' | 'end-scans'; readonly count: number }
  | { readonly kind: 'run'; readonly to: 'stop' | 'run' | 'unmerge' }
  | { readonly kind: 'reading' };

export interface KsmRun {
  readonly setting: Setting;
  /** The counters are read after every act. */
  readonly eager: boolean;
  readonly acts: readonly Act[];
}

const from1 = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
const ofVm = { vm: fc.nat(PROCESSES - 1) };
const ofPage = { ...ofVm, page: fc.nat(PAGES - 1) };

const layouts: fc.Arbitrary<Layout> = fc
  .record({
    seed: fc.integer({ min: 1, max: 2 }),
    common: fc.nat(2),
    zero: fc.nat(2),
    identical: fc.nat(2),
    unique: fc.nat(1),
  })
  .filter(({ common, zero, identical, unique }) => {
    const pages = common + zero + identical + unique;
    return pages >= 1 && pages <= PAGES;
  });

const kind = <K extends string>(...kinds: readonly [K, ...K[]]): { kind: fc.Arbitrary<K> } => ({
  kind: fc.constantFrom<K>(...kinds),
});
const start = fc.record({ ...kind('start'), ...ofVm, layout: layouts });
const word = fc.constantFrom<number>(WORDS.own, ...WORDS.told);
const to = fc.constantFrom<('stop' | 'run' | 'unmerge')[]>('stop', 'run', 'run', 'unmerge');
const weighed: readonly [number, fc.Arbitrary<Act>][] = [
  [2, start],
  [3, fc.record({ ...kind('exit', 'advise', 'unadvise'), ...ofVm })],
  [6, fc.record({ ...kind('write'), ...ofPage, word })],
  [1, fc.record({ ...kind('rewrite'), ...ofVm, pages: from1(PAGES), alike: fc.boolean() })],
  [6, fc.record({ ...kind('read', 'frame'), ...ofPage })],
  [2, fc.record({ ...kind('stat'), ...ofVm })],
  [6, fc.record({ ...kind('scan'), count: from1(PROCESSES * PAGES) })],
  [6, fc.record({ ...kind('end-scans'), count: from1(6) })],
  [2, fc.record({ ...kind('run'), to })],
  [12, fc.record(kind('reading'))],
];
const act = fc.oneof(...weighed.map(([weight, arbitrary]) => ({ weight, arbitrary })));

const settings: fc.Arbitrary<Setting> = fc.record({
  limit: fc.integer({ min: 2, max: 3 }),
  useZero: fc.boolean(),
  alike: fc.boolean(),
  direct: fc.boolean(),
  collide: fc.boolean(),
});

/** Runs that begin with some processes. */
export const ksmRuns: fc.Arbitrary<KsmRun> = fc.record({
  setting: settings,
  eager: fc.boolean(),
  acts: fc
    .tuple(
      fc.array(start, { minLength: 1, maxLength: PROCESSES }),
      fc.array(act, { minLength: 10, maxLength: 60, size: 'max' }),
    )
    .map(([first, then]): readonly Act[] => [...first, ...then]),
});

/**
 * Runs at whose last two readings everything is merged that can be: contents are known to be equal
 * or not, and nothing changes.
 */
export const settledRuns: fc.Arbitrary<KsmRun> = fc
  .tuple(settings, fc.array(layouts, { minLength: 1, maxLength: PROCESSES }))
  .map(([setting, population]) => {
    const starts = population.map((layout, vm) => {
      const known = vm === 0 ? layout : { ...layout, identical: 0, unique: 1 };
      return { kind: 'start', vm, layout: { ...known, seed: vm + 1 } } as const;
    });
    const rest = [{ kind: 'reading' }, { kind: 'end-scans', count: 8 }] as const;
    const end = [{ kind: 'reading' }, { kind: 'reading' }] as const;
    return { setting, eager: false, acts: [...starts, ...rest, ...end] };
  });
