/** A store of failing cases in a folder, one file each. */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from './corpus.ts';

/** Digits of the hash that names a file. */
const nameLength = 16;

/** The `.json` files of a folder, by name. A folder that is not there is empty until it is written. */
export function fileStore(folder: string): Store {
  return {
    read() {
      const names = namesIn(folder).filter((name) => name.endsWith('.json'));
      return names.sort().map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
    },
    write(text) {
      const name = createHash('sha256').update(text).digest('hex').slice(0, nameLength);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${name}.json`), text);
    },
  };
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}
