/** The golden traces of the migration chapter (4.H), with what the specification says of each step. */
import { expect, test } from 'vitest';
import { scopes, type VmmScope } from '../../../model/index.ts';
import { moveOver, upgrade } from './starts.ts';
import {
  begin,
  coldBoot,
  completeWrite,
  copy,
  copyReadOnly,
  crash,
  handOver,
  loseConnection,
  MigrationStory,
  place,
  receive,
  sendAll,
  start,
  step,
  stop,
  stopAndCopy,
  submit,
  write,
} from './story.ts';

/** Three pages, of which the first is read-only; contents as in the specification. */
const golden: VmmScope = {
  ...scopes['migration-device'],
  sizes: { ...scopes.migration.sizes, content: 11, attempts: 3 },
  commands: ['migration.*', 'device.*', 'failure.*', 'memory.write'],
};

test('G1: pre-copy sends each page, what was written since, and last what the device wrote', () => {
  const story = new MigrationStory(golden);
  story.run(...begin());
  expect(story.toSend).toEqual([0, 1, 2]);
  const sent = [];
  sent.push(...story.run(copyReadOnly(0), place(0)));
  sent.push(...story.run(step('harvest')), ...story.run(copy(1), place(1)));
  story.run(write(1, 9));
  expect(story.dirty).toEqual([1]);
  sent.push(...story.run(copy(2), receive));
  story.run(submit(2, 10));
  // One page is dirty: not few enough for the policy, so there is another round.
  expect(story.run(step('harvest'))).toEqual([{ type: 'round', vm: 0, round: 2, dirty: 1 }]);
  expect(story.toSend).toEqual([1]);
  sent.push(...story.run(copy(1), receive));
  expect(story.pages(1)).toEqual([1, 9, 0]);
  expect(story.dirty).toEqual([]);

  story.run(step('freeze'));
  expect(story.where()).toEqual([]);
  expect(story.refusal(write(1, 3))).toBe('vm-stopped');
  expect(story.refusal(completeWrite)).toBe('not-running');
  story.run(step('quiesce'));
  expect(story.dirty).toEqual([2]);
  story.run(step('send-vcpus'), receive, step('send-state'), receive, step('final-harvest'));
  expect(story.toSend).toEqual([2]);
  sent.push(...story.run(copy(2), place(2)));
  story.run(...handOver());

  const pages = sent.filter(({ type }) => type === 'sent').map(({ what }) => what);
  expect(pages).toEqual(['page', 'page', 'zero', 'page', 'page']);
  expect(story.pages(1)).toEqual([1, 9, 10]);
  expect(story.where()).toEqual([1]);
  // The specification begins at epoch 4.
  expect(story.ownership).toEqual({ owner: 1, epoch: 1, lastRan: 1, lock: 1, lost: false });
  expect(story.pages(0)).toEqual([]);
  expect(story.migration.phase).toBe('idle');
});

/** Everything is sent and the token released; the start is under way. */
const startSent = [
  ...[...begin(), ...stop(), ...sendAll()],
  ...[step('request-state'), receive, step('receive-reply'), step('release'), step('send-start')],
];
/** A handover in doubt is resolved as soon as the source reaches the store (MIG-L2). */
const failing: VmmScope = { ...golden, sizes: { ...golden.sizes, losses: 2 } };

test('G2a: a start that arrived before the network failed stands; the source learns it from the store', () => {
  const story = new MigrationStory(failing);
  story.run(...startSent, receive, loseConnection);
  expect(story.where()).toEqual([1]);
  story.run(step('take-back'));
  expect(story.ownership).toEqual({ owner: 1, epoch: 1, lastRan: 1, lock: 1, lost: false });
  expect(story.refusal(step('abort'))).toBe('wrong-phase');
  story.run(step('clean-up'));
  expect(story.where()).toEqual([1]);
});

test('G2b: a start that was lost leaves the token to the source, which goes on', () => {
  const story = new MigrationStory(failing);
  story.run(...startSent, loseConnection);
  expect(story.where()).toEqual([]);
  story.run(step('take-back'), step('abort'));
  expect(story.ownership).toEqual({ owner: 0, epoch: 1, lastRan: 0, lock: 0, lost: false });
  expect(story.where()).toEqual([0]);
  story.run(step('discard'));
  expect(story.pages(1)).toEqual([]);
});

test('G2b: a start that is late names an old epoch, and the target closes the connection', () => {
  const story = new MigrationStory(failing);
  story.run(...startSent, step('take-back'), receive);
  expect(story.where()).toEqual([]);
  expect(story.migration.connected).toBe(false);
  story.run(step('discard'), step('abort'));
  expect(story.where()).toEqual([0]);
  // Nothing is left of it: the next one succeeds.
  story.run(...stopAndCopy());
  expect(story.where()).toEqual([1]);
});

test('G2c: a source that does not reach the store stays stopped, until it does', () => {
  const story = new MigrationStory(failing);
  story.run(...startSent, { kind: 'failure.cut-off', args: { host: 0 } }, loseConnection);
  expect(story.refusal(step('take-back'))).toBe('store-unreachable');
  expect(story.refusal(step('abort'))).toBe('wrong-phase');
  expect(story.where()).toEqual([]);
  story.run({ kind: 'failure.reach-again', args: { host: 0 } }, step('take-back'), step('abort'));
  expect(story.where()).toEqual([0]);
});

/** One of the two hosts crashes. */
const crashing: VmmScope = {
  ...golden,
  sizes: { ...golden.sizes, crashes: 2 },
  commands: [...(golden.commands ?? []), 'crash.*'],
};

test('a target that ran the guest and crashed leaves its source with a copy that is too old', () => {
  const story = new MigrationStory(crashing);
  story.run(...startSent, receive, crash(1));
  expect(story.ownership).toEqual({ owner: null, epoch: 1, lastRan: 1, lock: null, lost: true });
  // The token is free again, and not the source’s to take.
  story.run(step('take-back'));
  expect(story.ownership.owner).toBe(null);
  expect(story.migration.phase).toBe('acknowledged');
  expect(story.refusal(coldBoot(0))).toBe('already-migrating');
  story.run(step('clean-up'), coldBoot(0));
  expect(story.where()).toEqual([0]);
  expect(story.ownership).toEqual({ owner: 0, epoch: 2, lastRan: 0, lock: 0, lost: false });
  expect(story.pages(0)).toEqual([0, 0, 0]);
});

test('a source that crashes while it copies loses the guest, of which the target has but a part', () => {
  const story = new MigrationStory(crashing);
  story.run(...begin(), copyReadOnly(0), place(0), crash(0));
  expect(story.where()).toEqual([]);
  expect(story.migration.phase).toBe('aborted');
  expect(story.refusal(coldBoot(1))).toBe('vm-exists');
  story.run(step('discard'), coldBoot(1));
  expect(story.where()).toEqual([1]);
});

test('a target that crashes early costs its source nothing', () => {
  const story = new MigrationStory(crashing);
  story.run(...begin(), copyReadOnly(0), place(0), crash(1), step('give-up'));
  expect(story.where()).toEqual([0]);
  expect(story.migration.phase).toBe('idle');
  expect(story.refusal(coldBoot(1))).toBe('not-lost');
  // What it keeps of an attempt that was given up goes with it, too.
  story.run(...begin(), step('abort'), crash(1));
  expect(story.migration.phase).toBe('idle');
});

test('G3 without the fault: a page that is written after it was read is dirty', () => {
  const story = new MigrationStory(golden);
  story.run(...begin(), copyReadOnly(0), step('harvest'), copy(1), write(1, 9));
  expect(story.dirty).toEqual([1]);
});

test('G4 without the fault: a page that the VMM has write-protected is no read-only page', () => {
  const story = new MigrationStory(golden);
  story.run(...begin());
  // The dirty log has taken write permission from all of them.
  const { pages } = story.state.hosts.at(0).memory.vms.at(0);
  expect(pages.map(({ writable }) => writable)).toEqual([false, false, false]);
  expect(story.refusal(copyReadOnly(1))).toBe('not-read-only');
});

test('G5: a guest that moves on takes all of its memory along, and so it does on the way back', () => {
  const story = new MigrationStory({ ...golden, sizes: { ...golden.sizes, host: 3 } });
  story.run(...stopAndCopy(1), ...begin(2, 0, 1));
  expect(story.toSend).toEqual([0, 1, 2]);
  story.run(step('freeze'), step('quiesce'), step('send-vcpus'), receive, step('send-state'));
  story.run(receive, step('final-harvest'));
  story.run(...sendAll());
  story.run(...handOver());
  expect(story.where()).toEqual([2]);
  expect(story.pages(2)).toEqual([1, 1, 0]);
  story.run(...stopAndCopy(0, 0, 1, 2));
  expect(story.where()).toEqual([0]);
  expect(story.pages(0)).toEqual([1, 1, 0]);
  expect(story.ownership).toEqual({ owner: 0, epoch: 3, lastRan: 0, lock: 0, lost: false });
  // It may not be begun more often than the scope says.
  expect(story.refusal(start(1))).toBe('attempts-spent');
});

test('hosts are upgraded one after the other; a guest goes forward to the next version, and never back', () => {
  const { sizes } = scopes['migration-upgrade'];
  const story = new MigrationStory({
    ...scopes['migration-upgrade'],
    sizes: { ...sizes, version: 2 },
  });
  expect(story.refusal(upgrade(0))).toBe('in-use');
  // A host reads what the version before its own sends, and none before that.
  story.run(upgrade(1), upgrade(2), upgrade(2));
  expect(story.refusal(start(2))).toBe('version-mismatch');
  story.run(...moveOver(1, 0), step('clean-up'));
  expect(story.where()).toEqual([1]);
  expect(story.refusal(start(0, 1))).toBe('version-mismatch');
  story.run(upgrade(0), ...moveOver(0, 1), step('clean-up'));
  expect(story.where()).toEqual([0]);
  expect(story.refusal(upgrade(0))).toBe('in-use');
});
