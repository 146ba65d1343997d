/** `hypercheck faults`: is every seeded bug found, how soon, and how short is its counterexample? */
import type { VmmFault } from '../faults/index.ts';
import {
  type Detection,
  detect,
  optimum,
  scopeNamed,
  scopeOf,
  type Trace,
} from '../generators/index.ts';
import type { Scope } from '../machine/index.ts';
import { vmmMachine } from '../model/index.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import { write } from './files.ts';
import type { FaultsFlags } from './flags.ts';
import { type Io, pauses } from './io.ts';
import { progress } from './progress.ts';
import { jsonText } from './report/document.ts';
import {
  type FaultResult,
  faultCases,
  faultsDocument,
  faultsText,
  type LastPass,
  type SeedResult,
} from './report/faults.ts';
import { junitXml } from './report/junit.ts';
import { type Clock, clock, stopAfter } from './stop.ts';
import { allProperties, faultsOf } from './subject.ts';

export async function runFaults(flags: FaultsFlags, io: Io): Promise<ExitCode> {
  const { seed, seeds, budget, json, junit, ownScope } = flags;
  const faults = faultsOf(flags.fault).filter(({ scope }) => !ownScope || scope !== undefined);
  const now = clock();
  const stop = stopAfter(io, now, Number.POSITIVE_INFINITY);
  const pause = pauses();
  const shown = progress(io);
  shown.begin(
    `Looking for ${faults.length} seeded bugs with ${seeds} seeds`,
    faults.length * seeds,
  );
  const all: FaultResult[] = [];
  let done = 0;
  for (const fault of faults) {
    const scope =
      ownScope && fault.scope !== undefined
        ? scopeNamed(vmmMachine, fault.scope)
        : scopeOf(vmmMachine, fault);
    const lastPass = lastPasses(fault, scope, flags.states, now);
    const results: SeedResult[] = [];
    for (let i = 0; i < seeds && stop() === undefined; i++) {
      const options = { scope, seed: seed + i, budget };
      results.push(seedResult(detect(vmmMachine, fault, allProperties, options), lastPass));
      shown.at(++done);
      await pause();
    }
    if (stop() !== undefined) break;
    all.push({ id: fault.id, scope: scope.name, killedBy: fault.killedBy, results });
  }
  shown.end();
  const reason = stop();
  const stopped = reason === undefined ? {} : { stopped: reason };
  const settings = { ...stopped, seed, seeds, budget, seconds: now.seconds() };
  const document = faultsDocument(all, settings);
  io.out(json ? jsonText(document) : faultsText(document, io));
  if (junit !== undefined) {
    write(junit, junitXml('hypercheck faults', document.seconds, faultCases(document)));
  }
  return exitCodeOf(document.verdict);
}

function seedResult(
  { seed, found, foundBy, commands, shrunk }: Detection,
  lastPass: (trace: Trace) => LastPass,
): SeedResult {
  const last = shrunk === undefined ? {} : { shrunk: lastPass(shrunk.trace) };
  return { seed, found, foundBy, commands, ...last };
}

/**
 * The last pass of the shrinker for the traces of one fault. A proof is of all traces of a length, and
 * is made once.
 */
function lastPasses(
  { killedBy, apply }: VmmFault,
  scope: Scope,
  states: number,
  now: Clock,
): (trace: Trace) => LastPass {
  const machine = apply(vmmMachine);
  // One run cannot violate a property of two.
  const properties = allProperties.filter(
    (property) => killedBy.includes(property.id) && property.kind !== 'two-run',
  );
  const proofs = new Map<number, LastPass>();
  return (trace) => {
    const known = proofs.get(trace.length);
    if (known !== undefined) return known;
    const began = now.seconds();
    const best = optimum({ machine, scope, properties, trace, states });
    const seconds = now.seconds() - began;
    const { proved } = best;
    const result = { length: best.trace.length, proved, states: best.states, seconds };
    if (proved) proofs.set(trace.length, result);
    return result;
  };
}
