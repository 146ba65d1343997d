/** Migrations that are set up, watched and cancelled from afar. Chapter 5.B; MIG-X17 and MIG-X28. */
import { expect, test } from 'vitest';
import { vmmFaults } from '../../../faults/index.ts';
import { run } from '../../../generators/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../../model/index.ts';
import {
  begin,
  close,
  handOver,
  MigrationStory,
  postCancel,
  receive,
  setMultifd,
  start,
  step,
  stop,
} from './story.ts';

const scope: VmmScope = scopes['migration-managed'];
const managed = (story: MigrationStory) => story.state.clusters.at(0).management.at(0).at(0);
/** Everything is sent of a VM of one page, and the target says so. */
const ready = [
  ...[...begin(), ...stop(), step('copy', { page: 0 }), receive],
  ...handOver().slice(0, 3),
];

test('what was set before a migration stays until its source has cleaned up, and the guest goes on meanwhile', () => {
  const story = new MigrationStory(scope);
  story.run(setMultifd(true), ...begin());
  expect(managed(story)).toEqual({ multifd: true, channels: true, cancelled: false });
  story.run(step('freeze'), step('abort'));
  expect(story.where()).toEqual([0]);
  expect(story.migration.phase).toBe('failing');
  expect(story.refusal(setMultifd(false))).toBe('migration-in-progress');
  expect(story.refusal(start())).toBe('already-migrating');
  expect(story.refusal(postCancel)).toBe('wrong-phase');
  story.run(close);
  expect(managed(story).channels).toBe(false);
  story.run(setMultifd(false), step('discard'), ...begin());
  expect(managed(story)).toEqual({ multifd: false, channels: false, cancelled: false });
});

test('with X28 channels that a migration opened stay open: they are no longer asked for when it cleans up', () => {
  const { apply } = vmmFaults.find(({ id }) => id === 'migration/X28') ?? expect.fail('X28');
  const { failure } = run(
    apply(vmmMachine),
    scope,
    [setMultifd(true), start(), step('connect'), step('abort'), setMultifd(false), close],
    vmmProperties.filter(({ id }) => id === 'MIG-S10'),
  );
  expect(failure?.step).toBe(6);
});

test('a cancellation that is posted before the source begins is heeded, and not by the migration after', () => {
  const story = new MigrationStory(scope);
  expect(story.refusal(postCancel)).toBe('not-migrating');
  story.run(start(), postCancel);
  expect(story.refusal(postCancel)).toBe('already-cancelled');
  story.run(step('give-up'), close, ...ready, step('release'), step('send-start'), receive);
  expect(story.where()).toEqual([1]);
});

test('one that is posted late is heeded before the source lets go of its VM, and after that refused', () => {
  const story = new MigrationStory(scope);
  story.run(...ready, postCancel);
  expect(story.refusal(step('release'))).toBe('cancelled');
  story.run(step('give-up'), close, step('discard'), ...ready, step('release'));
  expect(story.refusal(postCancel)).toBe('wrong-phase');
  // The source has the token again, and with it the choice.
  story.run(step('take-back'), postCancel, step('give-up'), close, step('discard'));
  expect(story.where()).toEqual([0]);
});
