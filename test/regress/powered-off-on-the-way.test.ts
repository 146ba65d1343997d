/** A host could power a guest off while it stood still to move, and its timer came back on the target. */
import { expect, test } from 'vitest';
import type { Call } from '../../machine/index.ts';
import { scopes, type VmmScope } from '../../model/index.ts';
import { begin, MigrationStory, step } from '../model/migration/story.ts';

const sizes: VmmScope['sizes'] = { ...scopes['migration-timed'].sizes, policy: 0, bandwidth: 0 };
const scope: VmmScope = { ...scopes['migration-timed'], sizes };
const powerOff = (host: number): Call => ({ kind: 'service.power-off', args: { host, vm: 0 } });

test('no host powers off a guest that it does not run', () => {
  const story = new MigrationStory(scope);
  story.run(...begin());
  expect(story.refusal(powerOff(1))).toBe('guest-not-here');
  story.run(step('freeze'));
  expect([0, 1].map((host) => story.refusal(powerOff(host)))).toEqual([
    'guest-not-here',
    'guest-not-here',
  ]);
  story.run(step('abort'), powerOff(0));
});
