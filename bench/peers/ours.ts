/** This project's checker on the reference model, in a process of its own like the others. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Contender, type Counts, type Measured, measure } from './contender.ts';
import type { OurOptions } from './explore.ts';

function exploreOurs(folder: string, scope: string, options: OurOptions): Counts & Measured {
  const script = fileURLToPath(new URL('./explore.js', import.meta.url));
  const args = [script, scope, JSON.stringify(options)];
  const { output, ...measured } = measure(folder, process.execPath, args);
  return { ...measured, ...(JSON.parse(output) as Counts) };
}

export function ours(folder: string, scope: string): Contender[] {
  mkdirSync(folder);
  const mode = (name: string, options: OurOptions): Contender => ({
    tool: 'hypercheck',
    mode: name,
    space: 'all',
    run: () => exploreOurs(folder, scope, options),
  });
  return [mode('BFS', {}), mode('BFS, fingerprints', { mode: 'fingerprint' })];
}
