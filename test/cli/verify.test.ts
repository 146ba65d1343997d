import { readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { parseFlags } from '../../cli/flags.ts';
import { deep, lasting, type Plan, quick } from '../../cli/plan.ts';
import { verify } from '../../cli/verify.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';
import { hypercheck, jsonOf, printing, problemsOf, temporaryFolder } from './console.ts';

// Each of these is a second or two of work where nothing else runs.
vi.setConfig({ testTimeout: 60_000 });

const { file } = temporaryFolder();
const small: Plan = {
  name: 'small',
  random: [
    { scope: 'fuzz', runs: 4 },
    { scope: 'tiny', runs: 3 },
  ],
  pairs: 2,
  exploredStates: 300,
  // Each seeded bug takes a while to set up: test/exhaustive/verify.test.ts has them.
  faultBudget: 0,
  safetySeconds: 600,
};
const none = file('none');

async function verified(given: object, plan: Plan, io = printing()) {
  const flags = parseFlags('verify', { out: none, ...given });
  const code = await verify(flags, plan, io.io);
  return { code, ...io.printed() };
}

test('the plans name scopes that exist, and only time bounds --for', () => {
  for (const plan of [quick, deep, lasting(600)]) {
    for (const { scope } of plan.random) expect(Object.keys(vmmMachine.scopes)).toContain(scope);
  }
  expect(quick.safetySeconds).toBe(180);
  expect(lasting(600)).toMatchObject({ name: 'for 10 min 0 s', forSeconds: 600 });
});

test('a plan is carried out whole: logs, traces, scopes, and a closing table', async () => {
  const { code, out } = await verified({ json: true }, small);
  const document = JSON.parse(out);
  expect(Object.keys(document)).toEqual(
    expect.arrayContaining([
      'verdict',
      'plan',
      'seed',
      'runs',
      'commands',
      'seconds',
      'properties',
      'conjectures',
      'counterexamples',
      'stored',
      'transcripts',
      'scopes',
    ]),
  );
  const seconds = expect.any(Number);
  // Every scope that is small enough, with the figures that it says of itself.
  const few = Object.values<VmmScope>(scopes).flatMap(({ name: scope, explored }) => {
    if (explored?.complete !== true || explored.distinct > small.exploredStates) return [];
    const { distinct, generated, depth } = explored;
    return [{ scope, verdict: 'holds', distinct, generated, depth, seconds }];
  });
  expect(few.length).toBeGreaterThan(5);
  expect(document.scopes).toEqual(few);
  expect(document).toMatchObject({ plan: 'small', seed: 1, counterexamples: [], stored: [] });
  expect(document.runs).toBeGreaterThanOrEqual(7);
  expect(document.transcripts.length).toBeGreaterThan(0);
  // What a log is known to show is no reason to fail.
  expect(document.transcripts).toContainEqual({
    file: 'transcripts/qemu-migration/success.jsonl',
    system: 'qemu-migration',
    verdict: 'violated',
    events: 71,
    violations: ['exactly one running guest'],
    expected: true,
  });
  expect([document.verdict, code]).toEqual(['holds', 0]);
});

test('one property in one scope holds, with the plan and the bound', async () => {
  const { code, out } = await verified({ property: ['MEM-I1'], scope: 'tiny' }, small);
  expect(code).toBe(0);
  expect(out).toMatch(/^MEM-I1 +[\d,]+ +[\d,]+ +holds /m);
  expect(out).toMatch(/\nholds \(plan small\) {2}\d+ traces, [\d,]+ commands, .* s, seed 1\n$/);
});

test('an asked stop prints what was established and is inconclusive', async () => {
  const controller = new AbortController();
  const io = printing({ stop: controller.signal });
  controller.abort();
  const { code, out } = await verified({}, small, io);
  expect(code).toBe(3);
  expect(out).toMatch(/^PROPERTY +EVALUATIONS/);
  expect(out).toContain('interrupted; this is what was established so far\ninconclusive');
});

test('a plan that takes twice its time is inconclusive, and says so', async () => {
  const { code, out } = await verified({}, { ...small, safetySeconds: 0 });
  expect(code).toBe(3);
  expect(out).toContain('it took too long');
});

test('--for ends with time, and holds with its bound', async () => {
  const flags = { property: ['MEM-I1'] };
  const plan = { ...small, name: 'for 0 s', forSeconds: 0.4, safetySeconds: 600 };
  const { code, out } = await verified(flags, plan);
  expect(code).toBe(0);
  expect(out).toContain('holds (plan for 0 s)');
});

test('a counterexample that is stored is replayed first, whatever else is there', async () => {
  const out = file('stored');
  const args = ['--fault', 'memory/S6', '--seed', '1', '--out', out];
  expect((await hypercheck(['fuzz', ...args])).code).toBe(1);
  file('stored/broken.json', 'not a trace');
  const flags = { fault: 'memory/S6', out, json: true };
  const again = JSON.parse((await verified(flags, small)).out);
  expect(again).toMatchObject({ verdict: 'violated', runs: 0 });
  expect(again.stored.map((each: { verdict: string }) => each.verdict).sort()).toEqual([
    'skipped',
    'violated',
  ]);
  const other = await verified({ property: ['MEM-I1'], out }, small);
  expect(other.code).toBe(0);
  expect(other.out).toContain('was left out: it is of vmm+memory/S6');
});

test('a faulted machine is told from the model by --fault', async () => {
  const { code, out } = await hypercheck([
    'verify',
    '--fault',
    'memory/S6',
    '--out',
    file('k6'),
    '--junit',
    file('k6.xml'),
  ]);
  expect(code).toBe(1);
  expect(out).toContain('fault memory/S6, scope fuzz, seed 1, path');
  expect(readFileSync(file('k6.xml'), 'utf8')).toContain('<failure ');
});

test.each([
  ['--seed', ['--seed', 'x'], 'must be an integer'],
  ['--seed', ['--seed', '2147483648'], 'must be an integer from -2147483648 to 2147483647'],
  ['--for', ['--for', '10'], 'must be a time such as 90s'],
  ['--quick', ['--quick', '--deep'], 'only one of'],
  ['--scope', ['--scope', 'big'], "there is no 'big': see hypercheck list scopes"],
  ['--fault', ['--fault', 's1'], "there is no 's1': did you mean memory/S1?"],
  ['--property', ['--property', 'mem_i1'], "there is no 'mem_i1': did you mean MEM-I1?"],
  ['--property', ['--property', 'X'], "there is no 'X': see hypercheck list properties"],
  ['command line', ['--sede', '1'], "unknown option '--sede'"],
])('%s: a wrong flag is bad input', async (where, args, problem) => {
  const [first] = await problemsOf(['verify', ...args]);
  expect(first?.startsWith(`${where}: `)).toBe(true);
  expect(first).toContain(problem);
});

test('every wrong flag is told at once', async () => {
  expect(await problemsOf(['fuzz', '--seed', 'x', '--runs', '0', '--for', 'y'])).toHaveLength(3);
  expect(
    await problemsOf(['fuzz', '--fault', 'x', '--property', 'y', '--scope', 'z']),
  ).toHaveLength(3);
});

test('fuzz looks for a seeded bug of CPUs in the scope of that bug', async () => {
  const { code, out } = await hypercheck([
    'fuzz',
    '--fault',
    'cpu/C35',
    '--seed',
    '1',
    '--out',
    none,
  ]);
  expect(code).toBe(1);
  expect(out).toContain('Violated: RES-1');
  expect(out).toContain('scope cpu-promises');
});

test('a conjecture that a random run breaks is told with a short trace, and fails nothing', async () => {
  const bug = { fault: 'cpu/C15', property: ['EV-C2'], scope: 'cpu-fuzz-one' };
  const { code, out } = await verified({ ...bug, json: true }, small);
  expect(code).toBe(0);
  const document = JSON.parse(out);
  expect(document).toMatchObject({ verdict: 'holds', properties: [], counterexamples: [] });
  const [{ broken, ...told }] = document.conjectures;
  expect(told).toMatchObject({ id: 'EV-C2', verdict: 'broken' });
  expect(broken).toMatchObject({ scope: 'cpu-fuzz-one', seed: 1, minimal: 'among-subsequences' });
  const by = ['--fault', bug.fault, '--property', 'EV-C2', '--scope', bug.scope];
  const fuzz = await hypercheck(['fuzz', ...by, '--seed', '1', '--runs', '7', '--out', none]);
  expect(fuzz.code).toBe(0);
  expect(fuzz.out).toMatch(
    /^Conjectures: 0 held, 1 broken in this run\n {2}broken: EV-C2 .*\n {4}thread 0 owes -\S+ ticks\n {4}scope cpu-fuzz-one, seed 1, \d command/,
  );
});

test('fuzz holds with its bound', async () => {
  const args = ['fuzz', '--runs', '2', '--seed', '1', '--out', none];
  const held = await hypercheck([...args, '--scope', 'tiny', '--json']);
  expect([held.code, jsonOf(held).runs]).toEqual([0, 2]);
});

test('an unknown command is bad input, and help is not', async () => {
  expect(await problemsOf(['veryfy'])).toEqual(['veryfy: is no command: see hypercheck --help']);
  const { code, out } = await hypercheck(['--help']);
  expect(code).toBe(0);
  expect(out).toContain('Exit codes: 0 holds, 1 violated, 2 usage or bad input');
  expect((await hypercheck(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
});
