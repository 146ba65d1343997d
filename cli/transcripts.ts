/** The logs of real systems that the package ships: all of them must be possible. */
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
    const { verdict, events } = judge(system, path);
    return { file: name, system, verdict, events };
  });
}
