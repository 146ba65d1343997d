/**
 * What the oracle costs, and how often it is right. `npm run bench -- oracle`, or with `--json`;
 * `--fuzz 1000000` gives so many damaged lines to both ends of the protocol instead.
 *
 * Costs are of the fastest of several rounds. Within one process they are CPU time: what else the
 * computer does must not count.
 */
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import * as fc from 'fast-check';
import { pool } from '../examples/own-machine.ts';
import { type Trace, traces } from '../generators/index.ts';
import { inPlace, type Machine, type Scope } from '../machine/index.ts';
import { scopes, vmmMachine } from '../model/index.ts';
import {
  lockstep,
  lockstepAsync,
  oracle,
  permitted,
  startSystem,
  truth,
  validateLog,
} from '../oracle/index.ts';
import { lineFuzzer } from './oracle/fuzz-lines.ts';
import { plantedLog, trueLog } from './oracle/logs.ts';
import { numbers } from './oracle/random.ts';

const seed = 20_261_128;
const rounds = 25;
const poolScope = pool.scopes.small as Scope;

/** Nanoseconds of CPU time for one of `units`, in the fastest round. */
function cost(units: number, run: () => void): number {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const from = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(from);
    best = Math.min(best, ((user + system) * 1000) / units);
  }
  return best;
}

const commandsIn = (all: readonly Trace[]): number => all.reduce((sum, t) => sum + t.length, 0);

/** A bare step, the oracle's own, and lockstep with a system that costs nothing. */
function inProcess() {
  const scope = scopes.fuzz;
  const recorded = fc.sample(traces(vmmMachine, { scope, illegal: 0 }), { numRuns: 200, seed });
  const host = inPlace(vmmMachine, scope);
  const start = host.initial();
  const state = host.initial();
  const system = truth(vmmMachine, scope, () => 0);
  const replies = recorded.map((trace) => {
    system.reset();
    return trace.map((command) => system.step(command));
  });
  // The trace as it went: with the choices that the system made.
  const went = recorded.map((trace, t) =>
    trace.map((command, i) => {
      const reply = replies[t]?.[i];
      const choices = reply?.ok === true ? reply.choices : {};
      return { kind: command.kind, args: { ...command.args, ...choices } };
    }),
  );
  const units = commandsIn(recorded);
  const reference = oracle(vmmMachine, { scope });
  const bare = cost(units, () => {
    for (const trace of went) {
      host.copier.copyInto(state, start);
      for (const call of trace) host.step(state, call);
    }
  });
  const held = cost(units, () => {
    recorded.forEach((trace, t) => {
      let i = 0;
      const step = () => replies[t]?.[i++] ?? { unknown: true as const };
      lockstep(trace, { reset() {}, step }, reference);
    });
  });
  const again = cost(units, () => {
    for (const trace of went) {
      host.copier.copyInto(state, start);
      for (const call of trace) host.step(state, call);
    }
  });
  return { 'bare step, ns': Math.min(bare, again), 'lockstep, ns': held };
}

/** Microseconds a command, the system's own time included. */
async function outOfProcess() {
  const command = [process.execPath, join(import.meta.dirname, '../../bench/oracle/pool-peer.mjs')];
  const recorded = fc.sample(traces(pool, { maxLength: 480 }), { numRuns: 20, seed });
  const system = await startSystem(pool, poolScope, { command });
  const reference = oracle(pool, { ...system.options, compare: 'reply' });
  const stepwise: Parameters<typeof lockstepAsync>[1] = {
    reset: () => system.reset(),
    step: (call) => system.step(call),
  };
  const time = async (adapter: Parameters<typeof lockstepAsync>[1]): Promise<number> => {
    let best = Number.POSITIVE_INFINITY;
    for (let round = 0; round < rounds; round++) {
      for (const trace of recorded) {
        const from = performance.now();
        await lockstepAsync(trace, adapter, reference);
        const each = ((performance.now() - from) * 1000) / trace.length;
        if (trace.length > 100) best = Math.min(best, each);
      }
    }
    return best;
  };
  const figures = { stepwise: await time(stepwise), batched: await time(system) };
  system.close();
  return figures;
}

/** Events a second, and the most states at a time. */
function offline<S>(machine: Machine<S>, scope: Scope, lost: number) {
  const below = numbers(seed);
  const drawn = fc.sample(traces(machine, { scope, maxLength: 12_000 }), { numRuns: 4, seed });
  const longest = drawn.reduce((a, b) => (a.length > b.length ? a : b));
  const log = trueLog(machine, scope, longest, below, lost);
  let last = validateLog(machine, scope, log);
  const each = cost(log.length, () => {
    last = validateLog(machine, scope, log);
  });
  const states = 'counts' in last ? last.counts.statesMax : 0;
  return { verdict: last.verdict, events: last.events, 'events/s': Math.round(1e9 / each), states };
}

/** How many true logs are called impossible, and how many illegal replies are found where they are. */
function verdicts<S>(machine: Machine<S>, scope: Scope, logs: number, lost: number) {
  const below = numbers(seed);
  const drawn = fc.sample(traces(machine, { scope }), { numRuns: logs, seed });
  const rules = permitted(machine, scope);
  const counts = { logs, 'false alarms': 0, inconclusive: 0, planted: 0, located: 0, states: 0 };
  for (const trace of drawn) {
    const judged = validateLog(machine, scope, trueLog(machine, scope, trace, below, lost));
    if (judged.verdict === 'violated' || judged.verdict === 'bad-input') counts['false alarms']++;
    if (judged.verdict === 'inconclusive') counts.inconclusive++;
    if ('counts' in judged) counts.states = Math.max(counts.states, judged.counts.statesMax);
    if (counts.planted >= 1_000 || lost > 0) continue;
    const planted = plantedLog(machine, scope, trace, below, rules);
    if (planted === undefined) continue;
    counts.planted++;
    const found = validateLog(machine, scope, planted.lines);
    const line = 'impossible' in found ? found.impossible?.line : undefined;
    if (line === planted.line) counts.located++;
  }
  return counts;
}

/**
 * Memory after each tenth of the lines: what is alive, which is what could grow without bound, and
 * what the process has, most of which is room that the engine leaves itself for garbage.
 */
function fuzz(count: number): void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const mebibytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  const give = lineFuzzer(seed);
  let [all, taken] = [0, 0];
  for (let part = 0; part < 10; part++) {
    const { lines, used } = give(Math.ceil(count / 10));
    all += lines;
    taken += used;
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    console.log(`${all} lines, ${taken} taken: ${mebibytes(heapUsed)} alive, ${mebibytes(rss)}`);
  }
}

const fuzzed = process.argv.indexOf('--fuzz');
if (fuzzed > 0) fuzz(Number(process.argv[fuzzed + 1] ?? 1_000_000));
else {
  const costs = inProcess();
  const figures = {
    ...costs,
    'lockstep over bare (goal at most 3)': costs['lockstep, ns'] / costs['bare step, ns'],
    'out of process, us a command (goals 50 and 2)': await outOfProcess(),
    'offline, pool, lossless (goal 200,000)': offline(pool, poolScope, 0),
    'offline, pool, one reply in five lost (goal 50,000)': offline(pool, poolScope, 20),
    'offline, VMM, lossless': offline(vmmMachine, scopes.fuzz, 0),
    'verdicts, VMM': verdicts(vmmMachine, scopes.fuzz, 10_000, 0),
    'verdicts, pool, one reply in five lost': verdicts(pool, poolScope, 2_000, 20),
    'verdicts, VMM, one reply in five lost': verdicts(vmmMachine, scopes.fuzz, 200, 20),
  };
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures, null, 2));
  else console.dir(figures, { depth: null });
}
