/** Commands of CPUs through `drive`: the model itself is the system, in a process of its own. */
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hypercheck, jsonOf, temporaryFolder } from '../../cli/console.ts';

const { file } = temporaryFolder();
const peer = join(import.meta.dirname, 'model-peer.mjs');

interface Document {
  readonly verdict: string;
  readonly kinds: readonly { readonly kind: string; readonly accepted: number }[];
  readonly disagreement?: {
    readonly message: string;
    readonly trace: readonly { readonly kind: string }[];
  };
}

async function drive(model: string, flags: string, fault = 'none'): Promise<Document> {
  const given = ['drive', '--json', '--seed', '1', '--out', file('found'), '--model', model];
  const printed = await hypercheck([
    ...[...given, ...flags.split(' '), '--'],
    ...[process.execPath, peer, fault],
  ]);
  return jsonOf(printed) as unknown as Document;
}

test('a system of CPUs is followed by its replies: every command of theirs happens', async () => {
  const { verdict, kinds } = await drive('cpu-fuzz', '--compare reply --runs 40');
  expect(verdict).toBe('holds');
  expect(kinds).toHaveLength(25);
  expect(kinds.filter(({ accepted }) => accepted === 0)).toEqual([]);
});

test.each(['cpu-fuzz', 'cpu-eevdf'])('all of its state is compared in %s', async (model) => {
  expect((await drive(model, '--compare full --runs 2')).verdict).toBe('holds');
});

test.each([
  ['cpu/R1', 'cpu-fuzz', 'reply', 2, /^cpu.tick answered 'ok'; allowed was 'ok, (de)?scheduled/],
  ['cpu/C33b', 'cpu-fuzz', 'reply', 2, /^cpu.halt answered .* allowed was 'ok, halt-cancelled/],
  ['cpu/C1', 'cpu-credit-fuzz', 'full', 1, /credit\.credit\[0\] is 0, not -10/],
])('seeded bug %s is found in %s by %s', async (fault, model, compare, length, message) => {
  const { verdict, disagreement } = await drive(model, `--compare ${compare} --runs 200`, fault);
  expect(verdict).toBe('violated');
  expect(disagreement?.message).toMatch(message);
  expect(disagreement?.trace).toHaveLength(length);
});
