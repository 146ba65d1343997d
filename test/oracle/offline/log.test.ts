import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers } from '../../../bench/oracle/random.ts';
import { pool } from '../../../examples/own-machine.ts';
import { type Trace, traces } from '../../../generators/index.ts';
import type { Machine, Scope } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { logHead, logLine, type Reply, truth, validateLog } from '../../../oracle/index.ts';

const scope = scopes.fuzz;
const poolScope = pool.scopes.small as Scope;

/** A log of what the model does when it chooses for itself; `lost` of a hundred replies are. */
function trueLog<S>(
  machine: Machine<S>,
  within: Scope,
  trace: Trace,
  seed: number,
  lost = 0,
): string[] {
  const below = numbers(seed);
  const system = truth(machine, within, below);
  const lines = trace.map((command) => {
    const reply: Reply = system.step(command);
    return logLine(machine, { command, reply: below(100) < lost ? { unknown: true } : reply });
  });
  return [logHead(machine, within), ...lines];
}

test('true logs hold, whatever the system chose', () => {
  const drawn = fc.sample(traces(vmmMachine, { scope }), { numRuns: 50, seed: 5 });
  drawn.forEach((trace, seed) => {
    const log = trueLog(vmmMachine, scope, trace, seed);
    const judged = validateLog(vmmMachine, scope, log);
    expect(judged.verdict === 'holds' || trace.length < 5).toBe(true);
    expect(judged.events).toBe(trace.length + 1);
  });
});

test('true logs hold with every fifth reply lost', () => {
  const drawn = fc.sample(traces(pool, { maxLength: 200 }), { numRuns: 50, seed: 6 });
  drawn.forEach((trace, seed) => {
    const judged = validateLog(pool, poolScope, trueLog(pool, poolScope, trace, seed, 20));
    expect(judged.verdict).not.toBe('violated');
    expect(judged.verdict).not.toBe('bad-input');
  });
});

test('an illegal reply is named at its line, with what was permitted and how it differs', () => {
  const log = [
    logHead(pool, poolScope),
    '{"command":{"kind":"allocate","args":{"client":0,"block":2}},"reply":{"ok":true}}',
    '{"command":{"kind":"free","args":{"client":1,"block":2}},"reply":{"ok":true}}',
    '{"command":{"kind":"free","args":{"client":0,"block":2}},"reply":{"ok":true}}',
  ];
  expect(validateLog(pool, poolScope, log)).toMatchObject({
    verdict: 'violated',
    events: 3,
    impossible: {
      event: 3,
      line: 3,
      observed: 'ok',
      allowed: 'refused: not-owner',
      permitted: [{ outcome: { ok: false, rejection: { code: 'not-owner' } } }],
      differences: [{ path: 'reply', allowed: 'refused: not-owner', observed: 'ok' }],
    },
  });
});

test('what a line leaves out may have been anything, until another line says otherwise', () => {
  const head = logHead(pool, poolScope);
  const line = (kind: string, args: object, reply?: object) =>
    JSON.stringify({ command: { kind, args }, reply });
  const allocate = line('allocate', {}, { ok: true });
  const judge = (...lines: string[]) => validateLog(pool, poolScope, [head, ...lines]);
  // Two clients, four blocks: nobody says which.
  expect(judge(allocate)).toMatchObject({ verdict: 'holds', counts: { statesMax: 8 } });
  expect(judge(allocate, '{"view":{"owners":{"1":0}}}')).toMatchObject({ verdict: 'holds' });
  expect(judge(allocate, '{"view":{"owners":[0,0,null,null]}}')).toMatchObject({
    verdict: 'violated',
    impossible: { event: 3, field: 'owners[1]', reason: 'observation' },
  });
  // The reply is lost, so it may not have happened.
  const lost = line('allocate', { client: 0, block: 1 });
  expect(judge(allocate, lost, '{"view":{"owners":{"1":1}}}').verdict).toBe('holds');
  expect(judge(lost, '{"view":{"owners":[null,null,null,0]}}').verdict).toBe('violated');
});

test('a log that never advances does not pass, and an empty one is none', () => {
  const head = logHead(pool, poolScope);
  const refused = '{"command":{"kind":"free","args":{"client":0,"block":0}},"reply":{"ok":false}}';
  expect(validateLog(pool, poolScope, [head, refused, refused]).verdict).toBe('inconclusive');
  expect(validateLog(pool, poolScope, [head]).verdict).toBe('inconclusive');
  expect(validateLog(pool, poolScope, []).verdict).toBe('bad-input');
});

test.each([
  ['another model', { modelHash: '0000000000000000' }, 'modelHash'],
  ['another machine', { machine: 'vmm' }, 'machine'],
  ['another scope', { sizes: { client: 3, block: 4, quota: 3 } }, 'sizes.client'],
  ['another version', { version: 2 }, 'version'],
  ['options of another form', { loose: { free: 'busy' } }, 'loose.free'],
  ['unknown options', { internal: ['nothing'] }, ''],
])('a log of %s is bad input', (_, other, path) => {
  const head = { ...JSON.parse(logHead(pool, poolScope)), ...other };
  const judged = validateLog(pool, poolScope, [JSON.stringify(head)]);
  expect(judged).toMatchObject({ verdict: 'bad-input', problems: [{ line: 1, path }] });
});

test('lines that are none are told with their place', () => {
  const head = logHead(pool, poolScope);
  const problemsOf = (line: string) => {
    const judged = validateLog(pool, poolScope, [head, line]);
    return judged.verdict === 'bad-input' ? judged.problems : judged;
  };
  expect(problemsOf('{}')).toMatchObject([{ line: 2, path: '' }]);
  expect(problemsOf('{"command":{"kind":"steal","args":{}}}')).toMatchObject([
    { line: 2, path: 'command.kind' },
  ]);
  expect(problemsOf('{"command":{"kind":"free","args":{"client":9}}}')).toMatchObject([
    { line: 2, path: 'command.args.client' },
  ]);
  expect(problemsOf('{"command":{"kind":"free","args":{}},"reply":{"ok":1}}')).toMatchObject([
    { line: 2, path: 'reply.ok' },
  ]);
  expect(problemsOf('{"view":{"owner":[]}}')).toMatchObject([{ line: 2 }]);
  expect(problemsOf('{"__proto__":{"command":1}}')).toMatchObject([{ line: 2 }]);
});
