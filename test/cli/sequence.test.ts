/** Migrations as pictures. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { sequenceDiagram, sequenceText } from '../../cli/report/sequence.ts';
import { sequencesOf } from '../../cli/sequence.ts';
import { traceFile, writeTrace } from '../../generators/index.ts';
import type { Call, Machine } from '../../machine/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';
import {
  begin,
  beginAdvised,
  copy,
  copyReadOnly,
  handOver,
  loseConnection,
  place,
  postcopy,
  receive,
  recovery,
  step,
  stop,
  stopAndCopy,
  submit,
  switchOver,
  write,
} from '../model/migration/story.ts';
import { hypercheck } from './console.ts';

const machine = vmmMachine as Machine;
const golden: VmmScope = {
  ...scopes['migration-device'],
  sizes: { ...scopes.migration.sizes, content: 11, attempts: 3 },
  commands: ['migration.*', 'device.*', 'memory.write'],
};
const plain = { colours: false, columns: 80 };
const pictures = (trace: readonly Call[], scope = golden): string =>
  sequencesOf({ machine }, scope, trace)
    .map((each) => sequenceText(each, plain))
    .join('\n\n');

test('G1, as a picture', () => {
  expect(
    pictures([
      ...begin(),
      ...[copyReadOnly(0), place(0), step('harvest'), copy(1), place(1), write(1, 9), copy(2)],
      ...[receive, submit(2, 10), step('harvest'), copy(1), receive, step('freeze')],
      ...[step('quiesce'), step('send-vcpus'), receive, step('send-state'), receive],
      ...[step('final-harvest'), copy(2), place(2), ...handOver()],
    ]),
  ).toBe(
    `  VM 0 moves from host 0 to host 1: 9 messages, 5 pages among them

  step  host 0                                   host 1
     1  | start source 0, target 1               |
     2  | connect                                |
     3  | create-target                          |
     4  | begin-log                              |
     5  |-- page 0, content 1 ------------------>|
     7  | harvest: round 1, 0 dirty              |
     8  |-- page 1, content 1 ------------------>|
    10  | write virtual 1, content 9: 1 dirty    |
    11  |-- zero: page 2 ----------------------->|
    13  | submit-write page 2, content 10        |
    14  | harvest: round 2, 1 dirty              |
    15  |-- page 1, content 9 ------------------>|
    17  | freeze                                 |
    18  | quiesce: 1 dirty                       |
    19  |-- vcpu 0, was ready, wake false, turn 0 >|
    21  |-- device: register 0, timer 0, paused false >|
    23  | final-harvest: round 2, 1 dirty        |
    24  |-- page 2, content 10 ----------------->|
    26  |-- request ---------------------------->|
    27  |<--------------------------- complete --|
    29  | release                                |
    30  |-- start: epoch 0 --------------------->|
    31  |                                        | the VM runs here
    31  |<---------------------------- started --|
    33  | clean-up                               |`,
  );
});

test('post-copy, as a picture: what is missing, what is asked for, and a connection that is lost', () => {
  const scope: VmmScope = {
    ...scopes['migration-postcopy'],
    sizes: { ...scopes['migration-postcopy'].sizes, content: 11, losses: 1, place: 3 },
    commands: ['migration.*', 'postcopy.*', 'failure.*', 'memory.write'],
  };
  const request = [postcopy('request', { page: 1 }), step('receive-reply'), copy(1)];
  const again = write(1, 7, { host: 1 });
  const picture = pictures(
    [
      ...[...beginAdvised, copyReadOnly(0), place(0), step('harvest'), copy(1), place(1)],
      ...[write(1, 9), ...stop(0, 2), ...switchOver, postcopy('touch', { page: 2 }), again],
      ...[...request, loseConnection, ...recovery, ...request, place(2), again],
      ...[copy(2), place(1), postcopy('finish'), step('receive-reply'), step('clean-up')],
    ],
    scope,
  );
  expect(picture.split('\n').slice(19)).toEqual([
    '    19  | final-harvest: round 1, 1 dirty        |',
    '    20  |-- discard ---------------------------->|',
    '    21  |                                        | missing: 2 pages (1, 2)',
    '    22  |-- request ---------------------------->|',
    '    23  |<--------------------------- complete --|',
    '    25  | release                                |',
    '    26  |-- start: epoch 0 --------------------->|',
    '    27  |                                        | the VM runs here',
    '    27  |<---------------------------- started --|',
    '    28  | post-copy: what is missing follows     |',
    '    29  |                                        | touch page 2',
    '    30  |                                        | write virtual 1, content 7:',
    '        |                                        | waits for page 1',
    '    31  |<--------------- page-request: page 1 --|',
    '    33  |-- page 1, content 9                    |',
    '    34  |      x page 1, content 9 is lost       |',
    '    34  | post-copy is paused                    |',
    '    34  |                                        | post-copy is paused',
    '    35  |                                        | listen',
    '    36  |<----------------------------- bitmap --|',
    '    37  |-- resume ----------------------------->|',
    '    38  |<---------------------------- resumed --|',
    '    39  | post-copy: what is missing follows     |',
    '    40  |<--------------- page-request: page 1 --|',
    '    42  |-- page 1, content 9 ------------------>|',
    '    44  |                                        | write virtual 1, content 7',
    '    45  |-- zero: page 2 ----------------------->|',
    '    47  |<--------------------------- complete --|',
    '    49  | clean-up                               |',
  ]);
});

test('what is under way while something else happens has a line where it was sent and one where it arrives', () => {
  const trace = [...begin(), copyReadOnly(0), step('harvest'), copy(1), write(1, 9), place(0)];
  expect(pictures(trace).split('\n').slice(7)).toEqual([
    '     5  |-- page 0, content 1                    |',
    '     6  | harvest: round 1, 0 dirty              |',
    '     7  |-- page 1, content 1                    |',
    '     8  | write virtual 1, content 9: 1 dirty    |',
    '     9  |                   page 0, content 1 -->|',
  ]);
});

test('a guest that moves on has a picture for each move, the way back included', () => {
  const scope = { ...golden, sizes: { ...golden.sizes, host: 3 } };
  const trace = [...stopAndCopy(1), ...stopAndCopy(0, 0, 1, 1)];
  const titles = pictures(trace, scope)
    .split('\n')
    .filter((line) => line.includes('moves'));
  expect(titles).toEqual([
    '  VM 0 moves from host 0 to host 1: 7 messages, 3 pages among them',
    '  VM 0 moves from host 1 to host 0: 7 messages, 3 pages among them',
  ]);
});

test('what is lost ends between the hosts', () => {
  const rows = [
    { form: 'message', step: 1, from: 'source', text: 'page 0', lost: 3 },
    { form: 'message', step: 2, from: 'target', text: 'complete', lost: 3 },
  ] as const;
  const lost = { vm: 0, source: 1, target: 0, rows };
  expect(sequenceText(lost, plain).split('\n').slice(3)).toEqual([
    '     1  |-- page 0                               |',
    '     2  |                             complete --|',
    '     3  |            x page 0 is lost            |',
    '     3  |           x complete is lost           |',
  ]);
  expect(sequenceDiagram([lost], 'MIG-S2: gone; for good')).toBe(`sequenceDiagram
  participant host0 as host 0
  participant host1 as host 1
  Note over host0,host1: VM 0 moves from host 1 to host 0
  host1-xhost0: page 0, lost at 3
  host0-xhost1: complete, lost at 3
  Note over host0,host1: MIG-S2: gone#59; for good
`);
});

test('as Mermaid a message is an arrow where it arrives, or is under way', () => {
  const trace = [...begin(), copyReadOnly(0), place(0), step('harvest'), copy(1), write(1, 9)];
  const lines = sequenceDiagram(sequencesOf({ machine }, golden, trace), undefined).split('\n');
  expect(lines.slice(8)).toEqual([
    '  host0->>host1: 5: page 0, content 1',
    '  Note over host0: 7: harvest: round 1, 0 dirty',
    '  host0-)host1: 8: page 1, content 1, under way',
    '  Note over host0: 9: write virtual 1, content 9: 1 dirty',
    '',
  ]);
});

test('the README shows what a check prints of a bug', async () => {
  const args = ['check', 'migration-small', '--fault', 'migration/X1', '--property', 'MIG-S3'];
  const { code, out } = await hypercheck(args);
  expect(code).toBe(1);
  const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
  const shown = /```text\n( {2}VM 0 moves[\s\S]*?)```/.exec(readme)?.[1] ?? expect.fail();
  expect(out).toContain(shown);
});

test('traces without migrations, and other machines, have none', () => {
  expect(sequencesOf({ machine }, golden, [write(1, 9)])).toEqual([]);
  const other = { ...machine, shape: { ...machine.shape } };
  expect(sequencesOf({ machine: other }, golden, stopAndCopy(1))).toEqual([]);
});

test('replay shows the picture of a trace that violates nothing, and export writes it', async () => {
  const path = join(mkdtempSync(join(tmpdir(), 'hypercheck-')), 'moves.json');
  const scope = scopes.migration;
  const commands = [...begin(), copyReadOnly(0), place(0)];
  writeFileSync(path, writeTrace(traceFile(machine, scope, commands, {})));
  const { code, out } = await hypercheck(['replay', path]);
  expect(code).toBe(0);
  expect(out).toContain('     5  |-- page 0, content 1 ------------------>|\n\nholds');
  const exported = await hypercheck(['export', path, '--format', 'mermaid']);
  expect(exported.out).toMatch(/^sequenceDiagram\n {2}participant host0 as host 0\n/);
});
