/** `hypercheck oracle --stdio`: the model as a server on stdin and stdout; `--schema`: the protocol. */
import * as fc from 'fast-check';
import { traces } from '../generators/index.ts';
import { lineReader, protocolSchema, server } from '../oracle/index.ts';
import { badInput, type ExitCode, exitCodes } from './exit.ts';
import type { OracleFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import { targetOf } from './target.ts';

export async function runOracle(flags: OracleFlags, io: Io): Promise<ExitCode> {
  const { machine, scope } = await targetOf(flags.model, {
    ...flags,
    fault: undefined,
    property: undefined,
  });
  if (flags.schema) {
    io.out(jsonText(protocolSchema(machine, scope)));
    return exitCodes.holds;
  }
  const answer = server(machine, scope, (within, seed) => {
    const [trace = []] = fc.sample(traces(machine, { scope: within }), { numRuns: 1, seed });
    return trace;
  });
  let problem: string | undefined;
  const reader = lineReader(
    (line) => {
      if (line.trim() !== '') io.out(`${answer(line)}\n`);
    },
    (found) => {
      problem = found;
    },
  );
  for await (const piece of process.stdin) {
    reader.push(piece as Uint8Array);
    if (problem !== undefined) throw badInput('stdin', problem);
  }
  return exitCodes.holds;
}
