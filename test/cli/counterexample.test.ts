import { existsSync, readFileSync } from 'node:fs';
import { expect, test, vi } from 'vitest';
import { hypercheck, jsonOf, problemsOf, temporaryFolder } from './console.ts';

// Finding and shrinking is a second or two of work where nothing else runs.
vi.setConfig({ testTimeout: 60_000 });

const { file } = temporaryFolder();
const out = file('counterexamples');

interface Example {
  readonly property: string;
  readonly step: number;
  readonly difference: readonly string[];
  readonly file: string;
  readonly length: number;
}

/** The counterexample to a seeded bug, found once and stored. */
const found = hypercheck([
  ...['fuzz', '--fault', 'memory/S1', '--seed', '3'],
  ...['--out', out, '--json', '--junit', file('fuzz.xml')],
]);
async function example(): Promise<Example> {
  const [first] = jsonOf(await found).counterexamples as Example[];
  if (first === undefined) throw new Error('nothing was found');
  return first;
}

test('fuzz finds a seeded bug, with the documented keys', async () => {
  const document = jsonOf(await found);
  expect((await found).code).toBe(1);
  expect(document).toMatchObject({ verdict: 'violated', fault: 'memory/S1', seed: 3 });
  expect(Object.keys(document)).toEqual([
    'verdict',
    'fault',
    'seed',
    'runs',
    'commands',
    'seconds',
    'properties',
    'conjectures',
    'counterexamples',
    'stored',
  ]);
  const [property] = document.properties as object[];
  expect(Object.keys(property ?? {})).toEqual(
    expect.arrayContaining(['id', 'name', 'evaluations', 'couldFail', 'verdict']),
  );
  expect(Object.keys(await example())).toEqual(
    expect.arrayContaining(['property', 'trace', 'length', 'minimal', 'replay']),
  );
  expect(await example()).toMatchObject({
    property: 'SWP-T2',
    seed: 3,
    minimal: expect.any(String),
  });
});

test('JUnit gets the violated property as a failure', async () => {
  const { property } = await example();
  const xml = readFileSync(file('fuzz.xml'), 'utf8');
  expect(xml).toContain(`name="${property} `);
  expect(xml.match(/<failure/g)?.length).toBeGreaterThanOrEqual(1);
});

test('the text marks the violating step, tells its changes and how to replay it', async () => {
  const { step, property, file: stored, difference } = await example();
  const { out: text } = await hypercheck(['replay', stored]);
  expect(text).toMatch(new RegExp(`^Violated: ${property}`));
  expect(text).toMatch(new RegExp(`^> +${step}  memory\\.`, 'm'));
  for (const line of difference) expect(text).toContain(`        ${line}\n`);
  expect(text).toContain(`  replay:  npx hypercheck replay ${stored}\n`);
  expect(text).toContain(': as stored\n');
});

test('a replay shows the same property, step and difference', async () => {
  const { property, step, difference, file: stored } = await example();
  const replayed = await hypercheck(['replay', stored, '--json', '--junit', file('replay.xml')]);
  expect(replayed.code).toBe(1);
  expect(jsonOf(replayed)).toMatchObject({
    verdict: 'violated',
    asStored: true,
    counterexample: { property, step, difference },
  });
  expect(readFileSync(file('replay.xml'), 'utf8')).toContain('failures="1"');
});

/** The stored counterexample with some fields changed. */
async function changed(name: string, fields: object): Promise<string> {
  const stored = readFileSync((await example()).file, 'utf8');
  return file(name, JSON.stringify({ ...JSON.parse(stored), ...fields }));
}

test('a trace that violates nothing now holds, and says what the file said', async () => {
  const path = await changed('fixed.json', { machine: 'vmm' });
  const { code, out: text } = await hypercheck(['replay', path, '--any-model']);
  expect(code).toBe(0);
  expect(text).toMatch(/^holds .*the file says SWP-T2 at step \d+, nothing is violated now\n$/);
});

test('a trace of another model is refused, clearly', async () => {
  const path = await changed('old.json', { modelHash: '0123456789abcdef' });
  const [problem] = await problemsOf(['replay', path]);
  expect(problem).toMatch(/modelHash: is "0123456789abcdef", but .* the model has changed/);
});

test('shrink writes a smaller trace that violates the same', async () => {
  const { property, file: stored } = await example();
  const commands = JSON.parse(readFileSync(stored, 'utf8')).commands as object[];
  const read = { kind: 'memory.set-shares', args: { host: 0, vm: 0, shares: 2 } };
  const longer = [...commands.slice(0, -1), read, ...commands.slice(-1)];
  const path = await changed('longer.json', { commands: longer, step: longer.length });
  const shrunk = await hypercheck(['shrink', path, '--states', '0', '--json']);
  expect(shrunk.code).toBe(1);
  const document = jsonOf(shrunk);
  expect(document).toMatchObject({ before: commands.length + 1, out: file('longer.min.json') });
  expect(document.after).toBeLessThanOrEqual(commands.length);
  const again = await hypercheck(['replay', file('longer.min.json'), '--json']);
  expect(jsonOf(again)).toMatchObject({ asStored: true, counterexample: { property } });
});

test('there is nothing to shrink where nothing is violated', async () => {
  const path = await changed('nothing.json', { machine: 'vmm' });
  const [problem] = await problemsOf(['shrink', path, '--any-model']);
  expect(problem).toContain('violates nothing');
  expect(existsSync(file('nothing.min.json'))).toBe(false);
});

test.each([
  ['another format', { format: 'itf' }, 'format: is "itf"'],
  ['another version', { version: 2 }, 'version: is 2, not 1'],
  ['another machine', { machine: 'xen' }, 'machine: is "xen", which is none of hypercheck'],
  ['a scope that is not there', { scope: 'huge' }, 'scope: is "huge", not one of'],
  ['commands that are no array', { commands: 7 }, 'commands: is 7, not an array'],
  ['a seed that is none', { seed: 1.5 }, 'seed: is 1.5'],
  ['a command that is not there', { commands: [{ kind: 'x', args: {} }] }, 'commands[0].kind'],
  [
    'an id outside of the scope',
    { commands: [{ kind: 'memory.destroy-vm', args: { host: 0, vm: 3 } }] },
    'commands[0].args.vm: = 3 is outside 0..2',
  ],
])('%s is bad input, with its place', async (name, fields, told) => {
  const path = await changed(`${name}.json`, fields);
  expect((await problemsOf(['replay', path])).join('\n')).toContain(`${path} ${told}`);
});

test.each([
  ['nothing', ''],
  ['no JSON', 'commands: 1'],
  ['a cut document', '{"format": "hypercheck-trace", "comm'],
  ['another document', '[1, 2]'],
  ['bytes', Uint8Array.from({ length: 5000 }, (_, i) => (i * 7919) % 256)],
  ['deep nesting', '['.repeat(100_000)],
])('a file with %s is bad input', async (name, content) => {
  const path = file(name, content);
  expect((await problemsOf(['replay', path]))[0]).toContain(`${path} the whole: is `);
  const { err } = await hypercheck(['replay', path]);
  expect(err).not.toMatch(/^ +at /m);
});

test('a million commands are bad input, told in few lines', async () => {
  const one = readFileSync(await changed('one.json', { commands: [1] }), 'utf8');
  const path = file('long.json', one.replace('[1]', `[\n${'{},\n'.repeat(1_000_000)}{}]`));
  const problems = await problemsOf(['replay', path]);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain('commands: has 1000001 commands');
});
