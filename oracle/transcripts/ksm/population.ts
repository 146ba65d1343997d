/**
 * Which pages of the test processes hold equal contents, counted, never listed: the part of the
 * abstraction that says how much could be merged (DED-I4, DED-T3). A process is described by how
 * many pages of each kind it has; written pages are exceptions to that.
 */

/** How many pages of each kind a test process has, in the order they lie in its memory. */
export interface Layout {
  readonly seed: number;
  /** Page i of this kind is equal in every process. */
  readonly common: number;
  readonly zero: number;
  /** All equal within the process; between processes that is not said. */
  readonly identical: number;
  /** Page i of this kind is equal to nothing, except perhaps in a process of the same seed. */
  readonly unique: number;
}

/** A page that got a new first word. `sure`: known to be merged. */
export interface Written {
  readonly key: string;
  readonly sure: boolean;
}

/** A process whose memory takes part in merging. */
export interface Process {
  readonly name: string;
  readonly layout: Layout;
  /** False before `madvise(MADV_MERGEABLE)` and after `MADV_UNMERGEABLE`. */
  readonly mergeable: boolean;
  /** The first so many pages were rewritten with contents that the log does not tell. */
  readonly rewritten: number;
  readonly written: ReadonlyMap<number, Written>;
  /** Every page of it that can be merged with one of so many processes was seen to be merged. */
  readonly sure: number;
  /** A lower bound of `full_scans` when its pages became mergeable. */
  readonly since: number | undefined;
}

/** `count` contents that `size` pages each have; not `certain`: perhaps they differ after all. */
export interface SizeClass {
  readonly size: number;
  readonly count: number;
  readonly certain: boolean;
  readonly zero: boolean;
  /** At most so many different contents, if not `certain`; as many as pages when absent. */
  readonly parts?: number;
}

/** Number of pages of a layout. */
export function pageCount(layout: Layout): number {
  return layout.common + layout.zero + layout.identical + layout.unique;
}

/** The content of a page as it was when the process began, as a key. */
export function originalKey(layout: Layout, page: number): string {
  if (page < layout.common) return `common ${page}`;
  if (page < layout.common + layout.zero) return 'zero';
  if (page < layout.common + layout.zero + layout.identical) return 'identical';
  return `unique ${layout.seed} ${page - layout.common - layout.zero - layout.identical}`;
}

/** The content of a page now. */
export function contentKey(process: Process, page: number): string {
  const written = process.written.get(page);
  if (written !== undefined) return written.key;
  const key = originalKey(process.layout, page);
  return page < process.rewritten ? `${key}~` : key;
}

/**
 * Under which name the first word of a content is known. Contents that are perhaps different in
 * different processes, or that the log does not tell, are known apart.
 */
export function wordKey(process: Process, key: string, page: number): string {
  if (key.endsWith('~')) return `${process.name} ${key} ${page}`;
  const apart = key === 'identical' || key.startsWith('unique');
  return apart ? `${process.name} ${key}` : key;
}

/** Contents by the number of pages that hold them; contents of one page are left out. */
export function sizeClasses(processes: readonly Process[]): SizeClass[] {
  const sharers = processes.filter((process) => process.mergeable);
  const classes: SizeClass[] = [...ranges(sharers, commonRange, true)];
  const bySeed = new Map<number, Process[]>();
  for (const process of sharers) {
    const same = bySeed.get(process.layout.seed) ?? [];
    bySeed.set(process.layout.seed, [...same, process]);
  }
  for (const same of bySeed.values()) classes.push(...ranges(same, uniqueRange, false));
  classes.push(...uniform(sharers));
  classes.push(...writtenClasses(sharers));
  return classes.filter((group) => group.size >= 2 && group.count > 0);
}

type Range = (process: Process) => { from: number; length: number };
const commonRange: Range = ({ layout }) => ({ from: 0, length: layout.common });
const uniqueRange: Range = ({ layout }) => ({
  from: layout.common + layout.zero + layout.identical,
  length: layout.unique,
});

/** Contents numbered alike in several processes: cut where a process begins or ends to differ. */
function ranges(sharers: readonly Process[], range: Range, certain: boolean): SizeClass[] {
  const spans = sharers.map((process) => {
    const { from, length } = range(process);
    return { length, rewritten: Math.max(0, Math.min(length, process.rewritten - from)) };
  });
  const cuts = [...new Set(spans.flatMap(({ length, rewritten }) => [0, length, rewritten]))];
  cuts.sort((a, b) => a - b);
  const exceptions = exceptionsOf(sharers, range);
  const sizesAt = (index: number): { plain: number; redone: number } => ({
    plain: spans.filter((span) => index >= span.rewritten && index < span.length).length,
    redone: spans.filter((span) => index < span.rewritten).length,
  });
  const classes: SizeClass[] = [];
  for (const [at, from] of cuts.entries()) {
    const to = cuts[at + 1];
    if (to === undefined) break;
    const { plain, redone } = sizesAt(from);
    const inside = [...exceptions.keys()].filter((index) => index >= from && index < to).length;
    classes.push({ size: plain, count: to - from - inside, certain, zero: false });
    classes.push({ size: redone, count: to - from, certain: false, zero: false });
  }
  for (const [index, change] of exceptions) {
    classes.push({ size: sizesAt(index).plain + change, count: 1, certain, zero: false });
  }
  return classes;
}

/** Per index, how many more (or fewer) pages hold the original content than the spans say. */
function exceptionsOf(sharers: readonly Process[], range: Range): Map<number, number> {
  const exceptions = new Map<number, number>();
  for (const process of sharers) {
    const { from, length } = range(process);
    for (const [page, { key }] of process.written) {
      const index = page - from;
      const change = plainChange(process, page, key);
      if (index < 0 || index >= length || change === 0) continue;
      exceptions.set(index, (exceptions.get(index) ?? 0) + change);
    }
  }
  return exceptions;
}

/** A written page leaves its original content, or comes back to it after a mass rewrite. */
function plainChange(process: Process, page: number, key: string): -1 | 0 | 1 {
  const restored = key === originalKey(process.layout, page);
  if (page < process.rewritten) return restored ? 1 : 0;
  return restored ? 0 : -1;
}

/** Pages that may be merged and hold a content of a mass rewrite. */
export function redonePages(processes: readonly Process[]): number {
  let count = 0;
  for (const { mergeable, rewritten, written } of processes) {
    if (!mergeable) continue;
    count += rewritten;
    for (const page of written.keys()) if (page < rewritten) count -= 1;
  }
  return count;
}

/** Zero pages and identical pages: one content each, of many pages. */
function uniform(sharers: readonly Process[]): SizeClass[] {
  const plain = { zero: 0, identical: 0 };
  const redone = { zero: 0, identical: 0 };
  let holders = 0;
  for (const process of sharers) {
    const { common, zero, identical } = process.layout;
    const spans = { zero: [common, zero], identical: [common + zero, identical] } as const;
    for (const kind of ['zero', 'identical'] as const) {
      const [from, length] = spans[kind];
      const gone = Math.max(0, Math.min(length, process.rewritten - from));
      redone[kind] += gone;
      plain[kind] += length - gone + plainChanges(process, from, from + length);
    }
    if (identical > 0) holders += 1;
  }
  return [
    { size: plain.zero, count: 1, certain: true, zero: true },
    { size: plain.identical, count: 1, certain: holders <= 1, zero: false, parts: holders },
    { size: redone.zero, count: 1, certain: false, zero: false },
    { size: redone.identical, count: 1, certain: false, zero: false },
  ];
}

function plainChanges(process: Process, from: number, to: number): number {
  let change = 0;
  for (const [page, { key }] of process.written) {
    if (page >= from && page < to) change += plainChange(process, page, key);
  }
  return change;
}

/** Pages with a written first word are equal when the rest and the word are. */
function writtenClasses(sharers: readonly Process[]): SizeClass[] {
  const sizes = new Map<string, number>();
  for (const process of sharers) {
    for (const [page, { key }] of process.written) {
      if (key === originalKey(process.layout, page)) continue;
      sizes.set(key, (sizes.get(key) ?? 0) + 1);
    }
  }
  return [...sizes].map(([key, size]) => {
    return { size, count: 1, certain: isCertain(key), zero: false };
  });
}

/** Whether pages of that written content are equal in all processes. */
export function isCertain(key: string): boolean {
  return !key.startsWith('identical') && !key.startsWith('unique');
}

/** Zero-filled pages that may be merged. */
export function zeroPages(processes: readonly Process[]): number {
  const sharers = processes.filter((process) => process.mergeable);
  return uniform(sharers).reduce((sum, group) => (group.zero ? sum + group.size : sum), 0);
}
