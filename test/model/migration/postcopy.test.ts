/** Post-copy (4.B.5), step by step: what is missing, who waits, what is sent when, and how it recovers. */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import {
  beginAdvised,
  coldBoot,
  copy,
  copyReadOnly,
  crash,
  loseConnection,
  MigrationStory,
  place,
  postcopy,
  receive,
  recovery,
  start,
  step,
  stop,
  switchOver,
  write,
} from './story.ts';

const sizes = { content: 11, attempts: 2, losses: 4, place: 3 };
const scope: VmmScope = {
  ...scopes['migration-postcopy'],
  sizes: { ...scopes['migration-postcopy'].sizes, ...sizes },
  commands: ['migration.*', 'postcopy.*', 'failure.*', 'memory.write', 'memory.read'],
};

/** What the target has behind each page. */
function pagesThere({ state }: MigrationStory): readonly string[] {
  return state.hosts
    .at(1)
    .memory.vms.at(0)
    .pages.map(({ at }) => at.kind);
}
const there = { host: 1 };
const stalledOn = ({ state }: MigrationStory) => state.hosts.at(1).memory.vms.at(0).stalled;

test('a hybrid migration: pages 0 and 1 were sent, 1 was written since, 2 was never sent', () => {
  const story = new MigrationStory(scope);
  story.run(...beginAdvised, copyReadOnly(0), place(0), step('harvest'), copy(1), place(1));
  story.run(write(1, 9), ...stop(0, 2));
  expect(story.toSend).toEqual([1, 2]);
  story.run(postcopy('switch'), receive);
  expect(pagesThere(story)).toEqual(['mapped', 'missing', 'missing']);
  // Until the target runs it the source may still go on.
  expect(story.where()).toEqual([]);
  story.run(...switchOver.slice(2));
  expect(story.where()).toEqual([1]);
  expect(story.migration.phase).toBe('serving');
  expect(story.refusal(step('abort'))).toBe('postcopy-no-cancel');

  // A vCPU touches page 2 and waits, the other goes on until it touches page 1.
  story.run(postcopy('touch', { page: 2 }));
  expect(story.refusal(postcopy('touch', { page: 1 }))).toBe('last-vcpu');
  expect(story.run(write(1, 7, there))).toEqual([
    { type: 'stalled', vm: 0, page: 1, wait: 'fetch', cost: 'slow' },
  ]);
  expect(stalledOn(story)).toBe(1);
  story.run(postcopy('request', { page: 1 }));
  expect(story.refusal(postcopy('request', { page: 1 }))).toBe('already-requested');
  story.run(step('receive-reply'));
  expect(story.refusal(copy(2))).toBe('request-first');
  story.run(copy(1), place(2));
  expect(pagesThere(story)).toEqual(['mapped', 'mapped', 'missing']);
  expect(stalledOn(story)).toBe(null);
  story.run(write(1, 7, there));
  expect(story.refusal(postcopy('finish'))).toBe('pages-missing');
  // Nobody asks for page 2 before it is sent anyway; what was asked for too late is not sent twice.
  story.run(copy(2), postcopy('request', { page: 2 }), step('receive-reply'), place(1));
  expect(story.toSend).toEqual([]);
  expect(story.pages(1)).toEqual([1, 7, 0]);
  story.run(postcopy('finish'), step('receive-reply'), step('clean-up'));
  expect(story.pages(0)).toEqual([]);
  expect(story.migration.phase).toBe('idle');
  expect(story.ownership).toEqual({ owner: 1, epoch: 1, lastRan: 1, lock: 1, lost: false });
  // It may move on like any other.
  story.run(start(0, 1));
});

/** Nothing was sent before: all three pages are missing when the guest runs on the target. */
const allMissing = [...beginAdvised, ...stop(0, 2), ...switchOver];

/** Also a page of zeros is put into a frame. */
const sendAll = [copy(0), place(0), copy(1), place(1), copy(2), place(2)];

test('a connection that is lost pauses both sides; the guest runs on with what it has', () => {
  const story = new MigrationStory(scope);
  story.run(...allMissing, copy(1), place(0), copy(0), loseConnection);
  expect(story.migration.phase).toBe('paused');
  expect(story.migration.postcopy.at(0).phase).toBe('paused');
  expect(story.refusal(step('abort'))).toBe('postcopy-no-cancel');
  expect(story.refusal(step('discard'))).toBe('runs-there');
  story.run(write(1, 9, there), write(2, 9, there));
  expect(stalledOn(story)).toBe(2);
  expect(story.refusal(postcopy('request', { page: 2 }))).toBe('not-served');

  expect(story.refusal(postcopy('recover'))).toBe('wrong-target-phase');
  story.run(postcopy('listen'), postcopy('recover'));
  expect(story.toSend).toEqual([2]);
  story.run(step('receive-reply'));
  // Page 0 was lost on its way.
  expect(story.toSend).toEqual([0, 2]);
  story.run(receive, step('receive-reply'));
  expect(story.migration.phase).toBe('serving');
  story.run(postcopy('request', { page: 2 }), step('receive-reply'), copy(2), place(1));
  story.run(copy(0), place(2), write(2, 9, there));
  expect(story.pages(1)).toEqual([1, 9, 9]);
  story.run(postcopy('finish'), step('receive-reply'), step('clean-up'));
});

test('a page that was asked for before the connection was lost is asked for again', () => {
  const story = new MigrationStory(scope);
  story.run(...allMissing, write(2, 9, there), postcopy('request', { page: 2 }), loseConnection);
  story.run(...recovery, postcopy('request', { page: 2 }), step('receive-reply'));
  expect(story.refusal(copy(0))).toBe('request-first');
});

test('recovery that fails leads back to paused, again and again (MIG-X25)', () => {
  const story = new MigrationStory(scope);
  story.run(...allMissing);
  for (const steps of [0, 2, 3, 4]) {
    story.run(...recovery.slice(0, steps), loseConnection);
    expect(story.migration.phase).toBe('paused');
    expect(story.migration.postcopy.at(0).phase).toBe('paused');
  }
  story.run(...recovery, ...sendAll);
  story.run(postcopy('finish'), step('receive-reply'), step('clean-up'));
  expect(story.pages(1)).toEqual([1, 1, 0]);
});

test('that nothing is missing any more is said again where the word was lost', () => {
  const story = new MigrationStory(scope);
  story.run(...allMissing, ...sendAll);
  story.run(postcopy('finish'), loseConnection, ...recovery);
  expect(story.toSend).toEqual([]);
  story.run(postcopy('finish'), step('receive-reply'));
  expect(story.migration.phase).toBe('acknowledged');
  // A connection is of no use to anybody now.
  story.run(loseConnection, step('clean-up'));
});

/** The error window of 4.B.5: everything is sent, and the confirmation that the guest runs is not there. */
const inDoubt = [...beginAdvised, ...stop(0, 2), ...switchOver.slice(0, -2)];

test('before the target runs the guest the source may go on, by the token alone', () => {
  const story = new MigrationStory(scope);
  story.run(...inDoubt, loseConnection);
  expect(story.refusal(step('abort'))).toBe('wrong-phase');
  story.run(step('take-back'), step('discard'), step('abort'));
  expect(story.where()).toEqual([0]);
  // Nothing is left of it.
  story.run(...beginAdvised);
});

test('before the package is sent it is cancelled like pre-copy', () => {
  const story = new MigrationStory(scope);
  story.run(...beginAdvised, ...stop(0, 2), postcopy('switch'), receive, step('abort'));
  expect(story.where()).toEqual([0]);
  story.run(step('discard'));
  expect(story.pages(1)).toEqual([]);
});

test.each([
  ['connected', [], 'serving'],
  ['after the connection was lost', [loseConnection], 'paused'],
] as const)('a lost confirmation is found in the store, %s', (_, before, phase) => {
  const story = new MigrationStory(scope);
  story.run(...inDoubt, receive, ...before);
  expect(story.where()).toEqual([1]);
  story.run(step('take-back'));
  expect(story.ownership.owner).toBe(1);
  expect(story.migration.phase).toBe(phase);
  // The word that it runs, if it still comes, changes nothing.
  if (before.length === 0) story.run(step('receive-reply'));
  expect(story.migration.phase).toBe(phase);
});

/** Pages are missing, and either side crashes. */
const crashing: VmmScope = {
  ...scope,
  sizes: { ...scope.sizes, crashes: 2 },
  commands: [...(scope.commands ?? []), 'crash.*'],
};

test('a source that crashes while pages are missing takes the guest with it', () => {
  const story = new MigrationStory(crashing);
  story.run(...allMissing, copy(1), place(0), write(1, 9, there));
  expect(story.refusal(step('discard'))).toBe('still-connected');
  story.run(crash(0));
  expect(story.where()).toEqual([]);
  const nobodys = { owner: null, epoch: 1, lastRan: 1, lock: null };
  expect(story.ownership).toEqual({ ...nobodys, lost: true });
  // What the target has of it runs no more, and is thrown away.
  expect(story.refusal(write(1, 9, there))).toBe('vm-stopped');
  expect(story.refusal(coldBoot(1))).toBe('vm-exists');
  story.run(step('discard'));
  expect([story.pages(1), story.migration.phase]).toEqual([[], 'idle']);
  story.run(coldBoot(1));
  expect(story.where()).toEqual([1]);
  expect(story.pages(1)).toEqual([0, 0, 0]);
});

test('a VM that was lost may boot before the target has thrown away what it has', () => {
  const story = new MigrationStory(crashing);
  story.run(...allMissing, crash(0), coldBoot(0));
  expect(story.where()).toEqual([0]);
  expect(story.refusal(start())).toBe('no-capacity');
  story.run(step('discard'));
  expect(story.where()).toEqual([0]);
  story.run(...beginAdvised);
});

test('a target that crashes while pages are missing leaves its source with what is too old', () => {
  const story = new MigrationStory(crashing);
  story.run(...allMissing, copy(1), place(0));
  expect(story.refusal(step('clean-up'))).toBe('wrong-phase');
  story.run(crash(1));
  expect(story.migration.phase).toBe('paused');
  expect(story.refusal(step('abort'))).toBe('postcopy-no-cancel');
  expect(story.refusal(postcopy('recover'))).toBe('wrong-target-phase');
  expect(story.refusal(coldBoot(1))).toBe('already-migrating');
  story.run(step('clean-up'), coldBoot(1));
  expect(story.where()).toEqual([1]);
  expect(story.ownership.lost).toBe(false);
});

test('a target that crashes while it recovers leaves its source paused, with nobody to recover with', () => {
  const story = new MigrationStory(crashing);
  story.run(...allMissing, loseConnection, postcopy('listen'), postcopy('recover'), crash(1));
  expect(story.migration.phase).toBe('paused');
  expect(story.refusal(postcopy('recover'))).toBe('wrong-target-phase');
  story.run(step('clean-up'), coldBoot(0));
});

test('once every page has come the source may crash', () => {
  const story = new MigrationStory(crashing);
  story.run(...allMissing, ...sendAll, write(1, 9, there), crash(0));
  expect(story.where()).toEqual([1]);
  expect(story.migration.phase).toBe('idle');
  expect(story.pages(1)).toEqual([1, 9, 0]);
});

test('a page that comes where none is missing is dropped', () => {
  const story = new MigrationStory(scope);
  story.run(...allMissing, copy(1), place(0), write(1, 9, there));
  // Only a source that sends twice does this.
  story.migration.send[1] = true;
  story.run(copy(1));
  expect(() => story.run(receive)).toThrow('MIG-S14: page 1 of VM 0 came once more');
  expect(story.pages(1)).toEqual([0, 9, 0]);
});

test('while pages are missing a balloon is told, and nothing is taken away (MIG-X21)', () => {
  const commands = ['migration.*', 'postcopy.*', 'memory.*'];
  const story = new MigrationStory({ ...scopes['migration-postcopy-balloon'], commands });
  const inflate: readonly Call[] = [
    { kind: 'memory.set-balloon-target', args: { host: 0, vm: 0, target: 1 } },
    { kind: 'memory.inflate-balloon', args: { host: 0, vm: 0, pages: [1] } },
  ];
  story.run(...inflate, ...beginAdvised, ...stop(), ...switchOver);
  story.run({ kind: 'memory.acknowledge-inflate', args: { host: 1, vm: 0 } });
  expect(pagesThere(story)).toEqual(['missing', 'missing']);
  expect(story.state.hosts.at(1).memory.vms.at(0).balloon.actual).toBe(1);
  story.run(copy(1), place(0));
  expect(pagesThere(story)).toEqual(['missing', 'mapped']);
});
