/**
 * A page that is on its way is written again with what it holds, so that nothing more is sent of it (XBZRLE).
 * If the message has been changed meanwhile, nothing that says what the page holds is under way: the
 * connection ends when it arrives. MIG-A1 took that for a page that was sent with something else.
 */
import { expect, test } from 'vitest';
import { run } from '../../generators/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { scopes, type VmmScope, vmmMachine } from '../../model/index.ts';
import { begin, copy, copyReadOnly, place, step, write } from '../model/migration/story.ts';

const { commands: _, ...deltas } = scopes['migration-deltas'];
const scope: VmmScope = { ...deltas, sizes: { ...deltas.sizes, losses: 1, place: 2 } };

test('a page of which nothing is sent because it was is none that was sent wrong, if that message was changed', () => {
  const { outcomes, failure } = run(
    vmmMachine,
    scope,
    [
      ...[...begin(), copyReadOnly(0), place(0), step('harvest'), write(1, 1), copy(1)],
      ...[{ kind: 'stream.tamper', args: { vm: 0 } }, write(1, 1), step('harvest'), copy(1)],
    ],
    vmmProperties,
  );
  expect(outcomes.filter(({ ok }) => !ok)).toEqual([]);
  expect(failure).toBeUndefined();
});
