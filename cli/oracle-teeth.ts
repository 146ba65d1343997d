/** `hypercheck faults --oracle`: are mutants of true replies caught, and the truth never? */
import * as fc from 'fast-check';
import { fuzzScope, traces } from '../generators/index.ts';
import { vmmMachine } from '../model/index.ts';
import { oracleTeeth } from '../oracle/index.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import type { FaultsFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import { oracleTeethText, type TeethDocument } from './report/oracle-teeth.ts';
import { clock } from './stop.ts';

/** Traces for each seed; of each, one reply is changed by each operator. */
const tracesPerSeed = 100;

export function runOracleTeeth({ seed, seeds, json }: FaultsFlags, io: Io): ExitCode {
  const scope = fuzzScope(vmmMachine);
  const now = clock();
  const drawn = fc.sample(traces(vmmMachine, { scope }), { numRuns: tracesPerSeed * seeds, seed });
  const { scores, falseAlarms, ...bound } = oracleTeeth(vmmMachine, scope, drawn, drawing(seed));
  const caught = scores.every(({ mutants, caught: found, permitted }) => {
    return found > 0 && found + permitted === mutants;
  });
  const document: TeethDocument = {
    verdict: caught && falseAlarms === 0 ? 'holds' : 'violated',
    scope: scope.name,
    seed,
    ...bound,
    seconds: now.seconds(),
    falseAlarms,
    operators: scores.map((score) => ({
      ...score,
      share: score.caught / (score.mutants - score.permitted),
    })),
  };
  io.out(json ? jsonText(document) : oracleTeethText(document, io));
  return exitCodeOf(document.verdict);
}

/** Numbers that depend on the seed alone: the choices of the truth, and what is changed. */
function drawing(seed: number): (below: number) => number {
  const drawn = endless(seed);
  return (below) => Math.floor(drawn.next().value * below);
}

function* endless(seed: number): Generator<number, never> {
  const share = fc.double({
    min: 0,
    max: 1,
    maxExcluded: true,
    noNaN: true,
    noDefaultInfinity: true,
  });
  for (let at = seed; ; at++) yield* fc.sample(share, { numRuns: 1_000, seed: at });
}
