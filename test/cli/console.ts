/** Runs command lines in this process and keeps what they print. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { run } from '../../cli/program.ts';

export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** An io that keeps what is printed. */
export function printing(given: Partial<Io> = {}): {
  readonly io: Io;
  printed(): { readonly out: string; readonly err: string };
} {
  let out = '';
  let err = '';
  const io: Io = {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colours: false,
    columns: undefined,
    animated: false,
    stop: new AbortController().signal,
    ...given,
  };
  return { io, printed: () => ({ out, err }) };
}

export async function hypercheck(args: readonly string[]): Promise<Printed> {
  const { io, printed } = printing();
  const code = await run(args, io);
  return { code, ...printed() };
}

/** The one JSON document that a command printed. */
export function jsonOf({ out }: Printed): Record<string, unknown> {
  return JSON.parse(out) as Record<string, unknown>;
}

/** What is wrong with the input, as a command with `--json` tells it. */
export async function problemsOf(args: readonly string[]): Promise<readonly string[]> {
  const printed = await hypercheck([...args, '--json']);
  const { verdict, problems } = jsonOf(printed);
  if (printed.code !== 2 || verdict !== 'bad-input') throw new Error(printed.out + printed.err);
  return (problems as { where: string; problem: string }[]).map((p) => `${p.where}: ${p.problem}`);
}

/** A folder for one test file, deleted afterwards. */
export function temporaryFolder(): { file(name: string, content?: string | Uint8Array): string } {
  const folder = mkdtempSync(join(tmpdir(), 'hypercheck-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  return {
    file(name, content) {
      const path = join(folder, name);
      if (content !== undefined) writeFileSync(path, content);
      return path;
    },
  };
}
