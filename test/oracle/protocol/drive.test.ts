import { join } from 'node:path';
import { expect, test } from 'vitest';
import { traceFile, writeTrace } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { hypercheck, jsonOf, temporaryFolder } from '../../cli/console.ts';

const { file } = temporaryFolder();
const peer = join(import.meta.dirname, 'peer.mjs');
const node = process.execPath;

async function drive(mode: string, ...flags: readonly string[]) {
  const [abilities = 'batch,observe'] = flags.filter((flag) => !flag.startsWith('--'));
  const given = flags.filter((flag) => flag.startsWith('--')).flatMap((flag) => flag.split('='));
  const printed = await hypercheck([
    'drive',
    '--json',
    '--seed',
    '1',
    '--out',
    file('found'),
    ...given,
    '--',
    node,
    peer,
    mode,
    abilities,
  ]);
  return { code: printed.code, document: jsonOf(printed), err: printed.err };
}

interface Found {
  readonly reason: string;
  readonly message: string;
  readonly trace: readonly { readonly kind: string }[];
  readonly file: string;
}
const foundIn = (document: Record<string, unknown>) => document.disagreement as Found;

test.each(['observe', 'batch', 'none'])('a sound system that can %s holds', async (can) => {
  const { code, document } = await drive('sound', can, '--runs=5');
  expect(document).toMatchObject({ verdict: 'holds', runs: 5, system: 'peer sound', starts: 1 });
  expect(code).toBe(0);
});

test('a system that keeps a destroyed VM is found by its replies, and the trace is shortest', async () => {
  for (const can of ['batch', 'none']) {
    const { code, document } = await drive('keeps-vm', can);
    expect(code).toBe(1);
    const { reason, message, trace } = foundIn(document);
    expect(reason).toBe('reply');
    expect(message).toMatch(/answered '.*'; allowed was '.*'/);
    expect(trace).toHaveLength(3);
    expect(trace[1]?.kind).toBe('memory.destroy-vm');
  }
});

test('a system whose state is wrong from the start is found by what it shows', async () => {
  const { document } = await drive('wrong-shares', 'observe');
  const { reason, message, trace } = foundIn(document);
  expect(reason).toBe('observation');
  expect(message).toMatch(/shares is 2, not 1/);
  expect(trace.map(({ kind }) => kind)).toEqual(['memory.create-vm']);
});

test('a system that always refuses for reasons of its own fails', async () => {
  const { code, document } = await drive('refuses-all', 'none', '--runs=300');
  expect(code).toBe(1);
  expect(foundIn(document).reason).toMatch(/too-loose|reply/);
});

test('a stored trace runs again, and a sound system passes it', async () => {
  const { document } = await drive('keeps-vm', 'none');
  const { file: stored } = foundIn(document);
  expect((await drive('keeps-vm', 'none', `--trace=${stored}`)).code).toBe(1);
  expect((await drive('sound', 'none', `--trace=${stored}`)).document).toMatchObject({
    verdict: 'holds',
    runs: 1,
  });
});

/** A trace that is run as it is: nothing is made smaller. */
function fewCommands(): string {
  const args = { host: 0, size: 1, reservation: 1, mode: 'pop', huge: false, overhead: [1] };
  const create = (vm: number) => ({ kind: 'memory.create-vm', args: { ...args, vm } });
  const destroy = (vm: number) => ({ kind: 'memory.destroy-vm', args: { host: 0, vm } });
  const trace = [create(0), destroy(0), ...[0, 1, 2].map(create), destroy(0), create(0)];
  return file('few.json', writeTrace(traceFile(vmmMachine, scopes.fuzz, trace)));
}

test('a trace at which a system dies is made smaller', async () => {
  const { document } = await drive('dies', 'none', '--runs=50');
  expect(foundIn(document)).toMatchObject({ reason: 'threw' });
  expect(foundIn(document).trace).toHaveLength(4);
});

test.each([
  ['hangs', 1, /hangs: no answer to step in 100 ms/],
  ['dies', 1, /ended with exit 3/],
  ['killed', 1, /was killed by SIGSEGV/],
  ['floods', 2, /id is \d+, but/],
  ['floods-blank', 1, /hangs/],
  ['out-of-order', 2, /id is 1, but/],
  ['twice', 2, /id is \d+, but/],
  ['long-line', 2, /a line is longer than 4194304 bytes/],
  ['not-utf8', 2, /a line is not UTF-8/],
  ['not-json', 2, /a line that is not JSON: hello/],
  ['not-an-object', 2, /has \[1\], not an object/],
  ['deep', 2, /a line that is not JSON/],
  ['deep-reply', 2, /choices.overhead is an array of 1, outside the scope/],
  ['polluting', 2, /choices.__proto__ is no choice of this command/],
  ['outside-scope', 2, /choices.overhead is \[99\], outside the scope/],
  ['no-outcome', 2, /ok is nothing, not true or false/],
  ['bad-event', 2, /events\[0\] is 7, not an object/],
  ['bad-told', 2, /args.host is missing|is no command of scope/],
])('a system that %s gets a verdict, and its trace is kept', async (mode, code, message) => {
  const before = process.memoryUsage().rss;
  const patience = message.source.includes('hangs') ? '100ms' : '1s';
  const printed = await drive(mode, 'none', `--timeout=${patience}`, `--trace=${fewCommands()}`);
  expect(printed.code).toBe(code);
  const found = foundIn(printed.document);
  expect(found.message).toMatch(message);
  expect(found.trace.length).toBeGreaterThan(0);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  // What it sent is not kept: 100 MB would show.
  expect(process.memoryUsage().rss - before).toBeLessThan(80 * 2 ** 20);
});

test('a program that cannot be started, or speaks no protocol, is bad input', async () => {
  const broken = [
    { command: ['/no/such/program'], said: /but cannot be started: .*ENOENT/ },
    { command: [node, '-e', 'console.log(1)'], said: /but stdout has 1, not an object/ },
    { command: [node, '-e', 'throw Error("no such disk")'], said: /its log ends:.*no such disk/s },
  ];
  for (const { command, said } of broken) {
    const printed = await hypercheck(['drive', '--json', '--timeout', '2s', '--', ...command]);
    expect(printed.code).toBe(2);
    expect(printed.err).toMatch(/it must answer hello/);
    expect(printed.err).toMatch(said);
  }
});

test('what a system answered is stored as a log, which is impossible at the same place', async () => {
  const { document } = await drive('keeps-vm', 'none');
  const { log, message, trace } = foundIn(document) as Found & { readonly log: string };
  const judged = await hypercheck(['validate', '--model', 'fuzz', '--json', log]);
  expect(judged.code).toBe(1);
  expect(jsonOf(judged)).toMatchObject({
    verdict: 'violated',
    model: 'fuzz',
    impossible: { line: trace.length + 1, message },
  });
  const told = await hypercheck(['validate', '--model', 'fuzz', log]);
  expect(told.out).toContain(`Event ${trace.length + 1} (line ${trace.length + 1}) is impossible`);
  expect((await hypercheck(['validate', '--model', 'tiny', log])).err).toContain(
    'is fuzz, not tiny',
  );
});
