/** Files from outside: read in pieces or whole with a bound; what goes wrong is bad input. */
import { closeSync, mkdirSync, openSync, readSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StringDecoder } from 'node:string_decoder';
import { fileURLToPath } from 'node:url';
import { type BadInput, badInput } from './exit.ts';

const pieceBytes = 65_536;

/** The text of a file in pieces, so that its size does not matter. */
export function* pieces(path: string): Generator<string> {
  const file = attempt(path, () => openSync(path, 'r'));
  try {
    const buffer = Buffer.alloc(pieceBytes);
    const decoder = new StringDecoder('utf8');
    for (;;) {
      const read = attempt(path, () => readSync(file, buffer, 0, pieceBytes, null));
      if (read === 0) break;
      yield decoder.write(buffer.subarray(0, read));
    }
    yield decoder.end();
  } finally {
    closeSync(file);
  }
}

/** The text of a file of at most so many bytes. */
export function readWhole(path: string, bytesMax: number): string {
  const { size } = attempt(path, () => statSync(path));
  // A pipe or a device has no size: the pieces are counted too.
  if (size > bytesMax) throw tooLong(path, bytesMax);
  let text = '';
  for (const piece of pieces(path)) {
    text += piece;
    if (text.length > bytesMax) throw tooLong(path, bytesMax);
  }
  return text;
}

function tooLong(path: string, bytesMax: number): BadInput {
  return badInput(path, `is longer than ${bytesMax} bytes: this is no file that hypercheck wrote`);
}

/** Writes a file, with the folders above it. */
export function write(path: string, text: string): void {
  attempt(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  });
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'a folder of this path is a file',
  EEXIST: 'a folder of this path is a file',
  EACCES: 'may not be opened: permission denied',
  EPERM: 'may not be opened: permission denied',
  EROFS: 'may not be written: the file system is read-only',
  ENOSPC: 'could not be written: the disk is full',
};

function attempt<T>(path: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    throw badInput(path, reasons[code] ?? `cannot be used: ${code}`);
  }
}

/** The code of an error of the operating system. */
function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** A file of the package: the sources lie in its root, the built files one folder below. */
export function packageFile(...path: readonly string[]): string {
  return join(packageRoot(), ...path);
}

function packageRoot(): string {
  const above = fileURLToPath(new URL('..', import.meta.url));
  return exists(join(above, 'package.json'))
    ? above
    : fileURLToPath(new URL('../..', import.meta.url));
}

export function exists(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
