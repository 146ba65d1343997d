import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { runCheck } from '../../cli/check.ts';
import { parseFlags } from '../../cli/flags.ts';
import { hypercheck, jsonOf, printing, problemsOf, temporaryFolder } from './console.ts';

vi.setConfig({ testTimeout: 60_000 });

const { file } = temporaryFolder();
const out = file('counterexamples');
const small = ['check', 'shared-pages', '--scope', 'small', '--out', out];

test('the reference model is explored whole, with the documented keys', async () => {
  const { code, out: text } = await hypercheck([...small, '--json', '--junit', file('check.xml')]);
  const document = JSON.parse(text);
  expect(code).toBe(0);
  expect(Object.keys(document)).toEqual([
    'verdict',
    'complete',
    'scope',
    'distinct',
    'generated',
    'depth',
    'seconds',
    'peakMb',
    'strategy',
    'workers',
    'reductions',
    'machine',
    'sizes',
    'mode',
    'levels',
    'commands',
    'properties',
    'vacuous',
    'goals',
    'conjectures',
    'leftOut',
  ]);
  expect(document).toMatchObject({
    verdict: 'holds',
    complete: true,
    scope: 'small',
    distinct: 5307,
    generated: 53_560,
    depth: 7,
    workers: 1,
    reductions: [],
    machine: 'shared-pages',
    mode: 'exact',
    levels: [1, 28, 228, 732, 1528, 1824, 912, 54],
    vacuous: [],
  });
  expect(document.commands[0]).toEqual({ command: 'touch', taken: 8160, fresh: 1532 });
  expect(readFileSync(file('check.xml'), 'utf8')).toContain('tests="6" failures="0"');
});

test('other sizes are explored, by fingerprint with the chance to have missed a state', async () => {
  const args = ['--set', 'frame=2,slot=0', '--set', 'content=1', '--mode', 'fingerprint'];
  const { code, out: text } = await hypercheck([...small, ...args]);
  expect(code).toBe(0);
  expect(text).toContain('Never enabled (4): write, breakShare, swapOut, swapIn\n');
  expect(text).toContain('vm 2, page 2, frame 2, content 1, slot 0, balloon 1\n');
  expect(text).toMatch(
    /A state may have been missed with probability \d\.\de-1\d \(n\^2 \/ 2\^65 /,
  );
  const { collision, distinct } = jsonOf(await hypercheck([...small, ...args, '--json']));
  expect(collision).toEqual({
    probability: (distinct as number) ** 2 / 2 ** 65,
    formula: 'n^2 / 2^65',
  });
});

test('symmetry is tested, and then one state of each class is kept', async () => {
  const { code, out: text } = await hypercheck([...small, '--symmetry']);
  expect(code).toBe(0);
  expect(text).toContain('\nReduced by symmetry of vm, page, frame\n');
  expect(text).toMatch(/\nholds \(every state\) {2}201 states, 2,214 steps, depth 7, /);
});

test('sleep sets find the same states by fewer steps', async () => {
  const document = jsonOf(await hypercheck([...small, '--sleep-sets', '--json']));
  expect(document).toMatchObject({ verdict: 'holds', distinct: 5307, reductions: ['sleep sets'] });
  expect(document.generated).toBeLessThan(53_560);
});

test('a reduction is held against a search without it', async () => {
  const small = ['check', 'shared-pages', '--scope', 'small', '--verify-reduction'];
  const { code, out } = await hypercheck([...small, '--symmetry']);
  expect(code).toBe(0);
  expect(out).toContain('Verified: without the reduction 5,307 states, and the same findings\n');
  const { reduction } = jsonOf(await hypercheck([...small, '--sleep-sets', '--json']));
  expect(reduction).toEqual({ agrees: 'yes', differences: [], distinct: 5307 });
  expect(await problemsOf(small)).toEqual([
    '--verify-reduction: there is no reduction to verify without --symmetry or --sleep-sets',
  ]);
});

test('what a reduction cannot be used for is left out, or bad input where it was named', async () => {
  const shallow = ['check', 'tiny', '--max-depth', '1', '--sleep-sets', '--json'];
  const document = jsonOf(await hypercheck(shallow));
  const kinds = (document.properties as { kind: string }[]).map(({ kind }) => kind);
  expect(new Set(kinds)).toEqual(new Set(['invariant']));
  expect(document.leftOut).toContain('SWP-T2');
  const [problem] = await problemsOf(['check', 'tiny', '--sleep-sets', '--property', 'SWP-T2']);
  expect(problem).toContain('flags: sleep sets leave out steps, and SWP-T2 must see every step');
  const [both] = await problemsOf([...small, '--sleep-sets', '--symmetry']);
  expect(both).toContain('leave one of the two out');
});

test('a set whose members the machine tells apart is named, and left alone', async () => {
  const path = file(
    'ranks.mjs',
    counter
      .replace('{ int,', '{ array, bool, index, int, ref, table,')
      .replace("n: int('most'),", "n: int('most'), up: array(index('rank'), bool),")
      .replace('({ n: 0,', "(z) => ({ n: 0, up: table(z, index('rank'), () => false),")
      .replace('initial: () => (z) =>', 'initial: (z) =>')
      .replace('sizes: { most: 5 }', 'sizes: { most: 5, rank: 2 }')
      .replace('d.n = 0;', 'd.n = 0; d.up[0] = true;'),
  );
  const args = ['check', path, '--symmetry', '--property', 'G-1', '--json'];
  const { reductions, asymmetries } = jsonOf(await hypercheck(args));
  expect(reductions).toEqual(['symmetry of nothing']);
  expect(asymmetries).toMatchObject([{ set: 'rank' }]);
});

test.each([
  [['--max-states', '100'], 'states', 'As many states as --max-states allows'],
  [['--max-depth', '2'], 'depth', 'Traces of as many commands as --max-depth allows'],
])('%s ends the search, which is inconclusive then', async (limit, stopped, told) => {
  const { code, out: text } = await hypercheck([...small, ...limit]);
  expect(code).toBe(3);
  expect(text).toContain(told);
  expect(text).toMatch(/\ninconclusive {2}\d+ states, [\d,]+ steps, depth 2, /);
  const document = jsonOf(await hypercheck([...small, ...limit, '--json']));
  expect(document).toMatchObject({ verdict: 'inconclusive', complete: false, stopped });
});

test.each([
  ['depth-first', { verdict: 'holds', distinct: 5307, generated: 53_560, mode: 'exact' }],
  ['iterative-deepening', { verdict: 'holds', distinct: 5307, depth: 7, mode: 'exact' }],
  ['random', { verdict: 'inconclusive', stopped: 'walks', mode: 'fingerprint' }],
])('--strategy %s searches in another order', async (strategy, expected) => {
  const search = [...small, '--strategy', strategy, '--walks', '3'];
  expect(jsonOf(await hypercheck([...search, '--json']))).toMatchObject({ strategy, ...expected });
});

test('strategies and what they cannot be combined with are checked', async () => {
  const [unknown] = await problemsOf([...small, '--strategy', 'best-first']);
  expect(unknown).toContain('--strategy: must be one of breadth-first, depth-first');
  for (const other of [['--symmetry'], ['--sleep-sets'], ['--mode', 'fingerprint']]) {
    const [problem] = await problemsOf([...small, '--strategy', 'depth-first', ...other]);
    expect(problem).toContain('--strategy: only breadth-first takes');
  }
});

test('an asked stop ends the search, and what was established is printed', async () => {
  const controller = new AbortController();
  const { io, printed } = printing({ stop: controller.signal });
  controller.abort();
  const flags = parseFlags('check', { scope: 'small', out });
  expect(await runCheck('shared-pages', flags, io)).toBe(3);
  expect(printed().out).toContain(
    'Interrupted: this is what was established so far.\ninconclusive',
  );
});

test('a scope of the VMM is explored until time is up, and tells what it did not ask', async () => {
  const { code, out: text } = await hypercheck(['check', 'tiny', '--for', '1s', '--json']);
  expect(code).toBe(3);
  const { stopped, leftOut, goals, machine } = JSON.parse(text);
  expect({ stopped, machine }).toEqual({ stopped: 'time', machine: 'vmm' });
  expect(leftOut).toContain('DED-S1');
  expect(leftOut).toContain('GOAL-create-vm-refused-vm-exists');
  const reached = goals.filter((each: { reached: boolean }) => each.reached);
  expect(reached.length).toBeGreaterThan(0);
  for (const { witness } of reached) expect(witness.length).toBeGreaterThan(0);
});

const seeded = [
  ...['check', 'tiny', '--fault', 'memory/K6', '--property', 'DED-I2', '--set', 'booted=1'],
  ...['--max-depth', '1'],
];

test('only properties of the VMM that are named are asked of a seeded bug', async () => {
  const { properties, fault } = jsonOf(await hypercheck([...seeded, '--json', '--out', out]));
  expect(fault).toBe('memory/K6');
  expect((properties as { id: string }[]).map(({ id }) => id)).toEqual(['DED-I2']);
});

/** A machine file of the user's own, with parts to be replaced. */
const library = join(resolve(import.meta.dirname, '..', '..'), 'machine', 'index.ts');
const counter = `import { int, propertiesOf, record } from '${library}';
const { invariant, sometimes } = propertiesOf();
const machine = {
  name: 'counter',
  version: 1,
  shape: record({ n: int('most'), inner: record({ m: int(1) }) }),
  commands: {
    add: {
      actor: 'host',
      summary: 'Adds.',
      args: { by: int(2, 1) },
      requires: [['over', ['by'], (s, a, { size }) => s.n + a.by > size.most]],
      effect: (d, a) => { d.n += a.by; },
    },
    clear: {
      actor: 'guest',
      summary: 'Clears.',
      args: {},
      requires: [['zero', [], (s) => s.n === 0]],
      effect: (d) => { d.n = 0; },
    },
  },
  operations: {},
  initial: () => ({ n: 0, inner: { m: 0 } }),
  scopes: { five: { name: 'five', purpose: 'Up to five.', sizes: { most: 5 } } },
};
const properties = [
  invariant({ id: 'C-1', name: 'n is at most four', violation: (s) => (s.n > 4 ? 'n is five' : null) }),
  sometimes({ id: 'G-1', name: 'n is three', reached: ({ after }) => after.n === 3 }),
  sometimes({ id: 'G-2', name: 'n is nine', reached: ({ after }) => after.n === 9 }),
];
export default { machine, properties };
`;
function machineFile(name: string, from = '', to = ''): string {
  if (!counter.includes(from)) throw new Error(`no '${from}' to replace`);
  return file(name, counter.replace(from, to));
}

test.each([
  ['iterative-deepening', 'proved'],
  ['depth-first', 'budget'],
  ['random', 'budget'],
])('--strategy %s: the trace is minimal by %s', async (strategy, minimal) => {
  const search = ['check', machineFile('counter.mjs'), '--strategy', strategy, '--out', out];
  const document = jsonOf(await hypercheck([...search, '--json']));
  expect(document).toMatchObject({ verdict: 'violated', counterexample: { minimal } });
});

test("a counterexample of a user's machine is proved shortest, stored, and replays", async () => {
  const path = machineFile('counter.mjs');
  const { code, out: text } = await hypercheck(['check', path, '--out', out]);
  expect(code).toBe(1);
  const stored = /stored: {2}(\S+)/.exec(text)?.[1] ?? '';
  expect(text.slice(0, text.indexOf('COMMAND'))).toBe(`Violated: C-1  n is at most four
  n is five
  scope five

   1  add  by 1
        n: 0 -> 1
   2  add  by 2
        n: 1 -> 3
>  3  add  by 2
        n: 3 -> 5

  minimal: proved (6 states)
  stored:  ${stored}
  replay:  npx hypercheck replay ${stored} --machine ${path}

`);
  const replayed = await hypercheck(['replay', stored, '--machine', path]);
  expect([replayed.code, replayed.out.endsWith(': as stored\n')]).toEqual([1, true]);
  const exported = await hypercheck([
    ...['export', stored, '--machine', path, '--format', 'vitest'],
    ...['--out', file('tests/counter.test.mjs')],
  ]);
  expect(exported.code).toBe(0);
  expect(readFileSync(file('tests/counter.test.mjs'), 'utf8')).toContain(
    'import subject from "../counter.mjs";\n',
  );
});

test('goals are reached by shortest traces, or named', async () => {
  const path = machineFile('goals.mjs');
  const { code, out: text } = await hypercheck(['check', path, '--set', 'most=4', '--out', out]);
  expect(code).toBe(0);
  expect(text).toMatch(
    /^GOAL +COMMANDS +REACHED BY\nG-1 +2 +add, add\nGoals reached: 1 of 2\nGoals never reached \(1\): G-2$/m,
  );
  expect(text).toMatch(/\nholds \(every state\) {2}5 states, \d+ steps, depth 2, /);
});

test('a conjecture that breaks is told with a shortest trace, and fails nothing', async () => {
  const believed = `propertiesOf().conjecture({
    id: 'B-1', name: 'n is small', violation: ({ after }) => (after.n > 2 ? 'n is ' + after.n : null),
  }), propertiesOf().conjecture({ id: 'B-2', name: 'n is a number', violation: () => null }),
  propertiesOf().conjecture({ id: 'B-3', name: 'no', when: () => false, violation: () => 'no' }),`;
  const path = machineFile(
    'believed.mjs',
    'const properties = [',
    `const properties = [${believed}`,
  );
  const search = ['check', path, '--set', 'most=4', '--out', out];
  const report = file('believed.xml');
  const { code, out: text } = await hypercheck([...search, '--junit', report]);
  expect(code).toBe(0);
  expect(text).toContain(`
Conjectures: 1 held (B-2), 1 broken in this run, 1 could not break (B-3)
  broken: B-1  n is small
    n is 3
    scope five, 2 commands, none is shorter
   1  add  by 1
   2  add  by 2
`);
  expect(text).toMatch(/\nholds \(every state\) {2}5 states, /);
  const xml = readFileSync(report, 'utf8');
  expect(xml).toContain('failures="0"');
  expect(xml).toContain('<skipped message="a conjecture, which broke: n is 3"/>');
  expect(xml).toContain('<skipped message="a conjecture, which could not break"/>');
  expect(jsonOf(await hypercheck([...search, '--json'])).conjectures).toMatchObject([
    { id: 'B-1', verdict: 'broken', broken: { message: 'n is 3', minimal: 'proved' } },
    { id: 'B-2', verdict: 'held' },
    { id: 'B-3', verdict: 'could-not-break', couldFail: 0 },
  ]);
  const deep = jsonOf(await hypercheck([...search, '--strategy', 'depth-first', '--json']));
  expect(deep.conjectures).toMatchObject([{ broken: { minimal: 'budget' } }, {}, {}]);
  const reduced = jsonOf(await hypercheck([...search, '--sleep-sets', '--json']));
  expect(reduced).toMatchObject({ verdict: 'holds', conjectures: [] });
});

test('a scope beside the machine is the one that is explored', async () => {
  const scope = `{ name: 'two', purpose: 'Up to two.', sizes: { most: 2 } }`;
  const path = machineFile('scope.mjs', '{ machine, properties }', `{ machine, scope: ${scope} }`);
  expect(jsonOf(await hypercheck(['check', path, '--json']))).toMatchObject({
    verdict: 'holds',
    scope: 'two',
    distinct: 3,
    properties: [],
  });
});

test.each([
  ['threw', 'd.n = 0;', 'd.x.y = 0;', 'command clear: threw TypeError: Cannot set properties of'],
  [
    'bound',
    ' > size.most',
    ' > 99',
    'command add: n = 6 is outside 0..5: refuse the command there',
  ],
  ['place', 'd.n = 0;', 'd.inner = { m: 1 };', 'command clear: inner is a place: change it inside'],
  ['asked', 's.n > 4', 's.n.x.y', 'property C-1: threw TypeError: Cannot read properties of'],
])(
  'a rule that breaks (%s) is told with the trace and what was seen',
  async (name, from, to, told) => {
    const path = machineFile(`${name}.mjs`, from, to);
    const only = name === 'asked' ? 'C-1' : 'G-1';
    const args = ['check', path, '--property', only];
    const { code, out: text, err } = await hypercheck(args);
    expect(code).toBe(2);
    expect(err).toContain(`Bad input: 1 problem\n  ${path} ${told}`);
    expect(text).toMatch(/^A rule threw at the last of these commands:\n/);
    expect(text).toMatch(/\nbad-input {2}\d+ states?, \d+ steps?, depth \d, /);
    const document = jsonOf(await hypercheck([...args, '--json']));
    expect(document).toMatchObject({ verdict: 'bad-input', complete: false, stopped: 'error' });
    expect(document.problems).toHaveLength(1);
  },
);

test.each([
  [
    'effect',
    '(d) => { d.n = 0; }',
    '(d) => { while (d.n > 2) d.inner.m = 0; d.n = 0; }',
    'endless-effect.mjs command clear, effect: had not ended after 1 s, where n = 3: a rule must end (--rule-time allows more)',
  ],
  [
    'guard',
    's.n + a.by > size.most',
    '{ while (s.n > 3); return s.n + a.by > size.most; }',
    'endless-guard.mjs command add, guard over: had not ended after 1 s with {"by":1}, where n = 4: a rule must end (--rule-time allows more)',
  ],
  [
    'property',
    "(s.n > 4 ? 'n is five' : null)",
    '{ while (s.n > 1); return null; }',
    'endless-property.mjs property C-1: had not ended after 1 s, where n = 2: a rule must end (--rule-time allows more)',
  ],
])('a rule that never ends (%s) is given up and told', async (name, from, to, expected) => {
  const block = name === 'guard' ? `=> ${to}` : to;
  const path = machineFile(`endless-${name}.mjs`, name === 'guard' ? `=> ${from}` : from, block);
  const printed = await hypercheck(['check', path, '--rule-time', '1s', '--json']);
  const { verdict, problems, stopped } = jsonOf(printed);
  expect([printed.code, verdict, stopped]).toEqual([2, 'bad-input', 'error']);
  const [problem] = problems as { where: string; problem: string }[];
  expect(`${problem?.where}: ${problem?.problem}`).toContain(expected);
});

test('a rule that breaks while the symmetry is tested is bad input', async () => {
  const path = machineFile('tested.mjs', 'd.n = 0;', 'd.x.y = 0;');
  expect((await problemsOf(['check', path, '--symmetry', '--property', 'G-1']))[0]).toMatch(
    /^--symmetry: a rule threw while it was tested \(.*\): check without it to see where$/,
  );
});

test.each([
  [
    'load',
    'import { int',
    "throw new Error('no');\nimport { int",
    'load.mjs: threw while it was loaded: Error: no',
  ],
  [
    'default',
    'export default',
    'export const it =',
    'has no default export: write export default {',
  ],
  ['machine', '{ machine, properties }', '{ properties }', 'machine: is missing'],
  [
    'actor',
    "'guest'",
    "'boss'",
    'machine.commands.clear.actor: Invalid option: expected one of "host"',
  ],
  [
    'guard',
    "['zero', []",
    "['zero', ['q']",
    "requires[0][1][0]: 'q' is no argument of the command",
  ],
  ['rule', '() => ({ n: 0,', '({ n: 0,', 'machine.initial: must be a function'],
  ['shape', "int('most'), ", "'int', ", 'machine.shape.fields.n: must be a shape'],
  ['same', "'G-2'", "'G-1'", "properties[2].id: 'G-1' is the id of another property too"],
  [
    'kinds',
    'sizes: { most: 5 }',
    "sizes: { most: 5 }, commands: ['q']",
    "commands[0]: 'q' is no command of",
  ],
  ['initial', 'n: 0, inner', 'n: 6, inner', 'initial state: n = 6 is outside 0..5'],
  [
    'wide',
    "int('most')",
    'int(() => 2 ** 60)',
    'has 1152921504606847000 values, too many to be numbered',
  ],
  ['size', "int('most')", "int('more')", "the scope gives no size named 'more'"],
])('a file that is no machine (%s) is bad input, with its place', async (name, from, to, told) => {
  const problems = await problemsOf(['check', machineFile(`${name}.mjs`, from, to)]);
  expect(problems.join('\n')).toContain(told);
});

test('what is asked of two runs is asked of every two, and a difference is a counterexample', async () => {
  const asked = ['check', 'migration-transparent', '--property', 'MIG-A8', '--json', '--out', out];
  const { code, out: text } = await hypercheck([...asked, '--fault', 'migration/X7']);
  const { counterexample, pairs, verdict, distinct } = JSON.parse(text);
  expect([code, verdict, counterexample.property]).toEqual([1, 'violated', 'MIG-A8']);
  expect(counterexample.minimal).toBe('proved');
  expect(counterexample.trace.at(-1).kind).toBe('memory.read');
  expect(pairs).toMatchObject([{ property: 'MIG-A8', verdict, depth: counterexample.length }]);
  expect(pairs[0].distinct).toBeLessThan(distinct);
  expect(await problemsOf([...asked, '--strategy', 'random'])).toEqual([
    '--strategy: random walks do not see every run: take another one',
  ]);
});

test('what cannot be explored is bad input', async () => {
  expect(await problemsOf(['check', 'nowhere'])).toEqual([
    'nowhere: is no scope (see hypercheck list scopes), not shared-pages, and no machine file such as machine.mjs',
  ]);
  expect(await problemsOf(['check', file('none.mjs')])).toEqual([
    `${file('none.mjs')}: there is no such file`,
  ]);
  expect(await problemsOf(['check', 'tiny', '--scope', 'fuzz'])).toEqual([
    "--scope: 'tiny' is a scope already",
  ]);
  expect(
    await problemsOf(['check', 'shared-pages', '--fault', 'x', '--scope', 'y', '--property', 'z']),
  ).toEqual([
    '--fault: shared-pages has no seeded bugs',
    "--scope: there is no 'y': one of small, medium, large",
    "--property: there is no 'z': one of references, content, free, balloon, preserved, slots",
  ]);
  expect(await problemsOf(['check', 'shared-pages', '--set', 'frame=x,frames=3'])).toEqual([
    "--set: 'frame=x' is not NAME=SIZE, with an integer from 0 to 999999",
  ]);
  expect(await problemsOf(['check', 'shared-pages', '--set', 'frames=3'])).toEqual([
    "--set: scope large has no size 'frames': one of vm, page, frame, content, slot, balloon",
  ]);
  const typed = file('machine.ts', 'export default {};');
  if (!('typescript' in process.features)) {
    expect((await problemsOf(['check', typed]))[0]).toContain('compile it and give the .js');
  }
  expect(existsSync(file('none'))).toBe(false);
});
