/** SPIN on the reference model. Why these flags: README.md in this folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SharedPagesSizes } from '../../examples/index.ts';
import { type Contender, measure, numberIn } from './contender.ts';
import { promela } from './promela.ts';

const flags = [
  '-O3',
  '-march=native',
  '-w',
  '-DSAFETY',
  '-DNOREDUCE',
  '-DNOFAIR',
  '-DNOBOUNDCHECK',
  '-DMEMLIM=16000',
];

export function spin(folder: string, size: SharedPagesSizes, states: number): Contender[] {
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.pml'), promela(size));
  execFileSync('spin', ['-a', 'model.pml'], { cwd: folder });

  // A slot of the hash table for every state: half of that and twice that are slower.
  const table = `-w${Math.ceil(Math.log2(states))}`;
  const mode = (name: string, search: readonly string[], options: readonly string[]): Contender => {
    const program = join(folder, name.replaceAll(/\W+/g, '-'));
    execFileSync('gcc', [...flags, ...search, '-o', program, 'pan.c'], { cwd: folder });
    return {
      tool: 'SPIN',
      mode: name,
      space: 'all',
      run: () => {
        const { output, ...measured } = measure(folder, program, ['-E', table, ...options]);
        if (numberIn(output, /errors: (\d+)/) !== 0) throw new Error(`SPIN found:\n${output}`);
        return {
          ...measured,
          distinct: numberIn(output, /(\d+) states, stored/),
          // SPIN counts the arrival in the initial state.
          transitions: numberIn(output, /(\d+) transitions/) - 1,
        };
      },
    };
  };
  return [
    mode('BFS', ['-DBFS'], []),
    mode('DFS', [], [`-m${states}`]),
    mode('BFS, 2 cores, hash-compact', ['-DBFS_PAR'], ['-u2']),
  ];
}
