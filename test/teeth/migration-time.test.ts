/** Properties of time, of CPUs and of streams each see a step, or a state, that breaks it. */
import { expect, test } from 'vitest';
import { vmmProperties } from '../../invariants/index.ts';
import type { Call } from '../../machine/index.ts';
import { scopes, type Vmm, type VmmCall, vmmMachine } from '../../model/index.ts';
import { begin, copy, copyReadOnly, place, receive, step, stop } from '../model/migration/story.ts';
import { bench } from './bench.ts';
import { migrationOf, properties, steps } from './migration-bench.ts';

const { commands: _, ...scope } = scopes['migration-throttle'];
const { after, stateViolations, changeViolations } = bench<
  Vmm,
  typeof vmmMachine.commands,
  VmmCall
>(
  vmmMachine,
  {
    ...scope,
    sizes: {
      ...scope.sizes,
      place: 2,
      guest: 1,
      drift: 1,
      timer: 2,
      feature: 2,
      losses: 1,
      cached: 2,
    },
  },
  [...properties, ...vmmProperties.filter(({ id }) => id === 'TIME-T9' || id === 'STL-T7')],
);

/** A round has sent both pages. */
const sent = [
  ...[...begin(), copyReadOnly(0), place(0), step('harvest'), copy(1), receive],
] as const;
const started = [
  ...[...sent, ...stop(), step('request-state'), receive, step('receive-reply')],
  ...[step('release'), step('send-start')],
];
const dirty: Call = { kind: 'memory.host-write', args: { host: 0, vm: 0, page: 1, content: 1 } };

const tamper: Call = { kind: 'stream.tamper', args: { vm: 0 } };
const changed = [...begin(), copyReadOnly(0), tamper];

test.each<[string, (v: Vmm) => void]>([
  [
    'a feature is not there',
    (v) => {
      v.clusters.at(0).booted.at(0)[1] = true;
    },
  ],
  [
    'it has got a feature',
    (v) => {
      v.clusters.at(0).hosts.at(0).features.at(0)[1] = true;
    },
  ],
  [
    'it has lost a feature',
    (v) => {
      v.clusters.at(0).hosts.at(0).features.at(0)[0] = false;
    },
  ],
])('MIG-F1: %s', (_, spoil) => {
  const state = after();
  expect(stateViolations(state)).toEqual([]);
  spoil(state);
  expect(stateViolations(state)).toEqual(['MIG-F1']);
});

test('MIG-Z1: the cache has what was not sent', () => {
  const state = after(...steps(...sent));
  expect(stateViolations(state)).toEqual([]);
  migrationOf(state).cache[0] = 0;
  expect(stateViolations(state)).toEqual(['MIG-Z1']);
});

interface BadStep {
  readonly before: readonly Call[];
  readonly step: Call;
  readonly from?: (v: Vmm) => void;
  readonly spoil?: (v: Vmm) => void;
  readonly forced?: true;
  /** Other properties that it violates too. */
  readonly also?: readonly string[];
}

test.each<[string, string, BadStep]>([
  [
    ...(['MIG-Q1', 'a page is dirty'] as const),
    { before: [...sent, dirty], step: step('freeze'), forced: true },
  ],
  [
    ...(['MIG-Q1', 'a page was not sent'] as const),
    { before: [...begin(), copyReadOnly(0), step('harvest')], step: step('freeze'), forced: true },
  ],
  [
    ...(['MIG-Q2', 'a tick passed'] as const),
    {
      before: started,
      step: receive,
      from: (v) => {
        migrationOf(v).statistics.downtime = 1;
      },
    },
  ],
  [
    ...(['MIG-A7', 'the clock goes back'] as const),
    {
      before: started,
      step: receive,
      from: (v) => {
        v.services.at(0).monotonic = 2;
      },
      spoil: (v) => {
        v.services.at(0).monotonic = 1;
      },
    },
  ],
  [
    ...(['MIG-A7', 'the timer is late'] as const),
    {
      before: begin(),
      step: step('abort'),
      spoil: (v) => {
        v.services.at(0).timer = 1;
      },
    },
  ],
  [
    ...(['TIME-T9', 'it does not know'] as const),
    {
      before: started,
      step: receive,
      spoil: (v) => {
        v.services.at(0).stopped = false;
      },
    },
  ],
  [
    ...(['TIME-T9', 'nobody tells it the time'] as const),
    {
      before: [...sent, step('freeze')],
      step: step('abort'),
      spoil: (v) => {
        v.services.at(0).syncDue = false;
      },
    },
  ],
  [
    ...(['STL-T7', 'it is told of less'] as const),
    {
      before: started,
      step: receive,
      from: (v) => {
        v.services.at(0).unaccounted = 1;
      },
      spoil: (v) => {
        v.services.at(0).unaccounted = 0;
      },
    },
  ],
  [
    ...(['STL-T7', 'it takes more for stolen'] as const),
    {
      before: started,
      step: receive,
      spoil: (v) => {
        v.services.at(0).accounted.stolen++;
      },
    },
  ],
  [
    ...(['STL-T7', 'a record is written'] as const),
    {
      before: [...sent, step('freeze')],
      step: step('abort'),
      spoil: (v) => {
        v.hosts.at(0).cpu.threads.at(0).published.steal++;
      },
    },
  ],
  [
    ...(['MIG-V1', 'it goes on'] as const),
    {
      before: changed,
      step: receive,
      spoil: (v) => {
        migrationOf(v).connected = true;
        // Its page is sent again.
        migrationOf(v).send[0] = true;
        migrationOf(v).cache[0] = null;
      },
      also: ['MIG-W1'],
    },
  ],
  [
    ...(['MIG-V1', 'a page counts as received'] as const),
    {
      before: changed,
      step: receive,
      spoil: (v) => {
        migrationOf(v).received[1] = true;
      },
      also: ['MIG-W1'],
    },
  ],
  [
    ...(['MIG-V1', 'a page is overwritten'] as const),
    {
      before: [...begin(), copyReadOnly(0), place(0), step('harvest'), copy(1), tamper],
      step: receive,
      spoil: (v) => {
        v.hosts.at(1).memory.frames.at(0).content = 0;
      },
    },
  ],
  [
    ...(['MIG-Q3', 'it stays slow'] as const),
    {
      before: begin(),
      step: step('abort'),
      from: (v) => {
        migrationOf(v).throttling.percent = 20;
      },
      spoil: (v) => {
        v.hosts.at(0).cpu.vms.at(0).cap = 1;
      },
    },
  ],
])('%s: %s', (id, _, { before, step: last, from, spoil = () => {}, forced, also = [] }) => {
  const state = after(...steps(...before));
  from?.(state);
  const [call] = steps(last);
  if (call === undefined) throw new Error('no step');
  expect(changeViolations(state, forced ? { ...call, forced } : call, spoil)).toEqual([
    id,
    ...also,
  ]);
});
