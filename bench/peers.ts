/**
 * The checker beside SPIN and rumur on the reference model, in one run: counts, speed and memory.
 * Tools take turns, so that whatever else the machine does slows all of them alike. Exits 1 where a
 * tool counts other states or transitions than the reference. peers/README.md says how to read it.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type SharedPagesSizes, sharedPages } from '../examples/index.ts';
import type { Contender, Counts, Measured, Space } from './peers/contender.ts';
import { ours } from './peers/ours.ts';
import { rumur } from './peers/rumur.ts';
import { spin } from './peers/spin.ts';

/** What every tool must count, the steps out of each state included. */
const reference = {
  small: {
    all: { distinct: 5307, transitions: 53_560 },
    alike: { distinct: 308, transitions: 3289 },
    each: { distinct: 201, transitions: 2214 },
  },
  medium: {
    all: { distinct: 232_905, transitions: 2_835_384 },
    alike: { distinct: 3838, transitions: 48_769 },
    each: { distinct: 1501, transitions: 19_773 },
  },
  large: {
    all: { distinct: 2_149_627, transitions: 37_608_180 },
    alike: { distinct: 7197, transitions: 135_195 },
    each: { distinct: 2792, transitions: 53_905 },
  },
} satisfies Record<keyof typeof sharedPages.scopes, Partial<Record<Space, Counts>>>;

const { values: options } = parseArgs({
  options: {
    scope: { type: 'string', default: 'medium' },
    runs: { type: 'string', default: '3' },
    tools: { type: 'string', default: 'spin,rumur,hypercheck' },
    json: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});

type ScopeName = keyof typeof reference;
const isScope = (name: string): name is ScopeName => name in reference;
if (!isScope(options.scope)) throw new Error(`--scope is one of ${Object.keys(reference)}`);
const expected: Partial<Record<Space, Counts>> = reference[options.scope];
const { name: scope, sizes } = sharedPages.scopes[options.scope];
const { distinct: states } = reference[options.scope].all;

const isInstalled = (program: string): boolean =>
  spawnSync(program, ['--version']).error === undefined;
if (!isInstalled('/usr/bin/time')) throw new Error('needs GNU time: apt-get install time');

interface Tool {
  readonly name: string;
  readonly needs: readonly string[];
  readonly contenders: (folder: string) => readonly Contender[];
}
const size = sizes as SharedPagesSizes;
const tools: readonly Tool[] = [
  { name: 'spin', needs: ['spin', 'gcc'], contenders: (folder) => spin(folder, size, states) },
  { name: 'rumur', needs: ['rumur', 'gcc'], contenders: (folder) => rumur(folder, size) },
  { name: 'hypercheck', needs: [], contenders: (folder) => ours(folder, scope) },
];

const wanted = tools.filter(({ name }) => options.tools.split(',').includes(name));
const isReady = ({ needs }: Tool): boolean => needs.every(isInstalled);
const skipped = wanted
  .filter((tool) => !isReady(tool))
  .map(({ name, needs }) => `${name} is skipped: apt-get install ${needs.join(' ')}`);

const folder = mkdtempSync(join(tmpdir(), 'hypercheck-peers-'));
const results: { readonly contender: Contender; readonly runs: (Counts & Measured)[] }[] = [];
try {
  for (const { name, contenders } of wanted.filter(isReady)) {
    for (const contender of contenders(join(folder, name))) results.push({ contender, runs: [] });
  }
  for (let round = 0; round < Number(options.runs); round++) {
    for (const { contender, runs } of results) runs.push(contender.run());
  }
} finally {
  rmSync(folder, { recursive: true });
}

const sorted = (values: readonly number[]): readonly number[] => values.toSorted((a, b) => a - b);
const least = (values: readonly number[]): number => Math.min(...values);
const median = (values: readonly number[]): number =>
  sorted(values)[Math.floor(values.length / 2)] ?? Number.NaN;
type Seconds = (run: Measured) => number;
const whole: Seconds = ({ seconds }) => seconds;
/** Without the start of the process; what does not tell hardly has one. */
const search: Seconds = ({ searchSeconds, seconds }) => searchSeconds ?? seconds;
const processor: Seconds = ({ processorSeconds }) => processorSeconds;

const spinBfs = results.find(({ contender }) => contender.tool === 'SPIN')?.runs;
const rows = results.map(({ contender: { tool, mode, space }, runs }) => {
  const [{ distinct, transitions } = { distinct: 0, transitions: 0 }] = runs;
  /** How often the time of a mode goes into that of SPIN's breadth-first search. */
  const timesSpin = (of: Seconds): number | undefined =>
    spinBfs && Number((least(spinBfs.map(of)) / least(runs.map(of))).toFixed(2));
  return {
    tool,
    mode,
    distinct,
    transitions,
    space,
    minSeconds: least(runs.map(whole)),
    medianSeconds: median(runs.map(whole)),
    searchSeconds: Number(least(runs.map(search)).toFixed(2)),
    processorSeconds: least(runs.map(processor)),
    peakMegabytes: Math.round(Math.max(...runs.map((run) => run.peakMegabytes))),
    timesSpinBfs: timesSpin(whole),
    timesInSearch: timesSpin(search),
    timesInProcessor: timesSpin(processor),
  };
});
const differences = results.flatMap(({ contender: { tool, mode, space }, runs }) => {
  const right = space === 'fewer steps' ? { distinct: states } : expected[space];
  const wrong = runs.find(
    (run) =>
      right &&
      (run.distinct !== right.distinct ||
        ('transitions' in right && run.transitions !== right.transitions)),
  );
  return right && wrong
    ? [
        `${tool}, ${mode}: ${wrong.distinct} states and ${wrong.transitions} transitions, ` +
          `not ${Object.values(right).join(' and ')}`,
      ]
    : [];
});

if (options.json) {
  console.log(JSON.stringify({ scope, sizes, rows, skipped, differences }, null, 2));
} else {
  console.table(rows);
  for (const line of [...skipped, ...differences]) console.log(line);
}
if (differences.length > 0) process.exitCode = 1;
