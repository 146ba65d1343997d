/** Properties of migrations that are managed from afar, each shown a step or a state that is wrong for it. */
import { expect, test } from 'vitest';
import type { Call } from '../../machine/index.ts';
import { scopes, type Vmm, type VmmCall, vmmMachine } from '../../model/index.ts';
import { begin, close, postCancel, setMultifd, start, step } from '../model/migration/story.ts';
import { bench } from './bench.ts';
import { migrationOf, properties, steps } from './migration-bench.ts';

const { after, stateViolations, changeViolations } = bench<
  Vmm,
  typeof vmmMachine.commands,
  VmmCall
>(vmmMachine, scopes['migration-managed'], properties);

const managed = (v: Vmm) => v.clusters.at(0).management.at(0).at(0);
type Spoil = (v: Vmm) => void;
interface Wrong {
  readonly id: string;
  readonly what: string;
  readonly before: readonly Call[];
  readonly call: Call;
  readonly forced?: true;
  readonly spoil: Spoil;
}
const setCancelled =
  (is: boolean): Spoil =>
  (v) => {
    managed(v).cancelled = is;
  };

const wrong: readonly Wrong[] = [
  {
    ...{ id: 'MIG-A11', what: 'what was set changes while the source cleans up', forced: true },
    ...{ before: [start(), step('abort')], call: setMultifd(true), spoil: () => {} },
  },
  {
    ...{ id: 'MIG-A12', what: 'a cancellation is forgotten', spoil: setCancelled(false) },
    ...{ before: [start(), postCancel], call: step('connect') },
  },
  {
    ...{ id: 'MIG-A12', what: 'a cancellation is left', spoil: setCancelled(true) },
    ...{ before: [start(), postCancel], call: step('give-up') },
  },
  {
    ...{ id: 'MIG-A12', what: 'the source lets go all the same' },
    ...{ before: [...begin(), postCancel], call: step('freeze') },
    spoil: (v) => {
      migrationOf(v).phase = 'released';
    },
  },
  {
    ...{ id: 'MIG-W5', what: 'a source that gives up stays connected' },
    ...{ before: begin(), call: step('abort') },
    spoil: (v) => {
      migrationOf(v).connected = true;
    },
  },
  {
    ...{ id: 'MIG-W5', what: 'a source that has closed is one still' },
    ...{ before: [start(), step('abort')], call: close },
    spoil: (v) => {
      migrationOf(v).source = 0;
    },
  },
  {
    ...{ id: 'MIG-W5', what: 'what is set is not', before: [], call: setMultifd(true) },
    spoil: (v) => {
      managed(v).multifd = false;
    },
  },
  {
    ...{ id: 'MIG-W5', what: 'a cancellation is not posted', spoil: setCancelled(false) },
    ...{ before: [start()], call: postCancel },
  },
];

test.each(wrong)('$id: $what', ({ id, before, call, forced, spoil }) => {
  const [last] = steps(call);
  if (last === undefined) throw new Error('no step');
  const found = changeViolations(
    after(...steps(...before)),
    forced ? { ...last, forced } : last,
    spoil,
  );
  expect(found).toContain(id);
});

test('MIG-S10: channels of a migration that is over are open', () => {
  const state = after(...steps(start(), step('abort'), close));
  expect(stateViolations(state)).toEqual([]);
  managed(state).channels = true;
  expect(stateViolations(state)).toEqual(['MIG-S10']);
});
