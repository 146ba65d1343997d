/**
 * The shape bounded the references of a frame by the sharing limit, so a faulty machine that passed
 * the limit left the bounds of its state, where DED-I1 was to say what is wrong.
 */
import { expect, test } from 'vitest';
import { vmmProperties } from '../../invariants/index.ts';
import { dropGuard, encoder, inPlace, monitor } from '../../machine/index.ts';
import { vmmMachine } from '../../model/index.ts';
import { create, hostOf, mergeInto, populate } from '../model/memory/story.ts';

test('a frame that more pages share than may is a state, and DED-I1 names it', () => {
  const scope = hostOf('three pages', { vm: 1, page: 3, virtual: 3, maxSharing: 2, reserve: 0 });
  const faulty = dropGuard(vmmMachine, 'memory.merge-page', 'share-full');
  const host = inPlace(faulty, scope);
  const watch = monitor(faulty, scope, vmmProperties);
  const state = host.initial();
  watch.start(state);
  const pages = [0, 1, 2];
  const calls = [
    create(0, 3),
    ...pages.map((page) => populate(0, page, page)),
    mergeInto(0, 1, 0),
    mergeInto(0, 2, 0),
  ];
  const found = calls.flatMap((call) => {
    const step = host.step(state, call);
    if (!step.ok) throw new Error(`${call.kind} is refused: ${step.rejection.code}`);
    return watch.after(call, step.events).map(({ property }) => property);
  });
  expect(found).toContain('DED-I1');
  expect(() => encoder(faulty.shape, scope.sizes).encode(state)).not.toThrow();
});
