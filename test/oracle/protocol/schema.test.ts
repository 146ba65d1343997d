/** The generated JSON Schema of the protocol, held against messages by a validator of its own. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers } from '../../../bench/oracle/random.ts';
import { traces } from '../../../generators/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { protocolSchema, resuming, startSystem, truth } from '../../../oracle/index.ts';
import { temporaryFolder } from '../../cli/console.ts';

const { file } = temporaryFolder();
const scope = scopes.fuzz;
const ajv = new Ajv2020({ strict: false, inlineRefs: false });
ajv.addSchema(protocolSchema(vmmMachine, scope), 'protocol');

/** What is wrong with a message, by the definition of its kind. */
function problemOf(definition: string, message: unknown): string | undefined {
  const validate = ajv.getSchema(`protocol#/$defs/${definition}`);
  if (validate === undefined) throw new Error(`no definition ${definition}`);
  return validate(message) === true ? undefined : ajv.errorsText(validate.errors);
}

interface Request {
  readonly op: string;
  readonly [field: string]: unknown;
}
const root = resolve(import.meta.dirname, '..', '..', '..');
const exchanges = readFileSync(join(root, 'examples', 'protocol', 'transcript.jsonl'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as { readonly request: Request; readonly answer: object });

test('every message of the transcript is valid, and none without a field that must be there', () => {
  const ops = new Set<string>();
  for (const { request, answer } of exchanges) {
    ops.add(request.op);
    expect(problemOf('request', request), JSON.stringify(request)).toBeUndefined();
    expect(problemOf(`${request.op}Answer`, answer), JSON.stringify(answer)).toBeUndefined();
    const { op: _, ...noOp } = request;
    expect(problemOf('request', noOp)).toBeDefined();
    expect(problemOf(`${request.op}Answer`, { ...answer, id: undefined })).toBeDefined();
  }
  expect([...ops]).toEqual(['hello', 'reset', 'observe', 'step', 'batch', 'snapshot', 'restore']);
});

test('what is outside the scope, or of another kind, is no message', () => {
  const scrub = { kind: 'memory.scrub', args: { host: 0, frame: 11 } };
  const step = (command: unknown) => ({ id: 1, op: 'step', command });
  expect(problemOf('request', step(scrub))).toBeUndefined();
  expect(problemOf('request', step({ ...scrub, args: { host: 0, frame: 12 } }))).toBeDefined();
  expect(problemOf('request', step({ ...scrub, args: { host: 0 } }))).toBeDefined();
  expect(problemOf('request', step({ ...scrub, kind: 'memory.rub' }))).toBeDefined();
  const shown = (pages: unknown) => ({
    id: 1,
    state: { hosts: [{ memory: { vms: { 0: { pages } } } }] },
  });
  expect(problemOf('observeAnswer', shown({ 5: { at: { kind: 'mapped', frame: 3 } } }))).toBe(
    undefined,
  );
  expect(problemOf('observeAnswer', shown({ 6: { at: { kind: 'unbacked' } } }))).toBeDefined();
  expect(problemOf('observeAnswer', shown({ 5: { at: { kind: 'lost' } } }))).toBeDefined();
  expect(problemOf('stepAnswer', { id: 1, ok: 'yes' })).toBeDefined();
});

test('every reply of the model is valid', () => {
  const system = truth(vmmMachine, scope, numbers(1));
  for (const trace of fc.sample(traces(vmmMachine, { scope }), { numRuns: 10, seed: 1 })) {
    system.reset();
    for (const command of trace) {
      const answer = { id: 0, ...system.step(command) };
      expect(problemOf('stepAnswer', answer), JSON.stringify(answer)).toBeUndefined();
    }
    expect(problemOf('observation', system.observe())).toBeUndefined();
  }
});

test.skipIf(process.platform === 'win32')('every request that is sent is valid', async () => {
  const sent = file('sent.jsonl');
  const peer = join(import.meta.dirname, 'peer.mjs');
  const program = `tee '${sent}' | '${process.execPath}' '${peer}'`;
  const system = await startSystem(vmmMachine, scope, { command: ['sh', '-c', program] });
  const drawn = traces(vmmMachine, { scope: system.scope, maxLength: 20 });
  const resumed = resuming(system);
  for (const trace of fc.sample(drawn, { numRuns: 3, seed: 1 })) {
    await system.reset();
    await system.batch?.(trace);
    const adapter = resumed?.(trace) ?? system;
    for (let i = 0; i < 2; i++) {
      await adapter.reset();
      for (const command of trace) await adapter.step(command);
      await adapter.observe?.();
    }
  }
  system.close();
  const requests = readFileSync(sent, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Request);
  for (const request of requests) {
    expect(problemOf('request', request), JSON.stringify(request)).toBeUndefined();
  }
  expect(new Set(requests.map(({ op }) => op)).size).toBe(7);
});
