/** Long searches: they let other work run, say how far they are, and end when it is time. */
import type { SearchProgress } from '../checker/index.ts';
import { pauses } from './io.ts';
import type { Progress } from './progress.ts';
import { count } from './report/table.ts';
import { interrupted } from './rule-time.ts';
import type { Clock, Stop } from './stop.ts';

export interface Pace {
  readonly stop: Stop;
  readonly now: Clock;
  readonly shown: Progress;
  /** Seconds that a rule may take; absent where all rules end. */
  readonly ruleTime: number | undefined;
}

/** What a search found; or how far it was when a rule did not end, and then it must not be used again. */
export type Run<R> =
  | { readonly ended: true; readonly found: R }
  | { readonly ended: false; readonly progress: SearchProgress };

export async function toItsEnd<R>(
  search: Generator<SearchProgress, R, boolean | undefined>,
  { stop, now, shown, ruleTime }: Pace,
): Promise<Run<R>> {
  const pause = pauses();
  let next: IteratorResult<SearchProgress, R> = { done: false, value: nothingYet };
  /** Goes on until it is time to let other work run. */
  const proceed = (): Promise<void> | undefined => {
    for (;;) {
      next = search.next(stop() !== undefined);
      if (next.done) return undefined;
      const pausing = pause();
      if (pausing !== undefined) return pausing;
    }
  };
  for (let progress = nothingYet; ; ) {
    const ran = ruleTime === undefined ? { value: proceed() } : interrupted(proceed, ruleTime);
    if (ran === undefined) return { ended: false, progress };
    const last = next as IteratorResult<SearchProgress, R>;
    if (last.done) return { ended: true, found: last.value };
    progress = last.value;
    const { distinct, depth } = progress;
    const rate = Math.round(distinct / now.seconds());
    shown.at(distinct, `, ${count(rate)} a second, level ${depth}, ${count(peakMb())} MB`);
    await ran.value;
  }
}

const nothingYet: SearchProgress = { distinct: 1, generated: 0, depth: 0, bytes: 0 };

/** Memory of the process at its highest. */
export function peakMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
