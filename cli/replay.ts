/** `hypercheck replay FILE`: does the trace of a file still violate what it says? */
import { type Case, type Replayed, readCaseOf, replay, toldCase } from './cases.ts';
import { type ExitCode, exitCodeOf } from './exit.ts';
import { write } from './files.ts';
import type { ReplayFlags } from './flags.ts';
import type { Io } from './io.ts';
import { jsonText } from './report/document.ts';
import { junitXml } from './report/junit.ts';
import { type ReplayDocument, replayCases, replayText } from './report/replay.ts';
import { sequencesOf } from './sequence.ts';
import { timelinesOf } from './timeline.ts';

export async function runReplay(path: string, flags: ReplayFlags, io: Io): Promise<ExitCode> {
  const { json, junit } = flags;
  const read = await readCaseOf(path, flags);
  const document = replayDocument(read, replay(read));
  io.out(json ? jsonText(document) : replayText(document, io));
  if (junit !== undefined) write(junit, junitXml('hypercheck replay', 0, replayCases(document)));
  return exitCodeOf(document.verdict);
}

function replayDocument(read: Case, { failing, property, asStored }: Replayed): ReplayDocument {
  const { path, file, subject } = read;
  const expected = { property: file.property, step: file.step };
  const common = { file: path, commands: file.commands.length, asStored, stored: expected };
  if (failing === undefined) {
    const timelines = timelinesOf(subject, subject.scope, file.commands);
    const sequences = sequencesOf(subject, subject.scope, file.commands);
    return { verdict: 'holds', ...common, timelines, sequences };
  }
  return { verdict: 'violated', ...common, counterexample: toldCase(read, failing, property) };
}
