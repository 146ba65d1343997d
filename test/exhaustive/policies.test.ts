/** That migrations end under each policy, in every fair run of a guest that writes as it likes. MIG-L1. */
import { expect, test } from 'vitest';
import { liveness } from '../../checker/index.ts';
import { vmmProperties } from '../../invariants/index.ts';
import { isLiveness } from '../../machine/index.ts';
import {
  type PolicyName,
  policyNumber,
  scopes,
  type VmmScope,
  type VmmSizes,
  vmmMachine,
} from '../../model/index.ts';

const asked = vmmProperties.filter(isLiveness).filter(({ id }) => id === 'MIG-L1');
function verdictIn({ sizes, ...scope }: VmmScope, more: Partial<VmmSizes>): string {
  return liveness(vmmMachine, { ...scope, sizes: { ...sizes, ...more } }, asked).verdict;
}

test.each<[PolicyName, string, Partial<VmmSizes>, 'holds' | 'violated']>([
  ['qemu', 'what a guest can dirty fits in the downtime', {}, 'holds'],
  ['qemu', 'it does not', { downtime: 0 }, 'violated'],
  ['cloud-hypervisor', 'it gives up at its timeout', { downtime: 0, timeout: 3 }, 'holds'],
  ['cloud-hypervisor', 'it stops then', { downtime: 0, timeout: 3, onTimeout: 1 }, 'holds'],
  ['xen', 'rounds are bounded', { few: 0 }, 'holds'],
  ['xen-old', 'pages are bounded', { few: 0, rounds: 9, factor: 1 }, 'holds'],
  ['progress', 'a round that gains nothing is the last', { rounds: 3 }, 'holds'],
])('MIG-L1, %s: %s', (policy, _, sizes, verdict) => {
  const scope = scopes['migration-policy'];
  expect(verdictIn(scope, { ...sizes, policy: policyNumber(policy) })).toBe(verdict);
});

test('MIG-L1: who is slowed down long enough dirties less than is sent; who is not may not', () => {
  const scope = scopes['migration-throttle'];
  expect(verdictIn(scope, {})).toBe('holds');
  expect(verdictIn(scope, { converge: 0 })).toBe('violated');
});
