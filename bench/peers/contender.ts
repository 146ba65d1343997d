/** What every tool of the comparison is to the bench: a name and something that can be run. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Which states a mode explores: `all`, maybe by `fewer steps`; one of each orbit where VMs, frames,
 * slots and pages are renamed, the pages of all VMs `alike` or of `each` by themselves; or what a
 * `heuristic` leaves, which nobody can foretell.
 */
export type Space = 'all' | 'fewer steps' | 'alike' | 'each' | 'heuristic';

export interface Counts {
  readonly distinct: number;
  readonly transitions: number;
}
/** Time and peak resident memory of the whole process, start-up included. */
export interface Measured {
  /** Of the wall clock, and of all processors together. */
  readonly seconds: number;
  readonly processorSeconds: number;
  /** Wall seconds of the search alone, where a tool tells. */
  readonly searchSeconds?: number;
  readonly peakMegabytes: number;
}
export interface Contender {
  readonly tool: string;
  readonly mode: string;
  readonly space: Space;
  readonly run: () => Counts & Measured;
}

/** Runs a program to its end under GNU time, which sees the memory of every kind of program. */
export function measure(
  folder: string,
  program: string,
  args: readonly string[],
): Measured & { readonly output: string } {
  const report = join(folder, 'time.txt');
  const output = execFileSync(
    '/usr/bin/time',
    ['--format', '%e %U %S %M', '--output', report, program, ...args],
    { cwd: folder, encoding: 'utf8' },
  );
  const [seconds = 0, user = 0, system = 0, kilobytes = 0] = readFileSync(report, 'utf8')
    .split(' ')
    .map(Number);
  return { output, seconds, processorSeconds: user + system, peakMegabytes: kilobytes / 1024 };
}

/** The number that a tool prints where `pattern` has its group. */
export function numberIn(output: string, pattern: RegExp): number {
  const found = pattern.exec(output)?.[1];
  if (found === undefined) throw new Error(`no ${pattern} in:\n${output}`);
  return Number(found);
}
