/** A request in the queue of a device when its guest is stopped: neither lost nor done twice (MIG-X18). */
import { expect, test } from 'vitest';
import type { Call } from '../../../machine/index.ts';
import { scopes, type VmmScope } from '../../../model/index.ts';
import {
  begin,
  completeWrite,
  copy,
  handOver,
  MigrationStory,
  place,
  receive,
  step,
  stop,
} from './story.ts';

/** A guest of two pages, the first of which holds 1, and three contents. */
const scope: VmmScope = {
  ...scopes['migration-queue'],
  sizes: { ...scopes['migration-queue'].sizes, page: 2, virtual: 2, frame: 2, content: 3 },
};
const post: Call = { kind: 'queue.post', args: { vm: 0, page: 0, content: 2 } };
const notice: Call = { kind: 'queue.notice', args: { vm: 0 } };
const writeOn = ({ state }: MigrationStory, host: number) =>
  state.clusters.at(0).hosts.at(host).devices.at(0).write;
const inQueue = { kind: 'posted', page: 0, content: 2 };
const sent = [copy(0), place(0), copy(1), receive];

test('what the device has not taken from its queue goes with the guest, and is done on the target', () => {
  const story = new MigrationStory(scope);
  story.run(...begin(), post, ...stop());
  expect(writeOn(story, 0)).toEqual({ ...inQueue, kicked: false });
  story.run(...sent);
  expect(story.refusal(notice)).toBe('not-running');
  story.run(...handOver());
  expect(writeOn(story, 0)).toEqual({ kind: 'none' });
  expect(writeOn(story, 1)).toEqual({ ...inQueue, kicked: true });
  expect(story.pages(1)).toEqual([1, 0]);
  story.run(notice);
  expect(story.refusal(notice)).toBe('not-kicked');
  expect(story.refusal(post)).toBe('device-busy');
  story.run(completeWrite);
  expect(story.pages(1)).toEqual([2, 0]);
  expect(story.refusal(completeWrite)).toBe('nothing-to-write');
});

test('what it has taken is done before its guest goes, and not again', () => {
  const story = new MigrationStory(scope);
  story.run(...begin(), post, notice, ...stop(), ...sent, ...handOver());
  expect([writeOn(story, 0), writeOn(story, 1)]).toEqual([{ kind: 'none' }, { kind: 'none' }]);
  expect(story.pages(1)).toEqual([2, 0]);
});

test('a migration that is given up leaves the request to the device that was kicked for it', () => {
  const story = new MigrationStory(scope);
  story.run(...begin(), post, ...stop(), step('abort'), notice, completeWrite);
  expect(story.pages(0)).toEqual([2, 0]);
});

test('a device does not take a write for which there is no memory yet', () => {
  const story = new MigrationStory(scope);
  story.run(...begin(), ...stop(), ...sent, ...handOver());
  story.run({ kind: 'queue.post', args: { vm: 0, page: 1, content: 2 } });
  expect(story.refusal(notice)).toBe('not-mapped');
});
