import { expect, test } from 'vitest';
import {
  type Decision,
  type Limits,
  noThrottle,
  oldXenLimits,
  type RoundEnd,
  stopPolicies,
  throttleAfter,
  xenLimits,
} from '../../../model/index.ts';

const limits: Limits = { ...oldXenLimits, downtime: 3, timeout: 100, onTimeout: 'cancel' };
const end: RoundEnd = {
  rounds: 2,
  dirty: 1000,
  dirtyBefore: 2000,
  sent: 6000,
  memory: 4000,
  bandwidth: 10,
  elapsed: 50,
};

test.each<[keyof typeof stopPolicies, string, Partial<RoundEnd>, Partial<Limits>, Decision]>([
  ['qemu', 'what is dirty fits in the downtime', { dirty: 30 }, {}, 'freeze'],
  ['qemu', 'it does not', { dirty: 31 }, {}, 'go-on'],
  ['qemu', 'neither rounds nor time matter', { rounds: 9999, elapsed: 9999 }, {}, 'go-on'],
  ['cloud-hypervisor', 'nothing is dirty', { dirty: 0, bandwidth: 0 }, {}, 'freeze'],
  ['cloud-hypervisor', 'it fits', { dirty: 30 }, {}, 'freeze'],
  ['cloud-hypervisor', 'there is time left', { dirty: 31, elapsed: 99 }, {}, 'go-on'],
  ['cloud-hypervisor', 'time is up', { dirty: 31, elapsed: 100 }, {}, 'cancel'],
  ['cloud-hypervisor', 'or so', { elapsed: 100 }, { onTimeout: 'freeze' }, 'freeze'],
  ['xen', 'few pages are dirty', { dirty: 49 }, {}, 'freeze'],
  ['xen', 'not so few', { dirty: 50, rounds: 4 }, {}, 'go-on'],
  ['xen', 'five rounds are enough', { rounds: 5 }, {}, 'freeze'],
  ['xen-old', 'few pages are dirty', { dirty: 49 }, {}, 'freeze'],
  ['xen-old', 'three times the memory', { sent: 12_000, rounds: 28 }, {}, 'go-on'],
  ['xen-old', 'more than that', { sent: 12_001 }, {}, 'freeze'],
  ['xen-old', '29 rounds', { rounds: 29 }, {}, 'freeze'],
  ['progress', 'the first round', { dirtyBefore: null }, {}, 'go-on'],
  ['progress', 'less than before', { dirty: 1999 }, {}, 'go-on'],
  ['progress', 'no less than before', { dirty: 2000 }, {}, 'freeze'],
])('%s: %s', (policy, _, known, asked, decision) => {
  const given = policy === 'xen' ? { ...limits, ...xenLimits } : limits;
  expect(stopPolicies[policy]({ ...end, ...known }, { ...given, ...asked })).toBe(decision);
});

test('two periods of too many dirtied pages throttle a guest, to 20 % and then by 10 more', () => {
  const percents = [];
  let throttle = noThrottle;
  for (let period = 0; period < 20; period++) {
    throttle = throttleAfter(throttle, 51, 100);
    percents.push(throttle.percent);
  }
  expect(percents).toEqual([
    0, 20, 20, 30, 30, 40, 40, 50, 50, 60, 60, 70, 70, 80, 80, 90, 90, 99, 99, 99,
  ]);
});

test('a period in which half as much is dirtied as sent counts for nothing', () => {
  const once = throttleAfter(noThrottle, 51, 100);
  expect(once).toEqual({ percent: 0, periods: 1 });
  expect(throttleAfter(once, 50, 100)).toEqual(once);
});
