import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbers } from '../../../bench/oracle/random.ts';
import { pool } from '../../../examples/own-machine.ts';
import { traces } from '../../../generators/index.ts';
import type { Scope } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';
import { type Judgement, lockstep, oracle, type Reply, truth } from '../../../oracle/index.ts';

const allocate = (client: number, block = 0) => ({ kind: 'allocate', args: { client, block } });
const free = (client: number, block: number) => ({ kind: 'free', args: { client, block } });
const ok: Reply = { ok: true };
const refused = (code?: string): Reply => {
  return { ok: false, rejection: code === undefined ? {} : { code } };
};
const stated = (judged: Judgement) => (judged.ok ? judged.states : judged.finding.reason);

test('a choice that is named leaves one state, one that is not all that are legal', () => {
  const reference = oracle(pool);
  expect(stated(reference.step(allocate(0), { ok: true, choices: { block: 3 } }))).toBe(1);
  expect(stated(reference.step(allocate(1), ok))).toBe(3);
  // Client 1 has 0, 1 or 2: the answer rules two of them out.
  expect(stated(reference.step(free(1, 2), refused()))).toBe(2);
  expect(stated(reference.step(free(1, 1), ok))).toBe(1);
});

test('a system that could have chosen well must not refuse', () => {
  const reference = oracle(pool);
  reference.step(allocate(0), { ok: true, choices: { block: 0 } });
  // The model would refuse block 0, but no system has to choose it.
  expect(reference.step(allocate(0, 0), refused('in-use'))).toMatchObject({
    ok: false,
    finding: { reason: 'reply', allowed: [{ outcome: { ok: true } }] },
  });
  reference.reset();
  reference.step(allocate(0), { ok: true, choices: { block: 0 } });
  // If it did, and says so, it must refuse.
  expect(stated(reference.step(allocate(1), { ok: true, choices: { block: 0 } }))).toBe('reply');
});

test('a lost reply keeps every branch, and that it never happened', () => {
  const reference = oracle(pool);
  expect(stated(reference.unknown(allocate(0)))).toBe(5);
  expect(stated(reference.step(allocate(1), { unknown: true }))).toBe(21);
  expect(reference.legality(free(0, 2))).toBe('mixed');
  expect(stated(reference.observe({ owners: { 0: 0 } }))).toBe(4);
  expect(reference.legality(free(0, 0))).toBe('accepted');
  expect(reference.legality(free(0, 1))).toBe('refused');
  expect(stated(reference.observe({ owners: { 0: null } }))).toBe('observation');
});

test('more states than permitted are a failure that names the command', () => {
  const reference = oracle(pool, { maxStates: 4 });
  expect(stated(reference.step(allocate(0), ok))).toBe(4);
  expect(reference.step(allocate(1), ok)).toMatchObject({
    finding: {
      reason: 'too-many-states',
      message: expect.stringMatching(/^after allocate the system may be in more than 4 states/),
    },
  });
});

test('blocks that a system never names are one state, however many there are', () => {
  const scope = { ...(pool.scopes.small as Scope), commands: ['allocate'] };
  const reference = oracle(pool, { scope, anonymous: ['block'] });
  expect(stated(reference.step(allocate(0), ok))).toBe(1);
  expect(stated(reference.step(allocate(1), ok))).toBe(1);
  // A lost reply makes two: it has one block more, or not.
  expect(stated(reference.unknown(allocate(1)))).toBe(2);
  expect(stated(reference.step(allocate(0), { ok: true, choices: { block: 1 } }))).toBe(
    'malformed',
  );
});

test('internal steps may have happened, any number of them', () => {
  const reference = oracle(pool, { internal: ['free'] });
  for (const block of [0, 1]) reference.step(allocate(0), { ok: true, choices: { block } });
  expect(reference.states).toBe(1);
  expect(stated(reference.silent())).toBe(4);
  expect(stated(reference.silent())).toBe(4);
});

test('refusals for reasons of its own are permitted, counted and capped', () => {
  const reference = oracle(pool, { loose: { allocate: ['busy'] } });
  const busy = refused('busy');
  for (let i = 0; i < 3; i++) expect(stated(reference.step(allocate(0), busy))).toBe(1);
  expect(reference.step(allocate(0), busy)).toMatchObject({
    finding: { reason: 'too-loose', message: expect.stringMatching(/^4 of 4 commands/) },
  });
  expect(reference.counts.loose).toBe(4);
  reference.reset();
  expect(stated(reference.step(free(0, 0), busy))).toBe('reply');
  // Of many commands, one in five may be refused so.
  reference.reset();
  for (let i = 0; i < 60; i++) {
    const reply = i % 6 === 5 ? busy : refused('not-owner');
    expect(stated(reference.step(i % 6 === 5 ? allocate(0) : free(0, 0), reply))).toBe(1);
  }
});

test('what a system did by itself is told before and after its answer', () => {
  const reference = oracle(pool);
  const told = (command: ReturnType<typeof free>) => [{ command }];
  const reply: Reply = { ok: true, choices: { block: 1 }, before: told(allocate(1, 3)) };
  expect(stated(reference.step(allocate(0), { ...reply, after: told(free(1, 3)) }))).toBe(1);
  expect(stated(reference.observe({ owners: [null, 0, null, null] }))).toBe(1);
  const wrong: Reply = { ok: true, choices: { block: 2 }, after: told(free(1, 3)) };
  expect(stated(reference.step(allocate(0), wrong))).toBe('reply');
});

test('a command that only some of the tracked states allow is left out, and counted', () => {
  const reference = oracle(pool);
  const asked: string[] = [];
  const system = {
    reset() {},
    step(command: { readonly kind: string }): Reply {
      asked.push(command.kind);
      return command.kind === 'allocate' ? ok : refused();
    },
  };
  lockstep([allocate(0), free(0, 0), free(1, 0)], system, reference);
  expect(asked).toEqual(['allocate', 'free']);
  expect(reference.counts).toMatchObject({ skipped: 1, ambiguous: 1, statesMax: 4 });
});

test('the truth is never called impossible: choices told or not, replies lost or not', () => {
  const scope = scopes.fuzz;
  const drawn = fc.sample(traces(vmmMachine, { scope, maxLength: 80 }), { numRuns: 40, seed: 9 });
  for (const anonymous of [[], ['frame', 'slot']]) {
    const reference = oracle(vmmMachine, { scope, anonymous });
    const below = numbers(9);
    const system = truth(vmmMachine, scope, below);
    for (const trace of drawn) {
      system.reset();
      reference.reset();
      for (const command of trace) {
        const { choices, ...answer } = system.step(command);
        const told = anonymous.length === 0 ? { ...answer, choices } : answer;
        const judged = reference.step(command, below(30) === 0 ? { unknown: true } : told);
        if (judged.ok) continue;
        expect(judged.finding.reason).toBe('too-many-states');
        break;
      }
    }
    expect(reference.counts.commands).toBeGreaterThan(500);
  }
});

test.each([
  [{ internal: ['steal'] }, "there is no command 'steal' in scope 'small'"],
  [{ loose: { steal: [] } }, "there is no command 'steal' in scope 'small'"],
  [{ looseShare: 2 }, 'looseShare is 2, not a share from 0 to 1'],
  [{ maxStates: 0 }, 'maxStates is 0, not a whole number from 1 on'],
  [{ anonymous: ['frame'] }, "no array of the state is over 'frame'"],
  [{ anonymous: ['block'] }, "free names ids in 'block', so they cannot be anonymous"],
])('options that cannot be are refused: %j', (options, message) => {
  expect(() => oracle(pool, options)).toThrow(message);
});
