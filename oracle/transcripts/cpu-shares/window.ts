/**
 * The counting abstraction of a core that threads share: not who ran when, but for how long each ran
 * and waited in a window of time, and how often it was given the core. All of them are runnable all
 * the while. What an instrument leaves open is a parameter: the same rules hold for a kernel's
 * counters and for the ticks of a model, which are exact.
 */
import { outside } from '../system.ts';
import type { Contradiction } from '../verdict.ts';

/** One element for each comparison that could have failed: nothing, or what is wrong. */
export type Comparisons = Generator<Contradiction | undefined>;

/** How threads fared in a window. `cpu` and `wait` are parts of the window, 1 being all of it. */
export interface Window {
  /** Length of the window, in seconds. */
  readonly secs: number;
  readonly cpu: readonly number[];
  readonly wait: readonly number[];
  /** How often each was given the core. */
  readonly slices: readonly number[];
}

/** What an instrument leaves open, in seconds where nothing else is said. */
export interface Instrument {
  /** The most by which rounding changes a part of the window. */
  readonly rounding: number;
  /** The most that the readings of the counters and of the clock are apart. */
  readonly apart: number;
  /** The most for which the threads were there before the window. */
  readonly before: number;
  /** The most of the window that nobody is charged with: interrupts, and what the host stole. */
  readonly uncharged: number;
  /** The least for which somebody who is given the core keeps it. */
  readonly slice: number;
  /** What a thread asks for at a time at most, and how far apart the scheduler's decisions are. */
  readonly request: number;
  readonly tick: number;
  /** The most that others who want the core weigh. */
  readonly others: number;
}

/** From so many slices on, a wait in progress at an end of the window is a small part of all. */
const SLICES_MIN = 10;

/** Where others weigh more than is known, the longest wait is at most so many times the mean one. */
const UNEVEN = 4;

/** Shares may be off by this much in any window (decision 25 of the design). */
const SHARE_ERROR = 0.01;

/**
 * Run and wait make up the window (CPU-I4, STL-I4), and the core runs one thread at a time (CPU-I1).
 * A wait is counted when it ends, so one that began before the window counts whole, and one that has
 * not ended counts nothing. `throttled` is the longest wait in seconds that a limit can cause.
 */
export function* conserves(
  window: Window,
  weights: readonly number[],
  instrument: Instrument,
  throttled: number = 0,
): Comparisons {
  const { secs, cpu, wait, slices } = window;
  const { rounding, before, uncharged } = instrument;
  const apart = instrument.apart / secs;
  for (const [thread, ran] of cpu.entries()) {
    const waited = wait[thread] ?? 0;
    const given = slices[thread] ?? 0;
    yield outside('cpu[]', ran, { low: -rounding, high: 1 + apart });
    const fits = Math.ceil(((ran + rounding) * secs) / instrument.slice);
    yield outside('slices[]', given, { low: 0, high: Math.max(0, fits) });
    const most = given === 0 ? rounding : Number.POSITIVE_INFINITY;
    yield outside('wait[]', waited, { low: -rounding, high: most });
    const turn = (longestTurn(thread, weights, instrument) + throttled) / secs;
    const longest = given === 0 ? 0 : Math.max((UNEVEN * waited) / given, turn);
    const missing = uncharged + apart + longest + 2 * rounding;
    const extra = apart + Math.min(longest, before / secs) + 2 * rounding;
    const together = { low: given < SLICES_MIN ? 0 : 1 - missing, high: 1 + extra };
    const what = `cpu + wait of thread ${thread}`;
    yield outside('wait[]', ran + waited, together, { what });
  }
  const all = { low: 0, high: 1 + apart + cpu.length * rounding };
  yield outside('cpu[]', sum(cpu), all, { what: 'cpu of all threads' });
}

/** How long it takes at most until a thread that waits has its turn, in seconds (EV-N). */
function longestTurn(
  thread: number,
  weights: readonly number[],
  { request, tick, others }: Instrument,
): number {
  return ((request + tick) * (sum(weights) + others)) / (weights[thread] ?? 1);
}

/**
 * Service is in proportion to the weights (SHR-1). EV-3 bounds by how much the service of a thread
 * is off its ideal in any window; its share of what all of them got is off by that over the sum,
 * and by what the others are off, of which it is due its part.
 */
export function* proportional(
  field: string,
  window: Window,
  weights: readonly number[],
  { request, tick, rounding }: Instrument,
): Comparisons {
  const deviation = request + Math.max(request, tick);
  const served = sum(window.cpu);
  if (served === 0) return;
  const all = sum(weights);
  for (const [thread, ran] of window.cpu.entries()) {
    const ideal = (weights[thread] ?? 0) / all;
    const others = Math.max(0, window.cpu.length - 2) * ideal;
    const off = Math.max(SHARE_ERROR, (deviation * (1 + others)) / (served * window.secs));
    const error = off + (window.cpu.length * rounding) / served;
    const due = { low: Math.max(0, ideal - error), high: Math.min(1, ideal + error) };
    yield outside(field, ran / served, due, { what: `share of thread ${thread}` });
  }
}

/** The sum of numbers. */
export function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
