/** The logs of real systems that the package ships: each must be judged as it is known to be. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemName, type SystemName } from '../oracle/index.ts';
import { exists, packageFile } from './files.ts';
import type { TranscriptResult } from './report/run.ts';
import { judge } from './validate.ts';

interface Transcript {
  readonly system: SystemName;
  /** As the report names it. */
  readonly name: string;
  readonly path: string;
}

/** The properties that shipped logs are known to show as violated, by name. */
const known: Readonly<Record<string, readonly string[]>> = {
  // Writes of a running guest are lost by this QEMU under TCG.
  'transcripts/qemu-migration/dirtySlow.jsonl': ['migration state equivalence'],
  'transcripts/qemu-migration/noConverge.jsonl': ['migration state equivalence'],
  // Both sides are resumed on purpose.
  'transcripts/qemu-migration/success.jsonl': ['exactly one running guest'],
};

/** One folder for each system; folders of systems that cannot be judged yet are passed over. */
function shippedTranscripts(): readonly Transcript[] {
  const root = packageFile('transcripts');
  if (!exists(root)) return [];
  const systems = readdirSync(root).filter(isSystemName).sort();
  return systems.flatMap((system) =>
    readdirSync(join(root, system))
      .filter((file) => file.endsWith('.jsonl'))
      .sort()
      .map((file) => ({
        system,
        name: `transcripts/${system}/${file}`,
        path: join(root, system, file),
      })),
  );
}

export function judgeShipped(): readonly TranscriptResult[] {
  return shippedTranscripts().map(({ system, name, path }) => {
    const judged = judge(system, path);
    const { verdict, events } = judged;
    const shown = judged.verdict === 'violated' ? judged.violations : [];
    const violations = shown.map((violation) => violation.name);
    const possible = judged.verdict === 'holds' || judged.impossible === undefined;
    const expected = possible && violations.join() === (known[name] ?? []).join();
    return { file: name, system, verdict, events, violations, expected };
  });
}
