/** This project's checker on the reference model, in a process of its own like the others. */
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Contender, type Counts, type Measured, measure, type Space } from './contender.ts';
import type { OurOptions } from './searched.ts';

function exploreOurs(folder: string, scope: string, options: OurOptions): Counts & Measured {
  const script = fileURLToPath(new URL('./explore.js', import.meta.url));
  const args = [script, scope, JSON.stringify(options)];
  const { output, ...measured } = measure(folder, process.execPath, args);
  return { ...measured, ...(JSON.parse(output) as Counts) };
}

export function ours(folder: string, scope: string): Contender[] {
  mkdirSync(folder);
  const mode = (name: string, options: OurOptions, space: Space = 'all'): Contender => ({
    tool: 'hypercheck',
    mode: name,
    space,
    run: () => exploreOurs(folder, scope, options),
  });
  return [
    mode('BFS', {}),
    mode('BFS, fingerprints', { mode: 'fingerprint' }),
    mode('BFS, sleep sets', { sleepSets: true }, 'fewer steps'),
    mode('BFS, 2 workers', { workers: 2 }),
    mode('BFS, 2 workers, sleep sets', { workers: 2, sleepSets: true }, 'fewer steps'),
    mode('BFS, symmetry', { symmetry: true }, 'each'),
  ];
}
