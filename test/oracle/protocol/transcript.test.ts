/** The fixed transcript by which authors of adapters can test theirs. */
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { oracle, type Reply } from '../../../oracle/index.ts';

const root = resolve(import.meta.dirname, '..', '..', '..');
const lines = readFileSync(join(root, 'examples', 'protocol', 'transcript.jsonl'), 'utf8');
interface Exchange {
  readonly request: {
    readonly op: string;
    readonly command?: Call;
    readonly commands?: readonly Call[];
    readonly snapshot?: number;
  };
  readonly answer: Record<string, unknown>;
}
const exchanges = lines
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line) as Exchange);
const requests = exchanges.map(({ request }) => `${JSON.stringify(request)}\n`).join('');

function answersOf(program: string, args: readonly string[]): readonly Record<string, unknown>[] {
  const out = execFileSync(program, args, { input: requests, encoding: 'utf8' });
  return out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

test('the test system answers the transcript as it stands', () => {
  const answers = answersOf(process.execPath, [join(import.meta.dirname, 'peer.mjs'), 'sound']);
  const named = exchanges.map(({ answer }) => {
    return 'system' in answer ? { ...answer, system: 'peer sound' } : answer;
  });
  expect(answers).toEqual(named);
});

const hasPython = spawnSync('python3', ['--version']).status === 0;
test.skipIf(!hasPython)('the reference system answers the transcript as it stands', () => {
  const reference = join(root, 'examples', 'protocol', 'reference.py');
  expect(answersOf('python3', [reference])).toEqual(exchanges.map(({ answer }) => answer));
});

test('the model permits every answer of the transcript', () => {
  const reference = oracle(vmmMachine, { scope: scopes.fuzz, anonymous: ['frame'] });
  let done: readonly (readonly [Call, Reply])[] = [];
  const kept = new Map<unknown, typeof done>();
  const step = (command: Call, reply: Reply): void => {
    done = [...done, [command, reply]];
    expect(reference.step(command, reply)).toMatchObject({ ok: true });
  };
  for (const { request, answer } of exchanges) {
    const { op, command, commands = command === undefined ? [] : [command], snapshot } = request;
    if (op === 'snapshot') kept.set(snapshot, done);
    if (op === 'reset' || (op === 'restore' && answer.ok === true)) {
      const again = op === 'restore' ? (kept.get(snapshot) ?? []) : [];
      reference.reset();
      done = [];
      for (const [each, reply] of again) step(each, reply);
    }
    if (op === 'observe') expect(reference.observe(answer.state).ok).toBe(true);
    if (op !== 'step' && op !== 'batch') continue;
    const replies = (answer.replies ?? [answer]) as readonly Reply[];
    commands.forEach((each, i) => {
      step(each, replies[i] as Reply);
    });
  }
  // Seven reasons to refuse, and of what is refused nothing remains.
  expect(reference.counts).toMatchObject({ commands: 16, refused: 7 });
});
