import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { hypercheck, jsonOf, problemsOf, temporaryFolder } from './console.ts';

const { file } = temporaryFolder();
const basic = 'transcripts/ksm/basic.jsonl';
const ksm = (path: string): string[] => ['validate', '--system', 'ksm', path];

test('a log of the real system holds, with its bound', async () => {
  const { code, out, err } = await hypercheck(ksm(basic));
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^holds {2}transcripts\/ksm\/basic\.jsonl \(ksm: \d+ events, [\d,]+ comp/);
});

test('a falsified counter is found, with its place and what was allowed', async () => {
  const text = readFileSync(basic, 'utf8');
  const falsified = text.replace('"pages_shared":1036', '"pages_shared":9036');
  const { code, out } = await hypercheck([...ksm(file('falsified.jsonl', falsified)), '--json']);
  const document = JSON.parse(out);
  expect(code).toBe(1);
  expect(Object.keys(document)).toEqual([
    'verdict',
    'system',
    'file',
    'events',
    'checked',
    'impossible',
  ]);
  const { impossible } = document;
  expect(Object.keys(impossible)).toEqual(
    expect.arrayContaining(['event', 'line', 'observed', 'allowed', 'difference']),
  );
  const place = `event ${impossible.event} (line ${impossible.line}) is impossible`;
  const told = await hypercheck(ksm(file('falsified.jsonl')));
  expect(told.out.toLowerCase()).toContain(place);
});

test('a log of the scheduler holds, and a share that is not that of the weights is found', async () => {
  const path = 'transcripts/cpu-shares/weights.jsonl';
  const judged = await hypercheck(['validate', '--system', 'cpu-shares', path]);
  expect([judged.code, judged.err]).toEqual([0, '']);
  expect(judged.out).toMatch(
    /^holds .*weights\.jsonl \(cpu-shares: 16 events, [\d,]+ comparisons\)/,
  );
  const falsified = readFileSync(path, 'utf8').replace(
    '"share":[0.3348,0.6652]',
    '"share":[0.36,0.64]',
  );
  const { code, out } = await hypercheck([
    ...['validate', '--system', 'cpu-shares'],
    file('shares.jsonl', falsified),
  ]);
  expect(code).toBe(1);
  expect(out).toContain('Event 3 (line 3) is impossible');
  expect(out).toMatch(/field +share\[\]\n +observed +0\.36\n/);
});

test('a log that shows a property violated says which, where, and the pages', async () => {
  const log = 'transcripts/qemu-migration/dirtySlow.jsonl';
  const migration = ['validate', '--system', 'qemu-migration', log];
  const { code, out } = await hypercheck(migration);
  expect(code).toBe(1);
  expect(out).toMatch(/^violated {2}transcripts\/qemu-migration\/dirtySlow\.jsonl /);
  expect(out).toContain('Event 65 (line 65): violated: migration state equivalence\n');
  expect(out).toMatch(/\n {2}pages +10755 10758 10759 .* 13324\n$/);
  const document = JSON.parse((await hypercheck([...migration, '--json'])).out);
  expect(Object.keys(document)).toEqual([
    ...['verdict', 'system', 'file', 'events', 'checked', 'violations'],
  ]);
  expect(document.violations).toMatchObject([{ event: 65, line: 65, property: 'MIG-S8' }]);
});

test('a truncated line is bad input, with its line', async () => {
  const text = readFileSync(basic, 'utf8').split('\n').slice(0, 3).join('\n').slice(0, -9);
  expect(await problemsOf(ksm(file('cut.jsonl', text)))).toEqual([
    `${file('cut.jsonl')}:3: not JSON: the line is cut off`,
  ]);
});

test.each([
  ['no file', [...ksm('no/such/file')], 'no/such/file: there is no such file'],
  ['a folder', [...ksm('transcripts')], 'transcripts: is a folder, not a file'],
  ['an unknown system', ['validate', '--system', 'xen', basic], "--system: is 'xen', not one of"],
  ['no system', ['validate', basic], '--system: give one of --system and --model'],
  ['neither file nor fields', ['validate', '--system', 'ksm'], 'FILE: is missing'],
])('%s is bad input', async (_, args, problem) => {
  const [first, ...others] = await problemsOf(args);
  expect(first).toContain(problem);
  expect(others).toEqual([]);
});

test('bytes that are no text are bad input, and few of the problems are told', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7919) % 256);
  const { code, err } = await hypercheck(ksm(file('garbage', bytes)));
  expect(code).toBe(2);
  expect(err.split('\n').length).toBeLessThan(30);
});

test('a million lines need no memory for a million lines', async () => {
  const line = '{"nothing":1}\n';
  const problems = await problemsOf(ksm(file('long.jsonl', line.repeat(1_000_000))));
  expect(problems.length).toBeLessThanOrEqual(100);
  expect(problems[0]).toContain('long.jsonl:1');
});

test('the fields table says how each field is judged', async () => {
  const { code, out } = await hypercheck(['validate', '--system', 'virtio-balloon', '--fields']);
  expect(code).toBe(0);
  expect(out).toMatch(/^RECORD +FIELD +CLASS +SOURCE +WHY\n/);
  const json = await hypercheck(['validate', '--system', 'ksm', '--fields', '--json']);
  const { fields } = jsonOf(json);
  expect(fields).toContainEqual(expect.objectContaining({ class: 'exact' }));
});
