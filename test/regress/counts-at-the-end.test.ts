/**
 * A search that ended while it looked up many steps at once forgot, when it looked up the rest, which
 * of the states found came after its end, and counted them.
 */
import { expect, test } from 'vitest';
import { breadthFirst } from '../../checker/index.ts';
import { sharedPages } from '../../examples/shared-pages.ts';
import { enabled, encoder, inPlace, plans } from '../../machine/index.ts';

const { medium } = sharedPages.scopes;

/** The same counts one step at a time: up to the last step of the state before the goal. */
function counted(goal: (state: { readonly free: number }) => boolean) {
  const host = inPlace(sharedPages, medium);
  const all = plans(host.engine);
  const keys = encoder(sharedPages.shape, medium.sizes);
  const known = new Set([keys.encode(host.initial())]);
  let generated = 0;
  for (const key of known) {
    const before = keys.decode(key);
    let reached = false;
    for (const call of enabled(host.engine, all, before)) {
      const after = host.copier.copy(before);
      host.engine.run(after, call);
      generated++;
      const found = keys.encode(after);
      if (!known.has(found)) reached ||= goal(after);
      known.add(found);
    }
    if (reached) return { verdict: 'reached', distinct: known.size, generated };
  }
  throw new Error('the goal is not reached');
}

test('a search counts nothing that comes after its end', () => {
  // The first is reached among the first steps that are looked up, the second in the midst of many.
  for (const free of [2, 0]) {
    const goal = (state: { readonly free: number }): boolean => state.free === free;
    const { verdict, distinct, generated } = breadthFirst(sharedPages, medium, { goal });
    expect({ verdict, distinct, generated }).toEqual(counted(goal));
  }
});
