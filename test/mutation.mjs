/**
 * Runs Stryker: `npm run mutation`, or `npm run mutation -- --mutate model/memory/sharing.ts` for
 * some files (separated by commas). First a mutant that must die, anew each time: if it lives, the
 * tests see no mutant at all, and a score would mean nothing.
 */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { Stryker } from '@stryker-mutator/core';

/** The guest counts its free pages downwards: BAL-T11. */
const canary = { file: 'model/memory/statistics.ts', original: 'free++', replacement: 'free--' };

const { values } = parseArgs({ options: { mutate: { type: 'string' } } });

const lines = readFileSync(canary.file, 'utf8').split('\n');
const line = lines.findIndex((text) => text.includes(canary.original)) + 1;
const alone = { mutate: [`${canary.file}:${line}-${line}`], incremental: false, reporters: [] };
const results = await new Stryker(alone).runMutationTest();
const found = results.find(({ replacement }) => replacement === canary.replacement);
if (found?.status !== 'Killed') {
  const status = found?.status ?? 'not there';
  throw new Error(`'${canary.replacement}' in ${canary.file} must be killed, but is ${status}`);
}

await new Stryker(
  values.mutate === undefined ? {} : { mutate: values.mutate.split(',') },
).runMutationTest();
