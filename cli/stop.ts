/** When long work ends early: the user asked, or time is up. */
import type { Io } from './io.ts';

export type StopReason = 'interrupted' | 'time';

/** Why to stop; undefined to go on. */
export type Stop = () => StopReason | undefined;

/** Seconds since the start of a command. */
export interface Clock {
  seconds(): number;
}

export function clock(): Clock {
  const start = performance.now();
  return { seconds: () => (performance.now() - start) / 1000 };
}

export function stopAfter(io: Io, now: Clock, seconds: number): Stop {
  return () => {
    if (io.stop.aborted) return 'interrupted';
    return now.seconds() > seconds ? 'time' : undefined;
  };
}
