import { expect, test } from 'vitest';
import { lineFuzzer } from '../../../bench/oracle/fuzz-lines.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { lineReader, protocolSchema, server } from '../../../oracle/index.ts';

test('lines come whole, however the pieces fall', () => {
  const bytes = new TextEncoder().encode('{"a":"ä€😀"}\n\nsecond\nrest');
  for (let size = 1; size <= bytes.length; size++) {
    const found: string[] = [];
    const reader = lineReader((line) => found.push(line), expect.unreachable);
    for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
    expect(found).toEqual(['{"a":"ä€😀"}', '', 'second']);
  }
});

test('of a line that is too long, or no UTF-8, one problem is told and nothing more is read', () => {
  for (const [piece, problem] of [
    [new Uint8Array(2 ** 20).fill(65), 'a line is longer than 4194304 bytes'],
    [Uint8Array.of(0xc3, 0x28, 10), 'a line is not UTF-8'],
  ] as const) {
    const problems: string[] = [];
    const reader = lineReader(expect.unreachable, (found) => problems.push(found));
    for (let i = 0; i < 100; i++) reader.push(piece);
    expect(problems).toEqual([problem]);
  }
});

test('damaged lines are answered or refused, and nothing else comes of them', () => {
  const { lines, used, refused } = lineFuzzer(11)(6_000);
  expect(lines).toBe(6_000);
  expect(used).toBeGreaterThan(500);
  expect(refused).toBeGreaterThan(2_000);
  expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
});

const allocate = {
  kind: 'memory.create-vm',
  args: { host: 0, vm: 0, size: 1, reservation: 1, mode: 'pop', huge: false, overhead: [] },
};

test('the model answers as a server: what is allowed, what a step came to, what was impossible', () => {
  const drawn = server(vmmMachine, scopes.tiny, (_, seed) => (seed === 7 ? [allocate] : []));
  const ask = (request: object) => JSON.parse(drawn(JSON.stringify(request))) as object;
  expect(ask({ id: 1, op: 'hello', protocol: 1, anonymous: ['frame'] })).toMatchObject({
    id: 1,
    protocol: 1,
    machine: 'vmm',
    scope: { name: 'tiny' },
  });
  expect(ask({ id: 'a', op: 'trace', seed: 7 })).toEqual({ id: 'a', commands: [allocate] });
  expect(ask({ id: 2, op: 'allowed', command: allocate })).toEqual({
    id: 2,
    allowed: [{ outcome: { ok: true, events: [] }, args: allocate.args }],
  });
  expect(ask({ id: 3, op: 'step', command: allocate, reply: { ok: true } })).toEqual({
    id: 3,
    ok: true,
    states: 1,
  });
  const view = { hosts: [{ memory: { vms: { 0: { state: 'running' } } } }] };
  expect(ask({ id: 4, op: 'observe', state: view })).toMatchObject({ ok: true });
  expect(ask({ id: 5, op: 'silent' })).toMatchObject({ ok: true });
  expect(ask({ id: 6, op: 'step', command: allocate, reply: { ok: true } })).toMatchObject({
    ok: false,
    finding: { reason: 'reply', difference: [{ allowed: 'refused: vm-exists' }] },
  });
  expect(ask({ id: 7, op: 'silent' })).toMatchObject({ error: { path: 'op' } });
  expect(ask({ id: 8, op: 'reset' })).toEqual({ id: 8, ok: true });
  expect(ask({ id: 9, op: 'silent' })).toMatchObject({ ok: true });
});

test.each([
  ['[]', 'the request'],
  ['{"op":"jump"}', 'op'],
  ['{"op":"hello"}', 'hello.protocol'],
  ['{"op":"hello","protocol":1,"anonymous":["vm"]}', 'hello'],
  ['{"op":"trace","seed":1.5}', 'seed'],
  ['{"op":"step","command":{"kind":"memory.fly","args":{}}}', 'kind'],
])('the request %s is answered with what is wrong', (line, path) => {
  const answer = server(vmmMachine, scopes.tiny, () => [])(line);
  expect(JSON.parse(answer)).toMatchObject({ id: null, error: { path } });
});

test('the schema has every request, and observations that require nothing but a kind', () => {
  const schema = protocolSchema(vmmMachine, scopes.tiny) as {
    $defs: { request: { oneOf: { properties: { op: { const: string } } }[] }; observation: object };
  };
  const ops = schema.$defs.request.oneOf.map(({ properties }) => properties.op.const);
  expect(ops).toEqual(['hello', 'reset', 'step', 'batch', 'observe', 'snapshot', 'restore']);
  const required = JSON.stringify(schema.$defs.observation).match(/"required":\[[^\]]*\]/g);
  expect(new Set(required)).toEqual(new Set(['"required":["kind"]']));
  expect(JSON.stringify(schema).match(/"\$ref":"[^"]*"/g)?.length).toBeGreaterThan(10);
});
