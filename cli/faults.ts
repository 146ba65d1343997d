/** `hypercheck faults`: is every seeded bug found, how soon, and how short is its counterexample? */
import type { VmmFault } from '../faults/index.ts';
import { type Detection, detect, optimum, scopeOf } from '../generators/index.ts';
import { vmmMachine } from '../model/index.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import { write } from './files.ts';
import type { FaultsFlags } from './flags.ts';
import { type Io, pauses } from './io.ts';
import { progress } from './progress.ts';
import { jsonText } from './report/document.ts';
import { type FaultResult, faultCases, faultsDocument, faultsText } from './report/faults.ts';
import { junitXml } from './report/junit.ts';
import { clock, stopAfter } from './stop.ts';
import { allProperties, faultsOf } from './subject.ts';

export async function runFaults(flags: FaultsFlags, io: Io): Promise<ExitCode> {
  const { seed, seeds, budget, json, junit } = flags;
  const faults = faultsOf(flags.fault);
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
    const detections: Detection[] = [];
    for (let i = 0; i < seeds && stop() === undefined; i++) {
      detections.push(detect(vmmMachine, fault, allProperties, { seed: seed + i, budget }));
      shown.at(++done);
      await pause();
    }
    if (stop() !== undefined) break;
    all.push(faultResult(fault, detections, flags.states));
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

function faultResult(
  fault: VmmFault,
  detections: readonly Detection[],
  states: number,
): FaultResult {
  const { id, killedBy } = fault;
  const scope = scopeOf(vmmMachine, fault);
  const named = { id, scope: scope.name, killedBy };
  const results = detections.map(({ seed, found, foundBy, commands, shrunk }) => {
    const length = shrunk === undefined ? {} : { shrunk: shrunk.trace.length };
    return { seed, found, foundBy, commands, ...length };
  });
  const traces = detections.flatMap(({ shrunk }) => (shrunk === undefined ? [] : [shrunk.trace]));
  const [best] = traces.sort((a, b) => a.length - b.length);
  if (best === undefined) return { ...named, results, shortest: null, proved: false };
  const machine = fault.apply(vmmMachine);
  // One run cannot violate a property of two.
  const properties = allProperties.filter(
    (property) => killedBy.includes(property.id) && property.kind !== 'two-run',
  );
  const known = optimum({ machine, scope, properties, trace: best, states });
  return { ...named, results, shortest: known.trace.length, proved: known.proved };
}
