/** That migrations end, in every fair run of a small scope; of larger ones: test/exhaustive. */
import { expect, test } from 'vitest';
import { liveness } from '../../../checker/index.ts';
import { vmmProperties } from '../../../invariants/index.ts';
import { isLiveness } from '../../../machine/index.ts';
import { scopes, vmmMachine } from '../../../model/index.ts';

const asked = vmmProperties.filter(isLiveness).filter(({ id }) => /^(MIG-L\d|KVM-L1)$/.test(id));

test('moved in whichever way, a guest is moved or goes on in the end, and gets what it waits for', () => {
  const { verdict, violations } = liveness(vmmMachine, scopes['migration-kinds'], asked);
  expect([verdict, violations]).toEqual(['holds', []]);
});
