/** `hypercheck fairness`: how far each scheduler lets threads come from their shares. */
import { divide, keysOf, printRational, type Rational } from '../machine/index.ts';
import { type SchedulerName, schedulers } from '../model/index.ts';
import { type ExitCode, exitCodes } from './exit.ts';
import { type Fairness, fairness, usualCases } from './fairness-run.ts';
import type { FairnessFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import { type Column, table } from './report/table.ts';

export function runFairness({ scheduler, weights, ticks, json }: FairnessFlags, io: Io): ExitCode {
  const names = scheduler ?? keysOf(schedulers);
  const found =
    weights === undefined
      ? usualFairness(names, ticks)
      : names.map((name) => fairness(name, weights, ticks));
  io.out(json ? jsonText({ fairness: found }) : fairnessText(found, io));
  return exitCodes.holds;
}

export function usualFairness(
  names: readonly SchedulerName[] = keysOf(schedulers),
  ticks = 1200,
): readonly Fairness[] {
  return usualCases(names).map(([name, weights]) => fairness(name, weights, ticks));
}

const columns: readonly Column[] = [
  { title: 'SCHEDULER' },
  { title: 'WEIGHTS' },
  { title: 'THE FIRST RAN', align: 'right' },
  { title: 'OFF BY', align: 'right' },
  { title: 'BOUND', align: 'right' },
  { title: 'OF IT', align: 'right' },
];

/** Weights with repeated ones counted: 1024, 128 x 4. */
function weightsText(weights: readonly number[]): string {
  const runs: [number, number][] = [];
  for (const weight of weights) {
    const last = runs.at(-1);
    if (last !== undefined && last[0] === weight) last[1]++;
    else runs.push([weight, 1]);
  }
  return runs.map(([weight, n]) => (n === 1 ? `${weight}` : `${weight} x ${n}`)).join(', ');
}

const share = (worst: Rational, bound: Rational): string => {
  const { n, d } = divide(worst, bound);
  return (n / d).toFixed(2);
};

/** One row a measurement: exact fractions of ticks. */
export function fairnessRows(found: readonly Fairness[]): readonly (readonly string[])[] {
  return found.map(({ scheduler, weights, ticks, service, worst, bound }) => [
    scheduler,
    weightsText(weights),
    `${service[0] ?? 0} of ${ticks}`,
    printRational(worst),
    bound === null ? 'none' : printRational(bound),
    bound === null ? '-' : share(worst, bound),
  ]);
}

const about = `One CPU, VMs of one vCPU that run all the time; shares are by weight, under round robin equal.
OFF BY: ticks that anybody was off its share at the worst, looked at after every tick.
Under credit (slices of 3 ticks) all earn from the start, with no credits, in the order of their ids.`;

function fairnessText(found: readonly Fairness[], io: Io): string {
  return `${table(columns, fairnessRows(found), io)}\n${about}\n`;
}
