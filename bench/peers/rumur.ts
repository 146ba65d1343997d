/** rumur on the reference model. Why these flags: README.md in this folder. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SharedPagesSizes } from '../../examples/index.ts';
import { type Contender, measure, numberIn, type Space } from './contender.ts';
import { murphi } from './murphi.ts';

export function rumur(folder: string, size: SharedPagesSizes): Contender[] {
  mkdirSync(folder);
  writeFileSync(join(folder, 'model.m'), murphi(size));

  const mode = (name: string, space: Space, symmetry: string, threads: number): Contender => {
    const program = join(folder, name.replaceAll(/\W+/g, '-'));
    const verifier = `${program}.c`;
    const options = [
      '--deadlock-detection=off',
      '--pack-state=off',
      // Bytes: room for all states of every scope, so that the table never grows.
      `--set-capacity=${64 * 1024 * 1024}`,
      `--symmetry-reduction=${symmetry}`,
      `--threads=${threads}`,
    ];
    execFileSync('rumur', [...options, '--output', verifier, 'model.m'], { cwd: folder });
    const flags = ['-std=c11', '-O3', '-march=native', '-mcx16', '-w'];
    const libraries = ['-lpthread', '-latomic'];
    execFileSync('gcc', [...flags, '-o', program, verifier, ...libraries], { cwd: folder });
    return {
      tool: 'rumur',
      mode: name,
      space,
      // The verifier's exit status tells of errors, and a status other than 0 throws.
      run: () => {
        const { output, ...measured } = measure(folder, program, []);
        return {
          ...measured,
          distinct: numberIn(output, /(\d+) states, \d+ rules fired/),
          transitions: numberIn(output, /\d+ states, (\d+) rules fired/),
        };
      },
    };
  };
  return [
    mode('1 thread', 'all', 'off', 1),
    mode('2 threads', 'all', 'off', 2),
    mode('symmetry, exhaustive', 'alike', 'exhaustive', 1),
    mode('symmetry, heuristic', 'heuristic', 'heuristic', 1),
  ];
}
