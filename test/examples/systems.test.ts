/** The systems under test in other languages. All of their bugs: `bash .ci/example-systems`. */
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { mutatedLine } from '../../bench/oracle/mutate-line.ts';
import { numbers } from '../../bench/oracle/random.ts';
import { traces } from '../../generators/index.ts';
import { scopes, vmmMachine } from '../../model/index.ts';
import { hypercheck, jsonOf, temporaryFolder } from '../cli/console.ts';

const { file } = temporaryFolder();
const examples = resolve(import.meta.dirname, '..', '..', 'examples');

/** Whether a program ended well. */
function ran(program: string, ...args: readonly string[]): boolean {
  return spawnSync(program, args, { stdio: 'ignore' }).status === 0;
}
function made(build: string, ...flags: readonly string[]): boolean {
  return ran('make', '-C', join(examples, 'paging-vmm'), `build=${build}`, ...flags);
}
const cargo = ['build', '--release', '--offline', '--manifest-path'];
const python = 'import sys; sys.exit(sys.version_info < (3, 10))';
/** What could be built, and a bug with the length of its shortest trace. */
const systems = [
  {
    name: 'balloon VMM',
    needs: 'python3',
    there: ran('python3', '-c', python),
    command: ['python3', join(examples, 'balloon-vmm')],
    bug: 'whole-host-page',
    length: 7,
  },
  {
    name: 'paging VMM',
    needs: 'make and a C compiler',
    there: made(file('plain'), 'CFLAGS=-O1 -Werror'),
    command: [join(file('plain'), 'paging-vmm')],
    bug: 'cow-off-by-one',
    length: 6,
  },
  {
    name: 'logging VMM',
    needs: 'cargo',
    there: ran('cargo', ...cargo, join(examples, 'logging-vmm', 'Cargo.toml')),
    command: [join(examples, 'logging-vmm', 'target', 'release', 'logging-vmm')],
    bug: 'unlogged-dma',
    length: 6,
  },
];

for (const { name, needs, there, command, bug, length } of systems) {
  const drive = async (flags: readonly string[], ...more: readonly string[]) => {
    const out = ['--out', file('found'), '--json', '--seed', '1'];
    return jsonOf(await hypercheck(['drive', ...out, ...flags, '--', ...command, ...more]));
  };
  describe.skipIf(!there)(there ? name : `${name} (skipped: needs ${needs})`, () => {
    test('does what the model permits, in what it answers and what it shows', async () => {
      const document = await drive(['--runs', '8']);
      expect(document).toMatchObject({ verdict: 'holds', system: name, runs: 8 });
      expect(document.counts).toMatchObject({ unsupported: 0, unknown: 0, statesMax: 1 });
      for (const { kind, accepted } of document.kinds as { kind: string; accepted: number }[]) {
        expect(accepted, kind).toBeGreaterThan(0);
      }
    });

    test(`with the bug ${bug} is found, and the trace is short`, async () => {
      const { verdict, disagreement } = await drive(['--compare', 'reply'], '--bug', bug);
      expect(verdict).toBe('violated');
      expect((disagreement as { trace: unknown[] }).trace).toHaveLength(length);
    });

    test('has no bug that it is not told to have', () => {
      const [program = '', ...args] = command;
      const { status, stderr } = spawnSync(program, [...args, '--bug', 'none'], {
        encoding: 'utf8',
      });
      expect(status).toBe(2);
      expect(stderr).toContain(bug);
    });
  });
}

/** The requests of some traces, one in five of them damaged. */
function damagedRequests(): string {
  const below = numbers(1);
  const { name, sizes } = scopes.fuzz;
  const drawn = fc.sample(traces(vmmMachine, { scope: scopes.fuzz }), { numRuns: 30, seed: 1 });
  const hello = { op: 'hello', protocol: 1, scope: { name, sizes }, commands: [] };
  const larger = Object.fromEntries(Object.entries(sizes).map(([of, size]) => [of, size * 50]));
  const requests = drawn.flatMap((trace) => [
    // A scope that the system there is not of: it has to be made anew first.
    { ...hello, scope: { name, sizes: larger } },
    { op: 'observe' },
    { op: 'batch', commands: trace.slice(0, 3) },
    mutatedLine(JSON.stringify(hello), below),
    hello,
    { op: 'reset', seed: 1 },
    { op: 'batch', commands: trace.slice(0, 3) },
    ...trace.slice(3).map((command) => ({ op: 'step', command })),
    { op: 'observe' },
  ]);
  const lines = requests.map((request, id) => {
    if (typeof request === 'string') return request;
    const whole = JSON.stringify({ id, ...request });
    return below(5) === 0 ? mutatedLine(whole, below) : whole;
  });
  return `${lines.join('\n')}\n`;
}

const sanitized = join(file('sanitized'), 'paging-vmm');
const flags = ['CFLAGS=-O1 -g', 'SANITIZE=-fsanitize=address,undefined -fno-sanitize-recover=all'];
const canSanitize =
  made(file('sanitized'), ...flags) && ran('sh', '-c', `'${sanitized}' </dev/null`);
const [, , logging] = systems;
const targets = [
  { name: 'the C one, with sanitizers,', there: canSanitize, program: sanitized },
  { name: 'the Rust one', there: logging?.there, program: logging?.command[0] },
];
test.each(targets)('$name answers each damaged line, and goes on', ({ there, program, name }) => {
  if (there !== true || program === undefined) {
    console.warn(`skipped: ${name} cannot be built here`);
    return;
  }
  const input = damagedRequests();
  const { status, stdout, stderr } = spawnSync(program, {
    input,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  const answers = stdout.trim().split('\n');
  expect(answers).toHaveLength(input.trim().split('\n').length);
  for (const answer of answers) JSON.parse(answer);
  expect(answers.filter((answer) => answer.includes('"ok":true')).length).toBeGreaterThan(500);
});
