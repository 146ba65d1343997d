/** The command as users run it: a process of its own, from the built files. */
import { type ChildProcess, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { temporaryFolder } from './console.ts';

vi.setConfig({ testTimeout: 60_000 });

const { file } = temporaryFolder();
const main = resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

function start(args: readonly string[]): ChildProcess {
  return spawn(process.execPath, [main, ...args], { cwd: file('.'), stdio: 'pipe' });
}

function ended(child: ChildProcess): Promise<{ code: number | null; out: string; err: string }> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (text) => {
    out += text;
  });
  child.stderr?.on('data', (text) => {
    err += text;
  });
  return new Promise((done) => child.on('close', (code) => done({ code, out, err })));
}

test('Ctrl-C prints what was established so far and exits 3', async () => {
  const child = start(['verify', '--scope', 'fuzz']);
  child.stderr?.on('data', (text) => {
    if (String(text).includes('Random traces in scope fuzz')) child.kill('SIGINT');
  });
  const { code, out } = await ended(child);
  expect(code).toBe(3);
  expect(out).toMatch(/^PROPERTY +EVALUATIONS +COULD FAIL +VERDICT/m);
  expect(out).toContain('interrupted; this is what was established so far\ninconclusive');
});

test('Ctrl-C ends a search between two states, and prints what it has seen', async () => {
  const child = start(['check', 'tiny']);
  child.stderr?.once('data', () => child.kill('SIGINT'));
  const { code, out } = await ended(child);
  expect(code).toBe(3);
  expect(out).toMatch(/\nInterrupted: this is what was established so far\.\ninconclusive {2}\d/);
});

test('a machine file that throws is told with the line', async () => {
  file('throws.mjs', "\nthrow new TypeError('no');\n");
  const { code, err } = await ended(start(['check', './throws.mjs']));
  expect(code).toBe(2);
  expect(err).toBe(
    'Bad input: 1 problem\n  ./throws.mjs:2: threw while it was loaded: TypeError: no\n',
  );
});

test('bad input exits 2 without a stack trace', async () => {
  const { code, out, err } = await ended(start(['replay', 'no-such-file.json']));
  expect([code, out]).toEqual([2, '']);
  expect(err).toBe('Bad input: 1 problem\n  no-such-file.json: there is no such file\n');
});

test('a reader that goes away ends nothing and says nothing', async () => {
  const child = start(['list', 'commands', '--json']);
  child.stdout?.destroy();
  expect(await ended(child)).toMatchObject({ code: 0, err: '' });
});
