/** Searches by several threads, and searches that are killed and go on. Threads load the built files. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { hypercheck, jsonOf, problemsOf, temporaryFolder } from '../cli/console.ts';

const { file } = temporaryFolder();
const main = resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
const out = ['--out', file('counterexamples')];

/** What a search reports, but for its time and memory and what it was told to use. */
async function reportOf(
  args: readonly string[],
  workers: number,
): Promise<Record<string, unknown>> {
  const printed = await hypercheck(['check', ...args, ...out, '--workers', `${workers}`, '--json']);
  const { seconds: _, peakMb: __, workers: used, ...report } = jsonOf(printed);
  expect(used).toBe(workers);
  return { ...report, code: printed.code };
}

const pages = (scope: string, ...more: string[]) => ['shared-pages', '--scope', scope, ...more];
const counts = {
  small: { distinct: 5307, depth: 7, generated: 53_560 },
  medium: { distinct: 232_905, depth: 11, generated: 2_835_384 },
};
const modes = [[], ['--mode', 'fingerprint'], ['--sleep-sets']];

test('two threads count what one counts, in every mode', async () => {
  for (const mode of modes) {
    const report = await reportOf(pages('small', ...mode), 2);
    expect(report).toEqual(await reportOf(pages('small', ...mode), 1));
    const { distinct, depth, generated } = counts.small;
    expect(report).toMatchObject({ verdict: 'holds', distinct, depth });
    const isReduced = mode.includes('--sleep-sets');
    expect(report).toHaveProperty('generated', isReduced ? 34_404 : generated);
  }
});

test('two threads count the medium reference scope, by fingerprint and with sleep sets', async () => {
  const byFingerprint = await reportOf(pages('medium', '--mode', 'fingerprint'), 2);
  expect(byFingerprint).toMatchObject({ verdict: 'holds', ...counts.medium });
  const { distinct, depth } = counts.medium;
  const reduced = await reportOf(pages('medium', '--sleep-sets'), 2);
  expect(reduced).toMatchObject({ verdict: 'holds', distinct, depth, generated: 1_710_752 });
});

test('a counterexample in the VMM, its goals and its tallies are the same with three threads', async () => {
  const fault = ['swap', '--fault', 'memory/S1', '--max-depth', '5'];
  const report = await reportOf(fault, 3);
  expect(report).toEqual(await reportOf(fault, 1));
  expect(report).toMatchObject({ code: 1, verdict: 'violated' });
});

test('a machine of a file is searched by two threads, and a rule of it that throws is named', async () => {
  const machine = `
    import { int, propertiesOf, record } from '${join(main, '..', '..', 'machine', 'index.js')}';
    const add = {
      actor: 'host', summary: 'Adds.', args: { by: int(2, 1) },
      requires: [['over', ['by'], (s, a) => s.n + a.by > 9]],
      effect(d, a) { if (d.n === FAIL) throw new RangeError('no more'); d.n += a.by; },
    };
    const machine = {
      name: 'count', version: 1, shape: record({ n: int(9) }), commands: { add }, operations: {},
      initial: () => ({ n: 0 }), scopes: { nine: { name: 'nine', purpose: 'A test.', sizes: {} } },
    };
    export default { machine };`;
  const good = file('good.mjs', machine.replace('FAIL', '99'));
  expect(await reportOf([good], 2)).toMatchObject({ verdict: 'holds', distinct: 10 });
  const bad = file('bad.mjs', machine.replace('FAIL', '5'));
  const report = await reportOf([bad], 2);
  expect(report).toEqual(await reportOf([bad], 1));
  expect(report).toMatchObject({
    code: 2,
    problems: [{ where: `${bad} command add`, problem: 'threw RangeError: no more' }],
  });
});

/** A machine of 400 cells; the head comes to a state in which `HANGS` says whether a guard ends. */
const tape = `
  import { isMainThread } from 'node:worker_threads';
  import { array, index, int, record, table } from '${join(main, '..', '..', 'machine', 'index.js')}';
  const cell = index('cell');
  const mark = {
    actor: 'host', summary: 'Marks.', args: { mark: int(2, 1) },
    requires: [
      ['end', [], (s) => s.head === 12],
      ['ends', [], (s) => { while (HANGS) {} return false; }],
    ],
    effect(d, a) { d.cells.at(d.head).mark = a.mark; d.head++; },
  };
  const machine = {
    name: 'tape', version: 1, commands: { mark }, operations: {},
    shape: record({ head: int(12), cells: array(cell, record({ mark: int(200) })) }),
    initial: (sizes) => ({ head: 0, cells: table(sizes, cell, () => ({ mark: 0 })) }),
    scopes: { tape: { name: 'tape', purpose: 'A test.', sizes: { cell: 400 } } },
  };
  export default { machine };`;

test('two threads tell large states apart as one does', async () => {
  const path = file('tape.mjs', tape.replace('HANGS', 'false'));
  for (const mode of ['exact', 'fingerprint']) {
    const report = await reportOf([path, '--mode', mode], 2);
    expect(report).toMatchObject({ verdict: 'holds', distinct: 2 ** 13 - 1, depth: 12 });
    expect(report).toEqual(await reportOf([path, '--mode', mode], 1));
  }
});

test('a rule that does not end in another thread is named', async () => {
  // The leader is slow, so that others take up the state at which the rule hangs.
  const slow = '(isMainThread && performance.now() % 10 > 1)';
  const hangs = 's.head === 9 && s.cells.every(({ mark }, i) => mark === (i < 9 ? 2 : 0))';
  const path = file('hangs.mjs', tape.replace('HANGS', `${slow} || (${hangs})`));
  const problems = await problemsOf(['check', path, '--workers', '2', '--rule-time', '1s']);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatch(
    /hangs\.mjs command mark, guard ends: had not ended after 1 s, where head = 9, cells\[0\]\.mark = 2, /,
  );
});

test('a search that is killed goes on from its checkpoint to the same result', async () => {
  const folder = file('killed');
  const args = ['check', ...pages('medium'), '--checkpoint', folder, '--json'];
  const child = spawn(process.execPath, [main, ...args, '--workers', '2'], { stdio: 'ignore' });
  const ended = new Promise((done) => child.on('close', (_, signal) => done(signal)));
  const written = join(folder, 'checkpoint.json');
  const levels = (): number =>
    existsSync(written) ? JSON.parse(readFileSync(written, 'utf8')).summary.levels.length : 0;
  while (levels() < 3) await new Promise((resume) => setTimeout(resume, 5));
  child.kill('SIGKILL');
  expect(await ended).toBe('SIGKILL');
  // Rules are compared by their text, so the same program has to go on.
  const again = spawnSync(process.execPath, [main, ...args, '--resume'], { encoding: 'utf8' });
  const { levels: found, commands, properties, ...report } = JSON.parse(again.stdout);
  expect(report).toMatchObject({ verdict: 'holds', workers: 1, ...counts.medium });
  const whole = await reportOf(pages('medium'), 2);
  expect({ levels: found, commands, properties }).toEqual({
    levels: whole.levels,
    commands: whole.commands,
    properties: whole.properties,
  });
});

test('a checkpoint that cannot be used is bad input, with the reason', async () => {
  const folder = file('checkpoint');
  const search = ['check', ...pages('small'), '--checkpoint', folder];
  expect(await problemsOf([...search, '--resume'])).toEqual([
    `--checkpoint: there is no checkpoint in ${folder}`,
  ]);
  expect((await hypercheck([...search, '--max-depth', '2'])).code).toBe(3);
  expect(await problemsOf(search)).toEqual([
    `--checkpoint: ${folder} has a checkpoint: go on from it, or remove the folder`,
  ]);
  expect(await problemsOf([...search, '--resume', '--set', 'slot=2'])).toEqual([
    `--checkpoint: the checkpoint in ${folder} is of another search: the machine, the scope, the properties and the options must be the same`,
  ]);
  expect(await problemsOf(['check', 'swap', '--resume'])).toEqual([
    '--resume: needs --checkpoint, the folder to go on from',
  ]);
  expect(await problemsOf(['check', 'swap', '--workers', '0'])).toEqual([
    '--workers: must be an integer from 1 to 64',
  ]);
  expect(
    await problemsOf(['check', 'swap', '--strategy', 'depth-first', '--workers', '2']),
  ).toEqual(['--strategy: only breadth-first takes --workers and --checkpoint']);
});
