/** What `replay` and `shrink` print. */
import type { Verdict } from '../exit.ts';
import { type Counterexample, counterexampleText } from './counterexample.ts';
import type { TestCase } from './junit.ts';
import { type Sequence, sequenceText } from './sequence.ts';
import { plural, type Style } from './table.ts';
import { type Timeline, timelineText } from './timeline.ts';
import { verdictWord } from './verdict.ts';

export interface ReplayDocument {
  readonly verdict: Verdict;
  readonly file: string;
  readonly commands: number;
  /** The same property at the same step as the file says. */
  readonly asStored: boolean;
  readonly stored: { readonly property: string | null; readonly step: number | null };
  readonly counterexample?: Counterexample;
  /** What CPUs did, where nothing is violated and the trace lets time pass. */
  readonly timelines?: readonly Timeline[];
  /** What hosts said to each other, where nothing is violated and VMs move. */
  readonly sequences?: readonly Sequence[];
}

export function replayText(document: ReplayDocument, style: Style): string {
  const { verdict, file, commands, counterexample, timelines = [], sequences = [] } = document;
  const shown =
    counterexample === undefined
      ? [
          ...timelines.map((each) => timelineText(each, style)),
          ...sequences.map((each) => sequenceText(each, style)),
        ]
          .map((picture) => `${picture}\n\n`)
          .join('')
      : `${counterexampleText(counterexample, style)}\n`;
  const bound = plural(commands, 'command');
  return `${shown}${verdictWord(verdict, style)}  ${file} (${bound}): ${comparison(document)}\n`;
}

function comparison({ asStored, stored, counterexample }: ReplayDocument): string {
  const { property, step } = stored;
  if (asStored) return property === null ? 'nothing is violated' : 'as stored';
  const said = property === null ? 'nothing violated' : `${property} at step ${step}`;
  const now =
    counterexample === undefined
      ? 'nothing is violated now'
      : `now it is ${counterexample.property} at step ${counterexample.step}`;
  return `the file says ${said}, ${now}`;
}

export function replayCases(document: ReplayDocument): readonly TestCase[] {
  const { file, counterexample } = document;
  const named = { name: file, group: 'hypercheck replay' };
  if (counterexample === undefined) return [named];
  const details = counterexampleText(counterexample, { colours: false });
  return [{ ...named, failure: { message: counterexample.message, details } }];
}

export interface ShrinkDocument {
  readonly verdict: Verdict;
  readonly file: string;
  readonly out: string;
  readonly before: number;
  readonly after: number;
  readonly counterexample: Counterexample;
}

export function shrinkText(document: ShrinkDocument, style: Style): string {
  const { before, after, counterexample } = document;
  const text = counterexampleText(counterexample, style);
  return `${text}\nShrunk from ${plural(before, 'command')} to ${after}.\n`;
}
