/** What every fair run comes to, asked on the command line. */
import { join, resolve } from 'node:path';
import { expect, test, vi } from 'vitest';
import { hypercheck, jsonOf, problemsOf, temporaryFolder } from './console.ts';

vi.setConfig({ testTimeout: 60_000 });

const { file } = temporaryFolder();
const out = file('counterexamples');

/** A lock for readers and a writer; `queue` keeps new readers out while the writer waits. */
const library = join(resolve(import.meta.dirname, '..', '..'), 'machine', 'index.ts');
const lock = `import { enumOf, int, propertiesOf, record } from '${library}';
const { leadsTo } = propertiesOf();
const queue = false;
const command = (actor, may, effect) => ({
  actor, summary: 'A test.', args: {}, requires: [['no', [], (s) => !may(s)]], effect,
});
const machine = {
  name: 'lock',
  version: 1,
  shape: record({ readers: int(2), writer: enumOf('away', 'waits', 'writes') }),
  commands: {
    read: command('guest',
      (s) => s.writer !== 'writes' && s.readers < 2 && !(queue && s.writer === 'waits'),
      (d) => { d.readers++; }),
    leave: command('guest', (s) => s.readers > 0, (d) => { d.readers--; }),
    want: command('host', (s) => s.writer === 'away', (d) => { d.writer = 'waits'; }),
    write: command('host', (s) => s.writer === 'waits' && s.readers === 0, (d) => { d.writer = 'writes'; }),
    release: command('host', (s) => s.writer === 'writes', (d) => { d.writer = 'away'; }),
  },
  operations: {},
  initial: () => ({ readers: 0, writer: 'away' }),
  scopes: { all: { name: 'all', purpose: 'A test.', sizes: {} } },
};
const weak = (...commands) => ({ commands, strength: 'weak' });
const properties = [
  leadsTo({
    id: 'L-1',
    name: 'a writer that waits writes',
    fairness: [weak('leave'), weak('write')],
    starts: (s) => s.writer === 'waits',
    done: (s) => s.writer === 'writes',
  }),
];
export default { machine, properties };
`;
function lockFile(name: string, from = '', to = ''): string {
  if (!lock.includes(from)) throw new Error(`no '${from}' to replace`);
  return file(name, lock.replace(from, to));
}
const queued = lockFile('queued.mjs', 'queue = false', 'queue = true');
const whole = join(out, 'L-1-');

test('a writer that readers starve: the run is shown, stored, replayed and exported', async () => {
  const path = lockFile('starved.mjs');
  const { code, out: text } = await hypercheck(['check', path, '--out', out]);
  const stored = /stored: {2}(\S+)/.exec(text)?.[1] ?? '';
  expect([code, stored.startsWith(whole)]).toEqual([1, true]);
  expect(text.slice(0, text.indexOf('COMMAND'))).toBe(`Violated: L-1  a writer that waits writes
  the run goes on for ever after 1 step with read, leave and it is not done
  scope all

   1  want
        writer: away -> waits
    and then, for ever:
   2  read
        readers: 0 -> 1
   3  leave
        readers: 1 -> 0

  stored:  ${stored}
  replay:  npx hypercheck replay ${stored} --machine ${path}

`);
  expect(text).toMatch(/^L-1 +7 +\d +violated +a writer that waits writes$/m);
  const given = [stored, '--machine', path];
  const replayed = await hypercheck(['replay', ...given]);
  expect([replayed.code, replayed.out.endsWith(': as stored\n')]).toEqual([1, true]);
  expect(replayed.out).toContain('\n    and then, for ever:\n   2  read\n');
  expect(await problemsOf(['shrink', ...given])).toEqual([
    `${stored}: is a whole run, whose way to where it goes wrong is as short as can be`,
  ]);
  const exported = async (format: string): Promise<string> =>
    (await hypercheck(['export', ...given, '--format', format])).out;
  expect(JSON.parse(await exported('itf'))).toMatchObject({ loop: 1 });
  expect(await exported('mermaid')).toContain(
    '  loop for ever\n  guest->>machine: read\n  guest->>machine: leave\n  end\n',
  );
  const vitest = await exported('vitest');
  expect(vitest).toContain('const loop = [\n  {"kind":"read","args":{}},\n');
  expect(vitest).toContain('violationAlong(machine, scope, properties[0], { stem, loop })');
  // Where the bug is mended, the run is none of the machine, and the file says so.
  const mended = await hypercheck(['replay', stored, '--machine', queued, '--any-model']);
  expect([mended.code, mended.out]).toEqual([
    0,
    expect.stringContaining('the file says L-1 at step 3, nothing is violated now'),
  ]);
});

test('a queue is fair: every run is asked, and the report says how often', async () => {
  const printed = await hypercheck(['check', queued, '--json']);
  expect(jsonOf(printed)).toMatchObject({
    verdict: 'holds',
    complete: true,
    properties: [{ id: 'L-1', kind: 'leads-to', evaluations: 7, couldFail: 3, verdict: 'holds' }],
    leftOut: [],
  });
  const cut = jsonOf(await hypercheck(['check', queued, '--max-depth', '1', '--json']));
  expect(cut).toMatchObject({ verdict: 'inconclusive', properties: [], leftOut: ['L-1'] });
});

test('a run that ends is a counterexample too', async () => {
  const path = lockFile(
    'ends.mjs',
    "command('guest', (s) => s.readers > 0",
    "command('guest', () => false",
  );
  const { out: text } = await hypercheck(['check', path, '--out', out]);
  expect(text).toContain('\n  the run ends after 3 steps and it is not done\n');
  const stored = /stored: {2}(\S+)/.exec(text)?.[1] ?? '';
  const replayed = await hypercheck(['replay', stored, '--machine', path]);
  expect([replayed.code, replayed.out.endsWith(': as stored\n')]).toEqual([1, true]);
});

test('what leaves out states or steps is refused where a run is asked, with the reason', async () => {
  const named = ['check', queued, '--property', 'L-1'];
  expect(await problemsOf([...named, '--symmetry'])).toEqual([
    'flags: symmetry joins states that a fair run tells apart, as it does who is served: liveness needs them all',
  ]);
  expect(await problemsOf([...named, '--sleep-sets'])).toEqual([
    'flags: sleep sets leave out steps, and whether a run is fair depends on every step: liveness needs them all',
  ]);
  expect(await problemsOf([...named, '--strategy', 'random'])).toEqual([
    '--strategy: random walks do not see every run: take another one',
  ]);
  const left = await hypercheck(['check', queued, '--sleep-sets', '--json']);
  expect(jsonOf(left)).toMatchObject({ verdict: 'holds', properties: [], leftOut: ['L-1'] });
});

test.each([
  [
    'command',
    "weak('leave')",
    "weak('depart')",
    /fairness\[0\]\.commands\[0\]: 'depart' is no command of the machine$/,
  ],
  [
    'throws',
    "starts: (s) => s.writer === 'waits'",
    'starts: (s) => s.writer.length.x.y === 1',
    /throws\.mjs property L-1: threw TypeError: Cannot read properties of undefined/,
  ],
  [
    'endless',
    "starts: (s) => s.writer === 'waits'",
    'starts: (s) => { while (s.readers === 2) {} return false; }',
    /endless\.mjs property L-1: had not ended after 1 s, where readers = 2/,
  ],
])(
  'a property of runs that breaks (%s) is bad input with its place',
  async (name, from, to, told) => {
    const args = ['check', lockFile(`${name}.mjs`, from, to), '--rule-time', '1s', '--out', out];
    const problems = await problemsOf(args);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(told);
  },
);
