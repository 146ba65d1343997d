/** What properties of migration say of post-copy: each thing wrong by itself. */
import { expect, test } from 'vitest';
import type { Call } from '../../machine/index.ts';
import type { Vmm } from '../../model/index.ts';
import {
  copy,
  createTarget,
  loseConnection,
  place,
  recovery,
  start,
  step,
} from '../model/migration/story.ts';
import {
  after,
  changeViolations,
  migrationOf,
  pageOn,
  properties,
  scope,
  served,
  steps,
} from './migration-bench.ts';

type Spoil = (v: Vmm) => void;
/** The target has nothing behind a page, and does not miss it. */
const forget =
  (page: number): Spoil =>
  (v) => {
    pageOn(v, 1, page).at = { kind: 'unbacked' };
  };
const miss =
  (page: number): Spoil =>
  (v) => {
    pageOn(v, 1, page).at = { kind: 'missing', by: 0 };
  };

test.each<[string, readonly Call[], Spoil, RegExp]>([
  [
    ...(['MIG-S2', served] as const),
    (v) => {
      v.hosts.at(0).memory.vms.at(0).state = 'absent';
    },
    /^page 0 of VM 0 is nowhere$/,
  ],
  [
    ...(['MIG-S3', served] as const),
    (v) => {
      migrationOf(v).send[1] = false;
    },
    /^page 1 of VM 0 was not sent, and is not going to be$/,
  ],
  [
    ...(['MIG-S3', [...served, copy(1)]] as const),
    (v) => {
      migrationOf(v).toTarget[0] = { kind: 'page', page: 1, content: 0 };
    },
    /^page 1 of VM 0 holds 1, the target will have 0, and nobody knows$/,
  ],
  [
    ...(['MIG-S6', served] as const),
    (v) => {
      pageOn(v, 0, 2).logged = true;
    },
    /^page 2 of VM 0 on host 0 was written after it$/,
  ],
  [
    ...(['MIG-S10', [start(), step('abort')]] as const),
    (v) => {
      for (const target of migrationOf(v).postcopy) target.phase = 'advised';
    },
    /^post-copy of VM 0 is left of a migration$/,
  ],
  [
    ...(['MIG-S11', served] as const),
    (v) => {
      migrationOf(v).phase = 'released';
    },
    /^VM 0 is released$/,
  ],
])('%s sees a state in which %#', (id, before, spoil, message) => {
  const state = after(...steps(...before));
  const property = properties.find((each) => each.id === id);
  if (property?.kind !== 'invariant') throw new Error(`${id} is no invariant`);
  expect(property.violation(state as never, scope.sizes as never)).toBe(null);
  spoil(state);
  expect(property.violation(state as never, scope.sizes as never)).toMatch(message);
});

const nothing: Spoil = () => undefined;
test.each<[string, string, readonly Call[], Spoil, Call, Spoil]>([
  [
    ...(['MIG-S13', 'frames are promised twice', served, nothing, createTarget()] as const),
    (v) => {
      v.hosts.at(1).memory.frames.at(0).use = { kind: 'hypervisor' };
    },
  ],
  [
    'MIG-S14',
    'a page is missing again',
    [...served, copy(0), place(0), copy(1)],
    nothing,
    place(1),
    miss(0),
  ],
  ['MIG-S14', 'a page was not sent', [...served, copy(0)], nothing, place(0), forget(1)],
  ['MIG-S14', 'a page came and is missing', [...served, copy(0)], nothing, place(0), miss(0)],
  ['MIG-S14', 'a page was taken away', [...served, copy(0), place(0)], nothing, copy(1), forget(0)],
  [
    ...([
      'MIG-S14',
      'what comes late overwrites',
      [...served, copy(0), place(0), copy(1)],
    ] as const),
    nothing,
    place(1),
    (v) => {
      const { at } = pageOn(v, 1, 0);
      if (at.kind === 'mapped') v.hosts.at(1).memory.frames.at(at.frame).content = 0;
    },
  ],
  [
    ...(['MIG-A10', 'the target is served without a connection', served] as const),
    ...([nothing, loseConnection] as const),
    (v) => {
      for (const target of migrationOf(v).postcopy) target.phase = 'recovering';
    },
  ],
  [
    ...(['MIG-A10', 'the source serves without a connection', served] as const),
    ...([nothing, loseConnection] as const),
    (v) => {
      migrationOf(v).phase = 'serving';
    },
  ],
  [
    ...(['MIG-A10', 'recovery fails for good'] as const),
    [...served, loseConnection, ...recovery.slice(0, 2)],
    ...([nothing, step('receive-reply')] as const),
    (v) => {
      migrationOf(v).phase = 'aborted';
    },
  ],
  [
    ...(['MIG-A10', 'the target goes on without having been paused', served] as const),
    ...([nothing, copy(0)] as const),
    (v) => {
      for (const target of migrationOf(v).postcopy) target.phase = 'recovering';
    },
  ],
])('%s sees a step in which %s', (id, _, before, from, last, spoil) => {
  const state = after(...steps(...before));
  from(state);
  const [call] = steps(last);
  if (call === undefined) throw new Error('no step');
  const found = changeViolations(state, id === 'MIG-S13' ? { ...call, forced: true } : call, spoil);
  expect(found).toContain(id);
});

test('a post-copy that goes as it should violates nothing', () => {
  const state = after(...steps(...served, copy(0), place(0), copy(1), place(1), copy(2)));
  const [last] = steps(place(2));
  if (last === undefined) throw new Error('no step');
  expect(changeViolations(state, last, nothing)).toEqual([]);
});
