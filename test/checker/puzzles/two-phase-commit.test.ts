/**
 * Two-phase commit, after TwoPhase of Gray and Lamport, "Consensus on Transaction Commit": a
 * transaction manager asks resource managers to commit or abort together. Its counts are published:
 * TLC's users know 288 states for 3 resource managers, Stateright's 8,832 for 5.
 */
import { expect, test } from 'vitest';
import {
  breadthFirst,
  depthFirst,
  iterativeDeepening,
  randomWalks,
} from '../../../checker/index.ts';
import {
  array,
  bool,
  commandsOf,
  dropGuard,
  enumOf,
  type Infer,
  index,
  type Machine,
  propertiesOf,
  record,
  ref,
  type Scope,
  table,
} from '../../../machine/index.ts';

const manager = index('manager');
const Manager = record({
  is: enumOf('working', 'prepared', 'committed', 'aborted'),
  /** Its message that it is prepared: sent, and received. Messages are never lost or taken away. */
  sent: bool,
  received: bool,
});
const shape = record({
  managers: array(manager, Manager),
  decision: enumOf('none', 'commit', 'abort'),
});
interface TwoPhase extends Infer<typeof shape> {}
type Sizes = Readonly<Record<'manager', number>>;
interface Model {
  readonly state: TwoPhase;
  readonly sizes: Sizes;
  readonly operations: Readonly<Record<string, never>>;
  readonly event: never;
}
const command = commandsOf<Model>();
const args = { manager: ref(manager) };

const machine: Machine<TwoPhase> = {
  name: 'two-phase-commit',
  version: 1,
  shape,
  commands: {
    prepare: command({
      actor: 'guest',
      summary: 'A resource manager prepares and says so.',
      args,
      requires: [['busy', ['manager'], (s, a) => s.managers.at(a.manager).is !== 'working']],
      effect(d, a) {
        const prepared = d.managers.at(a.manager);
        prepared.is = 'prepared';
        prepared.sent = true;
      },
    }),
    chooseToAbort: command({
      actor: 'guest',
      summary: 'A resource manager aborts before it is prepared.',
      args,
      requires: [['busy', ['manager'], (s, a) => s.managers.at(a.manager).is !== 'working']],
      effect(d, a) {
        d.managers.at(a.manager).is = 'aborted';
      },
    }),
    receivePrepared: command({
      actor: 'host',
      summary: 'The transaction manager receives that a resource manager is prepared.',
      args,
      requires: [
        ['decided', [], (s) => s.decision !== 'none'],
        ['not-sent', ['manager'], (s, a) => !s.managers.at(a.manager).sent],
      ],
      effect(d, a) {
        d.managers.at(a.manager).received = true;
      },
    }),
    commit: command({
      actor: 'host',
      summary: 'The transaction manager commits when all are prepared.',
      args: {},
      requires: [
        ['decided', [], (s) => s.decision !== 'none'],
        ['not-all-prepared', [], (s) => !s.managers.every(({ received }) => received)],
      ],
      effect(d) {
        d.decision = 'commit';
      },
    }),
    abort: command({
      actor: 'host',
      summary: 'The transaction manager aborts.',
      args: {},
      requires: [['decided', [], (s) => s.decision !== 'none']],
      effect(d) {
        d.decision = 'abort';
      },
    }),
    receiveCommit: command({
      actor: 'guest',
      summary: 'A resource manager is told to commit.',
      args,
      requires: [['no-commit', [], (s) => s.decision !== 'commit']],
      effect(d, a) {
        d.managers.at(a.manager).is = 'committed';
      },
    }),
    receiveAbort: command({
      actor: 'guest',
      summary: 'A resource manager is told to abort.',
      args,
      requires: [['no-abort', [], (s) => s.decision !== 'abort']],
      effect(d, a) {
        d.managers.at(a.manager).is = 'aborted';
      },
    }),
  },
  operations: {},
  initial: (sizes: Sizes) => ({
    managers: table(sizes, manager, () => ({ is: 'working', sent: false, received: false })),
    decision: 'none',
  }),
  scopes: {},
};
const among = (count: number): Scope => ({
  name: `${count}-managers`,
  purpose: 'Has published counts.',
  sizes: { manager: count },
});

const { invariant } = propertiesOf<Model>();
const consistent = invariant({
  id: 'consistent',
  name: 'no resource manager commits what another one aborts',
  violation: ({ managers }) =>
    managers.some(({ is }) => is === 'committed') && managers.some(({ is }) => is === 'aborted')
      ? 'one committed, another aborted'
      : null,
});

// Steps are one fewer than TLC and Stateright generate: they count the initial state.
test.each([
  { managers: 3, distinct: 288, generated: 1145, depth: 10 },
  { managers: 5, distinct: 8832, generated: 58_145, depth: 16 },
])('$managers resource managers', ({ managers, ...counts }) => {
  const found = breadthFirst(machine, among(managers), { properties: [consistent] });
  expect(found).toMatchObject({ verdict: 'holds', ...counts });
  const { distinct, generated } = counts;
  const deep = depthFirst(machine, among(managers), { properties: [consistent] });
  expect(deep).toMatchObject({ verdict: 'holds', distinct, generated });
});

test('who commits before all are prepared contradicts one who aborts', () => {
  const hasty = dropGuard(machine, 'commit', 'not-all-prepared');
  const found = breadthFirst(hasty, among(3), { properties: [consistent] });
  if (found.verdict !== 'violated') throw new Error(found.verdict);
  expect(found.trace.map(({ kind }) => kind)).toEqual(['chooseToAbort', 'commit', 'receiveCommit']);
  const deepened = iterativeDeepening(hasty, among(3), { properties: [consistent] });
  expect(deepened).toMatchObject({ verdict: 'violated', rounds: 3 });
  const walked = randomWalks(hasty, among(3), {
    properties: [consistent],
    seed: 1,
    walks: 20,
    length: 20,
  });
  expect(walked.verdict).toBe('violated');
});
