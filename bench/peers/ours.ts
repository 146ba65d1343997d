/** This project's checker on the reference model, in a process of its own like the others. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Contender, type Counts, type Measured, measure } from './contender.ts';

function exploreOurs(folder: string, scope: string): Counts & Measured {
  const script = fileURLToPath(new URL('./explore.js', import.meta.url));
  const { output, ...measured } = measure(folder, process.execPath, [script, scope]);
  return { ...measured, ...(JSON.parse(output) as Counts) };
}

export function ours(folder: string, scope: string): Contender[] {
  mkdirSync(folder);
  return [{ tool: 'hypercheck', mode: 'BFS', space: 'all', run: () => exploreOurs(folder, scope) }];
}
