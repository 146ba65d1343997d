/** The order in which `check` searches. */
import { readFileSync } from 'node:fs';
import {
  type BreadthFirstOptions,
  breadthFirstInPieces,
  depthFirstInPieces,
  iterativeDeepeningInPieces,
  randomWalksInPieces,
  type SearchProgress,
  type SearchResult,
  type SelfTest,
} from '../checker/index.ts';
import type { CheckFlags } from './flags.ts';
import { type Asked, breadthFirstOptionsOf, searched } from './searched.ts';
import type { ScopedSubject } from './subject.ts';

/** Steps of a walk where `--max-depth` does not say. */
const walkLength = 100;

export function searchOf(
  target: string,
  subject: ScopedSubject,
  flags: CheckFlags,
  symmetry: SelfTest | undefined,
): Generator<SearchProgress, SearchResult, boolean | undefined> {
  const { machine, scope, properties } = subject;
  const { strategy, maxStates, maxDepth, seed, walks } = flags;
  const options = { properties, ...(maxStates === undefined ? {} : { maxStates }) };
  const bounded = { ...options, ...(maxDepth === undefined ? {} : { maxDepth }) };
  switch (strategy) {
    case 'breadth-first':
      return breadthFirstInPieces(machine, scope, {
        ...breadthFirstOptionsOf(properties, flags, symmetry),
        workers: workersOf(target, flags),
        checkpoint: checkpointOf(target, subject, flags),
      });
    case 'depth-first':
      return depthFirstInPieces(machine, scope, bounded);
    case 'iterative-deepening':
      return iterativeDeepeningInPieces(machine, scope, bounded);
    case 'random': {
      const length = maxDepth ?? walkLength;
      return randomWalksInPieces(machine, scope, { ...options, seed, walks, length });
    }
  }
}

/** Threads load the built files, also where the sources are run as they are. */
const module = new URL(
  import.meta.url.endsWith('.ts') ? '../dist/cli/searched.js' : './searched.js',
  import.meta.url,
).href;

function workersOf(target: string, flags: CheckFlags): BreadthFirstOptions<unknown>['workers'] {
  if (flags.workers === 1) return undefined;
  const argument: Asked = { target, flags };
  return { count: flags.workers, source: { module, name: searched.name, argument } };
}

function checkpointOf(
  target: string,
  { file, fault }: ScopedSubject,
  { checkpoint, resume }: CheckFlags,
): BreadthFirstOptions<unknown>['checkpoint'] {
  if (checkpoint === undefined) return undefined;
  // Rules of a file may be made by functions whose text says little: all of the file counts.
  const text = file === undefined ? '' : readFileSync(file, 'utf8');
  return { folder: checkpoint, resume, of: JSON.stringify([target, fault?.id, text]) };
}
