import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test, vi } from 'vitest';
import { traceFile, writeTrace } from '../../generators/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import { hypercheck, jsonOf, problemsOf, temporaryFolder } from './console.ts';

vi.setConfig({ testTimeout: 120_000 });

const { file } = temporaryFolder();
const root = resolve(import.meta.dirname, '..', '..');

/** The shortest story of SWP-T2: a page is written while it is being written out. */
const page = { host: 0, vm: 0, page: 0 };
const calls = [
  { kind: 'memory.populate', args: { ...page, frame: 0 } },
  { kind: 'memory.swap-out-begin', args: { ...page, slot: 0 } },
  { kind: 'memory.host-write', args: { ...page, content: 1 } },
  { kind: 'memory.swap-out-end', args: page },
];
const booted = { ...scopes.tiny, sizes: { ...scopes.tiny.sizes, booted: 1 } };
const details = { property: 'SWP-T2', step: 4, message: 'the write-out ended wrongly' };
const faulted = { ...vmmMachine, name: 'vmm+memory/S1' };
const stored = file(
  'stored.json',
  writeTrace(traceFile(faulted, booted, [...calls, ...calls.slice(0, 1)], details)),
);

test('a trace in a scope of other sizes is replayed in these', async () => {
  const { code, out } = await hypercheck(['replay', stored]);
  expect(code).toBe(1);
  expect(out).toMatch(/^Violated: SWP-T2/);
  expect(out).toContain(': as stored\n');
});

test('a counterexample is written as a diagram', async () => {
  const { code, out } = await hypercheck(['export', stored, '--format', 'mermaid']);
  expect(code).toBe(0);
  expect(out).toBe(`sequenceDiagram
  actor daemon
  actor host
  participant machine as vmm+memory/S1
  daemon->>machine: memory.populate host 0, vm 0, page 0, frame 0
  daemon->>machine: memory.swap-out-begin host 0, vm 0, page 0, slot 0
  host->>machine: memory.host-write host 0, vm 0, page 0, content 1
  daemon->>machine: memory.swap-out-end host 0, vm 0, page 0
  Note over daemon,machine: SWP-T2: the write-out ended wrongly
`);
});

test('a counterexample is written as ITF, up to the violation', async () => {
  const { out } = await hypercheck(['export', stored, '--format', 'itf']);
  const { vars, states } = JSON.parse(out);
  expect(vars).toEqual(['hosts', 'clusters', 'services', 'mbt::actionTaken', 'mbt::nondetPicks']);
  expect(states).toHaveLength(5);
  expect(states[4]['mbt::actionTaken']).toBe('memory.swap-out-end');
});

/** Runs the generated tests in a project that has the package installed. */
function runTests(): { readonly status: number | null; readonly output: string } {
  const project = file('project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  for (const [dependency, path] of [
    ['hypercheck', root],
    ['vitest', join(root, 'node_modules', 'vitest')],
  ] as const) {
    try {
      symlinkSync(path, join(project, 'node_modules', dependency));
    } catch {
      // It is there from another run.
    }
  }
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--root', project];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  return { status, output: stripVTControlCharacters(stdout + stderr) };
}

test('a counterexample is written as a test, which fails until the bug is fixed', async () => {
  const broken = file('project/broken.test.ts');
  const args = ['export', stored, '--format', 'vitest', '--out', broken];
  expect(await hypercheck(args)).toEqual({ code: 0, out: '', err: '' });
  const source = readFileSync(broken, 'utf8');
  const fixed = source.replace(/^const machine = .*$/m, 'const machine = vmmMachine;');
  expect(fixed).not.toBe(source);
  file('project/fixed.test.ts', fixed);
  const { status, output } = runTests();
  expect(status).toBe(1);
  expect(output).toContain('broken.test.ts > SWP-T2 holds along the trace');
  expect(output).toContain('the write-out of page 0 of VM 0 ended wrongly');
  expect(output).toMatch(/Test Files .*1 failed.*1 passed/);
});

test('--json tells what was written, or has the text', async () => {
  const args = ['export', stored, '--format', 'mermaid', '--json'];
  const { text } = jsonOf(await hypercheck(args));
  expect(text).toMatch(/^sequenceDiagram/);
  const out = file('diagram.mmd');
  expect(jsonOf(await hypercheck([...args, '--out', out]))).toEqual({ format: 'mermaid', out });
  expect(readFileSync(out, 'utf8')).toBe(text);
});

test('what cannot be exported is bad input', async () => {
  expect(await problemsOf(['export', stored, '--format', 'dot'])).toEqual([
    '--format: must be one of itf, mermaid, vitest',
  ]);
  expect(await problemsOf(['export', stored])).toEqual([
    "command line: required option '--format <name>' not specified",
  ]);
  const harmless = file('harmless.json', writeTrace(traceFile(vmmMachine, booted, calls)));
  expect(await problemsOf(['export', harmless, '--format', 'vitest'])).toEqual([
    `${harmless}: violates nothing, so there is nothing to test for`,
  ]);
  const other = file(
    'other.json',
    writeTrace(traceFile({ ...vmmMachine, name: 'mine' }, booted, calls)),
  );
  expect(await problemsOf(['export', other, '--format', 'itf'])).toEqual([
    `${other} machine: is "mine", which is none of hypercheck: give its file with --machine FILE`,
  ]);
});
