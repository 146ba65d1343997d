import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Limits,
  type Load,
  oldXenLimits,
  pagesSentIn,
  rounds,
  roundsUntil,
  stopPolicies,
  xenLimits,
} from '../../../model/index.ts';
import { randomFrom } from '../../invariants/corrupt.ts';
import { simulate } from './simulation.ts';

const limits = (downtime: number): Limits => ({
  ...oldXenLimits,
  ...{ downtime, timeout: 1e9, onTimeout: 'cancel' },
});

function bounded(load: Load, count: number): number[] {
  const pages: number[] = [];
  for (const round of rounds(load)) {
    if (pages.push(round.pages) === count) break;
  }
  return pages;
}

const loads = fc
  .record({
    memory: fc.integer({ min: 1, max: 300 }),
    bandwidth: fc.integer({ min: 1, max: 40 }),
    dirtied: fc.integer({ min: 0, max: 30 }),
    part: fc.integer({ min: 1, max: 100 }),
  })
  .map(({ part, ...load }): Load => {
    return { ...load, workingSet: Math.max(1, Math.floor((load.memory * part) / 100)) };
  });

/** A guest that writes pages of its working set one after the other: none twice before all once. */
function inTurn({ workingSet }: Load): () => number {
  let next = 0;
  return () => next++ % workingSet;
}

test('a guest that writes page after page dirties in each round what the recurrence says', () => {
  const property = fc.property(loads, (load) => {
    const { rounds: sent } = simulate(load, inTurn(load), () => 'go-on', limits(0), 12);
    // A round of nothing lasts no time, and nothing is dirtied in it.
    expect(sent).toEqual(bounded(load, sent.length));
  });
  fc.assert(property, { numRuns: 60 });
});

test('a guest that writes pages at random stays within the recurrence and the formulas', () => {
  const property = fc.property(loads, fc.nat(), fc.nat(20), (load, seed, downtime) => {
    const random = randomFrom(seed);
    const write = (): number => random(load.workingSet);
    const {
      decision,
      rounds: sent,
      left,
      downtime: stood,
    } = simulate(...([load, write, stopPolicies.qemu, limits(downtime), 40] as const));
    for (const [i, most] of bounded(load, sent.length).entries()) {
      expect(sent[i]).toBeLessThanOrEqual(most);
    }
    const most = roundsUntil(load, load.bandwidth * downtime);
    if (most !== null) {
      expect(decision).toBe('freeze');
      expect(sent.length).toBeLessThanOrEqual(most);
    }
    if (decision === 'freeze') {
      expect(stood).toBeLessThanOrEqual(downtime);
      expect(left).toBeLessThanOrEqual(load.bandwidth * downtime);
    }
    if (load.dirtied < load.bandwidth) {
      const total = sent.reduce((sum, each) => sum + each, 0);
      expect(total).toBeLessThanOrEqual(pagesSentIn(load, sent.length) + 1e-6);
    }
  });
  fc.assert(property, { numRuns: 200 });
});

test('the bound on rounds is reached, and is loose where hardly more may be left than must be', () => {
  const load = { memory: 1000, bandwidth: 20, dirtied: 10, workingSet: 1000 };
  expect(bounded(load, 7)).toEqual([1000, 500, 250, 130, 70, 40, 20]);
  expect([roundsUntil(load, 60), roundsUntil(load, 20), roundsUntil(load, 19)]).toEqual([
    5,
    10,
    null,
  ]);
  expect(simulate(load, inTurn(load), stopPolicies.qemu, limits(3), 40)).toEqual({
    decision: 'freeze',
    rounds: [1000, 500, 250, 130, 70],
    left: 40,
    downtime: 2,
  });
  expect(simulate(load, inTurn(load), stopPolicies.qemu, limits(1), 40).rounds).toHaveLength(6);
});

test('a round lasts whole ticks, so a guest slower than the channel may never be done', () => {
  const load = { memory: 11, bandwidth: 10, dirtied: 9, workingSet: 11 };
  expect(bounded(load, 4)).toEqual([11, 11, 11, 11]);
  expect(roundsUntil(load, 10)).toBe(null);
  const { decision } = simulate(load, inTurn(load), stopPolicies.qemu, limits(1), 100);
  expect(decision).toBe('go-on');
});

test('a guest as fast as the channel is done only where its working set fits in the downtime', () => {
  const load = { memory: 100, bandwidth: 10, dirtied: 10, workingSet: 30 };
  expect(roundsUntil(load, 30)).toBe(1);
  expect(roundsUntil(load, 29)).toBe(null);
  expect(bounded(load, 4)).toEqual([100, 30, 30, 30]);
  expect(simulate(load, inTurn(load), stopPolicies.qemu, limits(2), 50).decision).toBe('go-on');
  expect(simulate(load, inTurn(load), stopPolicies.qemu, limits(3), 50)).toMatchObject({
    ...{ decision: 'freeze', rounds: [100], left: 30, downtime: 3 },
  });
});

test('what Xen sends is bounded, whatever the guest does', () => {
  const property = fc.property(loads, (load) => {
    const large = { ...load, memory: load.memory + 200, workingSet: load.memory + 200 };
    const old = simulate(large, inTurn(large), stopPolicies['xen-old'], limits(0), 40);
    expect(old.decision).toBe('freeze');
    const total = old.rounds.reduce((sum, each) => sum + each, 0);
    expect(total).toBeLessThanOrEqual(3 * large.memory + (old.rounds.at(-1) ?? 0));
    const few = { ...limits(0), ...xenLimits };
    const simple = simulate(large, inTurn(large), stopPolicies.xen, few, 40);
    expect(simple.rounds.length).toBeLessThanOrEqual(5);
  });
  fc.assert(property, { numRuns: 60 });
});
