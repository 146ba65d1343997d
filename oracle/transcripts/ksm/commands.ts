/**
 * What the log tells the host or a test process to do, as changes of the abstraction. Commands are
 * independent of the log's syntax. A page that leaves its content leaves an item behind that the
 * counters show until the scanner comes by (decision 23 of the design).
 */
import {
  contentKey,
  type Layout,
  originalKey,
  type Process,
  pageCount,
  redonePages,
  wordKey,
} from './population.ts';
import { keptFrames, mergeablePages, merged, type State, withRoom } from './state.ts';

/** One input of the abstraction. */
export type Command =
  | { readonly kind: 'start'; readonly name: string; readonly layout: Layout }
  | { readonly kind: 'advise'; readonly name: string }
  | { readonly kind: 'unmerge'; readonly name: string }
  | { readonly kind: 'exit'; readonly name: string }
  | {
      readonly kind: 'write';
      readonly name: string;
      readonly page: number;
      /** The first word of the page, 16 hexadecimal digits. */
      readonly word: string;
    }
  | { readonly kind: 'rewrite'; readonly name: string; readonly pages: number }
  /** `run=2`: the host breaks all sharing and forgets every page (DED SetRun). */
  | { readonly kind: 'unmerge-all' }
  | {
      readonly kind: 'set';
      readonly limit?: number;
      readonly useZero?: boolean;
    };

/** The state after the command. Total: a command for an unknown process changes nothing. */
export function apply(state: State, command: Command): State {
  switch (command.kind) {
    case 'start':
      return start(state, command.name, command.layout);
    case 'advise':
      return advise(state, command.name);
    case 'unmerge':
      return leave(state, command.name, unmerged);
    case 'exit':
      return leave(state, command.name, () => undefined);
    case 'write':
      return write(state, command.name, command.page, command.word);
    case 'rewrite':
      return rewrite(state, command.name, command.pages);
    case 'unmerge-all':
      return unmergeAll(state);
    case 'set':
      return set(state, command);
  }
}

/** The process of that name, if it lives. */
export function processOf(state: State, name: string): Process | undefined {
  return state.processes.find((process) => process.name === name);
}

function start(state: State, name: string, layout: Layout): State {
  const process: Process = {
    name,
    layout,
    mergeable: false,
    rewritten: 0,
    written: new Map(),
    sure: 0,
    since: undefined,
  };
  // A new process of an old name has other contents.
  const words = without(state.words, name, /./);
  return { ...state, processes: [...state.processes, process], words };
}

/** The words read so far, without those that only this process has and that `gone` names. */
function without(words: State['words'], name: string, gone: RegExp): State['words'] {
  const isGone = (key: string): boolean => key.startsWith(`${name} `) && gone.test(key);
  return new Map([...words].filter(([key]) => !isGone(key)));
}

function advise(state: State, name: string): State {
  const process = processOf(state, name);
  if (process === undefined || process.mergeable) return state;
  const now: Process = { ...process, mergeable: true, since: state.last?.full_scans };
  return withRoom({
    ...replace(state, name, now),
    former: [...state.former, { ...now, rewritten: 0, written: new Map() }],
    changedAt: undefined,
  });
}

function leave(state: State, name: string, to: (process: Process) => Process | undefined): State {
  const process = processOf(state, name);
  if (process === undefined) return state;
  const pages = mergeablePages(process);
  const zeros = zerosOf(state, process);
  const redoneLeft = state.redoneLeft || redonePages([process]) > 0;
  const next = { ...replace(state, name, to(process)), changedAt: undefined, redoneLeft };
  const after = withRoom(next);
  if (pages === 0) return after;
  return {
    ...lower(after, pages, zeros),
    stale: state.stale + pages,
    leaving: state.leaving + pages,
    items: { low: Math.max(0, state.items.low - pages), high: state.items.high },
    steady: Math.max(0, state.steady - pages),
  };
}

/** Its pages are private again, and stay so if it asks for merging once more. */
function unmerged(process: Process): Process {
  const written = [...process.written].map(
    ([page, { key }]) => [page, { key, sure: false }] as const,
  );
  return { ...process, mergeable: false, sure: 0, written: new Map(written) };
}

function zerosOf(state: State, process: Process): number {
  if (!process.mergeable) return 0;
  const { common, zero } = process.layout;
  const touched = process.rewritten > common || process.written.size > 0;
  if (!touched) return zero;
  let count = 0;
  for (let page = common; page < common + zero; page += 1) {
    if (contentKey(process, page) === 'zero') count += 1;
  }
  return Math.min(count, state.room.zeros);
}

function write(state: State, name: string, page: number, word: string): State {
  const process = processOf(state, name);
  if (process === undefined || page >= pageCount(process.layout)) return state;
  const before = contentKey(process, page);
  const original = originalKey(process.layout, page);
  const known = state.words.get(wordKey(process, original, page))?.value;
  const key = known === word ? original : `${original}=${word}`;
  const wasZero = before === 'zero' && process.mergeable;
  // The page is copied even when the word is the one it had: that is what breaks sharing (DED-T4).
  // The kernel's own zero page is not one of the shared frames.
  const inZeroPage = wasZero && state.useZero && !state.zeroShared;
  const left = inZeroPage || merged(state, process, page) === false ? 0 : 1;
  const written = new Map(process.written).set(page, { key, sure: false });
  const everWritten = new Map(state.everWritten);
  // A content that only one page ever had never had a frame of its own in the stable tree.
  if (everWritten.get(before) === 1) everWritten.delete(before);
  if (key !== original) everWritten.set(key, (everWritten.get(key) ?? 0) + 1);
  const after = withRoom({
    ...replace(state, name, { ...process, written }),
    everWritten,
    redoneLeft: state.redoneLeft || before.endsWith('~'),
    changedAt: undefined,
    fresh: state.fresh && left === 0,
  });
  return { ...lower(after, left, wasZero ? 1 : 0), stale: state.stale + left };
}

function rewrite(state: State, name: string, pages: number): State {
  const process = processOf(state, name);
  if (process === undefined) return state;
  const count = Math.min(pages, pageCount(process.layout));
  let left = 0;
  let zeros = 0;
  for (let page = 0; page < count; page += 1) {
    const wasZero = process.mergeable && contentKey(process, page) === 'zero';
    if (wasZero) zeros += 1;
    if (wasZero && state.useZero && !state.zeroShared) continue;
    if (merged(state, process, page) !== false) left += 1;
  }
  const written = new Map([...process.written].filter(([page]) => page >= count));
  const rewritten = Math.max(process.rewritten, count);
  const after = withRoom({
    ...replace(state, name, { ...process, written, rewritten }),
    words: without(state.words, name, /~/),
    redoneLeft: state.redoneLeft || redonePages([process]) > 0,
    changedAt: undefined,
  });
  return { ...lower(after, left, zeros), stale: state.stale + left };
}

/** Lower bounds after so many pages left their contents. */
function lower(state: State, left: number, zeros: number): State {
  const { low } = state;
  // If all of it was merged, only an empty frame goes; else any page may have been a frame's last.
  const allMerged = state.processes.every((process) => process.sure > 0 || !process.mergeable);
  const counts = left > 0 && low.shared > 0 && allMerged;
  const kept = counts ? Math.min(low.shared, keptFrames(state)) : 0;
  const shared = Math.max(kept, low.shared - left, 0);
  return {
    ...state,
    fresh: state.fresh && left === 0,
    framesLost: state.framesLost || (left > 0 && !(counts && kept === low.shared)),
    // A page merged with the zero page is forgotten, and known again when the scanner comes by.
    items: state.useZero
      ? { low: Math.max(0, state.items.low - zeros), high: state.items.high }
      : state.items,
    low: {
      shared,
      sharing: Math.max(0, low.sharing - left),
      zeros: Math.max(0, low.zeros - zeros),
    },
  };
}

function unmergeAll(state: State): State {
  const processes = state.processes.map((process) => ({
    ...unmerged(process),
    mergeable: process.mergeable,
    since: process.mergeable ? 0 : process.since,
  }));
  const sharers = processes.filter((process) => process.mergeable);
  const everWritten = new Map<string, number>();
  for (const process of sharers) {
    for (const [page, { key }] of process.written) {
      if (key === originalKey(process.layout, page)) continue;
      everWritten.set(key, (everWritten.get(key) ?? 0) + 1);
    }
  }
  return withRoom({
    ...state,
    processes,
    former: sharers.map((process) => ({ ...process, rewritten: 0, written: new Map() })),
    everWritten,
    redoneLeft: false,
    zeroShared: !state.useZero,
    low: { shared: 0, sharing: 0, zeros: 0 },
    stale: 0,
    leaving: 0,
    items: { low: 0, high: 0 },
    changedAt: undefined,
    fresh: true,
    framesLost: false,
    restarted: true,
    young: true,
    steady: 0,
    frames: new Map(),
  });
}

function set(state: State, to: Extract<Command, { kind: 'set' }>): State {
  const useZero = to.useZero ?? state.useZero;
  // Pages merged before the change stay where they are (Linux: use_zero_pages).
  const nothingMerged = state.items.high === 0 || state.former.length === 0;
  const zeroShared = !useZero || (state.zeroShared && !nothingMerged);
  return withRoom({
    ...state,
    limit: to.limit ?? state.limit,
    useZero,
    zeroShared,
  });
}

function replace(state: State, name: string, process: Process | undefined): State {
  const processes = state.processes.flatMap((each) => {
    if (each.name !== name) return [each];
    return process === undefined ? [] : [process];
  });
  return { ...state, processes };
}
