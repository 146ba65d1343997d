/** `hypercheck shrink FILE`: a smaller trace that violates the same property. */
import { readCaseOf, replay } from './cases.ts';
import { isOfRuns, smaller, stored } from './counterexamples.ts';
import { badInput, type ExitCode, exitCodes } from './exit.ts';
import type { ShrinkFlags } from './flags.ts';
import type { Io } from './io.ts';
import { progress } from './progress.ts';
import { jsonText } from './report/document.ts';
import { type ShrinkDocument, shrinkText } from './report/replay.ts';

export async function runShrink(path: string, flags: ShrinkFlags, io: Io): Promise<ExitCode> {
  const { json, states } = flags;
  const read = await readCaseOf(path, flags);
  const { failing, property } = replay(read);
  if (failing === undefined) {
    throw badInput(path, 'violates nothing, so there is nothing to shrink');
  }
  const { file, subject } = read;
  if (isOfRuns(subject, property)) {
    throw badInput(path, 'is a whole run, whose way to where it goes wrong is as short as can be');
  }
  const shown = progress(io);
  shown.begin(`Shrinking ${file.commands.length} commands that violate ${property}`);
  const small = smaller(subject, failing, property, states);
  shown.end();
  const out = flags.out ?? `${path.replace(/\.json$/, '')}.min.json`;
  const { seed, path: drawn } = file;
  const toStore = { ...small, property, seed, path: drawn };
  const counterexample = stored(subject, toStore, () => out);
  const [before, after] = [file.commands.length, small.trace.length];
  const document: ShrinkDocument = {
    verdict: 'violated',
    file: path,
    out,
    before,
    after,
    counterexample,
  };
  io.out(json ? jsonText(document) : shrinkText(document, io));
  return exitCodes.violated;
}
