/**
 * Two states may be equal but for names although every state between them, with one pair of names
 * exchanged, is one that no run comes to: in a migration the frames of the source say which page is
 * which. Such states counted as different where a reduction was verified, and the reduction was
 * called wrong.
 */
import { expect, test } from 'vitest';
import { breadthFirst, selfTest, verifyReduction } from '../../checker/index.ts';
import {
  array,
  bool,
  index,
  type Machine,
  packed,
  record,
  ref,
  table,
} from '../../machine/index.ts';

const guest = index('guest');
const host = index('host');
/** Every guest has a host of its own for ever, and may be stopped. */
const pairs: Machine = {
  name: 'pairs',
  version: 1,
  shape: record({ guests: array(guest, record({ home: ref(host), stopped: bool })) }),
  commands: {
    stop: {
      actor: 'host',
      summary: 'Stops a guest.',
      args: { guest: ref(guest) },
      requires: [],
      effect: (m: { guests: { at(id: number): { stopped: boolean } } }, a: { guest: number }) => {
        m.guests.at(a.guest).stopped = true;
      },
    },
  },
  operations: {},
  initial: (z: { guest: number; host: number }) => ({
    guests: table(z, guest, (id) => ({ home: id, stopped: false })),
  }),
  scopes: { three: { name: 'three', purpose: 'A test.', sizes: { guest: 3, host: 3 } } },
};

test('states are of one class although what lies between them is never reached', () => {
  const { three } = pairs.scopes;
  if (three === undefined) throw new Error('no scope');
  const { symmetry } = selfTest(pairs, three, packed(pairs, three).layout, { seed: 1, samples: 9 });
  const reduced = breadthFirst(pairs, three, { symmetry });
  expect(reduced.levels).toEqual([1, 1, 1, 1]);
  const check = verifyReduction(pairs, three, { symmetry }, reduced, 100);
  expect(check).toEqual({ agrees: 'yes', differences: [], distinct: 8 });
});
