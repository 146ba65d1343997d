/**
 * Speeds of the memory model, as ratios in one run. `npm run bench`, or with `--json`.
 *
 * A *bare step* is one legal in-place step while recorded traces are replayed, events on, no
 * properties. A *checked step* is one step of the same traces when a runner asks every property; what
 * it takes longer than a bare step is the time of *checking* one accepted command. The calibration loop says how fast the machine is at plain arithmetic, so that figures
 * of different machines can be compared.
 */
import * as fc from 'fast-check';
import { Bench } from 'tinybench';
import { runner, type Trace, traces } from '../generators/index.ts';
import { vmmProperties } from '../invariants/index.ts';
import { immutable, inPlace, monitor, type Scope } from '../machine/index.ts';
import { scopes, vmmMachine } from '../model/index.ts';

const seed = 20_261_122;
const calibrationSteps = 1_000_000;

/** Recorded traces of legal commands: the fixed workload. */
function workload(scope: Scope, runs: number): readonly Trace[] {
  return fc.sample(traces(vmmMachine, { scope, illegal: 0 }), { numRuns: runs, seed });
}
const commandsIn = (recorded: readonly Trace[]): number =>
  recorded.reduce((sum, { length }) => sum + length, 0);

function replay(scope: Scope, recorded: readonly Trace[]): () => void {
  const host = inPlace(vmmMachine, scope);
  const start = host.initial();
  const state = host.initial();
  return () => {
    for (const trace of recorded) {
      host.copier.copyInto(state, start);
      for (const call of trace) host.step(state, call);
    }
  };
}

/** The same traces, with every property asked of every step. */
function checked(scope: Scope, recorded: readonly Trace[]): () => void {
  const { run } = runner(vmmMachine, scope, vmmProperties);
  return () => {
    for (const trace of recorded) run(trace);
  };
}

/** The same, asked after each command before the next is run: what a generator or lockstep pays. */
function monitored(scope: Scope, recorded: readonly Trace[]): () => void {
  const host = inPlace(vmmMachine, scope);
  const watch = monitor(vmmMachine, scope, vmmProperties);
  const start = host.initial();
  const state = host.initial();
  return () => {
    for (const trace of recorded) {
      host.copier.copyInto(state, start);
      watch.start(state);
      for (const call of trace) {
        const step = host.step(state, call);
        if (step.ok) watch.after(call, step.events);
      }
    }
  };
}

function replayImmutable(scope: Scope, recorded: readonly Trace[]): () => void {
  const host = immutable(vmmMachine, scope);
  const start = host.initial();
  return () => {
    for (const trace of recorded) {
      let state = start;
      for (const call of trace) state = host.step(state, call).state;
    }
  };
}

function generate(scope: Scope): { readonly units: number; readonly run: () => void } {
  const arbitrary = traces(vmmMachine, { scope });
  const sample = (): readonly Trace[] => fc.sample(arbitrary, { numRuns: 100, seed });
  return { units: commandsIn(sample()), run: sample };
}

function calibrate(): () => void {
  let hash = 1;
  return () => {
    for (let i = 0; i < calibrationSteps; i++) hash = Math.imul(hash ^ i, 0x9e3779b1) | 0;
    if (hash === 0) throw new Error('the calibration loop ran into its fixed point');
  };
}

const recorded = { tiny: workload(scopes.tiny, 100), fuzz: workload(scopes.fuzz, 100) };
const few = recorded.tiny.slice(0, 5);
interface Task {
  readonly name: string;
  readonly units: number;
  readonly run: () => void;
}
const tasks: readonly Task[] = [
  { name: 'calibration', units: calibrationSteps, run: calibrate() },
  {
    name: 'bare step, tiny',
    units: commandsIn(recorded.tiny),
    run: replay(scopes.tiny, recorded.tiny),
  },
  {
    name: 'bare step, fuzz',
    units: commandsIn(recorded.fuzz),
    run: replay(scopes.fuzz, recorded.fuzz),
  },
  {
    name: 'checked step, tiny',
    units: commandsIn(recorded.tiny),
    run: checked(scopes.tiny, recorded.tiny),
  },
  {
    name: 'checked step, fuzz',
    units: commandsIn(recorded.fuzz),
    run: checked(scopes.fuzz, recorded.fuzz),
  },
  {
    name: 'monitored step, tiny',
    units: commandsIn(recorded.tiny),
    run: monitored(scopes.tiny, recorded.tiny),
  },
  {
    name: 'monitored step, fuzz',
    units: commandsIn(recorded.fuzz),
    run: monitored(scopes.fuzz, recorded.fuzz),
  },
  {
    name: 'immutable step, tiny',
    units: commandsIn(few),
    run: replayImmutable(scopes.tiny, few),
  },
  { name: 'generated command, tiny', ...generate(scopes.tiny) },
  { name: 'generated command, fuzz', ...generate(scopes.fuzz) },
];

/** Nanoseconds a unit in the fastest round: what else the computer does can only add to that. */
const fastest = new Map<string, number>();

// Several short passes over all tasks rather than a long look at each: a ratio is to compare the
// same minutes. A hundred properties are only compiled after some hundred thousand commands.
const passes = 5;
async function measure(group: readonly Task[]): Promise<void> {
  for (let pass = 0; pass < passes; pass++) {
    const warmup = pass === 0 ? { warmupTime: 1500 } : { warmup: false };
    const bench = new Bench({ time: 500, iterations: 2, ...warmup });
    for (const { name, run } of group) bench.add(name, run);
    await bench.run();
    for (const { name, result } of bench.tasks) {
      const units = group.find((each) => each.name === name)?.units;
      if (units === undefined || !('latency' in result)) throw new Error(`'${name}' did not run`);
      const each = (result.latency.min * 1e6) / units;
      fastest.set(name, Math.min(each, fastest.get(name) ?? each));
    }
  }
}
// The immutable host comes last: rules that have met its drafts are slower ever after.
await measure(tasks.filter(({ name }) => !name.startsWith('immutable')));
await measure(tasks.filter(({ name }) => name.startsWith('immutable')));
const nanoseconds = (name: string): number => fastest.get(name) ?? Number.NaN;

const figures = Object.fromEntries(
  tasks.map(({ name }) => [name, Number(nanoseconds(name).toFixed(1))]),
);
const ratio = (of: string, to: string): number =>
  Number((nanoseconds(of) / nanoseconds(to)).toFixed(2));
/** The time of checking one accepted command, over the time of a bare step. */
const checking = (scope: string): number =>
  Number((ratio(`checked step, ${scope}`, `bare step, ${scope}`) - 1).toFixed(2));
const ratios = {
  'checking over bare, tiny (goal at most 5)': checking('tiny'),
  'checking over bare, fuzz': checking('fuzz'),
  'monitored over bare, tiny': ratio('monitored step, tiny', 'bare step, tiny'),
  'monitored over bare, fuzz': ratio('monitored step, fuzz', 'bare step, fuzz'),
  'immutable over bare, tiny': ratio('immutable step, tiny', 'bare step, tiny'),
  'generated over bare, fuzz': ratio('generated command, fuzz', 'bare step, fuzz'),
};
if (process.argv.includes('--json')) {
  console.log(JSON.stringify({ nanoseconds: figures, ratios }, null, 2));
} else {
  console.table(figures);
  console.table(ratios);
  console.log('checking over bare: (checked step - bare step) / bare step, of accepted commands');
  const perSecond = Math.round(1e9 / nanoseconds('bare step, tiny'));
  console.log(`${perSecond} bare steps a second in tiny (goal 1,000,000)`);
}
