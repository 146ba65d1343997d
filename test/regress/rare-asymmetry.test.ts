/**
 * The self-test of symmetry took random runs, which seldom come to a migration that sends pages: the
 * target took the lowest free frame, and frames counted as alike all the same. Runs go to what was
 * seldom taken now, and the target may take any frame.
 */
import { expect, test } from 'vitest';
import { selfTest } from '../../checker/symmetry.ts';
import { changeCommand, packed } from '../../machine/index.ts';
import { scopes, vmmMachine, type World } from '../../model/index.ts';

const scope = scopes['migration-small'];

function refusedIn(machine: typeof vmmMachine) {
  const { layout } = packed(machine, scope);
  const { refused } = selfTest(machine, scope, layout, { seed: 1, samples: 400 });
  return refused.map(({ set, call }) => [set, call?.kind]);
}

/** The target does not take a frame while a lower one is free. */
function takesLowest({ hosts, cluster }: World, { vm, frame }: { vm: number; frame: number }) {
  const { target } = cluster.migrations.at(vm);
  if (target === null) return false;
  const { frames } = hosts.at(target).memory;
  return frame > frames.findIndex(({ use }) => use.kind === 'free');
}

test('a target that takes the lowest free frame tells frames apart, which the self-test finds', () => {
  const lowest = changeCommand(vmmMachine, 'migration.receive', (command) => ({
    ...command,
    requires: [...command.requires, ['a-lower-one-is-free', ['vm', 'frame'], takesLowest]],
  }));
  expect(refusedIn(lowest)).toEqual([['frame', 'migration.receive']]);
});

test('all hosts, frames and pages of a migration are alike', () => {
  expect(refusedIn(vmmMachine)).toEqual([]);
});
